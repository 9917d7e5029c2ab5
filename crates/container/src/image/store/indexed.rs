//! Layers that are kept as their tar and an index: their digest, their way into another store.

use std::io;

use camino::Utf8Path;

use super::Transfer;
use crate::image::digest::{Digest, Hasher};
use crate::image::index::{INDEX, TAR, seal_of, unpack_tar};
use crate::image::layer::{LayerForm, SEAL, TREE};

/// What the two files of a layer give.
pub(super) struct IndexedDigest {
    /// Of the tar: the layer's name.
    pub(super) tar: Digest,
    /// Of both.
    pub(super) seal: Digest,
}

/// Reads both files. Blocks.
pub(super) fn digest(folder: &Utf8Path) -> io::Result<IndexedDigest> {
    let tar = digest_of(&folder.join(TAR))?;
    let index = digest_of(&folder.join(INDEX))?;
    Ok(IndexedDigest {
        tar,
        seal: seal_of(tar, index),
    })
}

fn digest_of(path: &Utf8Path) -> io::Result<Digest> {
    let mut hasher = Hasher::new();
    let mut file = fs_err::File::open(path)?;
    io::copy(&mut file, &mut Hashing(&mut hasher))?;
    Ok(hasher.finish())
}

struct Hashing<'a>(&'a mut Hasher);

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Puts a layer into a folder of another store, in the form that is of use there.
pub(super) fn transfer(
    from: &Utf8Path,
    to: &Utf8Path,
    (transfer, form): (Transfer, LayerForm),
) -> io::Result<()> {
    if form == LayerForm::Unpacked {
        // The seal is that of the other form; the next check writes one.
        return unpack_tar(&from.join(TAR), &to.join(TREE));
    }
    for name in [TAR, INDEX, SEAL] {
        let (from, to) = (from.join(name), to.join(name));
        if transfer == Transfer::Link && fs_err::hard_link(&from, &to).is_ok() {
            continue;
        }
        fs_err::copy(&from, &to)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_no_index_can_be_mounted_a_copy_is_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let (from, to) = (folder.join("from"), folder.join("to"));
        for name in [&from, &to] {
            fs_err::create_dir(name).unwrap();
        }
        let mut tar = tar::Builder::new(fs_err::File::create(from.join(TAR)).unwrap());
        let mut header = tar::Header::new_gnu();
        header.set_size(5);
        header.set_mode(0o600);
        tar.append_data(&mut header, "etc/words", &b"words"[..])
            .unwrap();
        tar.into_inner().unwrap();
        transfer(&from, &to, (Transfer::Link, LayerForm::Unpacked)).unwrap();
        let words = to.join(TREE).join("etc/words");
        assert_eq!(fs_err::read(words).unwrap(), b"words");
        assert!(!to.join(INDEX).exists() && !to.join(SEAL).exists());
    }
}
