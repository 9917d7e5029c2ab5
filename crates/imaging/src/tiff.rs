//! TIFF and BigTIFF: what is in the file, and whether all of it is there.

use serde::{Deserialize, Serialize};

/// How the pixels of one level are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chunks {
    /// Rectangular tiles of this size in pixels.
    Tiles {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// Strips of this many rows.
    Strips {
        /// Rows in each strip but the last.
        rows: u32,
    },
}

/// One resolution level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// Pixels across.
    pub width: u64,
    /// Pixels down.
    pub height: u64,
    /// Tiles or strips.
    pub chunks: Chunks,
    /// Name of the compression, such as `jpeg`; `unknown (12345)` for codes without one.
    pub compression: String,
}

/// What a TIFF holds beside what every image has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TiffLayout {
    /// True for BigTIFF (64-bit offsets).
    pub big: bool,
    /// `min_is_black`, `rgb`, `ycbcr`, `palette` and so on.
    pub photometric: String,
    /// Bits of one sample of the first level.
    pub bits_per_sample: u16,
    /// Resolution levels, largest first.
    pub levels: Vec<Level>,
    /// Directories in the file, levels and others (thumbnail, label, macro) together.
    pub directories: u32,
}

use crate::error::ReadProblem;
use crate::limits::CheckLimits;
use crate::source::ReadSeek;
use crate::summary::ImageSummary;

/// Reads the directories only.
pub(crate) fn inspect(
    _file: &mut dyn ReadSeek,
    _limits: &CheckLimits,
) -> Result<ImageSummary, ReadProblem> {
    Err(ReadProblem::Unsupported("TIFF is not read yet".into()))
}

/// Reads every strip and tile.
pub(crate) fn check(
    _file: &mut dyn ReadSeek,
    _limits: &CheckLimits,
) -> Result<ImageSummary, ReadProblem> {
    Err(ReadProblem::Unsupported("TIFF is not read yet".into()))
}
