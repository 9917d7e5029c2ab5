//! TIFF and BigTIFF: what is in the file, and whether all of it is there.
//!
//! The directory walker is ours: both byte orders, classic and big, the main chain and sub-directories, loops refused,
//! every offset and count compared with the length of the file before anything is read. A check decodes every strip
//! and tile of every directory to its end: uncompressed, LZW (the end code may be missing), deflate, zstd, PackBits and
//! 8-bit JPEG. For other codecs the place of the data is checked, and a warning names the codec.
//!
//! Axis order is x, y; pixel sizes are mm.

use serde::{Deserialize, Serialize};

use crate::error::ReadProblem;
use crate::geometry::Geometry;
use crate::limits::CheckLimits;
use crate::metadata::Metadata;
use crate::source::ReadSeek;
use crate::summary::{ImageFormat, ImageSummary, SpacingSource};

mod chunk_samples;
mod chunks;
pub(crate) mod colour;
pub(crate) mod copy;
mod decode;
mod directory;
mod file;
mod jpeg;
mod labels;
mod levels;
pub(crate) mod meaning;
mod page;
mod pixels;
mod resolution;
mod tag;
mod tile_jpeg;
pub(crate) mod tile_samples;
pub(crate) mod tiles;
mod unfold;

use chunks::check_page;
use directory::{Directory, read_all};
use file::TiffFile;
use page::Page;

/// Grand Challenge takes segments from the sample value tags when there are at most this many.
const MAX_TAGGED_SEGMENTS: u64 = 64;

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
    /// Colour space of the first level: `min_is_black`, `rgb`, `ycbcr`, `palette` and so on; `None` when not stated.
    pub photometric: Option<String>,
    /// Bits of one sample of the first level.
    pub bits_per_sample: u16,
    /// Resolution levels, largest first.
    pub levels: Vec<Level>,
    /// Directories in the file, levels and others (thumbnail, label, macro) together.
    pub directories: u32,
}

/// Reads the directories only.
pub(crate) fn inspect(
    reader: &mut dyn ReadSeek,
    limits: &CheckLimits,
) -> Result<ImageSummary, ReadProblem> {
    let mut file = TiffFile::open(reader)?;
    let (directories, pages) = read_pages(&mut file, limits)?;
    summary(&mut file, &directories, &pages)
}

/// Reads every strip and tile.
pub(crate) fn check(
    reader: &mut dyn ReadSeek,
    limits: &CheckLimits,
) -> Result<ImageSummary, ReadProblem> {
    let mut file = TiffFile::open(reader)?;
    let (directories, pages) = read_pages(&mut file, limits)?;
    let mut summary = summary(&mut file, &directories, &pages)?;
    let claimed = pages
        .iter()
        .fold(0u128, |sum, page| sum.saturating_add(page.decoded_bytes()));
    for page in &pages {
        page.require_offsets()?;
    }
    if claimed > u128::from(limits.max_pixel_bytes) {
        return Err(ReadProblem::TooLarge {
            claimed,
            limit: limits.max_pixel_bytes,
        });
    }
    for page in &pages {
        let is_first = page.number == 0;
        let findings = check_page(&mut file, page, is_first, limits)?;
        summary.warnings.extend(findings.warnings);
        if is_first {
            summary.segments = findings.segments.or(summary.segments);
        }
    }
    Ok(summary)
}

/// Hands every sample of the largest level to `deliver`: row by row, channels interleaved, as they are stored. Places in a
/// palette stay places; JPEG colours become red, green and blue; a strip or tile that is not stored is 0.
pub(crate) fn stream(
    reader: &mut dyn ReadSeek,
    limits: &CheckLimits,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadProblem> {
    stream_with(reader, limits, 0, deliver)
}

/// [`stream`] with these bytes where a strip or tile is not stored.
pub(crate) fn stream_with(
    reader: &mut dyn ReadSeek,
    limits: &CheckLimits,
    blank: u8,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadProblem> {
    let mut file = TiffFile::open(reader)?;
    let (directories, pages) = read_pages(&mut file, limits)?;
    let summary = summary(&mut file, &directories, &pages)?;
    if let Some(page) = pages.first() {
        pixels::stream(&mut file, page, (limits, blank), deliver)?;
    }
    Ok(summary)
}

fn read_pages(
    file: &mut TiffFile<'_>,
    limits: &CheckLimits,
) -> Result<(Vec<Directory>, Vec<Page>), ReadProblem> {
    let directories = read_all(file, limits.max_directories)?;
    let pages = directories
        .iter()
        .map(|directory| Page::read(file, directory))
        .collect::<Result<_, _>>()?;
    Ok((directories, pages))
}

fn summary(
    file: &mut TiffFile<'_>,
    directories: &[Directory],
    pages: &[Page],
) -> Result<ImageSummary, ReadProblem> {
    let (Some(directory), Some(first)) = (directories.first(), pages.first()) else {
        return Err(ReadProblem::MissingField("first directory".into()));
    };
    let levels = levels::levels(pages);
    let pixel = resolution::pixel_size(file, directory)?;
    let mut geometry = Geometry::identity(vec![first.width, first.height]);
    geometry.spacing = pixel.mm.to_vec();
    let mut warnings = oddities(file, directory, pages)?;
    warnings.extend(match pixel.source {
        SpacingSource::Stated => None,
        SpacingSource::PrintingDefault => Some(
            "the resolution is a printing default (72 or 96 dpi), not a measurement".to_owned(),
        ),
        SpacingSource::Missing => {
            Some("no usable resolution: a pixel size of 1 mm is assumed".to_owned())
        }
    });
    Ok(ImageSummary {
        format: ImageFormat::Tiff,
        size: vec![first.width, first.height],
        geometry,
        spacing_source: pixel.source,
        component_type: first.unpacked_type(),
        channels: first.samples.into(),
        levels: u32::try_from(levels.len()).unwrap_or(u32::MAX),
        segments: tagged_segments(file, directory, first)?,
        metadata: Metadata::default(),
        tiff: Some(TiffLayout {
            big: file.big,
            photometric: first.photometric.map(tag::photometric),
            bits_per_sample: first.bits,
            levels: levels
                .into_iter()
                .map(|page| Level {
                    width: page.width,
                    height: page.height,
                    chunks: page.chunks,
                    compression: tag::compression(page.compression),
                })
                .collect(),
            directories: u32::try_from(pages.len()).unwrap_or(u32::MAX),
        }),
        warnings,
    })
}

fn oddities(
    file: &mut TiffFile<'_>,
    directory: &Directory,
    pages: &[Page],
) -> Result<Vec<String>, ReadProblem> {
    let mut warnings = Vec::new();
    let same_size = |page: &&Page| {
        pages
            .first()
            .is_some_and(|first| (page.width, page.height) == (first.width, first.height))
    };
    let further = pages.iter().skip(1).filter(same_size).count();
    if further > 0 {
        warnings.push(format!(
            "{further} further pages of the same size are not part of this image"
        ));
    }
    if let Some(orientation @ 2..) = directory.integer(file, tag::ORIENTATION)? {
        warnings.push(format!(
            "Orientation {orientation} is ignored: pixels are taken as they are stored"
        ));
    }
    if pages
        .first()
        .is_some_and(|first| first.unpacked_type().is_none())
    {
        warnings.push("the bits of a sample are of no common type".into());
    }
    Ok(warnings)
}

/// All values from MinSampleValue to MaxSampleValue, as Grand Challenge takes them for a segmentation.
fn tagged_segments(
    file: &mut TiffFile<'_>,
    directory: &Directory,
    page: &Page,
) -> Result<Option<Vec<i64>>, ReadProblem> {
    let least = directory.integer(file, tag::MIN_SAMPLE_VALUE)?;
    let most = directory.integer(file, tag::MAX_SAMPLE_VALUE)?;
    let (Some(least), Some(most)) = (least, most) else {
        return Ok(None);
    };
    let is_label = page.samples == 1
        && page
            .component_type()
            .is_some_and(|component| component.is_integer());
    let few = most
        .checked_sub(least)
        .is_some_and(|span| span < MAX_TAGGED_SEGMENTS);
    Ok((is_label && few).then(|| (least.cast_signed()..=most.cast_signed()).collect()))
}
