//! Blobs stay while somebody copies them.
//!
//! A backup copies the database first and then what this copy names, which takes its time; meanwhile a server may delete.
//! Both open one file beside the folder of blobs and let the kernel arbitrate: a copy shares it, a sweep has it alone.
//! Whoever dies lets go of it.

use std::fs::TryLockError;
use std::io;

use camino::Utf8PathBuf;

use super::Blobs;

/// No sweep takes a blob away while this lives.
#[derive(Debug)]
pub struct Stay {
    _shared: std::fs::File,
}

/// Nobody copies while this lives.
#[derive(Debug)]
pub(super) struct Alone {
    _exclusive: std::fs::File,
}

impl Blobs {
    /// Lets every blob stay. Blocks while a sweep is at work, which takes no more than a moment.
    ///
    /// # Errors
    /// When the file of the lock cannot be made.
    pub fn let_stay(&self) -> io::Result<Stay> {
        let file = self.lock_file()?;
        file.lock_shared()?;
        Ok(Stay { _shared: file })
    }

    /// Keeps copies away; `None` while there is one.
    pub(super) fn alone(&self) -> io::Result<Option<Alone>> {
        let file = self.lock_file()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Alone { _exclusive: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn lock_file(&self) -> io::Result<std::fs::File> {
        let path: Utf8PathBuf = self.folder.with_extension("lock");
        let file = fs_err::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        Ok(file.into_file())
    }
}
