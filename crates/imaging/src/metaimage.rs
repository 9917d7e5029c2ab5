//! MetaImage: `.mha`, and `.mhd` with the samples in a file beside it.

use camino::Utf8Path;

use crate::error::{ReadImageError, ReadProblem, WriteImageError};
use crate::limits::CheckLimits;
use crate::volume::Volume;

/// Reads a whole volume into memory, within the default limits.
///
/// # Errors
/// Whatever makes the file unreadable, see [`ReadProblem`].
pub fn read(path: impl AsRef<Utf8Path>) -> Result<Volume, ReadImageError> {
    read_with(path, &CheckLimits::default())
}

/// Reads a whole volume into memory.
///
/// # Errors
/// Whatever makes the file unreadable, see [`ReadProblem`].
pub fn read_with(
    path: impl AsRef<Utf8Path>,
    _limits: &CheckLimits,
) -> Result<Volume, ReadImageError> {
    Err(ReadProblem::Unsupported("MetaImage is not read yet".into())
        .in_file(path.as_ref().as_str()))
}

/// Writes a volume as SimpleITK does, compressed with zlib.
///
/// # Errors
/// When samples and geometry do not agree or the file cannot be written.
pub fn write(path: impl AsRef<Utf8Path>, _volume: &Volume) -> Result<(), WriteImageError> {
    Err(WriteImageError::Write {
        file: path.as_ref().to_string(),
        source: std::io::ErrorKind::Unsupported.into(),
    })
}
