//! The bytes of parts, in files `<upload>/<number>` until the upload is completed or given up.

use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;
use sha2::{Digest as _, Sha256};

use super::UploadPart;
use crate::blobs::{Blob, BlobError, Blobs, Digest, hashed};
use crate::ids::UploadId;

/// The folder of all parts. Cheap to clone. Everything here blocks.
#[derive(Debug, Clone)]
pub struct PartFiles {
    folder: Utf8PathBuf,
}

/// A part whose bytes are on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenPart {
    /// SHA-256 of its bytes, hexadecimal.
    pub etag: String,
    /// Bytes.
    pub size: u64,
}

/// Parts could not be made one blob.
#[derive(Debug, thiserror::Error)]
pub enum JoinPartsError {
    /// The file of a part is not what was noted of it.
    #[error("part {number} of the upload has the digest `{found}`, expected `{expected}`")]
    Altered {
        /// Which.
        number: u32,
        /// What was noted.
        expected: String,
        /// What its bytes give.
        found: String,
    },
    /// The disk failed or is full.
    #[error(transparent)]
    Blob(#[from] BlobError),
}

impl PartFiles {
    pub(crate) fn open(folder: &Utf8Path) -> io::Result<PartFiles> {
        fs_err::create_dir_all(folder)?;
        Ok(PartFiles {
            folder: folder.to_owned(),
        })
    }

    /// Where a part lies.
    #[must_use]
    pub fn path(&self, upload: UploadId, number: u32) -> Utf8PathBuf {
        self.of(upload).join(number.to_string())
    }

    fn of(&self, upload: UploadId) -> Utf8PathBuf {
        self.folder.join(upload.to_string())
    }

    /// Writes a part, whole or not at all: what `source` gives, which ends with an error if it is cut short.
    ///
    /// # Errors
    /// When `source` or the disk fails; nothing is left then.
    pub fn write(
        &self,
        upload: UploadId,
        number: u32,
        source: &mut dyn Read,
    ) -> io::Result<WrittenPart> {
        let folder = self.of(upload);
        fs_err::create_dir_all(&folder)?;
        let mut part = tempfile::NamedTempFile::new_in(&folder)?;
        let (digest, size) = hashed(source, &mut part)?;
        part.as_file().sync_all()?;
        part.persist(self.path(upload, number))
            .map_err(|error| error.error)?;
        File::open(&folder)?.sync_all()?;
        Ok(WrittenPart {
            etag: digest.as_str().to_owned(),
            size,
        })
    }

    /// Makes one blob of parts, in the order given; none make an empty one.
    ///
    /// # Errors
    /// When the disk fails, or a part is not what was noted of it.
    pub fn join(
        &self,
        blobs: &Blobs,
        upload: UploadId,
        parts: &[UploadPart],
    ) -> Result<Blob, JoinPartsError> {
        let mut joined = Joined {
            files: self,
            upload,
            rest: parts.iter(),
            current: None,
            altered: None,
        };
        let kept = blobs.keep(&mut joined);
        match joined.altered {
            Some(problem) => Err(problem),
            None => Ok(kept?),
        }
    }

    /// Uploads of which something lies here.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn uploads(&self) -> io::Result<Vec<UploadId>> {
        let mut found = Vec::new();
        for entry in fs_err::read_dir(&self.folder)? {
            let name = entry?.file_name();
            found.extend(name.to_str().and_then(|name| name.parse::<UploadId>().ok()));
        }
        Ok(found)
    }

    /// Takes away parts of an upload that were not written to their end. Only for the one process that writes here, before
    /// it writes. How many.
    ///
    /// # Errors
    /// When the folder cannot be read or a file not removed.
    pub fn clear_unfinished(&self, upload: UploadId) -> io::Result<usize> {
        let mut count = 0;
        for entry in fs_err::read_dir(self.of(upload))? {
            let entry = entry?;
            let name = entry.file_name();
            if name
                .to_str()
                .is_none_or(|name| name.parse::<u32>().is_err())
            {
                fs_err::remove_file(entry.path())?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Removes what lies here of an upload. Doing it again does nothing.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn remove(&self, upload: UploadId) -> io::Result<()> {
        match fs_err::remove_dir_all(self.of(upload)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// The uploads of which something lies here, to sweep what a crash has left.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn all(&self) -> io::Result<Vec<UploadId>> {
        let mut found = Vec::new();
        for entry in fs_err::read_dir(&self.folder)? {
            let name = entry?.file_name();
            found.extend(name.to_str().and_then(|name| name.parse::<UploadId>().ok()));
        }
        found.sort();
        Ok(found)
    }
}

/// Parts, one after the other, each compared with its digest at its end.
struct Joined<'a> {
    files: &'a PartFiles,
    upload: UploadId,
    rest: std::slice::Iter<'a, UploadPart>,
    current: Option<(&'a UploadPart, File, Sha256)>,
    altered: Option<JoinPartsError>,
}

impl Joined<'_> {
    fn check(&mut self, part: &UploadPart, hash: Sha256) -> io::Result<()> {
        let found = Digest::of(hash);
        if found.as_str() == part.etag {
            return Ok(());
        }
        self.altered = Some(JoinPartsError::Altered {
            number: part.number,
            expected: part.etag.clone(),
            found: found.as_str().to_owned(),
        });
        Err(io::Error::other("a part is not what was noted of it"))
    }
}

impl Read for Joined<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some((part, mut file, mut hash)) = self.current.take() else {
                let Some(part) = self.rest.next() else {
                    return Ok(0);
                };
                let file = File::open(self.files.path(self.upload, part.number))?;
                self.current = Some((part, file, Sha256::new()));
                continue;
            };
            let count = match file.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
                Ok(0) => {
                    self.check(part, hash)?;
                    continue;
                }
                other => other?,
            };
            hash.update(&buffer[..count]);
            self.current = Some((part, file, hash));
            if count > 0 {
                return Ok(count);
            }
        }
    }
}
