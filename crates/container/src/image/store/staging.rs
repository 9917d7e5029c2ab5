//! A folder for what is not finished; gone when dropped, or with the next import if we are killed.

use std::io;
use std::os::fd::AsFd;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, FlockOperation, Mode, OFlags};

use super::folders;
use crate::image::unpack::remove_all;

/// A private folder on the store's file system.
#[derive(Debug)]
pub(in super::super) struct Staging {
    path: Utf8PathBuf,
    lock: fs_err::File,
}

impl Staging {
    /// Makes one, and clears away those whose owners are gone.
    pub(in super::super) fn make(root: &Utf8Path) -> io::Result<Self> {
        let _alone = folders::lock(root)?;
        clear_abandoned(root);
        let path = folders::staging(root).join(uuid::Uuid::now_v7().to_string());
        fs_err::create_dir(&path)?;
        let lock = fs_err::File::create(lock_file(&path))?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Self { path, lock })
    }

    /// The folder.
    pub(in super::super) fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Waits until all that was written is on the disk.
    pub(in super::super) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(&self.lock)?)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What stays is cleared away by the next import.
        let _ = delete(&self.path);
        let _ = fs_err::remove_file(lock_file(&self.path));
    }
}

/// Removes a folder of the store with everything in it, whatever its rights.
pub(super) fn delete(folder: &Utf8Path) -> io::Result<()> {
    let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let parent = rustix::fs::openat(CWD, parent.as_std_path(), flags, Mode::empty())?;
    Ok(remove_all(parent.as_fd(), name.as_bytes())?)
}

fn lock_file(folder: &Utf8Path) -> Utf8PathBuf {
    folder.with_extension("lock")
}

/// Folders without an owner only waste room: what cannot be removed now is tried again by the next import.
fn clear_abandoned(root: &Utf8Path) {
    let Ok(entries) = folders::staging(root).read_dir_utf8() else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.extension() == Some("lock") {
            continue;
        }
        let owner = fs_err::File::open(lock_file(path));
        let abandoned = owner.as_ref().map_or(true, |lock| {
            rustix::fs::flock(lock, FlockOperation::NonBlockingLockExclusive).is_ok()
        });
        if abandoned && delete(path).is_ok() {
            let _ = fs_err::remove_file(lock_file(path));
        }
    }
}
