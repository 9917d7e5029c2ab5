//! Reading a package: into an empty folder, every digest checked on the way, nothing that is not in the list.

use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use super::DIGESTS;
use super::digests::{self, Digests};

/// Bytes of `digests.txt`.
const MAX_LIST: u64 = 64 << 20;

/// A package that is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnpackError {
    /// It cannot be read as a package at all.
    #[error("`{package}` is no package of `gantry export`: {problem}")]
    NotAPackage {
        /// Which.
        package: Utf8PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The file breaks off or is damaged.
    #[error("`{package}` is damaged")]
    Damaged {
        /// Which.
        package: Utf8PathBuf,
        /// What was met.
        source: io::Error,
    },
    /// A file has other bytes than its digest says.
    #[error("`{file}` in the package has the digest {found}, expected {expected}")]
    Digest {
        /// Which.
        file: Utf8PathBuf,
        /// Of what is there.
        found: String,
        /// Of what was packed.
        expected: String,
    },
    /// Something that the list does not name, or names once and is there twice.
    #[error("the package holds `{file}`, which its list of digests does not name (or not twice)")]
    Unlisted {
        /// Which.
        file: String,
    },
    /// A file that the list names.
    #[error("the package lacks `{file}`, which its list of digests names")]
    Missing {
        /// Which.
        file: Utf8PathBuf,
    },
    /// The folder.
    #[error("failed to write `{path}`")]
    Write {
        /// Which.
        path: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Unpacks into an empty folder, and gives the digest of the list.
pub(crate) fn unpack(package: &Utf8Path, folder: &Utf8Path) -> Result<String, UnpackError> {
    let not_one = |problem: String| UnpackError::NotAPackage {
        package: package.to_owned(),
        problem,
    };
    let damaged = |source| UnpackError::Damaged {
        package: package.to_owned(),
        source,
    };
    let file = fs_err::File::open(package).map_err(|error| not_one(error.to_string()))?;
    let mut archive = tar::Archive::new(io::BufReader::with_capacity(1 << 20, file));
    let mut entries = archive
        .entries()
        .map_err(|error| not_one(error.to_string()))?;
    let first = entries
        .next()
        .ok_or_else(|| not_one("it is empty".to_owned()))?;
    let (mut waiting, digest) = list(first, &not_one)?;
    for entry in entries {
        let mut entry = entry.map_err(damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let listed = entry
            .header()
            .entry_type()
            .is_file()
            .then(|| waiting.remove(Utf8Path::new(&name)));
        let Some(Some(expected)) = listed else {
            return Err(UnpackError::Unlisted { file: name });
        };
        // A name of the list: plain, and below the folder.
        let target = folder.join(&name);
        let size = entry.size();
        let (found, bytes) = write(&mut entry, &target)?;
        if bytes != size {
            return Err(damaged(io::ErrorKind::UnexpectedEof.into()));
        }
        if found != expected {
            return Err(UnpackError::Digest {
                file: name.into(),
                found,
                expected,
            });
        }
    }
    match waiting.into_keys().next() {
        Some(file) => Err(UnpackError::Missing { file }),
        None => Ok(digest),
    }
}

/// The list of digests, which has to come first, and its own digest.
fn list(
    first: io::Result<tar::Entry<'_, impl Read>>,
    not_one: &dyn Fn(String) -> UnpackError,
) -> Result<(Digests, String), UnpackError> {
    let mut first = first.map_err(|error| not_one(error.to_string()))?;
    if *first.path_bytes() != *DIGESTS.as_bytes() || !first.header().entry_type().is_file() {
        return Err(not_one(format!("it does not begin with `{DIGESTS}`")));
    }
    if first.size() > MAX_LIST {
        return Err(not_one(format!(
            "`{DIGESTS}` is longer than {MAX_LIST} bytes"
        )));
    }
    let mut text = String::new();
    first
        .read_to_string(&mut text)
        .map_err(|error| not_one(error.to_string()))?;
    let digest = format!("sha256:{}", digests::hex(&Sha256::digest(text.as_bytes())));
    Ok((
        digests::read(&text).map_err(|problem| not_one(format!("in `{DIGESTS}` {problem}")))?,
        digest,
    ))
}

fn write(from: &mut dyn Read, target: &Utf8Path) -> Result<(String, u64), UnpackError> {
    let failed = |source| UnpackError::Write {
        path: target.to_owned(),
        source,
    };
    let folder = target.parent().expect("a path below a folder has a parent");
    fs_err::create_dir_all(folder).map_err(failed)?;
    let mut file = fs_err::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(target)
        .map_err(failed)?;
    digests::copy(from, &mut file).map_err(failed)
}
