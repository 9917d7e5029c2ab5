//! Archives, their items and runs.

use domain::{RelativePath, Slug, Socket, SocketKind};
use serde_json::json;
use store::archives::{ArchiveRole, CreateArchiveError, CreateItemError, NewArchive, SkippedItem};
use store::ids::{ArchiveId, ArchiveItemId, SocketId};
use store::values::{Content, NewContent};
use store::{Page, Store, Viewer};

use crate::opened::{Opened, at, viewer};

/// A socket for anything.
pub(crate) async fn socket(store: &Store, slug: &str) -> SocketId {
    let socket = Socket {
        slug: Slug::new(slug).unwrap(),
        title: slug.to_owned(),
        description: String::new(),
        kind: SocketKind::Anything,
        relative_path: RelativePath::new(format!("{slug}.json")).unwrap(),
        schema: None,
        default: None,
        overlay_segments: Vec::new(),
        store_in_database: true,
    };
    store
        .create_socket(&socket, None, None, at(0))
        .await
        .unwrap()
        .id
}

/// A new archive of nobody.
pub(crate) async fn archive(store: &Store, slug: &str) -> ArchiveId {
    store
        .create_archive(&named(slug), None, at(1))
        .await
        .unwrap()
}

/// An empty item of a new archive.
pub(crate) async fn item(store: &Store) -> ArchiveItemId {
    let archive = archive(store, "some").await;
    store.create_archive_item(archive, "", at(1)).await.unwrap()
}

fn named(slug: &str) -> NewArchive {
    NewArchive {
        slug: Slug::new(slug).unwrap(),
        title: slug.to_owned(),
        description: String::new(),
        is_public: false,
    }
}

#[tokio::test]
async fn roles_decide_who_sees_fills_and_changes() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let (ada, ben) = (opened.account("ada").await, opened.account("ben").await);
    let id = store
        .create_archive(&named("lungs"), Some(ada), at(1))
        .await
        .unwrap();
    let taken = store
        .create_archive(&named("lungs"), Some(ada), at(1))
        .await;
    assert!(matches!(taken, Err(CreateArchiveError::SlugTaken(_))));
    let rights = async |who: Viewer| {
        (
            store.may_view_archive(who, id).await.unwrap(),
            store.may_fill_archive(who, id).await.unwrap(),
            store.may_change_archive(who, id).await.unwrap(),
        )
    };
    assert_eq!(rights(viewer(ada)).await, (true, true, true));
    assert_eq!(rights(viewer(ben)).await, (false, false, false));
    for (role, expected) in [
        (ArchiveRole::User, (true, false, false)),
        (ArchiveRole::Uploader, (true, true, false)),
    ] {
        store.set_archive_role(id, ben, role).await.unwrap();
        assert_eq!(rights(viewer(ben)).await, expected);
    }
    let seen = async |slug: Option<&str>| {
        let listed = store.archives(viewer(ben), slug, Page::ALL).await;
        listed.unwrap().count
    };
    assert_eq!((seen(Some("lungs")).await, seen(Some("?")).await), (1, 0));
    assert!(store.remove_archive_role(id, ben).await.unwrap());
    assert_eq!(seen(None).await, 0);
    assert_eq!(
        store.archive_members(id, Page::ALL).await.unwrap().items[0].username,
        "ada"
    );
    let public = NewArchive {
        is_public: true,
        ..named("all-lungs")
    };
    assert!(store.update_archive(id, &public).await.unwrap());
    assert_eq!(rights(Viewer::ANONYMOUS).await, (true, false, false));
    let found = store.archive_by_slug(&public.slug).await.unwrap();
    assert_eq!(found, store.archive(id).await.unwrap());
}

#[tokio::test]
async fn titles_are_unique_in_an_archive() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let (first, second) = (archive(store, "one").await, archive(store, "two").await);
    let case = store
        .create_archive_item(first, "case", at(1))
        .await
        .unwrap();
    let taken = store.create_archive_item(first, "case", at(1)).await;
    assert!(matches!(taken, Err(CreateItemError::TitleTaken(_))));
    store
        .create_archive_item(second, "case", at(1))
        .await
        .unwrap();
    store
        .set_archive_item_title((first, case), "case")
        .await
        .unwrap();
    for _ in 0..2 {
        store.create_archive_item(first, "", at(2)).await.unwrap();
    }
    let listed = store
        .archive_items(Viewer::SYSTEM, Some(first), Page::ALL)
        .await
        .unwrap();
    assert_eq!((listed.count, listed.items[0].id), (3, case));
    let untitled = listed.items[1].id;
    let taken = store
        .set_archive_item_title((first, untitled), "case")
        .await;
    assert!(taken.is_err());
    assert_eq!(
        store
            .archive_items(Viewer::SYSTEM, None, Page::ALL)
            .await
            .unwrap()
            .count,
        4
    );
    assert_eq!(
        store
            .archive_items(Viewer::ANONYMOUS, None, Page::ALL)
            .await
            .unwrap()
            .count,
        0
    );
}

#[tokio::test]
async fn values_are_merged_or_replaced() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let item = item(store).await;
    let (a, b, c) = (
        socket(store, "a").await,
        socket(store, "b").await,
        socket(store, "c").await,
    );
    let json = |number: i64| NewContent::Json(json!(number));
    let held = async || -> Vec<(SocketId, Content)> {
        let item = store.archive_item(item).await.unwrap().unwrap();
        item.values
            .into_iter()
            .map(|value| (value.socket.id, value.content))
            .collect()
    };
    let is = |number: i64| Content::Json(json!(number));
    store
        .merge_values(item, &[(a, json(1)), (b, json(2))], at(1))
        .await
        .unwrap();
    store
        .merge_values(item, &[(b, json(3)), (c, json(4))], at(2))
        .await
        .unwrap();
    assert_eq!(held().await, [(a, is(1)), (b, is(3)), (c, is(4))]);
    store.merge_values(item, &[], at(3)).await.unwrap();
    assert_eq!(held().await.len(), 3);
    store
        .replace_values(item, (&[(a, json(5))], &[b]), at(4))
        .await
        .unwrap();
    assert_eq!(held().await, [(a, is(5)), (b, is(3))]);
    let blob = opened.blob(b"text");
    let file = NewContent::File {
        blob: blob.clone(),
        filename: "a.csv".to_owned(),
    };
    store
        .replace_values(item, (&[(a, file)], &[]), at(5))
        .await
        .unwrap();
    let expected = Content::File {
        blob: blob.digest,
        filename: "a.csv".to_owned(),
        size: 4,
    };
    assert_eq!(held().await, [(a, expected)]);
}

#[tokio::test]
async fn runs_are_noted_with_what_they_skip() {
    let opened = Opened::new().await;
    let store = &opened.store;
    let text = "title = \"T\"\nslug = \"t\"\nsockets = [{ slug = \"ct\", kind = \"Image\", relative_path = \"images/ct\" },
        { slug = \"n\", kind = \"Integer\", relative_path = \"n.json\" }]\ninterfaces = [{ inputs = [\"ct\"], outputs = [\"n\"] }]";
    let manifest = domain::Manifest::parse(text).unwrap().algorithm;
    let algorithm = store
        .create_algorithm(&manifest, None, at(1))
        .await
        .unwrap()
        .id;
    let archive = archive(store, "lungs").await;
    let item = store.create_archive_item(archive, "", at(1)).await.unwrap();
    let skipped = [SkippedItem {
        item,
        reason: "has no `ct`".to_owned(),
    }];
    let run = store
        .create_archive_run((archive, algorithm), None, &skipped, at(2))
        .await
        .unwrap();
    let found = store.archive_run(run).await.unwrap().unwrap();
    assert_eq!(found.skipped, skipped);
    assert_eq!(
        store.archive_runs(archive, Page::ALL).await.unwrap().items,
        [found]
    );
}
