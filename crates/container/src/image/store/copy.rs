//! Images from one store into another: for backups, and back.

use std::collections::HashMap;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use camino::Utf8Path;
use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, Timespec, Timestamps, Uid, XattrFlags};
use rustix::io::Errno;

use super::record::{self, layer_folder};
use super::staging::Staging;
use super::tree_digest::{attributes, names};
use super::{CopyImageError, Store, folders, indexed};
use crate::image::index::why_not;
use crate::image::layer::{LayerForm, SEAL, TREE};

/// What was copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// Layers that the other store did not have.
    pub layers: usize,
    /// Bytes of their files, linked or copied.
    pub bytes: u64,
}

/// How the bytes of a file get to the other store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// A second name for the same bytes where both lie on one file system; else a copy.
    Link,
    /// Bytes of its own.
    Copy,
}

impl Store {
    /// Gives another store an image of this one, with its layers, whose owners, rights, attributes and links are kept.
    /// A layer with an index is unpacked if this machine cannot mount it. The image is held meanwhile. Blocks.
    ///
    /// # Errors
    /// When the image is not here, or a file cannot be read or written.
    pub fn copy_into(
        &self,
        other: &Store,
        digest: &str,
        transfer: Transfer,
    ) -> Result<Copied, CopyImageError> {
        let _hold = self.hold(digest)?;
        let failed = |source| CopyImageError::Files {
            digest: digest.to_owned(),
            source,
        };
        let records = record::all(self.root())?;
        let found = records.into_iter().find(|record| record.digest == digest);
        let found = found.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        let staging = Staging::make(other.root()).map_err(failed)?;
        let mut copied = Copied::default();
        let indexes = why_not(staging.path()).is_none();
        for layer in &found.layers {
            let place = layer_folder(other.root(), &layer.diff_id);
            if place.exists() {
                continue;
            }
            let from = layer_folder(self.root(), &layer.diff_id);
            let aside = staging.path().join(record::bare(&layer.diff_id));
            fs_err::create_dir(&aside).map_err(failed)?;
            match (record::form_of(&from), indexes) {
                (LayerForm::Indexed, true) => {
                    indexed::transfer(&from, &aside, (transfer, LayerForm::Indexed))
                }
                (LayerForm::Indexed, false) => {
                    indexed::transfer(&from, &aside, (transfer, LayerForm::Unpacked))
                }
                (LayerForm::Unpacked, _) => copy_tree(&from, &aside, transfer),
            }
            .map_err(failed)?;
            fs_err::rename(&aside, &place).map_err(failed)?;
            copied.layers += 1;
            copied.bytes += layer.bytes;
        }
        folders::sync_folder(&folders::layers(other.root())).map_err(failed)?;
        found.write(other.root()).map_err(failed)?;
        Ok(copied)
    }
}

/// Copies an unpacked layer.
fn copy_tree(from: &Utf8Path, to: &Utf8Path, transfer: Transfer) -> io::Result<()> {
    let mut copying = Copying {
        transfer,
        linked: HashMap::new(),
    };
    let (from_tree, to_tree) = (from.join(TREE), to.join(TREE));
    copying.entry(from_tree.as_std_path(), to_tree.as_std_path())?;
    if from.join(SEAL).exists() {
        fs_err::copy(from.join(SEAL), to.join(SEAL))?;
    }
    Ok(())
}

/// One layer on its way.
struct Copying {
    transfer: Transfer,
    /// Where files with several names were copied to, by their number.
    linked: HashMap<u64, PathBuf>,
}

impl Copying {
    fn entry(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let metadata = fs_err::symlink_metadata(from)?;
        match FileType::from_raw_mode(metadata.mode()) {
            FileType::RegularFile => {
                if self.transfer == Transfer::Link && fs_err::hard_link(from, to).is_ok() {
                    return Ok(());
                }
                if let Some(first) = self.linked.get(&metadata.ino()) {
                    return fs_err::hard_link(first, to);
                }
                fs_err::copy(from, to)?;
                if metadata.nlink() > 1 {
                    self.linked.insert(metadata.ino(), to.to_owned());
                }
            }
            FileType::Symlink => rustix::fs::symlink(fs_err::read_link(from)?, to)?,
            FileType::Directory => {
                fs_err::create_dir(to)?;
                for name in names(from)? {
                    self.entry(&from.join(&name), &to.join(&name))?;
                }
            }
            kind @ (FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Fifo
            | FileType::Socket
            | FileType::Unknown) => {
                let mode = Mode::from_raw_mode(metadata.mode());
                rustix::fs::mknodat(CWD, to, kind, mode, metadata.rdev())?;
            }
        }
        same_attributes(from, to, &metadata)
    }
}

/// Owner, attributes, rights, time; in this order, because a change of the owner takes rights away.
fn same_attributes(from: &Path, to: &Path, metadata: &std::fs::Metadata) -> io::Result<()> {
    let kind = FileType::from_raw_mode(metadata.mode());
    if rustix::process::geteuid().is_root() {
        let (uid, gid) = (Uid::from_raw(metadata.uid()), Gid::from_raw(metadata.gid()));
        rustix::fs::chownat(CWD, to, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
    }
    for (name, value) in attributes(from)? {
        match rustix::fs::lsetxattr(to, name.as_os_str(), &value, XattrFlags::empty()) {
            Ok(()) => {}
            Err(Errno::NOTSUP) => {
                let name = name.display();
                return Err(io::Error::other(format!(
                    "the file system of `{}` has no attribute `{name}`",
                    to.display()
                )));
            }
            Err(error) => return Err(error.into()),
        }
    }
    if kind != FileType::Symlink {
        rustix::fs::chmod(to, Mode::from_raw_mode(metadata.mode()))?;
    }
    let time = |seconds, nanoseconds| Timespec {
        tv_sec: seconds,
        tv_nsec: nanoseconds,
    };
    let times = Timestamps {
        last_access: time(metadata.atime(), metadata.atime_nsec()),
        last_modification: time(metadata.mtime(), metadata.mtime_nsec()),
    };
    Ok(rustix::fs::utimensat(
        CWD,
        to,
        &times,
        AtFlags::SYMLINK_NOFOLLOW,
    )?)
}
