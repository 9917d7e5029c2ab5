//! Pixel size of a TIFF in millimetres.

use super::directory::Directory;
use super::file::TiffFile;
use super::tag;
use crate::error::ReadProblem;
use crate::summary::SpacingSource;

/// Description bytes that are looked at.
const MAX_DESCRIPTION: u64 = 64 * 1024;
/// Dots per inch that programs write when they know nothing.
const PRINTING_DEFAULTS: [f64; 2] = [72.0, 96.0];

/// Size of a pixel along x and y, mm, and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PixelSize {
    pub(super) mm: [f64; 2],
    pub(super) source: SpacingSource,
}

/// From the resolution tags of the first level, else from an Aperio description (`MPP = 0.499`, µm), else 1 mm.
///
/// libvips writes the same resolution into every level, so only the first one says anything.
pub(super) fn pixel_size(
    file: &mut TiffFile<'_>,
    directory: &Directory,
) -> Result<PixelSize, ReadProblem> {
    let tagged = from_tags(file, directory)?;
    if let Some(stated) = tagged.filter(|size| size.source == SpacingSource::Stated) {
        return Ok(stated);
    }
    let described = match directory.entry(tag::DESCRIPTION) {
        Some(entry) => {
            from_description(&String::from_utf8_lossy(&entry.raw(file, MAX_DESCRIPTION)?))
        }
        None => None,
    };
    Ok(described.or(tagged).unwrap_or(PixelSize {
        mm: [1.0, 1.0],
        source: SpacingSource::Missing,
    }))
}

fn from_tags(
    file: &mut TiffFile<'_>,
    directory: &Directory,
) -> Result<Option<PixelSize>, ReadProblem> {
    let unit_mm = match directory.integer(file, tag::RESOLUTION_UNIT)?.unwrap_or(2) {
        2 => 25.4,
        3 => 10.0,
        _ => return Ok(None),
    };
    let mut resolution = [0.0; 2];
    for (value, tag) in resolution
        .iter_mut()
        .zip([tag::X_RESOLUTION, tag::Y_RESOLUTION])
    {
        let Some(entry) = directory.entry(tag) else {
            return Ok(None);
        };
        match entry
            .number(file)?
            .filter(|number| number.is_finite() && *number > 0.0)
        {
            Some(number) => *value = number,
            None => return Ok(None),
        }
    }
    let is_default = |value: &f64| {
        let per_inch = value * 25.4 / unit_mm;
        PRINTING_DEFAULTS
            .iter()
            .any(|default| (per_inch - default).abs() < 0.1)
    };
    let mm = resolution.map(|value| unit_mm / value);
    Ok(mm
        .iter()
        .all(|mm| mm.is_finite() && *mm > 0.0)
        .then_some(PixelSize {
            mm,
            source: if resolution.iter().all(is_default) {
                SpacingSource::PrintingDefault
            } else {
                SpacingSource::Stated
            },
        }))
}

/// `...|MPP = 0.4990|...`, micrometres per pixel.
fn from_description(text: &str) -> Option<PixelSize> {
    let rest = text.split("MPP").nth(1)?.trim_start().strip_prefix('=')?;
    let number = rest.split(['|', '\r', '\n', ';', '\0']).next()?.trim();
    let mm = number
        .parse::<f64>()
        .ok()
        .filter(|mpp| mpp.is_finite() && *mpp > 0.0)?
        / 1000.0;
    Some(PixelSize {
        mm: [mm, mm],
        source: SpacingSource::Stated,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aperio_description_states_micrometres() {
        let text = "Aperio Image Library v11.2.1\r\n2220x2967|AppMag = 20|MPP = 0.4990|Left = 25.6";
        let size = from_description(text).unwrap();
        assert!((size.mm[0] - 0.000_499).abs() < 1e-12);
        assert_eq!(from_description("MPP = none|"), None);
        assert_eq!(from_description("a label"), None);
    }
}
