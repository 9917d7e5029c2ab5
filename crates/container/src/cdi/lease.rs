//! One job per device: advisory locks on files, which the kernel drops with the process however it ends.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};

use camino::Utf8Path;
use fs_err::OpenOptions;
use fs_err::os::unix::fs::OpenOptionsExt;
use rustix::fs::FlockOperation;

use super::error::LeaseError;

/// How a job holds a piece of hardware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hold {
    /// With others that hold it so: the card on which several slices are.
    Shared,
    /// Alone.
    Alone,
}

/// Pieces of hardware and how they are held, by the name of the lock file.
pub(super) type Holds = BTreeMap<String, Hold>;

/// The locks of one device; dropping it makes the device free.
#[derive(Debug)]
pub struct GpuLease {
    locks: Vec<OwnedFd>,
}

impl GpuLease {
    /// Takes all locks or none; `None` when another job has one of them.
    pub(super) fn take(folder: &Utf8Path, holds: &Holds) -> Result<Option<Self>, LeaseError> {
        let failed = |action, path: &Utf8Path, source| LeaseError {
            action,
            path: path.to_owned(),
            source,
        };
        fs_err::create_dir_all(folder).map_err(|source| failed("make", folder, source))?;
        let mut lease = Self { locks: Vec::new() };
        // In the order of names everywhere, so that of two jobs that want the same locks one gets them all.
        for (name, hold) in holds {
            let path = folder.join(name);
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .custom_flags(libc::O_NOFOLLOW)
                .open(&path)
                .map_err(|source| failed("open", &path, source))?;
            let operation = match hold {
                Hold::Shared => FlockOperation::NonBlockingLockShared,
                Hold::Alone => FlockOperation::NonBlockingLockExclusive,
            };
            match rustix::fs::flock(file.as_fd(), operation) {
                Ok(()) => lease.locks.push(file.into_parts().0.into()),
                Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
                Err(error) => return Err(failed("lock", &path, error.into())),
            }
        }
        Ok(Some(lease))
    }

    /// The locks themselves, for a process that outlives this one: they hold while any copy of them is open.
    pub fn into_locks(mut self) -> Vec<OwnedFd> {
        std::mem::take(&mut self.locks)
    }
}

impl Drop for GpuLease {
    fn drop(&mut self) {
        for lock in &self.locks {
            // Not by closing alone: a program that another thread is just starting has a copy for a moment. An error
            // leaves the lock to the end of the process.
            let _ = rustix::fs::flock(lock, FlockOperation::Unlock);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(parts: &[(&str, Hold)]) -> Holds {
        parts
            .iter()
            .map(|&(name, hold)| (name.to_owned(), hold))
            .collect()
    }

    #[test]
    fn shared_and_lone_locks_exclude_each_other_and_free_all_on_failure() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap().join("gpus");
        let take = |parts: &[(&str, Hold)]| GpuLease::take(&folder, &holds(parts)).unwrap();
        let first = take(&[("card", Hold::Shared), ("slice-1", Hold::Alone)]).unwrap();
        let second = take(&[("card", Hold::Shared), ("slice-2", Hold::Alone)]).unwrap();
        assert!(take(&[("card", Hold::Shared), ("slice-2", Hold::Alone)]).is_none());
        // Gets `a`, fails at `card`, and must not keep `a`.
        assert!(take(&[("a", Hold::Alone), ("card", Hold::Alone)]).is_none());
        assert!(take(&[("a", Hold::Alone)]).is_some());
        drop(first);
        assert!(take(&[("card", Hold::Alone)]).is_none());
        drop(second);
        assert!(take(&[("card", Hold::Alone)]).is_some());
    }

    #[test]
    fn locks_handed_on_hold_until_closed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let card = holds(&[("card", Hold::Alone)]);
        let lease = GpuLease::take(folder, &card).unwrap().unwrap();
        let locks = lease.into_locks();
        assert!(GpuLease::take(folder, &card).unwrap().is_none());
        drop(locks);
        assert!(GpuLease::take(folder, &card).unwrap().is_some());
    }

    #[test]
    fn a_link_in_place_of_a_lock_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.join("card")).unwrap();
        let error = GpuLease::take(folder, &holds(&[("card", Hold::Alone)])).unwrap_err();
        assert_eq!(error.action, "open");
    }
}
