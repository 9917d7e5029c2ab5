//! A new pyramid on its way into a file, which gets its name when it is whole.

use std::io::{self, BufWriter};

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::WriteImageError;
use crate::slide::{PyramidImage, PyramidWriter};
use crate::summary::ComponentType;
use crate::temporary::Temporary;

/// Quality of JPEG for 8-bit colours. Everything else is kept without loss.
const QUALITY: u8 = 90;

/// Quality of JPEG for pixels of this kind; `None` keeps every sample.
pub(super) fn quality(is_rgb: bool, component: ComponentType) -> Option<u8> {
    (is_rgb && component == ComponentType::Uint8).then_some(QUALITY)
}

/// How the pixels are stored, for a warning.
pub(super) fn how(image: &PyramidImage) -> String {
    match image.quality {
        Some(quality) => format!("as JPEG of quality {quality}"),
        None => "without loss".into(),
    }
}

type Writer = PyramidWriter<BufWriter<fs_err::File>>;

/// After the first error nothing is written.
pub(super) struct Pyramid {
    path: Utf8PathBuf,
    part: Temporary,
    writer: Writer,
    failed: Option<io::Error>,
}

impl Pyramid {
    /// `adapt` tells the writer more of the image.
    pub(super) fn create(
        path: &Utf8Path,
        image: &PyramidImage,
        adapt: impl FnOnce(Writer) -> Writer,
    ) -> Result<Pyramid, WriteImageError> {
        let part = Temporary::beside(path, ".part");
        let writer = part
            .create()
            .and_then(|file| PyramidWriter::new(BufWriter::new(file), image))
            .map_err(|source| unwritten(path, source))?;
        Ok(Pyramid {
            path: path.to_owned(),
            part,
            writer: adapt(writer),
            failed: None,
        })
    }

    /// Takes the next pixels; an error comes out at the end.
    pub(super) fn feed(&mut self, samples: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.writer.feed(samples).err();
        }
    }

    pub(super) fn finish(self) -> Result<(), WriteImageError> {
        let written = match self.failed {
            Some(error) => Err(error),
            None => self.writer.finish().map(|_| ()),
        };
        written
            .and_then(|()| self.part.keep_as(&self.path))
            .map_err(|source| unwritten(&self.path, source))
    }
}

fn unwritten(path: &Utf8Path, source: io::Error) -> WriteImageError {
    WriteImageError::Write {
        file: path.to_string(),
        source,
    }
}
