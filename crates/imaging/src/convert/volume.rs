//! Any volume or plain picture to one compressed `.mha`.

use camino::Utf8Path;

use super::{ConvertImageError, ConvertOptions};
use crate::metadata::PixelRange;
use crate::metaimage::{Head, Spool};
use crate::segments::DistinctValues;
use crate::summary::{ComponentType, ImageSummary};
use crate::uploads::UploadedImage;

/// Channels that the platform has colours for.
const COLOURS: [u32; 3] = [1, 3, 4];

/// Streams the samples of an image into a `.mha` file; returns what was read, with the metadata that was written.
pub(super) fn convert(
    image: &UploadedImage,
    known: &ImageSummary,
    path: &Utf8Path,
    options: &ConvertOptions,
) -> Result<ImageSummary, ConvertImageError> {
    let component = component(image, known)?;
    let identity = if options.keep_identity {
        image.identity(&options.limits)?
    } else {
        Vec::new()
    };
    let mut range = PixelRange::new(component);
    let mut values = (known.channels == 1).then(|| DistinctValues::new(component));
    let mut spool = Spool::create(path)?;
    let mut summary = image.stream(&options.limits, &mut |samples| {
        range.feed(samples);
        if let Some(values) = &mut values {
            values.feed(samples);
        }
        spool.feed(samples);
    })?;
    summary.segments = values.and_then(|values| values.segments(&summary.geometry.size));
    summary.metadata = summary.metadata.without_free_text();
    summary.metadata.add_range(&range);
    let own = summary.metadata.iter();
    let own = own.map(|(field, value)| (field.to_owned(), value.to_owned()));
    let mut fields: Vec<(String, String)> = own.chain(identity).collect();
    fields.sort();
    spool.finish(&Head {
        geometry: &summary.geometry,
        channels: summary.channels,
        component,
        fields,
    })?;
    if !COLOURS.contains(&summary.channels) {
        summary.warnings.push(format!(
            "{} channels; grand-challenge.org takes 1, 3 or 4",
            summary.channels
        ));
    }
    Ok(summary)
}

fn component(
    image: &UploadedImage,
    known: &ImageSummary,
) -> Result<ComponentType, ConvertImageError> {
    let refuse = |problem: &str| ConvertImageError::NotConvertible {
        file: image
            .files()
            .first()
            .map_or("", |file| file.as_str())
            .into(),
        problem: problem.into(),
        hint: "convert the samples to integers of 8 or 16 bits or to 32-bit floats".into(),
    };
    match known.component_type {
        Some(ComponentType::Float16) => Err(refuse(
            "samples of 16-bit floats, for which `.mha` has no type",
        )),
        Some(component) => Ok(component),
        None => Err(refuse(
            "samples of an uncommon number of bits, for which `.mha` has no type",
        )),
    }
}
