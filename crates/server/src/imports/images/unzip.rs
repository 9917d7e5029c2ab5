//! Zip archives by others, unpacked within bounds.

use std::io::{self, Read};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use fs_err::File;
use zip::ZipArchive;
use zip::result::ZipError;

/// Files of one archive.
const MOST_FILES: usize = 100_000;
/// Bytes that one archive may unpack to.
const MOST_BYTES: u64 = 200_000_000_000;
/// Bytes that one packed byte may become, for archives beyond the size that any upload may have: DEFLATE cannot do better.
const MOST_RATIO: u64 = 1032;

/// An archive that is not unpacked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnzipError {
    /// It is no sound zip archive, or uses what is not read.
    #[error("the zip archive cannot be read: {0}")]
    Zip(#[from] ZipError),
    /// A member would lie outside.
    #[error("the zip archive holds `{0}`, expected paths inside the archive")]
    Path(String),
    /// There are too many.
    #[error("the zip archive holds {0} files, expected at most {MOST_FILES}")]
    Files(usize),
    /// It is too large.
    #[error("the zip archive unpacks to more than {0} bytes")]
    Bytes(u64),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Whether a file begins as a zip archive with members does.
pub(crate) fn is_zip(path: &Utf8Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut start)?;
    Ok(start == *b"PK\x03\x04")
}

/// Unpacks the files of an archive; folders are made as needed, links are left out.
pub(crate) fn unzip(archive: &Utf8Path, into: &Utf8Path) -> Result<(), UnzipError> {
    let file = File::open(archive)?;
    let most = file
        .metadata()?
        .len()
        .saturating_mul(MOST_RATIO)
        .min(MOST_BYTES);
    let mut archive = ZipArchive::new(file)?;
    if archive.len() > MOST_FILES {
        return Err(UnzipError::Files(archive.len()));
    }
    let mut left = most;
    for number in 0..archive.len() {
        let mut member = archive.by_index(number)?;
        if !member.is_file() {
            continue;
        }
        let name = member.name()?.into_owned();
        let path = inside(&name).ok_or(UnzipError::Path(name))?;
        let path = into.join(path);
        if let Some(parent) = path.parent() {
            fs_err::create_dir_all(parent)?;
        }
        let mut target = fs_err::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)?;
        let copied = io::copy(&mut (&mut member).take(left + 1), &mut target)?;
        left = left.checked_sub(copied).ok_or(UnzipError::Bytes(most))?;
    }
    Ok(())
}

/// The path of a member, if it stays inside.
fn inside(name: &str) -> Option<Utf8PathBuf> {
    let name = name.replace('\\', "/");
    let mut path = Utf8PathBuf::new();
    for component in Utf8Path::new(&name).components() {
        match component {
            Utf8Component::Normal(part) => path.push(part),
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir | Utf8Component::RootDir | Utf8Component::Prefix(_) => {
                return None;
            }
        }
    }
    (!path.as_str().is_empty()).then_some(path)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::*;

    fn archive(members: &[(&str, &[u8])]) -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("a.zip");
        let mut writer = ZipWriter::new(File::create(&path).unwrap());
        for (name, bytes) in members {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap();
        (folder, path)
    }

    #[test]
    fn members_lie_where_the_archive_says() {
        let (_folder, path) = archive(&[("a/b.txt", b"one"), ("c.txt", b"two")]);
        assert!(is_zip(&path).unwrap());
        let into = path.with_extension("d");
        unzip(&path, &into).unwrap();
        assert_eq!(fs_err::read(into.join("a/b.txt")).unwrap(), b"one");
        assert_eq!(fs_err::read(into.join("c.txt")).unwrap(), b"two");
    }

    #[test]
    fn nothing_gets_out() {
        for name in ["../up.txt", "/root.txt", "a/../../up.txt", "..\\up.txt"] {
            let (_folder, path) = archive(&[(name, b"x")]);
            let problem = unzip(&path, &path.with_extension("d")).unwrap_err();
            assert!(matches!(problem, UnzipError::Path(_)), "{name}: {problem}");
        }
    }

    #[test]
    fn a_broken_archive_is_refused() {
        let (_folder, path) = archive(&[("a", &[7; 5000])]);
        let bytes = fs_err::read(&path).unwrap();
        fs_err::write(&path, &bytes[..bytes.len() - 30]).unwrap();
        assert!(matches!(
            unzip(&path, &path.with_extension("d")),
            Err(UnzipError::Zip(_))
        ));
    }
}
