//! A store in a temporary folder.

use camino::Utf8Path;
use jiff::Timestamp;
use store::accounts::{NewAccount, Role};
use store::blobs::Blob;
use store::ids::AccountId;
use store::{Store, Viewer};
use tempfile::TempDir;

/// A new store, and the folder that holds it.
pub(crate) struct Opened {
    folder: TempDir,
    pub(crate) store: Store,
}

impl Opened {
    pub(crate) async fn new() -> Opened {
        let (folder, store) = home().await;
        Opened { folder, store }
    }

    /// A new account that makes algorithms.
    pub(crate) async fn account(&self, name: &str) -> AccountId {
        let account = NewAccount {
            username: name.to_owned(),
            email: String::new(),
            password_hash: String::new(),
            role: Role::Creator,
        };
        let made = self.store.create_account(&account, at(0)).await;
        made.unwrap().id
    }

    /// The folder, when the store is no longer wanted.
    pub(crate) fn into_folder(self) -> TempDir {
        self.folder
    }

    /// Bytes in the store.
    pub(crate) fn blob(&self, mut bytes: &[u8]) -> Blob {
        self.store.blobs().keep(&mut bytes).unwrap()
    }
}

/// An account as one who asks for lists.
pub(crate) fn viewer(account: AccountId) -> Viewer {
    Viewer {
        account: Some(account),
        is_administrator: false,
    }
}

/// A new store, and the folder that holds it.
pub(crate) async fn home() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap();
    let store = Store::open(path).await.unwrap();
    (folder, store)
}

/// A time, in seconds after a fixed one.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}
