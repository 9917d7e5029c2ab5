//! MetaImage: `.mha`, and `.mhd` with the samples in a file beside it.
//!
//! Axis order is x, y, z, t with x fastest; lengths are mm in LPS space. The rules are those of Kitware's MetaIO as
//! SimpleITK 2.5 applies them, except where that hands out memory that nobody wrote, follows paths out of the folder or
//! loses a field without a word: there a file is refused or a warning given.
//!
//! The rows of `TransformMatrix` are the axis vectors, so the file holds the transpose of [`Geometry::direction`].
//!
//! [`Geometry::direction`]: crate::Geometry::direction

use std::io::{BufReader, SeekFrom};

use camino::Utf8Path;

use crate::error::{ReadImageError, ReadProblem};
use crate::limits::CheckLimits;
use crate::segments::DistinctValues;
use crate::source::{OpenBeside, ReadSeek, open_file, open_in_folder_of};
use crate::summary::{ComponentType, ImageFormat, ImageSummary, SpacingSource};
use crate::volume::{Samples, Volume};

mod ascii;
mod compressed;
mod fields;
mod grid;
mod header;
mod samples;
mod write;

use fields::Header;
use header::RawHeader;
use samples::Source;
pub use write::{write, write_to};

/// True when the start of a file looks like a MetaImage header: text with an `NDims` or `ObjectType` line.
#[must_use]
pub(crate) fn looks_like(start: &[u8]) -> bool {
    let start = &start[..start.len().min(8000)];
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    start.split(|byte| *byte == b'\n').any(|line| {
        let line = line.trim_ascii_start();
        [
            b"NDims".as_slice(),
            b"ObjectType",
            b"DimSize",
            b"ElementDataFile",
        ]
        .iter()
        .any(|key| {
            line.strip_prefix(*key)
                .is_some_and(|rest| matches!(rest.trim_ascii_start().first(), Some(b'=' | b':')))
        })
    })
}

/// Reads the header only.
pub(crate) fn inspect(
    file: &mut dyn ReadSeek,
    limits: &CheckLimits,
) -> Result<ImageSummary, ReadProblem> {
    let (header, _) = read_header(file, limits)?;
    Ok(summary(&header))
}

/// Reads every sample to the end.
pub(crate) fn check(
    file: &mut dyn ReadSeek,
    open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
) -> Result<ImageSummary, ReadProblem> {
    let (header, header_end) = read_header(file, limits)?;
    let source = Source {
        header: &header,
        header_end,
        open_beside,
        max_bytes: limits.max_voxel_bytes,
    };
    let mut summary = summary(&header);
    let mut values = (header.channels == 1).then(|| DistinctValues::new(header.component));
    let warnings = source.stream(file, &mut |samples| {
        if let Some(values) = &mut values {
            values.feed(samples);
        }
    })?;
    summary.warnings.extend(warnings);
    summary.segments = values.and_then(|values| values.segments(&header.geometry.size));
    Ok(summary)
}

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
    limits: &CheckLimits,
) -> Result<Volume, ReadImageError> {
    let path = path.as_ref();
    open_file(path)
        .and_then(|mut file| read_file(&mut file, &open_in_folder_of(path), limits))
        .map_err(|problem| problem.in_file(path.as_str()))
}

/// Reads a whole volume from an open file; `open_beside` finds the samples of an `.mhd`.
///
/// # Errors
/// Whatever makes the file unreadable.
pub fn read_file(
    file: &mut dyn ReadSeek,
    open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
) -> Result<Volume, ReadProblem> {
    let (header, header_end) = read_header(file, limits)?;
    let source = Source {
        header: &header,
        header_end,
        open_beside,
        max_bytes: limits.max_voxel_bytes,
    };
    let samples = collect(&source, file)?;
    Ok(Volume {
        channels: header.channels,
        geometry: header.geometry,
        samples,
    })
}

fn read_header(
    file: &mut dyn ReadSeek,
    limits: &CheckLimits,
) -> Result<(Header, u64), ReadProblem> {
    file.seek(SeekFrom::Start(0))?;
    let raw = RawHeader::read(&mut BufReader::new(file), limits.max_header_bytes)?;
    Ok((Header::from_raw(&raw)?, raw.end))
}

fn summary(header: &Header) -> ImageSummary {
    ImageSummary {
        format: ImageFormat::MetaImage,
        size: header.geometry.size.clone(),
        geometry: header.geometry.clone(),
        spacing_source: if header.spacing_stated {
            SpacingSource::Stated
        } else {
            SpacingSource::Missing
        },
        component_type: Some(header.component),
        channels: header.channels,
        levels: 1,
        segments: None,
        tiff: None,
        warnings: header.warnings.clone(),
    }
}

/// Gathers all samples in a vector of their own type.
///
/// Memory is reserved only after the first samples have come: by then the claims of the header have been compared with
/// the length of the file.
fn collect(source: &Source<'_>, file: &mut dyn ReadSeek) -> Result<Samples, ReadProblem> {
    macro_rules! collect_as {
        ($variant:ident, $type:ty) => {{
            let mut values: Vec<$type> = Vec::new();
            let mut refused = None;
            let count = usize::try_from(source.header.sample_count()).unwrap_or(usize::MAX);
            source.stream(file, &mut |samples| {
                if values.capacity() == 0 && refused.is_none() {
                    refused = values.try_reserve_exact(count).err();
                }
                if refused.is_none() {
                    let (whole, _) = samples.as_chunks::<{ size_of::<$type>() }>();
                    values.extend(whole.iter().map(|bytes| <$type>::from_le_bytes(*bytes)));
                }
            })?;
            match refused {
                Some(error) => Err(ReadProblem::Unsupported(format!(
                    "{} bytes of samples: {error}",
                    source.header.sample_bytes()
                ))),
                None => Ok(Samples::$variant(values)),
            }
        }};
    }
    match source.header.component {
        ComponentType::Int8 => collect_as!(Int8, i8),
        ComponentType::Uint8 => collect_as!(Uint8, u8),
        ComponentType::Int16 => collect_as!(Int16, i16),
        ComponentType::Uint16 => collect_as!(Uint16, u16),
        ComponentType::Int32 => collect_as!(Int32, i32),
        ComponentType::Uint32 => collect_as!(Uint32, u32),
        ComponentType::Int64 => collect_as!(Int64, i64),
        ComponentType::Uint64 => collect_as!(Uint64, u64),
        ComponentType::Float32 => collect_as!(Float32, f32),
        ComponentType::Float64 => collect_as!(Float64, f64),
        ComponentType::Float16 => Err(ReadProblem::Unsupported(
            "MetaImage has no 16-bit floats".into(),
        )),
    }
}
