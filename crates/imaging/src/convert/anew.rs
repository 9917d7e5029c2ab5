//! A slide whose tiles the platform cannot take as they are: decoded, and written as a new pyramid.

use camino::Utf8Path;

use super::paint::Paint;
use super::pyramid::{Pyramid, how, quality};
use super::{ConvertImageError, ConvertOptions};
use crate::error::{ReadImageError, ReadProblem};
use crate::limits::CheckLimits;
use crate::segments::DistinctValues;
use crate::slide::PyramidImage;
use crate::source::open_file;
use crate::summary::{ComponentType, ImageSummary};
use crate::tiff;
use crate::tiff::colour::Colour;
use crate::tiff::meaning::Meaning;
use crate::uploads::UploadedImage;

/// Grand Challenge takes at most this many segments; more values are no labels.
const MAX_LABELS: usize = 64;

/// A slide, and why its tiles cannot be copied.
pub(super) struct Source<'a> {
    pub(super) image: &'a UploadedImage,
    pub(super) known: &'a ImageSummary,
    pub(super) obstacle: String,
}

/// Decodes the largest level and writes it with new smaller ones. Memory holds a few rows of tiles.
pub(super) fn convert(
    source: &Source<'_>,
    path: &Utf8Path,
    options: &ConvertOptions,
) -> Result<ImageSummary, ConvertImageError> {
    // Samples stream by, so the bound is that of a check.
    let limits = CheckLimits {
        max_voxel_bytes: options.limits.max_pixel_bytes,
        ..options.limits.clone()
    };
    let name = &source.image.files()[0];
    let mut file = open_file(name).map_err(|problem| problem.in_file(name.as_str()))?;
    let meaning = Meaning::open(&mut file, &limits).map_err(|problem| source.unread(problem))?;
    let labels = labels(&meaning, &mut file, &limits).map_err(|problem| source.unread(problem))?;
    let paint =
        Paint::of(&meaning, labels.is_some()).map_err(|problem| source.refused(&problem))?;
    let image = pyramid(source.known, &paint, labels.is_some())
        .ok_or_else(|| source.refused("it is wider or higher than 4294967295 pixels"))?;
    let profile = meaning.profile.clone().filter(|_| paint.keeps_numbers());
    let mut paint = paint;
    let mut pyramid = Pyramid::create(path, &image, |writer| {
        let writer = if paint.is_rgb {
            writer
        } else {
            writer.without_colours()
        };
        match profile {
            Some(profile) => writer.with_profile(profile),
            None => writer,
        }
    })?;
    let mut summary = tiff::stream_with(&mut file, &limits, blank(&meaning), &mut |samples| {
        pyramid.feed(paint.pixels(samples));
    })
    .map_err(|problem| source.unread(problem))?;
    pyramid.finish()?;
    summary.segments = labels.filter(|values| !values.is_empty());
    summary
        .warnings
        .extend(warnings(&source.obstacle, &meaning, &image));
    Ok(summary)
}

impl Source<'_> {
    fn refused(&self, problem: &str) -> ConvertImageError {
        ConvertImageError::NotConvertible {
            file: self.image.files()[0].to_string(),
            problem: format!("{}, and {problem}", self.obstacle),
            hint: super::slide::VIPS.into(),
        }
    }

    /// What we do not decode another tool may be able to convert; what is damaged nobody can.
    fn unread(&self, problem: ReadProblem) -> ConvertImageError {
        if let ReadProblem::Unsupported(problem) = &problem {
            return self.refused(problem);
        }
        let error: ReadImageError = problem.in_file(self.image.files()[0].as_str());
        error.into()
    }
}

/// The values of labels, in a pass of its own where nothing but the values tells that they are labels.
fn labels(
    meaning: &Meaning,
    file: &mut fs_err::File,
    limits: &CheckLimits,
) -> Result<Option<Vec<i64>>, ReadProblem> {
    let Some(component) = meaning.component else {
        return Ok(None);
    };
    let is_labelled_palette = meaning.colour == Colour::Palette && meaning.has_label_range;
    if !meaning.may_be_labels() && !is_labelled_palette {
        return Ok(None);
    }
    let mut values = DistinctValues::new(component);
    let summary = tiff::stream_with(file, limits, 0, &mut |samples| values.feed(samples))?;
    let found = values.segments(&summary.size).unwrap_or_default();
    let is_few = (1..=MAX_LABELS).contains(&found.len());
    Ok((is_few || meaning.has_label_range).then_some(found))
}

/// A strip or tile that is not stored: glass is white, everything else is 0.
fn blank(meaning: &Meaning) -> u8 {
    let is_bright = meaning.colour == Colour::Rgb
        && matches!(
            meaning.component,
            Some(ComponentType::Uint8 | ComponentType::Uint16)
        );
    if is_bright { u8::MAX } else { 0 }
}

fn pyramid(known: &ImageSummary, paint: &Paint, labels: bool) -> Option<PyramidImage> {
    Some(PyramidImage {
        width: u32::try_from(known.size[0]).ok()?,
        height: u32::try_from(known.size[1]).ok()?,
        channels: paint.channels,
        component: paint.component,
        pixel_mm: Some([known.geometry.spacing[0], known.geometry.spacing[1]]),
        labels,
        quality: quality(paint.is_rgb && paint.channels == 3, paint.component),
    })
}

fn warnings(obstacle: &str, meaning: &Meaning, image: &PyramidImage) -> Vec<String> {
    let mut warnings = vec![format!("encoded anew {}: {obstacle}", how(image))];
    match meaning.colour {
        Colour::Palette if image.labels => warnings.push(
            "places in the palette were kept as labels, their colours were not".into(),
        ),
        Colour::Palette => warnings.push(
            "places in the palette became colours; labels need `MinSampleValue` and `MaxSampleValue`".into(),
        ),
        Colour::Cmyk if meaning.profile.is_some() => {
            warnings.push("cmyk became rgb without the colour profile".into());
        }
        Colour::Grey
        | Colour::InvertedGrey
        | Colour::Rgb
        | Colour::Ycbcr
        | Colour::Cmyk => {}
    }
    warnings
}
