//! PNG pictures.

use crate::error::ReadProblem;
use crate::limits::CheckLimits;
use crate::source::{OpenBeside, ReadSeek};
use crate::summary::ImageSummary;

/// Reads the header only.
pub(crate) fn inspect(
    _file: &mut dyn ReadSeek,
    _open_beside: &OpenBeside<'_>,
    _limits: &CheckLimits,
) -> Result<ImageSummary, ReadProblem> {
    Err(ReadProblem::Unsupported("not read yet".into()))
}

/// Hands every sample to `deliver`, little-endian, x fastest, channels interleaved, in pieces of whole samples.
pub(crate) fn stream(
    _file: &mut dyn ReadSeek,
    _open_beside: &OpenBeside<'_>,
    _limits: &CheckLimits,
    _deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadProblem> {
    Err(ReadProblem::Unsupported("not read yet".into()))
}
