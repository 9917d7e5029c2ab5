//! What one person may take, and what they have taken.

use serde_json::json;
use store::accounts::NewAccount;
use store::images::{ImageExtension, NewImage};
use store::quotas::Quota;

use crate::opened::{Opened, at};

#[tokio::test]
async fn a_quota_is_of_one_person_until_it_is_taken_back() {
    let opened = Opened::new().await;
    let (ada, bea) = (opened.account("ada").await, opened.account("bea").await);
    let store = &opened.store;
    assert_eq!(store.quota(ada).await.unwrap(), Quota::default());
    let quota = Quota {
        running: Some(2),
        unfinished: Some(u64::MAX),
        bytes: None,
    };
    store.set_quota(ada, &quota).await.unwrap();
    let found = store.quota(ada).await.unwrap();
    assert_eq!((found.running, found.bytes), (Some(2), None));
    assert_eq!(
        found.unfinished,
        Some(i64::MAX.unsigned_abs()),
        "the most that is kept"
    );
    assert_eq!(store.quota(bea).await.unwrap(), Quota::default());
    let running = store.running_quotas().await.unwrap();
    assert_eq!(running.into_iter().collect::<Vec<_>>(), [(ada, 2)]);
    store.set_quota(ada, &Quota::default()).await.unwrap();
    assert_eq!(store.quota(ada).await.unwrap(), Quota::default());
    assert!(store.running_quotas().await.unwrap().is_empty());
    let nobody = store::ids::AccountId::new();
    assert!(store.set_quota(nobody, &quota).await.is_err());
}

#[tokio::test]
async fn stored_bytes_are_counted_once_and_per_person() {
    let opened = Opened::new().await;
    let (ada, bea) = (opened.account("ada").await, opened.account("bea").await);
    let store = &opened.store;
    assert_eq!(store.stored_bytes(ada).await.unwrap(), 0);
    let image = |name: &str, bytes: &[u8], account| NewImage {
        name: name.to_owned(),
        extension: ImageExtension::Mha,
        blob: opened.blob(bytes),
        summary: json!({}),
        modality: String::new(),
        import: None,
        account: Some(account),
    };
    for (name, bytes, whose) in [
        ("one", &b"0123456789"[..], ada),
        ("the same", b"0123456789", ada),
        ("another", b"01234", ada),
        ("of bea", b"0123456789", bea),
    ] {
        store
            .create_image(&image(name, bytes, whose), at(0))
            .await
            .unwrap();
    }
    assert_eq!(store.stored_bytes(ada).await.unwrap(), 15);
    assert_eq!(store.stored_bytes(bea).await.unwrap(), 10);
    let upload = store
        .create_upload(ada, "a.bin", at(0), at(100))
        .await
        .unwrap();
    let part = store
        .part_files()
        .write(upload.id, 1, &mut &b"1234567"[..])
        .unwrap();
    store.put_part(upload.id, 1, &part, at(1)).await.unwrap();
    assert_eq!(store.stored_bytes(ada).await.unwrap(), 22, "an open upload");
    store
        .complete_upload(upload.id, &opened.blob(b"1234567"), at(2))
        .await
        .unwrap();
    assert_eq!(
        store.stored_bytes(ada).await.unwrap(),
        22,
        "a completed one"
    );
}

#[tokio::test]
async fn a_password_that_was_made_is_to_be_changed_until_it_is() {
    let opened = Opened::new().await;
    let new = NewAccount {
        username: "ada".to_owned(),
        email: String::new(),
        password_hash: "made".to_owned(),
        role: store::accounts::Role::User,
    };
    let store = &opened.store;
    let ada = store.create_account(&new, at(0)).await.unwrap();
    assert!(!ada.must_change_password);
    assert!(store.demand_new_password(ada.id).await.unwrap());
    let found = store.account(ada.id).await.unwrap().unwrap();
    assert!(found.must_change_password);
    store.set_password_hash(ada.id, "own").await.unwrap();
    let found = store.account(ada.id).await.unwrap().unwrap();
    assert!(!found.must_change_password);
}
