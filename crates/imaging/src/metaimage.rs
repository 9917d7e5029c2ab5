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
use crate::metadata::IDENTIFYING;
use crate::source::{OpenBeside, ReadSeek, nothing_beside, open_file, open_in_folder_of};
use crate::stream::gather;
use crate::summary::{ImageFormat, ImageSummary, SpacingSource};
use crate::volume::Volume;

mod ascii;
mod checksum;
mod compressed;
mod fields;
mod grid;
mod header;
mod parts;
mod passthrough;
mod samples;
mod spool;
mod whole;
mod write;

use fields::Header;
use header::RawHeader;
pub use passthrough::{ByteRange, deflated_samples};
use samples::Source;
pub(crate) use spool::Spool;
pub(crate) use write::Head;
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

/// Names of the files beside the header that hold the samples.
pub(crate) fn beside(
    file: &mut dyn ReadSeek,
    limits: &CheckLimits,
) -> Result<Vec<String>, ReadProblem> {
    let (header, header_end) = read_header(file, limits)?;
    let source = Source {
        header: &header,
        header_end,
        open_beside: &nothing_beside,
        max_bytes: limits.max_voxel_bytes,
    };
    source.names_beside(file)
}

/// Hands every sample to `deliver`, little-endian, in file order, in pieces of whole samples.
pub(crate) fn stream(
    file: &mut dyn ReadSeek,
    open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadProblem> {
    let (header, header_end) = read_header(file, limits)?;
    let source = Source {
        header: &header,
        header_end,
        open_beside,
        max_bytes: limits.max_voxel_bytes,
    };
    let mut summary = summary(&header);
    summary.warnings.extend(source.stream(file, deliver)?);
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
        .and_then(|mut file| read_open(&mut file, path, limits))
        .map(|(volume, _)| volume)
        .map_err(|problem| problem.in_file(path.as_str()))
}

/// [`read_with`] for an open file, with what the header says.
pub(crate) fn read_open(
    file: &mut fs_err::File,
    path: &Utf8Path,
    limits: &CheckLimits,
) -> Result<(Volume, ImageSummary), ReadProblem> {
    let (header, header_end) = read_header(file, limits)?;
    let known = summary(&header);
    if let Some(samples) = whole::read(file, &header, header_end, limits) {
        let volume = Volume {
            geometry: header.geometry.clone(),
            channels: header.channels,
            samples,
        };
        return Ok((volume, known));
    }
    let open_beside = open_in_folder_of(path);
    gather(&known, limits, &mut |deliver| {
        stream(file, &open_beside, limits, deliver)
    })
}

/// Fields of a header by which the platform knows a patient and a study; each value is one line.
pub(crate) fn identity(
    file: &mut dyn ReadSeek,
    limits: &CheckLimits,
) -> Result<Vec<(String, String)>, ReadProblem> {
    file.seek(SeekFrom::Start(0))?;
    let raw = RawHeader::read(&mut BufReader::new(file), limits.max_header_bytes)?;
    let present = IDENTIFYING.iter().filter_map(|field| {
        let value = raw.get(field).filter(|value| !value.is_empty())?;
        Some(((*field).to_owned(), value.to_owned()))
    });
    Ok(present.collect())
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
        metadata: header.metadata.clone(),
        warnings: header.warnings.clone(),
    }
}
