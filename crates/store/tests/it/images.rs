//! Images, their imports, and who may see them.

use serde_json::json;
use store::archives::NewArchive;
use store::ids::{AccountId, ArchiveId, ArchiveItemId, ImageImportId};
use store::image_imports::{ImageImportState, ImportTarget};
use store::images::{ImageExtension, ImageFilter, NewImage};
use store::values::{Content, NewContent};
use store::{Page, Viewer};

use crate::opened::{Opened, at, viewer};

fn image(opened: &Opened, name: &str, account: Option<AccountId>) -> NewImage {
    NewImage {
        name: name.to_owned(),
        extension: ImageExtension::Mha,
        blob: opened.blob(name.as_bytes()),
        summary: json!({"size": [2, 3], "spacing": 0.1}),
        modality: String::new(),
        import: None,
        account,
    }
}

async fn uploaded(opened: &Opened, account: AccountId) -> store::ids::UploadId {
    let upload = opened
        .store
        .create_upload(account, "a.mha", at(1), at(99))
        .await;
    upload.unwrap().id
}

#[tokio::test]
async fn images_are_found_by_name_and_owner() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let (ada, ben) = (opened.account("ada").await, opened.account("ben").await);
    let first = store
        .create_image(&image(&opened, "a.mha", Some(ada)), at(1))
        .await
        .unwrap();
    let second = store
        .create_image(&image(&opened, "b.mha", Some(ben)), at(2))
        .await
        .unwrap();
    let found = store.image(first).await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.size), ("a.mha", 5));
    assert_eq!(found.summary, json!({"size": [2, 3], "spacing": 0.1}));
    let ids = async |who, filter: &ImageFilter| {
        let listed = store.images(who, filter, Page::ALL).await.unwrap();
        assert_eq!(listed.count, listed.items.len() as u64);
        listed
            .items
            .iter()
            .map(|image| image.id)
            .collect::<Vec<_>>()
    };
    let all = ImageFilter::default();
    assert_eq!(ids(Viewer::SYSTEM, &all).await, [first, second]);
    assert_eq!(ids(viewer(ben), &all).await, [second]);
    assert_eq!(ids(Viewer::ANONYMOUS, &all).await, []);
    let named = ImageFilter {
        name: Some("a.mha".to_owned()),
        ..all.clone()
    };
    assert_eq!(ids(viewer(ada), &named).await, [first]);
    assert_eq!(ids(viewer(ben), &named).await, []);
    let of_job = ImageFilter {
        job_input: Some(store::ids::JobId::new()),
        ..all.clone()
    };
    assert_eq!(ids(Viewer::SYSTEM, &of_job).await, []);
    let of_job = ImageFilter {
        job_output: Some(store::ids::JobId::new()),
        ..all
    };
    assert_eq!(ids(Viewer::SYSTEM, &of_job).await, []);
    assert!(store.may_view_image(viewer(ada), first).await.unwrap());
    assert!(!store.may_view_image(viewer(ben), first).await.unwrap());
}

#[tokio::test]
async fn an_import_fills_the_item_that_waits() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let ada = opened.account("ada").await;
    let (_, item, id) = waiting_item(&opened, ada).await;
    assert_eq!(store.image_imports_to_do().await.unwrap().len(), 1);
    assert!(store.start_image_import(id).await.unwrap());
    let images = [NewImage {
        import: Some(id),
        ..image(&opened, "ct.mha", Some(ada))
    }];
    let made = store
        .finish_image_import(id, (&images, ""), at(3))
        .await
        .unwrap()
        .unwrap();
    let twice = store
        .finish_image_import(id, (&images, ""), at(4))
        .await
        .unwrap();
    assert_eq!(twice, None);
    assert!(!store.fail_image_import(id, "late", at(4)).await.unwrap());
    let import = store.image_import(id).await.unwrap().unwrap();
    assert_eq!(import.state, ImageImportState::Succeeded);
    assert_eq!((import.uploads.len(), &import.images), (1, &made));
    let item = store.archive_item(item).await.unwrap().unwrap();
    assert_eq!(
        item.values[0].content,
        Content::Image(made[0], "ct.mha".to_owned())
    );
}

#[tokio::test]
async fn whoever_sees_an_archive_sees_its_images() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let (ada, ben) = (opened.account("ada").await, opened.account("ben").await);
    let (archive, item, id) = waiting_item(&opened, ada).await;
    let images = [NewImage {
        import: Some(id),
        ..image(&opened, "ct.mha", Some(ada))
    }];
    let made = store.finish_image_import(id, (&images, ""), at(3)).await;
    let made = made.unwrap().unwrap();
    let item = store.archive_item(item).await.unwrap().unwrap();
    let in_archive = ImageFilter {
        archive: Some(archive),
        ..ImageFilter::default()
    };
    let of_import = ImageFilter {
        origin: Some(id),
        ..ImageFilter::default()
    };
    let count = async |who: Viewer, filter: &ImageFilter| {
        let listed = store.images(who, filter, Page::ALL).await;
        listed.unwrap().count
    };
    for filter in [&in_archive, &of_import] {
        assert_eq!(count(viewer(ada), filter).await, 1);
        assert_eq!(count(viewer(ben), filter).await, 0);
    }
    store
        .set_archive_role(archive, ben, store::archives::ArchiveRole::User)
        .await
        .unwrap();
    assert_eq!(count(viewer(ben), &in_archive).await, 1);
    assert!(store.may_view_image(viewer(ben), made[0]).await.unwrap());
    assert!(
        store
            .may_view_value(viewer(ben), item.values[0].id)
            .await
            .unwrap()
    );
    assert!(
        !store
            .may_view_value(Viewer::ANONYMOUS, item.values[0].id)
            .await
            .unwrap()
    );
}

/// An item of a new archive with an import on its way into it.
async fn waiting_item(
    opened: &Opened,
    ada: AccountId,
) -> (ArchiveId, ArchiveItemId, ImageImportId) {
    let store = &opened.store;
    let socket = crate::archives::socket(store, "ct").await;
    let new = NewArchive {
        slug: domain::Slug::new("lungs").unwrap(),
        title: "Lungs".to_owned(),
        description: String::new(),
        is_public: false,
    };
    let archive = store.create_archive(&new, Some(ada), at(1)).await.unwrap();
    let item = store.create_archive_item(archive, "", at(1)).await.unwrap();
    let id = ImageImportId::new();
    let target = ImportTarget::ArchiveItem {
        archive_item: item,
        socket,
    };
    let upload = uploaded(opened, ada).await;
    store
        .create_image_import((id, Some(ada)), &[upload], target, at(2))
        .await
        .unwrap();
    (archive, item, id)
}

#[tokio::test]
async fn a_failed_import_says_why() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let ada = opened.account("ada").await;
    let id = ImageImportId::new();
    let upload = uploaded(&opened, ada).await;
    let nowhere = ImportTarget::Nowhere {};
    store
        .create_image_import((id, Some(ada)), &[upload], nowhere, at(2))
        .await
        .unwrap();
    assert!(
        store
            .fail_image_import(id, "a.mha: no header", at(3))
            .await
            .unwrap()
    );
    let listed = store.image_imports(viewer(ada), Page::ALL).await.unwrap();
    assert_eq!(listed.items[0].problem, "a.mha: no header");
    assert_eq!(listed.items[0].finished_at, Some(at(3)));
    assert_eq!(listed.items[0].target, nowhere);
    assert_eq!(
        store
            .image_imports(Viewer::ANONYMOUS, Page::ALL)
            .await
            .unwrap()
            .count,
        0
    );
}

#[tokio::test]
async fn json_comes_back_to_the_last_bit() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let socket = crate::archives::socket(store, "anything").await;
    let item = crate::archives::item(store).await;
    let text = r#"[0.1,1e-320,123456789012345678,5.000000000000001,"\u0000ü",null,-0.0,1.7976931348623157e+308]"#;
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    let ids = store
        .merge_values(item, &[(socket, NewContent::Json(value.clone()))], at(1))
        .await
        .unwrap();
    let back = store.value(ids[0]).await.unwrap().unwrap();
    assert_eq!(back.content, Content::Json(value.clone()));
    assert_eq!(serde_json::to_string(&value).unwrap(), text);
}
