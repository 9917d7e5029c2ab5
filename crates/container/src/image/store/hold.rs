//! Keeps an image from being removed while it is used.

use std::io;

use camino::Utf8Path;
use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::record::{self, bare};
use super::{HoldImageError, ImageHold, Store, folders};

/// Holds an image that is in the store.
pub(super) fn hold(store: &Store, digest: &str) -> Result<ImageHold, HoldImageError> {
    let root = store.root();
    let lock = |source| HoldImageError::Lock {
        digest: digest.to_owned(),
        source,
    };
    // With the store locked, no removal comes between the look and the lock.
    let _alone = folders::lock(root).map_err(lock)?;
    if !record::file(root, digest).exists() {
        return Err(HoldImageError::Gone {
            digest: digest.to_owned(),
        });
    }
    let file = open(root, digest).map_err(lock)?;
    rustix::fs::flock(&file, FlockOperation::LockShared).map_err(|error| lock(error.into()))?;
    Ok(ImageHold { _file: file })
}

/// Whether somebody holds the image. The store must be locked.
pub(super) fn is_held(root: &Utf8Path, digest: &str) -> io::Result<bool> {
    let file = open(root, digest)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(false),
        Err(Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Removes the lock file of an image that nobody holds.
pub(super) fn forget(root: &Utf8Path, digest: &str) -> io::Result<()> {
    fs_err::remove_file(folders::holds(root).join(bare(digest)))
}

fn open(root: &Utf8Path, digest: &str) -> io::Result<fs_err::File> {
    fs_err::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folders::holds(root).join(bare(digest)))
}
