//! A layer unpacked into a folder.

use std::io::Read;
use std::num::NonZeroU64;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Advice, AtFlags, FileType, Mode, OFlags, SeekFrom};
use rustix::io::Errno;

use super::attributes::Owners;
use super::member::Attributes;
use super::target::{Content, LinkRefused, Place, Target, at, cut_short, damaged};
use super::tree::{Tree, is_whiteout};
use super::{Notes, UnpackError};
use crate::image::channel::CHUNK_BYTES;

/// Of a large file the disk is told to begin after so many bytes, and at its end: when all is read, little is left to wait for.
const BEGUN: u64 = 8 << 20;
/// Files below so many bytes are left to the kernel, which writes many of them at once.
const LARGE: u64 = 1 << 20;

/// The folder.
pub(super) struct OnDisk {
    tree: Tree,
    owners: Owners,
    buffer: Vec<u8>,
}

impl OnDisk {
    /// An empty folder.
    pub(super) fn open(folder: &Path) -> Result<Self, UnpackError> {
        Ok(Self {
            tree: Tree::open(folder).map_err(written)?,
            owners: Owners::as_allowed(),
            buffer: vec![0; CHUNK_BYTES],
        })
    }

    /// Makes something new; what had the name before goes.
    fn make<T>(
        &mut self,
        place: Place<'_>,
        make: impl Fn(BorrowedFd<'_>) -> rustix::io::Result<T>,
    ) -> rustix::io::Result<T> {
        match make(self.tree.folder(place.parent)?) {
            Err(Errno::EXIST) => {}
            made => return made,
        }
        self.tree.clear(place.parent, place.name)?;
        make(self.tree.folder(place.parent)?)
    }

    /// Owner and time of something that is not to be opened.
    fn own(&mut self, place: Place<'_>, attributes: &Attributes) -> Result<(), UnpackError> {
        let folder = self.tree.folder(place.parent).map_err(written)?;
        self.owners
            .apply_at(folder, place.name, attributes)
            .map_err(written)
    }
}

impl Target for OnDisk {
    fn folder(&mut self, place: Place<'_>) -> Result<(), UnpackError> {
        self.tree
            .make_folder(place.parent, place.name)
            .map_err(|error| at(place, error))
    }

    fn file(
        &mut self,
        place: Place<'_>,
        attributes: &Attributes,
        content: Content<'_>,
        notes: &mut Notes,
    ) -> Result<(), UnpackError> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = self
            .make(place, |folder| {
                rustix::fs::openat(folder, place.name, flags, Mode::RUSR | Mode::WUSR)
            })
            .map_err(|error| at(place, error))?;
        let copied = copy(content.from, &file, &mut self.buffer, content.sparse)?;
        if copied != content.bytes {
            return Err(cut_short(place, copied, content.bytes));
        }
        self.owners
            .apply(&file, attributes, place.entry, notes)
            .map_err(written)
    }

    fn symlink(
        &mut self,
        place: Place<'_>,
        attributes: &Attributes,
        to: &[u8],
    ) -> Result<(), UnpackError> {
        self.make(place, |folder| {
            rustix::fs::symlinkat(to, folder, place.name)
        })
        .map_err(|error| at(place, error))?;
        self.own(place, attributes)
    }

    fn fifo(&mut self, place: Place<'_>, attributes: &Attributes) -> Result<(), UnpackError> {
        let mode = Mode::from_raw_mode(attributes.mode);
        self.make(place, |folder| {
            rustix::fs::mknodat(folder, place.name, FileType::Fifo, mode, 0)
        })
        .map_err(|error| at(place, error))?;
        self.own(place, attributes)?;
        // The caller's mask took bits away, and the change of the owner others.
        let folder = self.tree.folder(place.parent).map_err(written)?;
        rustix::fs::chmodat(folder, place.name, mode, AtFlags::empty()).map_err(written)
    }

    fn hard_link(
        &mut self,
        place: Place<'_>,
        from_parent: &[u8],
        from_name: &[u8],
    ) -> Result<(), LinkRefused> {
        let absent = |_| LinkRefused::Absent;
        let from = self.tree.look_up(from_parent).map_err(absent)?;
        let found =
            rustix::fs::statat(&from, from_name, AtFlags::SYMLINK_NOFOLLOW).map_err(absent)?;
        if is_whiteout(&found) {
            return Err(LinkRefused::Absent);
        }
        let here = self
            .tree
            .folder(place.parent)
            .map_err(|error| LinkRefused::Other(at(place, error)))?;
        if same_file(here, place.name, &found) {
            return Ok(());
        }
        self.make(place, |folder| {
            rustix::fs::linkat(&from, from_name, folder, place.name, AtFlags::empty())
        })
        .map_err(|error| match error {
            Errno::PERM | Errno::NOENT => LinkRefused::Folder,
            error => LinkRefused::Other(at(place, error)),
        })
    }

    fn white_out(&mut self, place: Place<'_>) -> Result<(), UnpackError> {
        self.tree
            .white_out(place.parent, place.name)
            .map_err(|error| at(place, error))
    }

    fn make_opaque(&mut self, place: Place<'_>) -> Result<(), UnpackError> {
        self.tree
            .make_opaque(place.parent)
            .map_err(|error| at(place, error))
    }

    fn take_implied(&mut self) -> Vec<Vec<u8>> {
        self.tree.take_implied()
    }

    fn finish_folder(
        &mut self,
        path: &[u8],
        attributes: &Attributes,
        notes: &mut Notes,
    ) -> Result<(), UnpackError> {
        let folder = match self.tree.look_up(path) {
            // Something else took its place later in the layer.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(()),
            found => found.map_err(written)?,
        };
        self.owners
            .apply(&folder, attributes, path, notes)
            .map_err(written)
    }
}

/// Copies to the end. Of a sparse file, chunks of zeros become holes.
fn copy(
    from: &mut dyn Read,
    to: &OwnedFd,
    buffer: &mut [u8],
    sparse: bool,
) -> Result<u64, UnpackError> {
    let (mut total, mut begun) = (0, 0);
    loop {
        let count = from.read(buffer).map_err(|error| damaged(&error))?;
        if count == 0 || total - begun >= BEGUN {
            begin_writing(to, begun, total);
            begun = total;
        }
        if count == 0 {
            break;
        }
        let chunk = &buffer[..count];
        total += count as u64;
        if sparse && chunk.iter().all(|byte| *byte == 0) {
            rustix::fs::seek(to, SeekFrom::Start(total)).map_err(written)?;
        } else {
            write_all(to, chunk).map_err(written)?;
        }
    }
    if sparse {
        rustix::fs::ftruncate(to, total).map_err(written)?;
    }
    Ok(total)
}

/// Has the kernel send a part of a large file to the disk; it waits for nothing, and what fails is told when all is synced.
/// `posix_fadvise` does so with dirty pages that nobody is going to need: it keeps them until they are written.
fn begin_writing(file: &OwnedFd, from: u64, to: u64) {
    if to >= LARGE {
        let _ = rustix::fs::fadvise(file, from, NonZeroU64::new(to - from), Advice::DontNeed);
    }
}

fn write_all(to: &OwnedFd, mut bytes: &[u8]) -> rustix::io::Result<()> {
    while !bytes.is_empty() {
        let count = rustix::io::retry_on_intr(|| rustix::io::write(to, bytes))?;
        bytes = &bytes[count..];
    }
    Ok(())
}

fn same_file(folder: impl AsFd, name: &[u8], other: &rustix::fs::Stat) -> bool {
    rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|found| (found.st_dev, found.st_ino) == (other.st_dev, other.st_ino))
}

fn written(error: Errno) -> UnpackError {
    UnpackError::Write(error.into())
}
