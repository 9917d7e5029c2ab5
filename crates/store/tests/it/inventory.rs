//! What must be there, and copies of the database.

use std::os::unix::fs::PermissionsExt as _;

use camino::Utf8Path;
use store::blobs::{BlobError, Blobs};
use store::{OpenStoreError, Store};

use crate::opened::{at, home};

#[tokio::test]
async fn a_blob_names_its_users() {
    let (_folder, store) = home().await;
    let kept = store.blobs().keep(&mut &b"bytes"[..]).unwrap();
    let account = store::accounts::NewAccount {
        username: "ann".to_owned(),
        email: String::new(),
        password_hash: String::new(),
        role: store::accounts::Role::User,
    };
    let ann = store.create_account(&account, at(0)).await.unwrap().id;
    let upload = store
        .create_upload(ann, "a", at(0), at(9))
        .await
        .unwrap()
        .id;
    assert!(!store.knows_blob(&kept.digest).await.unwrap());
    store.complete_upload(upload, &kept, at(1)).await.unwrap();
    let known = store.known_blobs(None, 10).await.unwrap();
    assert_eq!(known, std::slice::from_ref(&kept));
    assert_eq!(store.known_blobs(Some(&kept.digest), 10).await.unwrap(), []);
    assert_eq!(store.blob_totals().await.unwrap(), (1, 5));
    let users = store.blob_users(&kept.digest).await.unwrap();
    assert_eq!(users.len(), 1);
    assert_eq!(users[0].place, "upload.blob_digest");
    assert_eq!(users[0].id, upload.to_string());
}

#[tokio::test]
async fn a_store_that_is_only_read_is_one_of_this_version() {
    let (folder, store) = home().await;
    let root = Utf8Path::from_path(folder.path()).unwrap();
    let reading = Store::open_to_read(root).await.unwrap();
    assert_eq!(reading.count_accounts().await.unwrap(), 0);
    assert_eq!(
        reading.database_damages().await.unwrap(),
        Vec::<String>::new()
    );
    let copy = root.join("copy");
    fs_err::create_dir(&copy).unwrap();
    reading
        .copy_database(&copy.join("gantry.db"))
        .await
        .unwrap();
    let copied = Store::open_to_read(&copy).await.unwrap();
    assert_eq!(copied.count_accounts().await.unwrap(), 0);
    drop(store);
    let nothing = Store::open_to_read(&root.join("blobs")).await;
    assert!(matches!(nothing, Err(OpenStoreError::Open { .. })));
}

#[test]
fn damaged_blobs_are_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap();
    let (one, two) = (
        Blobs::open(&root.join("one")).unwrap(),
        Blobs::open(&root.join("two")).unwrap(),
    );
    let kept = one.keep(&mut &b"some bytes"[..]).unwrap();
    assert!(two.link_from(&one, &kept.digest).unwrap());
    assert!(two.verify(&kept.digest).is_ok());
    let path = one.path(&kept.digest);
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    fs_err::write(&path, b"same bytes").unwrap();
    let three = Blobs::open(&root.join("three")).unwrap();
    let refused = three.take_from(&one, &kept.digest);
    assert!(matches!(refused, Err(BlobError::Altered { .. })));
    assert_eq!(three.lying().unwrap(), []);
    fs_err::write(&path, b"some").unwrap();
    let refused = one.open_whole(&kept);
    assert!(matches!(refused, Err(BlobError::Size { found: 4, .. })));
    fs_err::write(root.join("three/new/half"), b"").unwrap();
    assert_eq!(three.clear_unfinished().unwrap(), 1);
}
