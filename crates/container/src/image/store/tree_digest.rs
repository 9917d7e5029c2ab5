//! A digest of an unpacked layer, to tell later whether it is still what was imported.
//!
//! A layer's name is the digest of its tar, which cannot be made again from its files. So the tree gets a digest of its own:
//! over names, kinds, owners, rights, extended attributes, link targets and contents, in the order of names.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use camino::Utf8Path;
use rustix::fs::{CWD, FileType, Mode, OFlags};

use crate::image::digest::{Digest, Hasher};

/// Labels of the host's security module are the host's, not the image's.
const OF_THE_HOST: &[u8] = b"security.selinux";

/// Reads the whole tree. Blocks.
pub(super) fn tree_digest(tree: &Utf8Path) -> io::Result<Digest> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 1 << 17];
    add(tree.as_std_path(), &mut hasher, &mut buffer)?;
    Ok(hasher.finish())
}

fn add(path: &Path, hasher: &mut Hasher, buffer: &mut [u8]) -> io::Result<()> {
    let metadata = fs_err::symlink_metadata(path)?;
    let kind = FileType::from_raw_mode(metadata.mode());
    for number in [metadata.mode(), metadata.uid(), metadata.gid()] {
        hasher.update(&number.to_le_bytes());
    }
    for (name, value) in attributes(path)? {
        field(name.as_bytes(), hasher);
        field(&value, hasher);
    }
    match kind {
        FileType::RegularFile => {
            hasher.update(&metadata.size().to_le_bytes());
            contents(path, hasher, buffer)?;
        }
        FileType::Symlink => field(fs_err::read_link(path)?.as_os_str().as_bytes(), hasher),
        FileType::Directory => {
            for name in names(path)? {
                field(name.as_bytes(), hasher);
                add(&path.join(name), hasher, buffer)?;
            }
            field(b"", hasher);
        }
        FileType::CharacterDevice | FileType::BlockDevice => {
            hasher.update(&metadata.rdev().to_le_bytes());
        }
        FileType::Fifo | FileType::Socket | FileType::Unknown => {}
    }
    Ok(())
}

/// With its length before it, so that no two rows of fields give the same bytes.
fn field(bytes: &[u8], hasher: &mut Hasher) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

fn contents(path: &Path, hasher: &mut Hasher, buffer: &mut [u8]) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
    let mut file = std::fs::File::from(file);
    loop {
        match file.read(buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                let told = format!("`{}`: {error}", path.display());
                return Err(io::Error::new(error.kind(), told));
            }
        }
    }
}

/// Names in a folder, in the order of their bytes.
pub(crate) fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        names.push(entry?.file_name());
    }
    names.sort();
    Ok(names)
}

/// Extended attributes of a file, folder or link itself, in the order of names.
pub(crate) fn attributes(path: &Path) -> io::Result<Vec<(OsString, Vec<u8>)>> {
    let mut room = vec![0; 1 << 16];
    let length = match rustix::fs::llistxattr(path, &mut room) {
        Ok(length) => length,
        // A file system without them, or a kind of file that has none.
        Err(rustix::io::Errno::NOTSUP | rustix::io::Errno::PERM) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut found = Vec::new();
    for name in room[..length].split(|byte| *byte == 0) {
        if name.is_empty() || name == OF_THE_HOST {
            continue;
        }
        let name = OsString::from_vec(name.to_vec());
        let mut value = vec![0; 1 << 16];
        let length = rustix::fs::lgetxattr(path, name.as_os_str(), &mut value)?;
        value.truncate(length);
        found.push((name, value));
    }
    found.sort();
    Ok(found)
}
