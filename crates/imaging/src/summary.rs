//! What an image is, without its samples.

use serde::{Deserialize, Serialize};

use crate::geometry::Geometry;
use crate::metadata::Metadata;

/// File format of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageFormat {
    /// MetaImage, `.mha` or `.mhd`.
    #[serde(rename = "metaimage")]
    MetaImage,
    /// TIFF or BigTIFF.
    Tiff,
    /// One DICOM file, or a series of them.
    Dicom,
    /// NIfTI-1 or NIfTI-2, plain or gzip.
    Nifti,
    /// NRRD, attached (`.nrrd`) or detached (`.nhdr`).
    Nrrd,
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
}

impl ImageFormat {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MetaImage => "MetaImage",
            Self::Tiff => "TIFF",
            Self::Dicom => "DICOM",
            Self::Nifti => "NIfTI",
            Self::Nrrd => "NRRD",
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
        }
    }

    /// True for the two formats in which an algorithm may write images.
    #[must_use]
    pub fn is_output_format(self) -> bool {
        matches!(self, Self::MetaImage | Self::Tiff)
    }
}

/// Type of one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it: sign and bits")]
pub enum ComponentType {
    Int8,
    Uint8,
    Int16,
    Uint16,
    Int32,
    Uint32,
    Int64,
    Uint64,
    Float16,
    Float32,
    Float64,
}

impl ComponentType {
    /// Size of one sample, bytes.
    #[must_use]
    pub fn bytes(self) -> u64 {
        match self {
            Self::Int8 | Self::Uint8 => 1,
            Self::Int16 | Self::Uint16 | Self::Float16 => 2,
            Self::Int32 | Self::Uint32 | Self::Float32 => 4,
            Self::Int64 | Self::Uint64 | Self::Float64 => 8,
        }
    }

    /// True for the types whose values can be segment numbers.
    #[must_use]
    pub fn is_integer(self) -> bool {
        !self.is_float()
    }

    /// True for the types with fractions.
    #[must_use]
    pub fn is_float(self) -> bool {
        matches!(self, Self::Float16 | Self::Float32 | Self::Float64)
    }
}

/// How far `geometry.spacing` can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpacingSource {
    /// The file states it.
    Stated,
    /// The file states a printing default (72 or 96 dots per inch), which nobody measured.
    PrintingDefault,
    /// The file states nothing: 1 mm is assumed.
    Missing,
}

/// What an image is, without its samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageSummary {
    /// File format.
    pub format: ImageFormat,
    /// Samples along x, y, z, t as far as the image has these axes; channels are not an axis.
    pub size: Vec<u64>,
    /// Where the samples lie in the patient: mm, LPS.
    pub geometry: Geometry,
    /// Whether the file states the spacing.
    pub spacing_source: SpacingSource,
    /// Type of one sample. `None` for TIFF bit depths that have no such type (1, 4, 12 bits).
    pub component_type: Option<ComponentType>,
    /// Samples per voxel or pixel, interleaved (1 grey, 3 RGB, 4 RGBA).
    pub channels: u32,
    /// Resolution levels: 1 for volumes, directories of the pyramid for TIFF.
    pub levels: u32,
    /// Distinct sample values in ascending order, at most 256, for integer images of one channel; filled by `check`
    /// only. For 4D stacks of 0 and 1 they are the numbers of the volumes. `None` when unknown or too many.
    pub segments: Option<Vec<i64>>,
    /// Layout of a TIFF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiff: Option<crate::tiff::TiffLayout>,
    /// Header fields that the platform keeps; only MetaImage and DICOM have them.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// What is odd about the file but does not make it unreadable.
    pub warnings: Vec<String>,
}

impl ImageSummary {
    /// True for DICOM whole-slide microscopy: it lies on a slide and has two axes, where every other DICOM image has
    /// three or four.
    #[must_use]
    pub fn is_dicom_slide(&self) -> bool {
        self.format == ImageFormat::Dicom && self.size.len() == 2
    }
}
