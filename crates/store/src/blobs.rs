//! Bytes, named by their SHA-256.
//!
//! A blob is written under a temporary name, synced, and renamed to `<2 hex>/<62 hex>`: it is there whole or not at all, and
//! never changes. Whoever adds bytes notes them in the table `blob` in the transaction that first refers to them; a file
//! that no row refers to is an orphan of a crash, or on its way into a row.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::{Arc, PoisonError, RwLock};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;
use sha2::{Digest as _, Sha256};
use sqlx::{Sqlite, Transaction};

use crate::error::{StoreError, corrupt};

mod holds;
mod noted;
mod stay;
mod sweep;

pub use stay::Stay;
pub use sweep::GRACE;

use holds::{Hold, Holds};

/// SHA-256 of a blob, 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(String);

/// Bytes that lie in the store. Those that were just kept are not swept while this lives, so that a row can name them first.
#[derive(Debug, Clone)]
pub struct Blob {
    /// What they are called.
    pub digest: Digest,
    /// How many they are.
    pub size: u64,
    _hold: Option<Hold>,
}

/// The same bytes are the same whoever holds them.
impl PartialEq for Blob {
    fn eq(&self, other: &Blob) -> bool {
        self.digest == other.digest && self.size == other.size
    }
}

impl Eq for Blob {}

impl Blob {
    /// Bytes that a row names.
    #[must_use]
    pub fn named(digest: Digest, size: u64) -> Blob {
        Blob {
            digest,
            size,
            _hold: None,
        }
    }
}

/// A file in the folder of blobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    /// Its name as a digest, if it is one.
    pub digest: Option<Digest>,
    /// Below the folder.
    pub path: Utf8PathBuf,
    /// Bytes.
    pub size: u64,
    /// Since it was written.
    pub age: std::time::Duration,
}

/// Where blobs are written before they have a name.
const NEW: &str = "new";

/// The folder of all blobs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: Utf8PathBuf,
    /// Held for writing while files are taken away, for reading while one that is there is kept again.
    lock: Arc<RwLock<()>>,
    holds: Holds,
}

/// Bytes could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The disk failed or is full.
    #[error("bytes could not be {what}: {source}")]
    Disk {
        /// `kept`, `read` or `taken away`.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// They are more or fewer than was noted.
    #[error("the blob `{digest}` has {found} bytes, expected {expected}")]
    Size {
        /// Its name.
        digest: Digest,
        /// Bytes as noted.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// They are not what they are called.
    #[error("the blob `{expected}` holds other bytes, with the digest `{found}`")]
    Altered {
        /// Its name.
        expected: Digest,
        /// What its bytes give.
        found: Digest,
    },
}

impl Digest {
    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Digest> {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 64 && text.bytes().all(is_hex)).then(|| Digest(text.to_owned()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn read(place: &'static str, text: &str) -> Result<Digest, StoreError> {
        Digest::parse(text).ok_or_else(|| corrupt(place, text, &"expected 64 hexadecimal digits"))
    }

    pub(crate) fn of(hash: Sha256) -> Digest {
        let digits = hash
            .finalize()
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        Digest(digits)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Blobs {
    /// Opens a folder of blobs, or makes one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: &Utf8Path) -> io::Result<Blobs> {
        fs_err::create_dir_all(folder.join(NEW))?;
        Ok(Blobs {
            folder: folder.to_owned(),
            lock: Arc::default(),
            holds: Holds::default(),
        })
    }

    /// Where a blob lies. Others may link to it, and must not change it.
    #[must_use]
    pub fn path(&self, digest: &Digest) -> Utf8PathBuf {
        let (start, rest) = digest.0.split_at(2);
        self.folder.join(start).join(rest)
    }

    /// Keeps everything that `source` gives. Blocks.
    ///
    /// # Errors
    /// When `source` or the disk fails; nothing is left then.
    pub fn keep(&self, source: &mut dyn Read) -> Result<Blob, BlobError> {
        let kept = |source| BlobError::Disk {
            what: "kept",
            source,
        };
        let mut part = tempfile::NamedTempFile::new_in(self.folder.join(NEW)).map_err(kept)?;
        let (digest, size) = hashed(source, &mut part).map_err(kept)?;
        // Before the file is there: from then on a sweep may find it.
        let _hold = Some(self.holds.hold(&digest));
        self.settle(part, &digest).map_err(kept)?;
        Ok(Blob {
            digest,
            size,
            _hold,
        })
    }

    /// [`keep`](Blobs::keep) for a file of ours, which is copied.
    ///
    /// # Errors
    /// As for [`keep`](Blobs::keep).
    pub fn keep_file(&self, path: &Utf8Path) -> Result<Blob, BlobError> {
        let mut file = File::open(path).map_err(|source| BlobError::Disk {
            what: "read",
            source,
        })?;
        self.keep(&mut file)
    }

    fn settle(&self, part: tempfile::NamedTempFile, digest: &Digest) -> io::Result<()> {
        let path = self.path(digest);
        let _shared = self.lock.read().unwrap_or_else(PoisonError::into_inner);
        if path.exists() {
            return renew(&path);
        }
        part.as_file().sync_all()?;
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o444);
        part.as_file().set_permissions(permissions)?;
        let folder = path.parent().expect("below the folder of blobs");
        fs_err::create_dir_all(folder)?;
        part.persist(&path).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    }

    /// Opens a blob for reading. Blocks.
    ///
    /// # Errors
    /// When it is not there.
    pub fn open_blob(&self, digest: &Digest) -> Result<File, BlobError> {
        File::open(self.path(digest)).map_err(|source| BlobError::Disk {
            what: "read",
            source,
        })
    }

    /// Opens a blob that must have a size: cheap, and finds what was cut off. Blocks.
    ///
    /// # Errors
    /// When it is not there or has another size.
    pub fn open_whole(&self, blob: &Blob) -> Result<File, BlobError> {
        let file = self.open_blob(&blob.digest)?;
        let found = file.metadata().map_err(|source| BlobError::Disk {
            what: "read",
            source,
        })?;
        if found.len() == blob.size {
            return Ok(file);
        }
        Err(BlobError::Size {
            digest: blob.digest.clone(),
            expected: blob.size,
            found: found.len(),
        })
    }

    /// The blobs that lie in the folder, in no order, and whatever else does. Blocks.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn lying(&self) -> io::Result<Vec<Lying>> {
        let mut found = Vec::new();
        for start in fs_err::read_dir(&self.folder)? {
            let start = start?;
            let name = start.file_name().to_string_lossy().into_owned();
            if name == NEW {
                continue;
            }
            for rest in fs_err::read_dir(start.path())? {
                let rest = rest?;
                // One that went away meanwhile was nobody's.
                let Ok(metadata) = rest.metadata() else {
                    continue;
                };
                let path = Utf8PathBuf::from(format!("{name}/{}", rest.file_name().display()));
                found.push(Lying {
                    digest: Digest::parse(&path.as_str().replace('/', "")),
                    path,
                    size: metadata.len(),
                    age: metadata.modified()?.elapsed().unwrap_or_default(),
                });
            }
        }
        Ok(found)
    }

    /// Takes away what a crash left half written. Only for the one process that writes here, before it writes. How many.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn clear_unfinished(&self) -> io::Result<usize> {
        let mut count = 0;
        for entry in fs_err::read_dir(self.folder.join(NEW))? {
            fs_err::remove_file(entry?.path())?;
            count += 1;
        }
        Ok(count)
    }

    /// Brings a blob of another folder here, comparing it with its name on the way. Blocks.
    ///
    /// # Errors
    /// When it cannot be read or written, or is not what it is called; nothing is kept then.
    pub fn take_from(&self, other: &Blobs, digest: &Digest) -> Result<u64, BlobError> {
        let mut source = other.open_blob(digest)?;
        let kept = |source| BlobError::Disk {
            what: "kept",
            source,
        };
        let mut part = tempfile::NamedTempFile::new_in(self.folder.join(NEW)).map_err(kept)?;
        let (found, size) = hashed(&mut source, &mut part).map_err(kept)?;
        if found != *digest {
            return Err(BlobError::Altered {
                expected: digest.clone(),
                found,
            });
        }
        self.settle(part, digest).map_err(kept)?;
        Ok(size)
    }

    /// Gives a blob of another folder a second name here, without a copy. `false`: they lie on different file systems.
    ///
    /// # Errors
    /// When the blob is not there or cannot be linked.
    pub fn link_from(&self, other: &Blobs, digest: &Digest) -> io::Result<bool> {
        let path = self.path(digest);
        fs_err::create_dir_all(path.parent().expect("below the folder of blobs"))?;
        match fs_err::hard_link(other.path(digest), &path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(true),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::CrossesDevices
                        | io::ErrorKind::Unsupported
                        | io::ErrorKind::PermissionDenied
                        | io::ErrorKind::TooManyLinks
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads a blob to its end and compares it with its name. Blocks.
    ///
    /// # Errors
    /// When it cannot be read, or is not what it is called.
    pub fn verify(&self, digest: &Digest) -> Result<u64, BlobError> {
        let mut file = self.open_blob(digest)?;
        let (found, size) =
            hashed(&mut file, &mut io::sink()).map_err(|source| BlobError::Disk {
                what: "read",
                source,
            })?;
        if found == *digest {
            Ok(size)
        } else {
            Err(BlobError::Altered {
                expected: digest.clone(),
                found,
            })
        }
    }
}

/// Says that the bytes of a file are wanted again.
fn renew(path: &Utf8Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, utimensat};
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: UTIME_NOW,
    };
    let times = Timestamps {
        last_access: now,
        last_modification: now,
    };
    utimensat(CWD, path.as_std_path(), &times, AtFlags::empty())?;
    Ok(())
}

/// Copies everything; its digest and length.
pub(crate) fn hashed(source: &mut dyn Read, target: &mut dyn Write) -> io::Result<(Digest, u64)> {
    let mut hash = Sha256::new();
    let mut size = 0;
    let mut buffer = vec![0; 1 << 17];
    loop {
        let count = match source.read(&mut buffer) {
            Ok(0) => return Ok((Digest::of(hash), size)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        hash.update(&buffer[..count]);
        target.write_all(&buffer[..count])?;
        size += count as u64;
    }
}

/// Notes bytes in the transaction that refers to them.
pub(crate) async fn note(
    change: &mut Transaction<'static, Sqlite>,
    blob: &Blob,
    now: jiff::Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO blob (digest, size, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(blob.digest.as_str())
    .bind(i64::try_from(blob.size).unwrap_or(i64::MAX))
    .bind(crate::time::to_text(now))
    .execute(&mut **change)
    .await?;
    Ok(())
}
