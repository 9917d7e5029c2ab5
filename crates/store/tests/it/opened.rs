//! A store in a temporary folder.

use camino::Utf8Path;
use jiff::Timestamp;
use store::Store;
use tempfile::TempDir;

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
