//! Accounts, tokens, sessions, the audit log.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::accounts::{Account, CreateAccountError, NewAccount, Role};
use store::audit::{AuditFilter, NewAudit};
use store::sessions::NewSession;
use store::tokens::NewToken;
use store::{Page, Store};

use crate::opened::{at, home};

async fn account(store: &Store, username: &str) -> Account {
    let new = NewAccount {
        username: username.to_owned(),
        email: String::new(),
        password_hash: "$argon2id$".to_owned(),
        role: Role::User,
    };
    store.create_account(&new, at(0)).await.unwrap()
}

fn minutes(count: i64) -> Timestamp {
    at(0) + SignedDuration::from_mins(count)
}

#[tokio::test]
async fn names_are_unique_and_numbers_grow() {
    let (_folder, store) = home().await;
    let ann = account(&store, "ann").await;
    let ben = account(&store, "ben").await;
    assert_eq!((ann.number, ben.number), (1, 2));
    let again = NewAccount {
        username: "ann".to_owned(),
        email: String::new(),
        password_hash: String::new(),
        role: Role::Creator,
    };
    let error = store.create_account(&again, at(1)).await.unwrap_err();
    assert!(matches!(error, CreateAccountError::UsernameTaken(name) if name == "ann"));
    let wrong = NewAccount {
        username: "Ann Lee".to_owned(),
        ..again
    };
    let error = store.create_account(&wrong, at(1)).await.unwrap_err();
    assert!(matches!(error, CreateAccountError::InvalidUsername(_)));
    assert_eq!(store.count_accounts().await.unwrap(), 2);
    // A refused one costs no number.
    assert_eq!(account(&store, "cleo").await.number, 3);
    let (found, hash) = store.account_by_name("ANN").await.unwrap().unwrap();
    assert_eq!((found, hash.as_str()), (ann, "$argon2id$"));
}

#[tokio::test]
async fn accounts_are_listed_by_name_and_found_by_a_part_of_it() {
    let (_folder, store) = home().await;
    for name in ["cleo_x", "ann", "cleoax", "ben"] {
        account(&store, name).await;
    }
    let names = |search: &'static str, page| {
        let store = store.clone();
        async move {
            let listed = store.accounts(search, page).await.unwrap();
            let names: Vec<String> = listed.items.into_iter().map(|a| a.username).collect();
            (listed.count, names.join(" "))
        }
    };
    let second = Page {
        offset: 1,
        limit: 2,
    };
    assert_eq!(names("", second).await, (4, "ben cleo_x".to_owned()));
    assert_eq!(names("o_x", Page::ALL).await, (1, "cleo_x".to_owned()));
    assert_eq!(names("%", Page::ALL).await, (0, String::new()));
}

#[tokio::test]
async fn a_token_leads_to_its_account_until_it_ends() {
    let (_folder, store) = home().await;
    let ann = account(&store, "ann").await;
    let new = NewToken {
        account: ann.id,
        name: "laptop".to_owned(),
        expires_at: Some(minutes(10)),
    };
    let token = store
        .create_token(&new, "aa11", "gtry_abc", at(0))
        .await
        .unwrap();
    let found = store.account_of_token("aa11", minutes(1)).await.unwrap();
    assert_eq!(found, Some((ann.clone(), token.id)));
    assert_eq!(
        store.account_of_token("bb", minutes(1)).await.unwrap(),
        None
    );
    let ended = store.account_of_token("aa11", minutes(10)).await.unwrap();
    assert_eq!(ended, None);
    store.set_active(ann.id, false).await.unwrap();
    let locked = store.account_of_token("aa11", minutes(2)).await.unwrap();
    assert_eq!(locked, None);
}

#[tokio::test]
async fn the_use_of_a_token_is_noted_once_a_minute() {
    let (_folder, store) = home().await;
    let ann = account(&store, "ann").await;
    let new = NewToken {
        account: ann.id,
        name: "laptop".to_owned(),
        expires_at: None,
    };
    let token = store
        .create_token(&new, "aa11", "gtry", at(0))
        .await
        .unwrap();
    let used = || async { store.tokens_of(ann.id).await.unwrap()[0].last_used_at };
    assert_eq!(used().await, None);
    for (now, noted) in [(at(5), at(5)), (at(64), at(5)), (at(65), at(65))] {
        store.account_of_token("aa11", now).await.unwrap();
        assert_eq!(used().await, Some(noted));
    }
    let ben = account(&store, "ben").await;
    assert!(!store.delete_token(ben.id, token.id).await.unwrap());
    assert!(store.delete_token(ann.id, token.id).await.unwrap());
    assert!(store.tokens_of(ann.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_session_ends_with_its_time_its_password_and_its_account() {
    let (_folder, store) = home().await;
    let ann = account(&store, "ann").await;
    let new = |digest: &str| NewSession {
        digest: digest.to_owned(),
        account: ann.id,
        csrf: "c".to_owned(),
        expires_at: minutes(10),
    };
    store.create_session(&new("one"), at(0)).await.unwrap();
    let found = store.session("one", minutes(9)).await.unwrap().unwrap();
    assert_eq!((found.account.id, found.csrf.as_str()), (ann.id, "c"));
    assert_eq!(store.session("one", minutes(10)).await.unwrap(), None);
    assert!(store.set_password_hash(ann.id, "new").await.unwrap());
    assert_eq!(store.session("one", minutes(1)).await.unwrap(), None);
    store.create_session(&new("two"), at(0)).await.unwrap();
    assert_eq!(store.delete_expired_sessions(minutes(9)).await.unwrap(), 0);
    store.set_active(ann.id, false).await.unwrap();
    assert_eq!(store.session("two", minutes(1)).await.unwrap(), None);
    assert_eq!(store.delete_expired_sessions(minutes(10)).await.unwrap(), 1);
    assert!(!store.delete_session("two").await.unwrap());
}

#[tokio::test]
async fn failed_logins_are_counted_by_name_and_by_address() {
    let (_folder, store) = home().await;
    for (name, address, minute) in [("Ann", "::1", 0), ("ann", "::2", 5), ("ben", "::1", 6)] {
        store
            .note_login_failure(name, address, minutes(minute))
            .await
            .unwrap();
    }
    let count = |since| {
        let store = store.clone();
        async move {
            let found = store.login_failures("ann", "::1", minutes(since)).await;
            let found = found.unwrap();
            (found.by_username, found.by_address)
        }
    };
    assert_eq!(count(-1).await, (2, 2));
    assert_eq!(count(0).await, (1, 1));
    store.clear_login_failures("ANN").await.unwrap();
    assert_eq!(count(-1).await, (0, 1));
    let forgotten = store.delete_old_login_failures(minutes(7)).await.unwrap();
    assert_eq!((forgotten, count(-1).await), (1, (0, 0)));
}

#[tokio::test]
async fn what_was_done_is_listed_the_latest_first() {
    let (_folder, store) = home().await;
    let ann = account(&store, "ann").await;
    for (second, action) in [(1, "token.create"), (2, "token.delete"), (3, "job.cancel")] {
        let record = NewAudit {
            account: (second != 2).then_some(ann.id),
            action,
            object: "token/1",
            detail: &json!({"name": "laptop"}),
        };
        store.note_audit(record, at(second)).await.unwrap();
    }
    let everything = store.audit_log(&AuditFilter::default(), Page::ALL).await;
    let actions: Vec<String> = everything
        .unwrap()
        .items
        .into_iter()
        .map(|r| r.action)
        .collect();
    assert_eq!(actions, ["job.cancel", "token.delete", "token.create"]);
    let by_ann = AuditFilter {
        account: Some(ann.id),
        action: Some("token.create".to_owned()),
        object: None,
    };
    let found = store.audit_log(&by_ann, Page::ALL).await.unwrap();
    assert_eq!((found.count, found.items[0].at), (1, at(1)));
    assert_eq!(found.items[0].detail, json!({"name": "laptop"}));
}
