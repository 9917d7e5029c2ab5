//! Read, check, convert, write and render medical images.
//!
//! Today: MetaImage (`.mha`, `.mhd`) and TIFF, the two formats that an algorithm may write, and the comparison of two
//! geometries. The crate knows nothing of sockets, jobs or the network.
//!
//! - [`inspect`] reads the header only, [`check`] reads every sample to the end in constant memory.
//! - [`metaimage::read`] and [`metaimage::write`] hold a whole volume in memory.
//! - [`geometry::compare`] says whether an output lies where its input lies.

use camino::Utf8Path;

pub mod error;
pub mod geometry;
pub mod limits;
pub mod metaimage;
pub mod source;
pub mod summary;
pub mod tiff;
pub mod volume;

pub use error::{ReadImageError, ReadProblem, WriteImageError};
pub use geometry::Geometry;
pub use limits::CheckLimits;
pub use source::{OpenBeside, ReadSeek};
pub use summary::{ComponentType, ImageFormat, ImageSummary, SpacingSource};
pub use volume::{Samples, Volume};

/// Reads what an image is from its header.
///
/// # Errors
/// When the file cannot be opened or its header is refused.
pub fn inspect(path: impl AsRef<Utf8Path>) -> Result<ImageSummary, ReadImageError> {
    Err(not_yet(path.as_ref().as_str()))
}

/// Reads an image to its last sample, in constant memory, and says what it is.
///
/// # Errors
/// When anything in the file keeps its samples from being read as the header promises.
pub fn check(
    path: impl AsRef<Utf8Path>,
    _limits: &CheckLimits,
) -> Result<ImageSummary, ReadImageError> {
    Err(not_yet(path.as_ref().as_str()))
}

/// [`inspect`] for an open file. `name` is used in messages, `open_beside` finds the samples of an `.mhd`.
///
/// # Errors
/// As for [`inspect`].
pub fn inspect_file(
    _file: &mut dyn ReadSeek,
    name: &str,
    _open_beside: &OpenBeside<'_>,
) -> Result<ImageSummary, ReadImageError> {
    Err(not_yet(name))
}

/// [`check`] for an open file. `name` is used in messages, `open_beside` finds the samples of an `.mhd`.
///
/// # Errors
/// As for [`check`].
pub fn check_file(
    _file: &mut dyn ReadSeek,
    name: &str,
    _open_beside: &OpenBeside<'_>,
    _limits: &CheckLimits,
) -> Result<ImageSummary, ReadImageError> {
    Err(not_yet(name))
}

/// [`check`] for bytes in memory, with no file beside them. Must come back with an answer for any bytes.
///
/// # Errors
/// As for [`check`].
pub fn check_bytes(bytes: &[u8]) -> Result<ImageSummary, ReadImageError> {
    check_file(
        &mut std::io::Cursor::new(bytes),
        "bytes",
        &source::nothing_beside,
        &CheckLimits::default(),
    )
}

fn not_yet(name: &str) -> ReadImageError {
    ReadProblem::Unsupported("reading images is not written yet".into()).in_file(name)
}
