//! The tar of a layer while it is written.

use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt as _;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use camino::Utf8Path;
use rustix::io::Errno;

/// After so many bytes the disk is told to begin: at the end little is left to wait for.
const FLUSHED: u64 = 32 << 20;

/// The file, which goes to the disk while it is still written.
pub(super) struct TarFile {
    file: fs_err::File,
    unflushed: u64,
    bell: Option<SyncSender<()>>,
    flusher: Option<JoinHandle<io::Result<()>>>,
    /// The kernel cannot copy between these file systems.
    by_hand: bool,
}

impl TarFile {
    /// A new file.
    pub(super) fn create(path: &Utf8Path) -> io::Result<Self> {
        let file = fs_err::File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)?;
        let flushed = file.file().try_clone()?;
        let (bell, rung) = sync_channel(1);
        let flusher = std::thread::spawn(move || {
            let mut done = Ok(());
            for () in rung {
                done = done.and(flushed.sync_data());
            }
            done.and(flushed.sync_data())
        });
        Ok(Self {
            file,
            unflushed: 0,
            bell: Some(bell),
            flusher: Some(flusher),
            by_hand: false,
        })
    }

    /// Takes up to so many bytes from where another file is; fewer only at its end.
    pub(super) fn copy_from(&mut self, from: &fs_err::File, bytes: usize) -> io::Result<usize> {
        let mut copied = 0;
        while copied < bytes && !self.by_hand {
            let done = rustix::fs::copy_file_range(from, None, &self.file, None, bytes - copied);
            match done {
                // Some file systems say so instead of an error.
                Ok(0) => self.by_hand = copied == 0,
                Ok(count) => copied += count,
                Err(Errno::INTR) => {}
                Err(Errno::XDEV | Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP) => {
                    self.by_hand = true;
                }
                Err(error) => return Err(error.into()),
            }
            if done == Ok(0) {
                break;
            }
        }
        if self.by_hand {
            let mut rest = from.file().take((bytes - copied) as u64);
            copied += usize::try_from(io::copy(&mut rest, &mut self.file)?).unwrap_or(0);
        }
        self.wrote(copied);
        Ok(copied)
    }

    /// Reads back.
    pub(super) fn read_at(&self, into: &mut [u8], position: u64) -> io::Result<usize> {
        self.file.file().read_at(into, position)
    }

    /// Waits until all is on the disk.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.bell = None;
        match self.flusher.take().map(JoinHandle::join) {
            Some(Ok(flushed)) => flushed,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Ok(()),
        }
    }

    fn wrote(&mut self, bytes: usize) {
        self.unflushed += bytes as u64;
        if self.unflushed >= FLUSHED {
            self.unflushed = 0;
            // One that is at work will find these bytes too.
            let _ = self.bell.as_ref().map(|bell| bell.try_send(()));
        }
    }
}

impl Write for TarFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.wrote(count);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
