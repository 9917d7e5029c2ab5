//! One level of a slide, from one file.

use super::matrix::Matrix;
use super::places::Places;
use super::role::Role;
use crate::dicom::data_set::{DataSet, refused};
use crate::dicom::image::Image;
use crate::dicom::{tag, values};
use crate::error::ReadProblem;
use crate::geometry::Geometry;
use crate::metadata::Metadata;
use crate::summary::{ComponentType, ImageFormat, ImageSummary, SpacingSource};

/// Bytes of one row of tiles, which is held at once.
const MAX_BAND: u64 = 2 << 30;

/// What the header of a level says.
pub(super) struct Level {
    pub(super) summary: ImageSummary,
    matrix: Matrix,
    places: Places,
}

impl Level {
    /// Refuses what is no level, and levels in which several pixels lie at one place.
    pub(super) fn of(image: &Image<'_>) -> Result<Level, ReadProblem> {
        let set = image.set();
        let matrix = image
            .matrix
            .ok_or_else(|| ReadProblem::MissingField("TotalPixelMatrixColumns".into()))?;
        Role::of(set).require_level()?;
        refuse_several(set)?;
        let places = Places::of(set, &image.pixels, matrix)?;
        let mut warnings = image.warnings.clone();
        if set.text(tag::LABEL_IN_IMAGE).as_deref() == Some("YES") {
            warnings.push(
                "`SpecimenLabelInImage` is YES: the image may show who the patient is".into(),
            );
        }
        let mut geometry = Geometry::identity(vec![matrix.columns, matrix.rows]);
        let spacing_source = match pixel_size(image, matrix) {
            Some(size) => {
                geometry.spacing = size.to_vec();
                SpacingSource::Stated
            }
            None => {
                warnings.push("the spacing is not stated: 1 mm is assumed".into());
                SpacingSource::Missing
            }
        };
        let planes = image.planes.iter();
        let rescaled: Vec<_> = planes.map(|plane| (image.pixels, plane.rescale)).collect();
        let converter = image.converter(values::component(&rescaled))?;
        Ok(Level {
            summary: ImageSummary {
                format: ImageFormat::Dicom,
                size: geometry.size.clone(),
                geometry,
                spacing_source,
                component_type: Some(converter.component()),
                channels: converter.channels(),
                levels: 1,
                segments: None,
                tiff: None,
                metadata: Metadata::default(),
                warnings,
            },
            matrix,
            places,
        })
    }

    /// Hands all pixels of the matrix to `deliver`, row by row, channels interleaved, little-endian. Memory holds one
    /// row of tiles. Where no tile is stored, colours are white and grey is 0.
    pub(super) fn stream(
        &self,
        image: &mut Image<'_>,
        deliver: &mut dyn FnMut(&[u8]),
    ) -> Result<(), ReadProblem> {
        let component = self.summary.component_type.unwrap_or(ComponentType::Uint8);
        let converter = image.converter(component)?;
        let (columns, rows) = (self.matrix.columns, self.matrix.rows);
        let (tile_columns, tile_rows) = (image.pixels.columns, image.pixels.rows);
        let pixel = u64::from(self.summary.channels) * component.bytes();
        let mut band = Band::new(columns, tile_rows.min(rows), pixel)?;
        let blank = blank(&self.summary);
        let mut top = 0;
        while top < rows {
            let bottom = top.saturating_add(tile_rows).min(rows);
            band.start(bottom - top, blank);
            for tile in self.places.in_rows(top..bottom, tile_rows) {
                let frame = image.frame(tile.frame)?;
                let rescale = image.planes[tile.frame].rescale;
                let mut values = Vec::new();
                converter.deliver(&frame, rescale, &mut |piece| {
                    values.extend_from_slice(piece)
                });
                let width = tile_columns.min(columns - tile.column);
                let from = tile.row.max(top);
                let to = tile.row.saturating_add(tile_rows).min(bottom);
                for row in from..to {
                    band.put(
                        (tile.column, row - top, width),
                        (&values, tile_columns * (row - tile.row)),
                    );
                }
            }
            deliver(&band.bytes);
            top = bottom;
        }
        Ok(())
    }
}

/// Rows of the matrix that one row of tiles fills.
struct Band {
    bytes: Vec<u8>,
    row_bytes: usize,
    pixel: usize,
}

impl Band {
    fn new(columns: u64, rows: u64, pixel: u64) -> Result<Band, ReadProblem> {
        let claimed = u128::from(columns) * u128::from(rows) * u128::from(pixel);
        let too_large = || ReadProblem::TooLarge {
            claimed,
            limit: MAX_BAND,
        };
        if claimed > MAX_BAND.into() {
            return Err(too_large());
        }
        let narrow = |number: u64| usize::try_from(number).map_err(|_| too_large());
        Ok(Band {
            bytes: Vec::new(),
            row_bytes: narrow(columns * pixel)?,
            pixel: narrow(pixel)?,
        })
    }

    /// Empties this many rows.
    fn start(&mut self, rows: u64, blank: u8) {
        // Compared with the bound before.
        let bytes = usize::try_from(rows).unwrap_or(0) * self.row_bytes;
        self.bytes.clear();
        self.bytes.resize(bytes, blank);
    }

    /// Puts `width` pixels at a column and row, from the pixels of a tile that begin at pixel `start`.
    fn put(&mut self, (column, row, width): (u64, u64, u64), (tile, start): (&[u8], u64)) {
        let bytes_of = |pixels: u64| usize::try_from(pixels).unwrap_or(usize::MAX) * self.pixel;
        let to = usize::try_from(row).unwrap_or(0) * self.row_bytes + bytes_of(column);
        let length = bytes_of(width);
        let source = tile.get(bytes_of(start)..bytes_of(start) + length);
        if let (Some(target), Some(source)) = (self.bytes.get_mut(to..to + length), source) {
            target.copy_from_slice(source);
        }
    }
}

/// Size of a pixel along x and y, mm: as the pixel measures state it, else from the size of the whole image (PS3.3
/// C.8.12.4).
fn pixel_size(image: &Image<'_>, matrix: Matrix) -> Option<[f64; 2]> {
    let stated = image.planes.first().and_then(|plane| plane.spacing);
    if stated.is_some() {
        return stated;
    }
    let side = |tag, pixels: u64| {
        let whole = image.set().float(tag)?;
        Some(whole / pixels as f64).filter(|size| *size > 0.0)
    };
    Some([
        side(tag::IMAGED_WIDTH, matrix.columns)?,
        side(tag::IMAGED_HEIGHT, matrix.rows)?,
    ])
}

/// A level has one optical path and one focal plane, and lies in one file.
fn refuse_several(set: &DataSet) -> Result<(), ReadProblem> {
    let paths = set.items(tag::OPTICAL_PATHS).len() as u64;
    for (tag, found) in [
        (tag::OPTICAL_PATHS, Some(paths)),
        (
            tag::OPTICAL_PATH_COUNT,
            set.unsigned(tag::OPTICAL_PATH_COUNT),
        ),
        (tag::FOCAL_PLANE_COUNT, set.unsigned(tag::FOCAL_PLANE_COUNT)),
        (
            tag::CONCATENATION_PARTS,
            set.unsigned(tag::CONCATENATION_PARTS),
        ),
    ] {
        if let Some(found) = found.filter(|found| *found > 1) {
            return Err(refused(tag, "1", &found.to_string()));
        }
    }
    let is_part = set.text(tag::CONCATENATION).is_some();
    if is_part && set.unsigned(tag::CONCATENATION_PARTS) != Some(1) {
        return Err(refused(
            tag::CONCATENATION,
            "none, or `InConcatenationTotalNumber` 1",
            "part of a level that lies in several files",
        ));
    }
    Ok(())
}

/// A tile that is not stored: glass is white, everything else is 0.
fn blank(summary: &ImageSummary) -> u8 {
    let is_bright = summary.channels == 3
        && matches!(
            summary.component_type,
            Some(ComponentType::Uint8 | ComponentType::Uint16)
        );
    if is_bright { u8::MAX } else { 0 }
}
