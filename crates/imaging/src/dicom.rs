//! DICOM: single files, multi-frame files, series of slices and whole slides.
//!
//! The reader is our own. `dicom-object` builds nested sequences by recursion without a bound, so that 2 MB of them end
//! the process, and takes as much memory for a value as its header claims; the pixel decoders around it index and copy
//! by lengths of the file. Compressed frames go to `zune-jpeg` and `hayro-jpeg2000`; lossless JPEG is decoded here.
//!
//! Values and types are those of GDCM, and therefore SimpleITK: rescaled, with the smallest integer type that holds
//! all possible values for whole slopes and `float64` otherwise; MONOCHROME1 is turned around; colour is RGB.

use crate::error::{ReadImageError, ReadProblem};
use crate::limits::CheckLimits;
use crate::source::{OpenBeside, ReadSeek};
use crate::summary::ImageSummary;

mod codec;
mod convert;
mod data_set;
mod facts;
mod file;
mod fragments;
mod group_key;
mod huffman;
mod image;
mod input;
mod jpeg;
mod jpeg2000;
mod jpeg_lossless;
mod parse;
mod pixel;
mod place;
mod plane;
mod rle;
pub mod series;
mod stack;
mod syntax;
mod tag;
mod values;
pub mod whole_slide;

pub use facts::{DicomFacts, Window};
pub(crate) use file::{has_magic, looks_like};
use image::Image;

/// Reads the header only.
pub(crate) fn inspect(
    file: &mut dyn ReadSeek,
    _open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
) -> Result<ImageSummary, ReadProblem> {
    let mut image = Image::open(file, limits)?;
    if image.matrix.is_some() {
        return whole_slide::inspect(&image);
    }
    image::arrange(&mut image).map(|arranged| arranged.summary)
}

/// What viewers and the platform want to know of one DICOM file beside geometry and samples.
///
/// # Errors
/// When the file is no DICOM image that is read.
pub fn facts(
    file: &mut dyn ReadSeek,
    name: &str,
    limits: &CheckLimits,
) -> Result<DicomFacts, ReadImageError> {
    let image = Image::open(file, limits).map_err(|problem| problem.in_file(name))?;
    let rescale = image
        .planes
        .first()
        .map_or(values::Rescale::NONE, |plane| plane.rescale);
    Ok(DicomFacts::of(image.set(), &image.pixels, rescale))
}

/// Attributes by which the platform knows a patient and a study; each value is one line.
pub(crate) fn identity(
    file: &mut dyn ReadSeek,
    limits: &CheckLimits,
) -> Result<Vec<(String, String)>, ReadProblem> {
    let image = Image::open(file, limits)?;
    let tags = [
        tag::PATIENT_AGE,
        tag::PATIENT_BIRTH_DATE,
        tag::PATIENT_ID,
        tag::PATIENT_NAME,
        tag::PATIENT_SEX,
        tag::SERIES_DESCRIPTION,
        tag::SERIES,
        tag::STUDY_DATE,
        tag::STUDY_DESCRIPTION,
        tag::STUDY,
    ];
    let present = tags.into_iter().filter_map(|tag| {
        let value = image.set().text(tag)?;
        Some((tag::name(tag), value.replace(char::is_control, " ")))
    });
    Ok(present.collect())
}

/// Hands every sample to `deliver`, little-endian, x fastest, channels interleaved, in pieces of whole samples.
pub(crate) fn stream(
    file: &mut dyn ReadSeek,
    _open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadProblem> {
    let mut image = Image::open(file, limits)?;
    if image.matrix.is_some() {
        return whole_slide::stream(&mut image, deliver);
    }
    image::stream(&mut image, false, deliver)
}
