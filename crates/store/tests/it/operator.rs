//! What operators and uploaders look at: the audit log, imports of archives, galleries, the disk.

use serde_json::json;
use store::Viewer;
use store::archives::NewArchive;
use store::audit::{AuditSearch, NewAudit};
use store::ids::{AccountId, ImageImportId};
use store::image_imports::{ImageImportState, ImportTarget};
use store::images::{GalleryFilter, ImageExtension, NewImage};

use crate::opened::{Opened, at, viewer};

fn image(opened: &Opened, name: &str, modality: &str, account: AccountId) -> NewImage {
    NewImage {
        name: name.to_owned(),
        extension: ImageExtension::Mha,
        blob: opened.blob(name.as_bytes()),
        summary: json!({"size": [2, 3]}),
        modality: modality.to_owned(),
        import: None,
        account: Some(account),
    }
}

#[tokio::test]
async fn the_audit_log_is_searched_by_who_what_when_and_read_on() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let (ada, ben) = (opened.account("ada").await, opened.account("ben").await);
    for (second, account, action, object) in [
        (1, Some(ada), "job.cancel", "job 1"),
        (2, Some(ben), "job.cancel", "job 2"),
        (3, None, "job.delete", "job 1"),
        (4, Some(ada), "jobs_x", "job 10%"),
    ] {
        let record = NewAudit {
            account,
            action,
            object,
            detail: &json!(null),
        };
        store.note_audit(record, at(second)).await.unwrap();
    }
    let found = async |search: AuditSearch| {
        let lines = store.search_audit(&search, (None, 10)).await.unwrap();
        let said = lines.iter().map(|line| {
            let who = line.username.clone().unwrap_or_default();
            format!("{who} {} {}", line.record.action, line.record.object)
        });
        said.collect::<Vec<_>>()
    };
    let by_ada = AuditSearch {
        account: Some(ada),
        ..AuditSearch::default()
    };
    assert_eq!(
        found(by_ada).await,
        ["ada jobs_x job 10%", "ada job.cancel job 1"]
    );
    let begins = AuditSearch {
        action: "job.".to_owned(),
        object: "job 1".to_owned(),
        ..AuditSearch::default()
    };
    assert_eq!(
        found(begins).await,
        [" job.delete job 1", "ada job.cancel job 1"]
    );
    let literally = AuditSearch {
        object: "0%".to_owned(),
        ..AuditSearch::default()
    };
    assert_eq!(found(literally).await.len(), 1);
    let between = AuditSearch {
        from: Some(at(2)),
        until: Some(at(3)),
        ..AuditSearch::default()
    };
    assert_eq!(found(between).await, ["ben job.cancel job 2"]);
    let parts = (None, 3);
    let first = store.search_audit(&AuditSearch::default(), parts).await;
    let rest = (Some(first.unwrap()[2].record.id), 3);
    let rest = store.search_audit(&AuditSearch::default(), rest).await;
    let rest: Vec<_> = rest.unwrap().iter().map(|line| line.record.at).collect();
    assert_eq!(rest, [at(1)]);
}

#[tokio::test]
async fn each_image_of_an_import_into_an_archive_becomes_an_item() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let ada = opened.account("ada").await;
    let socket = crate::archives::socket(store, "ct").await;
    let new = NewArchive {
        slug: domain::Slug::new("lungs").unwrap(),
        title: "Lungs".to_owned(),
        description: String::new(),
        is_public: false,
    };
    let archive = store.create_archive(&new, Some(ada), at(1)).await.unwrap();
    let upload = store
        .create_upload(ada, "all.zip", at(1), at(99))
        .await
        .unwrap();
    let id = ImageImportId::new();
    let target = ImportTarget::Archive { archive, socket };
    store
        .create_image_import((id, Some(ada)), &[upload.id], target, at(2))
        .await
        .unwrap();
    let read = store.image_import(id).await.unwrap().unwrap();
    assert_eq!(read.target, target);
    let waiting = store.imports_of_archive(archive, 10).await.unwrap();
    assert_eq!(waiting[0].import.state, ImageImportState::Queued);
    assert_eq!(waiting[0].import.filenames, ["all.zip"]);

    let images = [
        image(&opened, "a.mha", "", ada),
        image(&opened, "a.mha", "", ada),
        image(&opened, "b.mha", "", ada),
    ];
    let end = (&images[..], "c.mha: no header");
    let ids = store.finish_image_import(id, end, at(3)).await.unwrap();
    assert_eq!(ids.unwrap().len(), 3);
    let items = store
        .archive_items(viewer(ada), Some(archive), store::Page::ALL)
        .await
        .unwrap()
        .items;
    let titles: Vec<&str> = items.iter().map(|item| item.title.as_str()).collect();
    assert_eq!(titles, ["a.mha", "a.mha (2)", "b.mha"]);
    assert!(items.iter().all(|item| item.values[0].socket.id == socket));
    let left = store.imports_of_archive(archive, 10).await.unwrap();
    assert_eq!(left[0].import.problem, "c.mha: no header");
    assert!(
        store
            .finish_image_import(id, end, at(4))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_refused_import_is_shown_until_its_place_is_filled() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let ada = opened.account("ada").await;
    let socket = crate::archives::socket(store, "ct").await;
    let item = crate::archives::item(store).await;
    let archive = store.archive_item(item).await.unwrap().unwrap().archive;
    let target = ImportTarget::ArchiveItem {
        archive_item: item,
        socket,
    };
    for (second, is_bad) in [(1, true), (2, false)] {
        let id = ImageImportId::new();
        let upload = store.create_upload(ada, "a.mha", at(1), at(99)).await;
        store
            .create_image_import((id, Some(ada)), &[upload.unwrap().id], target, at(second))
            .await
            .unwrap();
        if is_bad {
            store
                .fail_image_import(id, "a.mha: torn", at(second))
                .await
                .unwrap();
            assert_eq!(
                store.imports_of_archive(archive, 10).await.unwrap().len(),
                1
            );
        } else {
            let images = [image(&opened, "a.mha", "", ada)];
            store
                .finish_image_import(id, (&images[..], ""), at(second))
                .await
                .unwrap();
        }
    }
    assert!(
        store
            .imports_of_archive(archive, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_gallery_shows_ones_own_newest_first_by_name_and_modality() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let (ada, ben) = (opened.account("ada").await, opened.account("ben").await);
    for (name, modality, account) in [
        ("Left_1.mha", "MR", ada),
        ("left.mha", "CT", ada),
        ("right.mha", "CT", ben),
    ] {
        let new = image(&opened, name, modality, account);
        store.create_image(&new, at(1)).await.unwrap();
    }
    let names = async |who, search: &str, modality: &str| {
        let filter = GalleryFilter {
            search: search.to_owned(),
            modality: modality.to_owned(),
        };
        let found = store.gallery(who, &filter, (None, 10)).await.unwrap();
        let names = found.into_iter().map(|image| image.name);
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(viewer(ada), "", "").await, ["left.mha", "Left_1.mha"]);
    assert_eq!(names(viewer(ada), "LEFT_", "").await, ["Left_1.mha"]);
    assert_eq!(names(viewer(ada), "", "ct").await, ["left.mha"]);
    assert_eq!(
        names(Viewer::SYSTEM, "", "CT").await,
        ["right.mha", "left.mha"]
    );
    let all = GalleryFilter::default();
    let first = store.gallery(viewer(ada), &all, (None, 1)).await.unwrap();
    let rest = store
        .gallery(viewer(ada), &all, (Some(first[0].id), 10))
        .await
        .unwrap();
    assert_eq!(rest[0].name, "Left_1.mha");
    assert_eq!(rest.len(), 1);

    let shares = store.blob_shares().await.unwrap();
    assert_eq!((shares.images.count, shares.images.bytes), (3, 27));
    assert_eq!(shares.others.count, 0);
}
