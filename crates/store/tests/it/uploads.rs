//! Files on their way in.

use std::io::{self, Read};

use store::accounts::{NewAccount, Role};
use store::ids::AccountId;
use store::uploads::{ChangeUploadError, JoinPartsError, Upload, UploadState};
use store::{Page, Store};

use crate::opened::{at, home};

async fn owner(store: &Store) -> AccountId {
    let new = NewAccount {
        username: "ann".to_owned(),
        email: String::new(),
        password_hash: String::new(),
        role: Role::User,
    };
    store.create_account(&new, at(0)).await.unwrap().id
}

async fn begun(store: &Store) -> Upload {
    let owner = owner(store).await;
    let upload = store.create_upload(owner, "ct.mha", at(0), at(100)).await;
    upload.unwrap()
}

async fn put(store: &Store, upload: &Upload, number: u32, bytes: &[u8]) -> Upload {
    let mut source = bytes;
    let part = store.part_files().write(upload.id, number, &mut source);
    let part = part.unwrap();
    let changed = store.put_part(upload.id, number, &part, at(1)).await;
    changed.unwrap()
}

#[tokio::test]
async fn parts_become_one_blob_in_their_order() {
    let (_folder, store) = home().await;
    let upload = begun(&store).await;
    assert_eq!((upload.state, upload.size), (UploadState::Initialized, 0));
    put(&store, &upload, 2, b"world").await;
    put(&store, &upload, 1, b"wrong").await;
    // A part that comes again replaces the first.
    let changed = put(&store, &upload, 1, b"hello ").await;
    assert_eq!(changed.size, 11);
    let parts = store.parts(upload.id).await.unwrap();
    assert_eq!(
        parts.iter().map(|part| part.number).collect::<Vec<_>>(),
        [1, 2]
    );
    let blob = store.part_files().join(store.blobs(), upload.id, &parts);
    let blob = blob.unwrap();
    let completed = store
        .complete_upload(upload.id, &blob, at(2))
        .await
        .unwrap();
    assert_eq!(completed.state, UploadState::Completed);
    let mut text = String::new();
    let mut file = store.blobs().open_blob(&completed.blob.unwrap()).unwrap();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello world");
    assert!(store.parts(upload.id).await.unwrap().is_empty());
    store.part_files().remove(upload.id).unwrap();
    store.part_files().remove(upload.id).unwrap();
    assert!(store.part_files().all().unwrap().is_empty());
}

#[tokio::test]
async fn no_parts_make_an_empty_blob() {
    let (_folder, store) = home().await;
    let upload = begun(&store).await;
    let blob = store.part_files().join(store.blobs(), upload.id, &[]);
    assert_eq!(blob.unwrap().size, 0);
}

#[tokio::test]
async fn a_part_whose_file_was_changed_is_refused() {
    let (_folder, store) = home().await;
    let upload = begun(&store).await;
    put(&store, &upload, 1, b"first").await;
    put(&store, &upload, 2, b"second").await;
    fs_err::write(store.part_files().path(upload.id, 2), "altered").unwrap();
    let parts = store.parts(upload.id).await.unwrap();
    let error = store
        .part_files()
        .join(store.blobs(), upload.id, &parts)
        .unwrap_err();
    assert!(
        matches!(error, JoinPartsError::Altered { number: 2, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_part_that_is_cut_short_leaves_nothing() {
    struct Cut;
    impl Read for Cut {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::ConnectionReset))
        }
    }
    let (_folder, store) = home().await;
    let upload = begun(&store).await;
    let mut source = b"start".chain(Cut);
    let written = store.part_files().write(upload.id, 1, &mut source);
    assert_eq!(written.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    let folder = store.part_files().path(upload.id, 1);
    let folder = folder.parent().unwrap();
    assert_eq!(fs_err::read_dir(folder).unwrap().count(), 0);
}

#[tokio::test]
async fn a_closed_upload_stays_what_it_is() {
    let (_folder, store) = home().await;
    let upload = begun(&store).await;
    let part = store
        .part_files()
        .write(upload.id, 1, &mut &b"x"[..])
        .unwrap();
    let aborted = store.abort_upload(upload.id).await.unwrap();
    assert_eq!(aborted.state, UploadState::Aborted);
    let blob = store.blobs().keep(&mut &b"x"[..]).unwrap();
    let errors = [
        store
            .put_part(upload.id, 1, &part, at(1))
            .await
            .unwrap_err(),
        store.abort_upload(upload.id).await.unwrap_err(),
        store
            .complete_upload(upload.id, &blob, at(1))
            .await
            .unwrap_err(),
    ];
    for error in errors {
        let is_closed = matches!(error, ChangeUploadError::NotOpen(UploadState::Aborted));
        assert!(is_closed, "{error}");
    }
    assert!(store.consume_upload(upload.id).await.unwrap());
    assert!(!store.consume_upload(upload.id).await.unwrap());
    let error = store.abort_upload(upload.id).await.unwrap_err();
    assert!(matches!(error, ChangeUploadError::Gone(_)), "{error}");
}

#[tokio::test]
async fn uploads_are_listed_counted_and_expire() {
    let (_folder, store) = home().await;
    let owner = owner(&store).await;
    let mut ids = Vec::new();
    for second in 1..=3 {
        let upload = store
            .create_upload(owner, "a", at(second), at(10 * second))
            .await;
        ids.push(upload.unwrap().id);
    }
    store.abort_upload(ids[0]).await.unwrap();
    let listed = store.uploads_of(owner, Page::ALL).await.unwrap();
    let found: Vec<_> = listed.items.iter().map(|upload| upload.id).collect();
    assert_eq!((listed.count, found), (3, ids.clone()));
    assert_eq!(store.count_open_uploads(owner).await.unwrap(), 2);
    let expired = store.expired_uploads(at(20), Page::ALL).await.unwrap();
    let expired: Vec<_> = expired.iter().map(|upload| upload.id).collect();
    assert_eq!(expired, ids[..2]);
}
