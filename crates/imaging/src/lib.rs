//! Read, check, convert, write and render medical images.
//!
//! MetaImage (`.mha`, `.mhd`), TIFF and the slides in it, DICOM, NIfTI, NRRD, PNG and JPEG. Sizes, spacings and axes are
//! in the order x, y, z, t, lengths in mm, places in LPS, as ITK has them; samples lie x fastest. The crate knows nothing
//! of sockets, jobs or the network.
//!
//! - [`inspect`] reads the header only, [`check`] reads every sample to the end in constant memory.
//! - [`metaimage::read`] and [`metaimage::write`] hold a whole volume in memory.
//! - [`compare_images`] (and below it [`geometry::compare`]) says whether an output lies where its input lies.
//! - [`render`] draws slices, labels and heat maps upright, [`serve`] prepares volumes for a viewer in a browser.
//! - [`uploads`] sorts the files of a folder into images, [`mod@convert`] writes one as the platform takes it.
//! - [`annotations`] says whether points lie on the image that they belong to.
//! - [`platform_requirements`] says what grand-challenge.org would refuse although the file is readable.

use camino::Utf8Path;

use format::detect;

pub mod annotations;
mod compare;
pub mod convert;
mod dicom;
pub mod error;
mod format;
pub mod geometry;
mod guarded;
mod huge_pages;
mod inflate;
mod jpeg;
mod jpeg2000;
pub mod limits;
pub mod metadata;
pub mod metaimage;
mod nifti;
mod nrrd;
mod platform;
mod png;
pub mod render;
mod sample_flow;
mod segments;
pub mod serve;
mod side_by_side;
pub mod slide;
pub mod source;
mod stream;
pub mod summary;
mod temporary;
pub mod tiff;
pub mod uploads;
pub mod volume;
mod voxel_hash;

pub use compare::compare_images;
pub use dicom::{
    DicomFacts, Window as DicomWindow, facts as dicom_facts, series as dicom_series, whole_slide,
};
pub use error::{ReadImageError, ReadProblem, WriteImageError};
pub use geometry::Geometry;
pub use limits::CheckLimits;
pub use metadata::Metadata;
pub use platform::platform_requirements;
pub use source::{OpenBeside, ReadSeek};
pub use summary::{ComponentType, ImageFormat, ImageSummary, SpacingSource};
pub use volume::{Samples, Volume};
pub use voxel_hash::VoxelHash;

/// Reads what an image is from its header.
///
/// # Errors
/// When the file cannot be opened or its header is refused.
pub fn inspect(path: impl AsRef<Utf8Path>) -> Result<ImageSummary, ReadImageError> {
    let path = path.as_ref();
    let mut file = source::open_file(path).map_err(|problem| problem.in_file(path.as_str()))?;
    inspect_file(&mut file, path.as_str(), &source::open_in_folder_of(path))
}

/// Reads an image to its last sample, in constant memory, and says what it is.
///
/// # Errors
/// When anything in the file keeps its samples from being read as the header promises.
pub fn check(
    path: impl AsRef<Utf8Path>,
    limits: &CheckLimits,
) -> Result<ImageSummary, ReadImageError> {
    let path = path.as_ref();
    let mut file = source::open_file(path).map_err(|problem| problem.in_file(path.as_str()))?;
    check_file(
        &mut file,
        path.as_str(),
        &source::open_in_folder_of(path),
        limits,
    )
}

/// [`inspect`] for an open file. `name` is used in messages, `open_beside` finds the samples of an `.mhd`.
///
/// # Errors
/// As for [`inspect`].
pub fn inspect_file(
    file: &mut dyn ReadSeek,
    name: &str,
    open_beside: &OpenBeside<'_>,
) -> Result<ImageSummary, ReadImageError> {
    let limits = CheckLimits::default();
    detect(file)
        .and_then(|format| stream::inspect(format, file, open_beside, &limits))
        .map_err(|problem| problem.in_file(name))
}

/// [`check`] for an open file. `name` is used in messages, `open_beside` finds the samples of an `.mhd`.
///
/// # Errors
/// As for [`check`].
pub fn check_file(
    file: &mut dyn ReadSeek,
    name: &str,
    open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
) -> Result<ImageSummary, ReadImageError> {
    detect(file)
        .and_then(|format| stream::check(format, file, open_beside, limits))
        .map_err(|problem| problem.in_file(name))
}

/// Reads a whole image into memory: a volume, or the largest level of a slide.
///
/// # Errors
/// As for [`check`], and when the samples do not fit into `limits.max_voxel_bytes`.
pub fn read(
    path: impl AsRef<Utf8Path>,
    limits: &CheckLimits,
) -> Result<(Volume, ImageSummary), ReadImageError> {
    let path = path.as_ref();
    let named = |problem: ReadProblem| problem.in_file(path.as_str());
    let mut file = source::open_file(path).map_err(named)?;
    if detect(&mut file).map_err(named)? == ImageFormat::MetaImage {
        return metaimage::read_open(&mut file, path, limits).map_err(named);
    }
    let open_beside = source::open_in_folder_of(path);
    read_file(&mut file, path.as_str(), &open_beside, limits)
}

/// [`read`] for an open file.
///
/// # Errors
/// As for [`read`].
pub fn read_file(
    file: &mut dyn ReadSeek,
    name: &str,
    open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
) -> Result<(Volume, ImageSummary), ReadImageError> {
    detect(file)
        .and_then(|format| {
            let known = stream::inspect(format, file, open_beside, limits)?;
            stream::gather(&known, limits, &mut |deliver| {
                stream::stream(format, file, open_beside, limits, deliver)
            })
        })
        .map_err(|problem| problem.in_file(name))
}

/// [`stream_file`] for the image at `path`.
///
/// # Errors
/// As for [`check`].
pub fn stream(
    path: impl AsRef<Utf8Path>,
    limits: &CheckLimits,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadImageError> {
    let path = path.as_ref();
    let mut file = source::open_file(path).map_err(|problem| problem.in_file(path.as_str()))?;
    let open_beside = source::open_in_folder_of(path);
    stream_file(&mut file, path.as_str(), &open_beside, limits, deliver)
}

/// Hands every decoded sample of an image to `deliver`, in pieces of whole samples: little-endian, x fastest, channels
/// interleaved. Memory does not grow with the image.
///
/// # Errors
/// As for [`check`].
pub fn stream_file(
    file: &mut dyn ReadSeek,
    name: &str,
    open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadImageError> {
    detect(file)
        .and_then(|format| stream::stream(format, file, open_beside, limits, deliver))
        .map_err(|problem| problem.in_file(name))
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
