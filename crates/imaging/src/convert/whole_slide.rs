//! Whole-slide microscopy in DICOM to a tiled pyramid: the largest level, encoded anew.

use camino::Utf8Path;

use super::pyramid::{Pyramid, how, quality};
use super::{ConvertImageError, ConvertOptions};
use crate::dicom::whole_slide::WholeSlide;
use crate::limits::CheckLimits;
use crate::slide::PyramidImage;
use crate::summary::{ImageSummary, SpacingSource};

/// Decodes the largest level and writes it with new smaller ones. Memory holds a few rows of tiles.
pub(super) fn convert(
    slide: &WholeSlide,
    known: &ImageSummary,
    path: &Utf8Path,
    options: &ConvertOptions,
) -> Result<ImageSummary, ConvertImageError> {
    let limits: &CheckLimits = &options.limits;
    let refuse = |problem: &str, hint: &str| ConvertImageError::NotConvertible {
        file: slide.files().next().map_or("", Utf8Path::as_str).into(),
        problem: problem.into(),
        hint: hint.into(),
    };
    if known.spacing_source == SpacingSource::Missing {
        return Err(refuse(
            "the size of a pixel is not stated; expected `PixelSpacing` in `PixelMeasuresSequence`, or `ImagedVolumeWidth` and `ImagedVolumeHeight`",
            "write `PixelSpacing` (mm, rows first) into the shared functional groups",
        ));
    }
    let image = pyramid(known).ok_or_else(|| {
        refuse(
            "its samples are of no type that a slide can have",
            "store samples of 8 or 16 bits",
        )
    })?;
    let profile = slide.profile(limits)?;
    let mut pyramid = Pyramid::create(path, &image, |writer| match profile {
        Some(profile) if image.channels == 3 => writer.with_profile(profile),
        Some(_) | None => writer,
    })?;
    let mut summary = slide.stream(limits, &mut |samples| pyramid.feed(samples))?;
    pyramid.finish()?;
    let warning = format!(
        "encoded anew {}: its tiles are frames of DICOM; expected TIFF",
        how(&image)
    );
    summary.warnings.insert(0, warning);
    Ok(summary)
}

fn pyramid(known: &ImageSummary) -> Option<PyramidImage> {
    let component = known.component_type?;
    let [width, height] = *known.size.as_slice() else {
        return None;
    };
    let spacing = &known.geometry.spacing;
    Some(PyramidImage {
        width: u32::try_from(width).ok()?,
        height: u32::try_from(height).ok()?,
        channels: u16::try_from(known.channels).ok()?,
        component,
        pixel_mm: Some([*spacing.first()?, *spacing.get(1)?]),
        labels: false,
        quality: quality(known.channels == 3, component),
    })
}
