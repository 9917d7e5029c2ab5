//! The decoded samples of one image, in order, whatever its format: little-endian, x fastest, then y, z, t; channels
//! interleaved.

use camino::Utf8Path;

use crate::error::ReadProblem;
use crate::huge_pages;
use crate::limits::CheckLimits;
use crate::segments::DistinctValues;
use crate::source::{OpenBeside, ReadSeek};
use crate::summary::{ComponentType, ImageFormat, ImageSummary};
use crate::volume::{Samples, Volume};
use crate::{dicom, jpeg, metaimage, nifti, nrrd, png, tiff};

/// Hands all samples to the function that it gets.
pub(crate) type Streaming<'a, E> = dyn FnMut(&mut dyn FnMut(&[u8])) -> Result<ImageSummary, E> + 'a;

/// Reads the header only.
pub(crate) fn inspect(
    format: ImageFormat,
    file: &mut dyn ReadSeek,
    open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
) -> Result<ImageSummary, ReadProblem> {
    match format {
        ImageFormat::MetaImage => metaimage::inspect(file, limits),
        ImageFormat::Tiff => tiff::inspect(file, limits),
        ImageFormat::Dicom => dicom::inspect(file, open_beside, limits),
        ImageFormat::Nifti => nifti::inspect(file, open_beside, limits),
        ImageFormat::Nrrd => nrrd::inspect(file, open_beside, limits),
        ImageFormat::Png => png::inspect(file, open_beside, limits),
        ImageFormat::Jpeg => jpeg::inspect(file, open_beside, limits),
    }
}

/// Names of the files in the folder of `path` in which a header says that its samples lie.
pub(crate) fn beside(
    format: ImageFormat,
    file: &mut dyn ReadSeek,
    path: &Utf8Path,
    limits: &CheckLimits,
) -> Result<Vec<String>, ReadProblem> {
    match format {
        ImageFormat::MetaImage => metaimage::beside(file, limits),
        ImageFormat::Nrrd => nrrd::beside(file, limits),
        ImageFormat::Nifti => nifti::beside(file, path),
        ImageFormat::Tiff | ImageFormat::Dicom | ImageFormat::Png | ImageFormat::Jpeg => {
            Ok(Vec::new())
        }
    }
}

/// Hands every sample to `deliver`, in pieces of whole samples. Of a TIFF these are the pixels of the largest level.
pub(crate) fn stream(
    format: ImageFormat,
    file: &mut dyn ReadSeek,
    open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadProblem> {
    match format {
        ImageFormat::MetaImage => metaimage::stream(file, open_beside, limits, deliver),
        ImageFormat::Tiff => tiff::stream(file, limits, deliver),
        ImageFormat::Dicom => dicom::stream(file, open_beside, limits, deliver),
        ImageFormat::Nifti => nifti::stream(file, open_beside, limits, deliver),
        ImageFormat::Nrrd => nrrd::stream(file, open_beside, limits, deliver),
        ImageFormat::Png => png::stream(file, open_beside, limits, deliver),
        ImageFormat::Jpeg => jpeg::stream(file, open_beside, limits, deliver),
    }
}

/// Streams every sample and gathers the distinct values on the way.
pub(crate) fn check(
    format: ImageFormat,
    file: &mut dyn ReadSeek,
    open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
) -> Result<ImageSummary, ReadProblem> {
    if format == ImageFormat::Tiff {
        // All levels, and in the order in which they are stored.
        return tiff::check(file, limits);
    }
    let known = inspect(format, file, open_beside, limits)?;
    count_values(&known, &mut |deliver| {
        stream(format, file, open_beside, limits, deliver)
    })
}

/// Runs `stream` and gathers the distinct values on the way.
pub(crate) fn count_values<E>(
    known: &ImageSummary,
    stream: &mut Streaming<'_, E>,
) -> Result<ImageSummary, E> {
    let mut values = known
        .component_type
        .filter(|_| known.channels == 1)
        .map(DistinctValues::new);
    let mut summary = stream(&mut |samples| {
        if let Some(values) = &mut values {
            values.feed(samples);
        }
    })?;
    summary.segments = values.and_then(|values| values.segments(&summary.geometry.size));
    Ok(summary)
}

/// Runs `stream` and gathers all its samples in a vector of their own type.
///
/// Memory is reserved only after the first samples have come: by then the claims of the header have been compared with
/// the length of the file.
pub(crate) fn gather(
    known: &ImageSummary,
    limits: &CheckLimits,
    stream: &mut Streaming<'_, ReadProblem>,
) -> Result<(Volume, ImageSummary), ReadProblem> {
    let component = known
        .component_type
        .ok_or_else(|| ReadProblem::Unsupported("samples of an uncommon number of bits".into()))?;
    let count = known
        .geometry
        .voxel_count()
        .saturating_mul(known.channels.into());
    let claimed = count.saturating_mul(component.bytes().into());
    macro_rules! gather_as {
        ($variant:ident, $type:ty) => {{
            let mut values: Vec<$type> = Vec::new();
            let mut refused = None;
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            let summary = stream(&mut |samples| {
                if values.capacity() == 0 && refused.is_none() {
                    refused = reserve(&mut values, count, claimed, limits).err();
                }
                if refused.is_none() {
                    let (whole, _) = samples.as_chunks::<{ size_of::<$type>() }>();
                    values.extend(whole.iter().map(|bytes| <$type>::from_le_bytes(*bytes)));
                }
            })?;
            match refused {
                Some(problem) => Err(problem),
                None => Ok((Samples::$variant(values), summary)),
            }
        }};
    }
    let (samples, summary) = match component {
        ComponentType::Int8 => gather_as!(Int8, i8),
        ComponentType::Uint8 => gather_as!(Uint8, u8),
        ComponentType::Int16 => gather_as!(Int16, i16),
        ComponentType::Uint16 => gather_as!(Uint16, u16),
        ComponentType::Int32 => gather_as!(Int32, i32),
        ComponentType::Uint32 => gather_as!(Uint32, u32),
        ComponentType::Int64 => gather_as!(Int64, i64),
        ComponentType::Uint64 => gather_as!(Uint64, u64),
        ComponentType::Float32 => gather_as!(Float32, f32),
        ComponentType::Float64 => gather_as!(Float64, f64),
        ComponentType::Float16 => Err(ReadProblem::Unsupported(
            "16-bit floats cannot be held as a volume".into(),
        )),
    }?;
    let volume = Volume {
        geometry: summary.geometry.clone(),
        channels: summary.channels,
        samples,
    };
    Ok((volume, summary))
}

fn reserve<T>(
    values: &mut Vec<T>,
    count: usize,
    claimed: u128,
    limits: &CheckLimits,
) -> Result<(), ReadProblem> {
    if claimed > u128::from(limits.max_voxel_bytes) {
        return Err(ReadProblem::TooLarge {
            claimed,
            limit: limits.max_voxel_bytes,
        });
    }
    values.try_reserve_exact(count).map_err(|error| {
        ReadProblem::Unsupported(format!("{claimed} bytes of samples: {error}"))
    })?;
    huge_pages::ask_for(values.spare_capacity_mut());
    Ok(())
}
