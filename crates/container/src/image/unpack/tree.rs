//! The folder that a layer is unpacked into, seen from inside.
//!
//! Every operation starts at the open root folder and names one component below an open folder. Folders on the way are
//! opened by the kernel with the root as the end of the world (`RESOLVE_IN_ROOT`): a symlink of the layer, wherever it
//! points, leads nowhere else.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, CWD, Dev, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;

use super::missing_folders::{Folders, make_all};

/// Names that overlayfs keeps for itself in a layer for user namespaces.
const OPAQUE: &str = "user.overlay.opaque";

/// The kernel's mark for "nothing is here, whatever a lower layer has": a character device 0/0.
const WHITEOUT: Dev = 0;

/// Folders are passable only for us until the layer is complete.
const WORKING_MODE: Mode = Mode::RWXU;

/// A folder tree under construction.
pub(super) struct Tree {
    root: OwnedFd,
    /// The folder that was opened last: entries of one folder mostly follow each other.
    last: Option<(Vec<u8>, OwnedFd)>,
    /// Folders that were made because an entry lies below them, since the last time they were taken.
    implied: Vec<Vec<u8>>,
}

impl Tree {
    /// Opens a folder as the root.
    pub(super) fn open(path: &std::path::Path) -> rustix::io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self {
            root: rustix::fs::openat(CWD, path, flags, Mode::empty())?,
            last: None,
            implied: Vec::new(),
        })
    }

    /// The folder at this path, made with all folders above it where there is none.
    pub(super) fn folder(&mut self, path: &[u8]) -> rustix::io::Result<BorrowedFd<'_>> {
        if path.is_empty() {
            return Ok(self.root.as_fd());
        }
        let known = self.last.as_ref().is_some_and(|(last, _)| last == path);
        if !known {
            let folder = match self.look_up(path) {
                Err(Errno::NOENT | Errno::NOTDIR) => make_all(self, path)?,
                found => found?,
            };
            self.last = Some((path.to_vec(), folder));
        }
        let (_, folder) = self.last.as_ref().expect("it was just set");
        Ok(folder.as_fd())
    }

    /// The folder at this path if there is one.
    pub(super) fn look_up(&self, path: &[u8]) -> rustix::io::Result<OwnedFd> {
        let path = if path.is_empty() { b"." } else { path };
        rustix::fs::openat2(
            &self.root,
            path,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS,
        )
    }

    /// The folders that were made along the way since this was last asked.
    pub(super) fn take_implied(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.implied)
    }

    /// Makes room for something that is no folder: what has the name goes, with all below it.
    pub(super) fn clear(&mut self, parent: &[u8], name: &[u8]) -> rustix::io::Result<()> {
        let folder = self.folder(parent)?;
        let found = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
            remove_all(folder, name)?;
        } else {
            rustix::fs::unlinkat(folder, name, AtFlags::empty())?;
        }
        // A path may have led through what is gone.
        self.last = None;
        Ok(())
    }

    /// Makes a folder unless it is there; anything else with that name goes. In place of a whiteout, the folder hides that
    /// of the lower layers.
    pub(super) fn make_folder(&mut self, parent: &[u8], name: &[u8]) -> rustix::io::Result<()> {
        let folder = self.folder(parent)?;
        match rustix::fs::mkdirat(folder, name, WORKING_MODE) {
            Err(Errno::EXIST) => {}
            done => return done,
        }
        let found = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
            return Ok(());
        }
        self.clear(parent, name)?;
        let folder = self.folder(parent)?;
        rustix::fs::mkdirat(folder, name, WORKING_MODE)?;
        if is_whiteout(&found) {
            set_opaque(&open_folder(folder, name)?)?;
        }
        Ok(())
    }

    /// Hides what lower layers have under this name. What this layer has stays; if it is a folder, it hides theirs.
    pub(super) fn white_out(&mut self, parent: &[u8], name: &[u8]) -> rustix::io::Result<()> {
        let folder = self.folder(parent)?;
        match rustix::fs::mknodat(
            folder,
            name,
            FileType::CharacterDevice,
            Mode::empty(),
            WHITEOUT,
        ) {
            Err(Errno::EXIST) => {}
            done => return done,
        }
        let found = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
            set_opaque(&open_folder(folder, name)?)?;
        }
        Ok(())
    }

    /// Hides all that lower layers have in this folder.
    pub(super) fn make_opaque(&mut self, path: &[u8]) -> rustix::io::Result<()> {
        set_opaque(self.folder(path)?)
    }
}

impl Folders for Tree {
    type Folder = OwnedFd;

    fn look_up(&self, path: &[u8]) -> rustix::io::Result<OwnedFd> {
        self.look_up(path)
    }

    fn make_in(&mut self, parent: OwnedFd, name: &[u8]) -> rustix::io::Result<()> {
        rustix::fs::mkdirat(&parent, name, WORKING_MODE)
    }

    fn replace_whiteout(&mut self, parent: OwnedFd, name: &[u8]) -> rustix::io::Result<()> {
        let found = rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if !is_whiteout(&found) {
            return Err(Errno::NOTDIR);
        }
        rustix::fs::unlinkat(&parent, name, AtFlags::empty())?;
        rustix::fs::mkdirat(&parent, name, WORKING_MODE)?;
        set_opaque(open_folder(parent.as_fd(), name)?)
    }

    fn note_made(&mut self, path: &[u8]) {
        self.implied.push(path.to_vec());
    }
}

/// Opens a folder in a folder, never through a symlink.
pub(super) fn open_folder(parent: BorrowedFd<'_>, name: &[u8]) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(parent, name, flags, Mode::empty())
}

/// Whether this is the kernel's mark for a hidden name.
pub(super) fn is_whiteout(found: &Stat) -> bool {
    FileType::from_raw_mode(found.st_mode) == FileType::CharacterDevice && found.st_rdev == WHITEOUT
}

fn set_opaque(folder: impl AsFd) -> rustix::io::Result<()> {
    rustix::fs::fsetxattr(folder, OPAQUE, b"y", rustix::fs::XattrFlags::empty())
}

/// Removes a folder with all below it. Folders that we may not pass are made passable first.
pub(in super::super) fn remove_all(parent: BorrowedFd<'_>, name: &[u8]) -> rustix::io::Result<()> {
    let folder = match open_folder(parent, name) {
        Err(Errno::ACCESS) => {
            rustix::fs::chmodat(parent, name, WORKING_MODE, AtFlags::empty())?;
            open_folder(parent, name)?
        }
        found => found?,
    };
    // Without root, names of a folder that is not writable cannot be taken away. If this fails, that shows below.
    let _ = rustix::fs::fchmod(&folder, WORKING_MODE);
    for entry in rustix::fs::Dir::read_from(&folder)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        match rustix::fs::unlinkat(&folder, name, AtFlags::empty()) {
            Err(Errno::ISDIR | Errno::PERM) => remove_all(folder.as_fd(), name)?,
            done => done?,
        }
    }
    rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR)
}
