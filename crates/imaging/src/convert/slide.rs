//! A TIFF slide to a tiled pyramid of which only the levels are left: its tiles as they are, where the platform takes
//! them.

use camino::Utf8Path;

use super::anew::{self, Source};
use super::{ConvertImageError, ConvertOptions};
use crate::error::{ReadProblem, WriteImageError};
use crate::source::open_file;
use crate::summary::{ImageSummary, SpacingSource};
use crate::temporary::Temporary;
use crate::tiff::copy;
use crate::uploads::UploadedImage;

/// What makes a slide of almost anything.
pub(super) const VIPS: &str = "convert it with vips: `vips tiffsave in out.tif --tile --pyramid --bigtiff --compression jpeg`";

/// Checks every tile, then copies them as they are; encodes anew what cannot be copied.
pub(super) fn convert(
    image: &UploadedImage,
    known: &ImageSummary,
    path: &Utf8Path,
    options: &ConvertOptions,
) -> Result<ImageSummary, ConvertImageError> {
    let source = &image.files()[0];
    let refuse = |problem: String, hint: &str| ConvertImageError::NotConvertible {
        file: source.to_string(),
        problem,
        hint: hint.into(),
    };
    if known.spacing_source == SpacingSource::Missing {
        return Err(refuse(
            "the size of a pixel is not stated; expected `XResolution` and `YResolution` with unit inch or centimetre"
                .into(),
            "write the resolution with the tool that made the slide, or with vips: `--resunit cm --xres … --yres …`",
        ));
    }
    let in_source = |problem: ReadProblem| problem.in_file(source.as_str());
    let mut file = open_file(source).map_err(in_source)?;
    let obstacle = copy::obstacle(&mut file, &options.limits).map_err(in_source)?;
    if let Some(obstacle) = obstacle {
        let source = Source {
            image,
            known,
            obstacle,
        };
        return anew::convert(&source, path, options);
    }
    let summary = image.check(&options.limits)?;
    let spacing = [summary.geometry.spacing[0], summary.geometry.spacing[1]];
    let write_error = |source| WriteImageError::Write {
        file: path.to_string(),
        source,
    };
    let part = Temporary::beside(path, ".part");
    let mut output = part.create().map_err(write_error)?;
    copy::levels_only(&mut file, spacing, &options.limits, &mut output)
        .map_err(in_source)?
        .map_err(write_error)?;
    part.keep_as(path).map_err(write_error)?;
    Ok(summary)
}
