//! An archive's file while it is read, parts of which go into files of ours on the way.
//!
//! The kernel copies a piece from file to file, and what is then read is our copy: what is hashed is what is kept, even if
//! somebody changes the archive meanwhile, and the bytes come into our memory once only.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;

use super::tar_file::TarFile;

/// Bytes that are copied at a time: they stay in the processor's cache until they are read.
const PIECE: usize = 1 << 20;

/// The file.
pub(super) struct CopiedFile {
    file: fs_err::File,
    copier: Copier,
}

/// Says what is to be copied; shared with the reader that the `tar` crate owns.
#[derive(Clone, Default)]
pub(super) struct Copier(Rc<RefCell<Option<Copy>>>);

/// A part on its way.
struct Copy {
    to: TarFile,
    /// Bytes of the part that are still in the archive only.
    left: u64,
    /// Bytes of ours that were not read yet.
    unread: usize,
    /// Where they begin.
    position: u64,
    failed: Option<io::Error>,
}

impl CopiedFile {
    /// Reads a file; what it copies, the other half says.
    pub(super) fn watch(file: fs_err::File) -> (Self, Copier) {
        let copier = Copier::default();
        let copied = Self {
            file,
            copier: copier.clone(),
        };
        (copied, copier)
    }
}

impl Copier {
    /// The next `bytes` bytes that are read go into this file as well, behind `head`, which was read already.
    pub(super) fn begin(&self, mut to: TarFile, head: &[u8], bytes: u64) -> io::Result<()> {
        to.write_all(head)?;
        *self.0.borrow_mut() = Some(Copy {
            to,
            left: bytes,
            unread: 0,
            position: head.len() as u64,
            failed: None,
        });
        Ok(())
    }

    /// The end of the part. Fails when our file could not be written or read.
    pub(super) fn end(&self) -> io::Result<()> {
        let Some(copy) = self.0.borrow_mut().take() else {
            return Ok(());
        };
        match copy.failed {
            Some(error) => Err(error),
            None => copy.to.finish(),
        }
    }
}

impl Read for CopiedFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut copy = self.copier.0.borrow_mut();
        match copy.as_mut() {
            Some(copy) if copy.left > 0 || copy.unread > 0 => copy.read(&self.file, into),
            Some(_) | None => self.file.read(into),
        }
    }
}

impl Copy {
    fn read(&mut self, from: &fs_err::File, into: &mut [u8]) -> io::Result<usize> {
        let read = self.try_read(from, into);
        read.map_err(|error| {
            // Whoever reads takes it for the archive's fault; the end of the part tells whose it is.
            let kind = error.kind();
            self.failed = Some(error);
            kind.into()
        })
    }

    fn try_read(&mut self, from: &fs_err::File, into: &mut [u8]) -> io::Result<usize> {
        if self.unread == 0 {
            let want = usize::try_from(self.left).map_or(PIECE, |left| left.min(PIECE));
            self.unread = self.to.copy_from(from, want)?;
            self.left -= self.unread as u64;
            if self.unread == 0 {
                // The archive ends early.
                self.left = 0;
                return Ok(0);
            }
        }
        let want = into.len().min(self.unread);
        let count = self.to.read_at(&mut into[..want], self.position)?;
        if count == 0 && want > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.unread -= count;
        self.position += count as u64;
        Ok(count)
    }
}
