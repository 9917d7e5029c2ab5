//! An unpacked layer as a tar again: the form in which engines take layers.
//!
//! Not the tar that was imported, which is not kept: an archive of the same files, owners, rights, times to the second and
//! attributes of users, with overlayfs' marks turned back into `.wh.` names. The same tree gives the same bytes.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use camino::Utf8Path;
use rustix::fs::{FileType, Mode, OFlags};
use tar::{EntryType, Header};

use crate::image::{tree_attributes, tree_names};

/// overlayfs' mark for a folder that hides the one below.
const OPAQUE: &str = "user.overlay.opaque";
const OVERLAY: &str = "user.overlay.";

/// Whether the bytes of files are wanted or only their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contents {
    Read,
    Count,
}

/// Writes the tar of a layer's tree.
pub(super) fn write(tree: &Utf8Path, to: &mut dyn Write, contents: Contents) -> io::Result<()> {
    let mut writing = Writing {
        tar: tar::Builder::new(to),
        contents,
        linked: HashMap::new(),
    };
    writing.children(tree.as_std_path(), Path::new(""))?;
    writing.tar.finish()
}

struct Writing<'a> {
    tar: tar::Builder<&'a mut dyn Write>,
    contents: Contents,
    /// Files with several names, by their number.
    linked: HashMap<u64, PathBuf>,
}

impl Writing<'_> {
    fn children(&mut self, folder: &Path, name: &Path) -> io::Result<()> {
        for child in tree_names(folder)? {
            self.entry(&folder.join(&child), &name.join(&child))?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: &Path) -> io::Result<()> {
        let metadata = fs_err::symlink_metadata(path)?;
        let mut header = header(&metadata);
        match FileType::from_raw_mode(metadata.mode()) {
            FileType::RegularFile => self.file(path, name, &metadata, &mut header),
            FileType::Directory => {
                self.attributes(path)?;
                header.set_entry_type(EntryType::Directory);
                self.tar.append_data(&mut header, name, io::empty())?;
                if tree_attributes(path)?.iter().any(|(key, _)| key == OPAQUE) {
                    self.mark(&name.join(".wh..wh..opq"))?;
                }
                self.children(path, name)
            }
            FileType::Symlink => {
                header.set_entry_type(EntryType::Symlink);
                self.tar
                    .append_link(&mut header, name, fs_err::read_link(path)?)
            }
            FileType::Fifo => {
                header.set_entry_type(EntryType::Fifo);
                self.tar.append_data(&mut header, name, io::empty())
            }
            // Imports leave no other device than overlayfs' mark for a name that is hidden.
            FileType::CharacterDevice if metadata.rdev() == 0 => {
                let hidden = name.file_name().unwrap_or_default().as_bytes();
                self.mark(&name.with_file_name(OsStr::from_bytes(&[b".wh.", hidden].concat())))
            }
            FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Socket
            | FileType::Unknown => Ok(()),
        }
    }

    fn file(
        &mut self,
        path: &Path,
        name: &Path,
        metadata: &std::fs::Metadata,
        header: &mut Header,
    ) -> io::Result<()> {
        if metadata.nlink() > 1 {
            if let Some(first) = self.linked.get(&metadata.ino()) {
                header.set_entry_type(EntryType::Link);
                return self.tar.append_link(header, name, first);
            }
            self.linked.insert(metadata.ino(), name.to_owned());
        }
        self.attributes(path)?;
        header.set_size(metadata.size());
        let content: Box<dyn Read> = match self.contents {
            Contents::Count => Box::new(io::repeat(0)),
            Contents::Read => {
                let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                Box::new(std::fs::File::from(rustix::fs::open(
                    path,
                    flags,
                    Mode::empty(),
                )?))
            }
        };
        self.tar
            .append_data(header, name, content.take(metadata.size()))
    }

    /// What users have attached, in a header before the entry.
    fn attributes(&mut self, path: &Path) -> io::Result<()> {
        let mut records = Vec::new();
        for (key, value) in tree_attributes(path)? {
            let key = String::from_utf8_lossy(&key.into_vec()).into_owned();
            if key.starts_with("user.") && !key.starts_with(OVERLAY) {
                records.push((format!("SCHILY.xattr.{key}"), value));
            }
        }
        if records.is_empty() {
            return Ok(());
        }
        let records = records
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_slice()));
        self.tar.append_pax_extensions(records)
    }

    /// An empty file whose name says it all.
    fn mark(&mut self, name: &Path) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_mode(0o600);
        header.set_size(0);
        header.set_mtime(0);
        self.tar.append_data(&mut header, name, io::empty())
    }
}

fn header(metadata: &std::fs::Metadata) -> Header {
    let mut header = Header::new_gnu();
    header.set_mode(metadata.mode() & 0o7777);
    header.set_uid(metadata.uid().into());
    header.set_gid(metadata.gid().into());
    header.set_mtime(u64::try_from(metadata.mtime()).unwrap_or(0));
    header.set_size(0);
    header
}
