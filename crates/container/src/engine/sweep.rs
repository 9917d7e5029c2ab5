//! Containers of ours whose shim was killed, and what else it could not take away.
//!
//! A shim holds a lock for as long as it lives, so that nobody has to guess from a process id whether it does. What dead ones
//! left carries our label and the data folder it belongs to; other data folders sweep their own.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::{File, OpenOptions};
use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::client::{CONTAINER_LABEL, Engine, EngineError, Labels};
use crate::sandbox::unmount_leftovers;

/// On containers of ours: the shared folder of the data folder that they belong to.
pub(crate) const HOME_LABEL: &str = "org.gantry.home";
/// On containers of ours: their work folder.
pub(crate) const WORK_LABEL: &str = "org.gantry.work";

/// What is left cannot be taken away.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Locks or mounts.
    #[error("failed to take away what a container has left")]
    Files(#[from] io::Error),
}

impl Engine {
    /// Ids of the plans of all containers of this data folder that the engine has, running or not.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub fn containers(&self, shared_dir: &Utf8Path) -> Result<Vec<String>, EngineError> {
        let found = self.labelled(HOME_LABEL, shared_dir.as_str())?;
        let plan = |(_, mut labels): (String, Labels)| labels.remove(CONTAINER_LABEL);
        Ok(found.into_iter().filter_map(plan).collect())
    }

    /// Removes the containers of this data folder (`shared_dir` is its folder of shared things) whose shim is gone; how
    /// many there were.
    ///
    /// # Errors
    /// When the engine does not answer or refuses, or mounts cannot be taken away.
    pub fn sweep(&self, shared_dir: &Utf8Path) -> Result<usize, SweepError> {
        let mut removed = 0;
        for (container, labels) in self.labelled(HOME_LABEL, shared_dir.as_str())? {
            let Some(plan) = labels.get(CONTAINER_LABEL) else {
                continue;
            };
            let Some(lock) = take_lock(shared_dir, plan)? else {
                continue;
            };
            self.remove(&container)?;
            if let Some(work_dir) = labels.get(WORK_LABEL) {
                unmount_leftovers(Utf8Path::new(work_dir))?;
            }
            drop(lock);
            fs_err::remove_file(lock_path(shared_dir, plan))?;
            removed += 1;
        }
        Ok(removed)
    }
}

/// The lock of a container; `None` when a shim has it.
pub(crate) fn take_lock(shared_dir: &Utf8Path, plan: &str) -> io::Result<Option<File>> {
    let path = lock_path(shared_dir, plan);
    fs_err::create_dir_all(path.parent().expect("it lies in a folder"))?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Where the lock of a container lies.
pub(crate) fn lock_path(shared_dir: &Utf8Path, plan: &str) -> Utf8PathBuf {
    shared_dir.join("engine").join(plan)
}
