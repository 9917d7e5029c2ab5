//! Opening paths inside a root file system that somebody else filled: symlinks lead nowhere but into that root.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Gid, Mode, OFlags, ResolveFlags, Uid};
use rustix::io::Errno;

/// The root of a container, and who owns what we create in it.
pub(super) struct Root<'a> {
    /// The root folder.
    pub(super) folder: BorrowedFd<'a>,
    /// Host ids of the container's root user and group.
    pub(super) owner: (u32, u32),
}

/// What a mount point must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A folder.
    Folder,
    /// A regular file.
    File,
}

impl Root<'_> {
    /// Opens `path` for use as a mount point, creating what is missing.
    pub(super) fn mount_point(&self, path: &str, kind: Kind) -> io::Result<OwnedFd> {
        match self.open(path, OFlags::PATH) {
            Ok(found) => Ok(found),
            Err(Errno::NOENT) => self.create(path, kind),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a small file; `None` when there is none.
    pub(super) fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        use std::io::Read;
        match self.open(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY) {
            Ok(fd) => {
                if !rustix::fs::FileType::from_raw_mode(rustix::fs::fstat(&fd)?.st_mode).is_file() {
                    return Ok(None);
                }
                let mut bytes = Vec::new();
                std::fs::File::from(fd)
                    .take(limit)
                    .read_to_end(&mut bytes)?;
                Ok(Some(bytes))
            }
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn open(&self, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        rustix::fs::openat2(
            self.folder,
            path,
            flags | OFlags::CLOEXEC,
            Mode::empty(),
            resolve,
        )
    }

    /// Makes a symlink, replacing a file or symlink but no folder.
    pub(super) fn link(&self, path: &str, target: &str) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        match rustix::fs::symlinkat(target, parent.as_fd(), name) {
            Err(Errno::EXIST) => {
                rustix::fs::unlinkat(parent.as_fd(), name, AtFlags::empty())?;
                rustix::fs::symlinkat(target, parent.as_fd(), name)?;
            }
            made => made?,
        }
        self.own(parent.as_fd(), name)
    }

    /// The folder that holds `path`, made when missing, and the last name of `path`.
    fn parent<'p>(&self, path: &'p str) -> io::Result<(OwnedFd, &'p str)> {
        let path = path.trim_matches('/');
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = if parent.is_empty() {
            self.open("/", OFlags::PATH)?
        } else {
            self.mount_point(parent, Kind::Folder)?
        };
        Ok((parent, name))
    }

    fn create(&self, path: &str, kind: Kind) -> io::Result<OwnedFd> {
        let (parent, name) = self.parent(path)?;
        let mode = Mode::from_raw_mode(0o755);
        match kind {
            Kind::Folder => rustix::fs::mkdirat(parent.as_fd(), name, mode)?,
            Kind::File => {
                let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
                drop(rustix::fs::openat(
                    parent.as_fd(),
                    name,
                    flags,
                    Mode::from_raw_mode(0o644),
                )?);
            }
        }
        self.own(parent.as_fd(), name)?;
        Ok(self.open(path, OFlags::PATH)?)
    }

    /// Gives what we made to the container's root.
    fn own(&self, parent: BorrowedFd<'_>, name: &str) -> io::Result<()> {
        let (uid, gid) = self.owner;
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        Ok(rustix::fs::chownat(
            parent,
            name,
            Some(uid),
            Some(gid),
            flags,
        )?)
    }
}
