//! From whatever was uploaded to what the platform takes: volumes to `.mha`, slides to tiled pyramids in `.tif`.
//!
//! Samples and geometry stay as they are. Of everything else only what the platform keeps goes along
//! ([`Metadata`](crate::Metadata)): names, dates and numbers of patients and studies stay behind unless they are asked
//! for.

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::{ReadImageError, WriteImageError};
use crate::limits::CheckLimits;
use crate::summary::{ImageFormat, ImageSummary};
use crate::tiff::Chunks;
use crate::uploads::UploadedImage;

mod anew;
mod paint;
mod pyramid;
mod slide;
mod volume;
mod whole_slide;

/// A TIFF of which a side is longer than this is a slide, pixels.
const SLIDE_SIDE: u64 = 4096;

/// How to convert.
#[derive(Debug, Clone, Default)]
pub struct ConvertOptions {
    /// Keeps the header fields that identify patient and study.
    pub keep_identity: bool,
    /// What reading may cost.
    pub limits: CheckLimits,
}

/// What an image is converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// One compressed `.mha`.
    Volume,
    /// A tiled pyramid, `.tif`.
    Slide,
}

impl Target {
    /// What an image of this kind becomes: a TIFF that is tiled, has levels or is large and whole-slide microscopy in
    /// DICOM become a slide, everything else a volume.
    #[must_use]
    pub fn of(summary: &ImageSummary) -> Target {
        let is_tiled = summary.tiff.as_ref().is_some_and(|tiff| {
            let first = tiff.levels.first().map(|level| level.chunks);
            matches!(first, Some(Chunks::Tiles { .. }))
        });
        let is_large = summary.size.iter().any(|side| *side > SLIDE_SIDE);
        let is_tiff_slide =
            summary.format == ImageFormat::Tiff && (is_tiled || summary.levels > 1 || is_large);
        if is_tiff_slide || summary.is_dicom_slide() {
            Target::Slide
        } else {
            Target::Volume
        }
    }

    /// Extension of the file, without a dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Target::Volume => "mha",
            Target::Slide => "tif",
        }
    }
}

/// A file that was written.
#[derive(Debug)]
pub struct Converted {
    /// Where it is.
    pub path: Utf8PathBuf,
    /// What it is.
    pub target: Target,
    /// The image that was read, with the warnings of reading it. `metadata` is what was written.
    pub summary: ImageSummary,
}

/// Why an image was not converted.
#[derive(Debug, thiserror::Error)]
pub enum ConvertImageError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadImageError),
    /// The result cannot be written.
    #[error(transparent)]
    Write(#[from] WriteImageError),
    /// It is read, but the platform has no place for it.
    #[error("`{file}`: {problem}")]
    NotConvertible {
        /// The file that was to be converted.
        file: String,
        /// Why not.
        problem: String,
        /// What to do about it.
        hint: String,
    },
}

impl ConvertImageError {
    /// What can be done about it, where we know.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read(error) => error.hint(),
            Self::Write(_) => None,
            Self::NotConvertible { hint, .. } => Some(hint.clone()),
        }
    }
}

/// Writes an image as the platform takes it. `stem` is the path of the new file without extension.
///
/// The file appears under its name only when it is whole. Memory does not grow with the image; of a slide that has to be
/// encoded anew, which a warning says, it holds a few rows of tiles.
///
/// # Errors
/// When the image cannot be read to its last sample, when the result cannot be written, and for slides that cannot be
/// brought into a form that the platform takes.
pub fn convert(
    image: &UploadedImage,
    stem: &Utf8Path,
    options: &ConvertOptions,
) -> Result<Converted, ConvertImageError> {
    let known = image.inspect(&options.limits)?;
    let target = Target::of(&known);
    let path = Utf8PathBuf::from(format!("{stem}.{}", target.extension()));
    let summary = match (target, image.whole_slide()) {
        (Target::Volume, _) => volume::convert(image, &known, &path, options)?,
        (Target::Slide, None) => slide::convert(image, &known, &path, options)?,
        (Target::Slide, Some(slide)) => whole_slide::convert(slide, &known, &path, options)?,
    };
    Ok(Converted {
        path,
        target,
        summary,
    })
}
