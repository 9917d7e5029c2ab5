//! The pixels of one level of a slide, which its frames make together.

use crate::dicom::data_set::{DataSet, refused};
use crate::dicom::pixel::Pixels;
use crate::dicom::tag::{self, Tag};
use crate::error::ReadProblem;
use crate::limits::CheckLimits;

/// VL Whole Slide Microscopy Image Storage, PS3.4 B.5.
const MICROSCOPY: &str = "1.2.840.10008.5.1.4.1.1.77.1.6";
/// What the classes of segmentations begin with, PS3.4 B.5.
const SEGMENTATION: &str = "1.2.840.10008.5.1.4.1.1.66.";

/// The total pixel matrix, PS3.3 C.8.12.4.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::dicom) struct Matrix {
    /// Pixels across.
    pub(in crate::dicom) columns: u64,
    /// Pixels down.
    pub(in crate::dicom) rows: u64,
}

impl Matrix {
    /// The matrix of a whole slide; `None` for every other image.
    ///
    /// Files of other classes are slides where several frames are no stack of planes as large as the matrix.
    pub(in crate::dicom) fn of(
        set: &DataSet,
        pixels: &Pixels,
    ) -> Result<Option<Matrix>, ReadProblem> {
        let class = set.text(tag::SOP_CLASS).unwrap_or_default();
        let is_microscopy = class == MICROSCOPY;
        let (columns, rows) = (
            set.unsigned(tag::TOTAL_MATRIX_COLUMNS),
            set.unsigned(tag::TOTAL_MATRIX_ROWS),
        );
        let is_single = pixels.frames == 1;
        let is_stated = columns.is_some() || rows.is_some();
        let is_other_size = columns.is_some_and(|found| found != pixels.columns)
            || rows.is_some_and(|found| found != pixels.rows);
        let is_slide = if is_microscopy {
            is_stated || !is_single
        } else {
            is_other_size && !is_single
        };
        if !is_slide {
            return Ok(None);
        }
        if class.starts_with(SEGMENTATION) {
            return Err(ReadProblem::Unsupported(
                "is a segmentation in tiles, which is not read; expected a whole-slide microscopy image".into(),
            ));
        }
        Ok(Some(Matrix {
            columns: side(tag::TOTAL_MATRIX_COLUMNS, columns)?,
            rows: side(tag::TOTAL_MATRIX_ROWS, rows)?,
        }))
    }

    pub(super) fn area(self) -> u128 {
        u128::from(self.columns) * u128::from(self.rows)
    }

    /// Refuses more pixels than `most`, the bytes that the file can decode to, and more than the limit. A slide leaves
    /// glass out, so its matrix may well be larger than its frames.
    pub(in crate::dicom) fn refuse_claims(
        self,
        pixels: &Pixels,
        most: u128,
        limits: &CheckLimits,
    ) -> Result<(), ReadProblem> {
        let pixel_bytes = u128::from(pixels.samples * pixels.sample_bytes());
        let claimed = self.area().saturating_mul(pixel_bytes);
        if claimed > most {
            return Err(ReadProblem::Corrupt {
                what: "`PixelData`".into(),
                problem: format!(
                    "too short for the {} × {} pixels of the total pixel matrix",
                    self.columns, self.rows
                ),
            });
        }
        let limit = limits.max_pixel_bytes;
        if claimed > limit.into() {
            return Err(ReadProblem::TooLarge { claimed, limit });
        }
        Ok(())
    }
}

fn side(tag: Tag, found: Option<u64>) -> Result<u64, ReadProblem> {
    match found {
        Some(0) => Err(refused(tag, "at least 1", "0")),
        Some(side) => Ok(side),
        None => Err(ReadProblem::MissingField(tag::name(tag))),
    }
}
