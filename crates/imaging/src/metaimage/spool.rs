//! Writes a MetaImage while its samples stream by, in constant memory.
//!
//! The header comes first and says how many bytes the compressed samples take, so these go to a file of their own until
//! all are there. Both files bear other names until the image is whole: a reader never sees half of one.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use camino::{Utf8Path, Utf8PathBuf};

use super::parts::PartsEncoder;
use super::write::{Head, header, write_error};
use crate::error::WriteImageError;
use crate::temporary::Temporary;

/// An image whose samples come one after the other. Without [`Spool::finish`] nothing stays behind.
pub(crate) struct Spool {
    path: Utf8PathBuf,
    samples: Temporary,
    encoder: PartsEncoder<BufWriter<fs_err::File>>,
    bytes: u128,
    /// The first error; nothing is written after it.
    failed: Option<io::Error>,
}

impl Spool {
    /// Starts a `.mha` file at this path.
    pub(crate) fn create(path: &Utf8Path) -> Result<Spool, WriteImageError> {
        let samples = Temporary::beside(path, ".samples");
        let encoder = samples
            .create()
            .and_then(|file| PartsEncoder::new(BufWriter::new(file)))
            .map_err(|error| write_error(path.as_str(), error))?;
        Ok(Spool {
            path: path.to_owned(),
            samples,
            encoder,
            bytes: 0,
            failed: None,
        })
    }

    /// Takes little-endian samples.
    pub(crate) fn feed(&mut self, samples: &[u8]) {
        if self.failed.is_none() {
            self.bytes += samples.len() as u128;
            self.failed = self.encoder.write_all(samples).err();
        }
    }

    /// Puts the header in front and gives the file its name.
    pub(crate) fn finish(self, head: &Head<'_>) -> Result<(), WriteImageError> {
        let name = self.path.as_str().to_owned();
        let geometry = head.geometry;
        geometry
            .validate()
            .map_err(|problem| WriteImageError::Geometry {
                file: name.clone(),
                problem,
            })?;
        let sample_bytes = u128::from(head.component.bytes());
        let expected = geometry.voxel_count().saturating_mul(head.channels.into());
        if self.failed.is_none() && expected.saturating_mul(sample_bytes) != self.bytes {
            return Err(WriteImageError::SampleCount {
                file: name,
                expected,
                found: usize::try_from(self.bytes / sample_bytes).unwrap_or(usize::MAX),
            });
        }
        self.join(head).map_err(|error| write_error(&name, error))
    }

    fn join(self, head: &Head<'_>) -> io::Result<()> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let mut samples = self
            .encoder
            .finish()?
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        let compressed = samples.stream_position()?;
        samples.seek(SeekFrom::Start(0))?;
        let whole = Temporary::beside(&self.path, ".part");
        let mut file = whole.create()?;
        file.write_all(header(head, compressed).as_bytes())?;
        io::copy(&mut samples, &mut file)?;
        file.flush()?;
        drop(self.samples);
        whole.keep_as(&self.path)
    }
}
