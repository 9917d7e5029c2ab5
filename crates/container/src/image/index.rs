//! A layer as it came: its tar, and beside it an index by which the kernel reads files out of the tar.
//!
//! The index is a file system image of the kind EROFS (`fs/erofs` in the kernel, `erofs_fs.h` for the format) without any
//! content: folders, names, owners, and for each file where in the tar its bytes lie. Nothing is unpacked: an import copies
//! the tar once, and a removal unlinks two files. Hostile entries never get to the kernel, only what [`mod@write`] writes.

mod format;
mod mount;
mod probe;
mod tree;
mod walk;
mod write;

use std::io::{self, Read};

use camino::Utf8Path;

use super::ImportLimits;
use super::budget::Budget;
use super::digest::{Digest, Hasher};
use super::unpack::{UnpackError, Unpacked, read_members, unpack};
use tree::IndexTree;

pub use mount::MountedLayer;
pub(super) use probe::why_not;

/// The index in a layer's folder.
pub(super) const INDEX: &str = "index";
/// The tar beside it, as many bytes as in the archive.
pub(super) const TAR: &str = "tar";

/// Reads a layer's tar to its end and gives the index over it.
pub(super) fn index(
    tar: &mut impl Read,
    budget: &Budget,
) -> Result<(Unpacked, Vec<u8>), UnpackError> {
    let mut tree = IndexTree::new();
    let mut counted = Counted { tar, bytes: 0 };
    let unpacked = read_members(&mut counted, &mut tree, budget);
    if matches!(unpacked, Err(UnpackError::Unfit(_))) {
        // Whoever sends the tar has others who listen.
        super::unpack::drain(&mut counted)?;
    }
    let unpacked = unpacked?;
    match write::write(&tree, counted.bytes) {
        Ok(index) => Ok((unpacked, index)),
        Err(unfit) => {
            budget.give_back(unpacked.entries, unpacked.bytes);
            Err(UnpackError::Unfit(unfit.0))
        }
    }
}

/// The digest of an indexed layer: of its tar's digest and that of its index.
pub(super) fn seal_of(tar: Digest, index: Digest) -> Digest {
    let mut hasher = Hasher::new();
    for part in [tar, index] {
        hasher.update(format!("{part}\n").as_bytes());
    }
    hasher.finish()
}

/// Unpacks the tar of a layer that was imported once, into a folder that is made.
pub(super) fn unpack_tar(tar: &Utf8Path, tree: &Utf8Path) -> io::Result<()> {
    fs_err::create_dir(tree)?;
    let mut tar = fs_err::File::open(tar)?;
    // Whatever its limits were, it kept to them.
    let budget = Budget::new(ImportLimits {
        entries: u64::MAX,
        unpacked_bytes: u64::MAX,
        ..ImportLimits::default()
    });
    match unpack(&mut tar, tree.as_std_path(), &budget) {
        Ok(_) => Ok(()),
        Err(UnpackError::Write(error)) => Err(error),
        Err(error) => {
            let told = format!(
                "the tar `{}` is not what it was: {error:?}",
                tar.path().display()
            );
            Err(io::Error::new(io::ErrorKind::InvalidData, told))
        }
    }
}

/// Why something cannot be indexed, in words that follow "because".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unfit(&'static str);

struct Counted<'a, R> {
    tar: &'a mut R,
    bytes: u64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.tar.read(into)?;
        self.bytes += count as u64;
        Ok(count)
    }
}
