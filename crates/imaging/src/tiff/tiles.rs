//! Single tiles of the levels of a tiled image, as they are stored.
//!
//! Opening reads the directories and nothing else; a tile costs the place of its bytes and these bytes.

use super::colour::Colour;
use super::file::TiffFile;
use super::meaning::Meaning;
use super::page::Page;
use super::tile_jpeg;
use super::{Chunks, levels, read_pages, resolution};
use crate::error::ReadProblem;
use crate::limits::CheckLimits;
use crate::source::ReadSeek;
use crate::summary::{ComponentType, SpacingSource};

/// Shared JPEG tables are a few hundred bytes.
const MAX_TABLES: u64 = 64 * 1024;

/// What one tile of a file is.
#[derive(Debug)]
pub(crate) enum StoredTile {
    /// Not stored.
    Absent,
    /// A JPEG stream of its own, which a browser shows with the right colours.
    Jpeg(Vec<u8>),
    /// A WebP picture.
    Webp(Vec<u8>),
    /// Anything else, to be decoded.
    Other,
}

/// The levels of a tiled image.
pub(crate) struct Tiles {
    pub(super) levels: Vec<Page>,
    pub(super) tables: Vec<Vec<u8>>,
    /// Size of a pixel of the first level, mm.
    pub(crate) spacing: [f64; 2],
    pub(crate) spacing_source: SpacingSource,
    /// Values from MinSampleValue to MaxSampleValue are few, as in a segmentation.
    pub(crate) has_label_range: bool,
    /// Red, green and blue of each place.
    pub(crate) palette: Vec<[u8; 3]>,
}

impl Tiles {
    /// Reads the directories. Refuses images that are not tiled.
    pub(crate) fn open(
        reader: &mut dyn ReadSeek,
        limits: &CheckLimits,
    ) -> Result<Tiles, ReadProblem> {
        let mut file = TiffFile::open(reader)?;
        let (directories, pages) = read_pages(&mut file, limits)?;
        let (Some(directory), Some(first)) = (directories.first(), pages.first()) else {
            return Err(ReadProblem::MissingField("first directory".into()));
        };
        if !matches!(first.chunks, Chunks::Tiles { .. }) {
            return Err(ReadProblem::Unsupported(
                "expected an image in tiles, found one in strips".into(),
            ));
        }
        let levels: Vec<Page> = levels::levels(&pages).into_iter().cloned().collect();
        let mut tables = Vec::new();
        for level in &levels {
            level.require_offsets()?;
            tables.push(match &level.jpeg_tables {
                Some(entry) if level.compression == 7 => entry.raw(&mut file, MAX_TABLES)?,
                Some(_) | None => Vec::new(),
            });
        }
        let pixel = resolution::pixel_size(&mut file, directory)?;
        let meaning = Meaning::of(&mut file, directory, first)?;
        Ok(Tiles {
            has_label_range: meaning.has_label_range,
            spacing: pixel.mm,
            spacing_source: pixel.source,
            levels,
            tables,
            palette: meaning.palette,
        })
    }

    /// Number of levels, at least one.
    pub(crate) fn len(&self) -> usize {
        self.levels.len()
    }

    /// Width and height of a level, pixels.
    pub(crate) fn size(&self, level: usize) -> [u64; 2] {
        let page = &self.levels[level];
        [page.width, page.height]
    }

    /// Width and height of a tile, pixels.
    pub(crate) fn tile_size(&self, level: usize) -> [u32; 2] {
        match self.levels[level].chunks {
            Chunks::Tiles { width, height } => [width, height],
            Chunks::Strips { rows } => [u32::MAX, rows],
        }
    }

    /// True when the tiles hold every sample as it was, so that numbers in them may be labels.
    pub(crate) fn is_lossless(&self) -> bool {
        self.levels[0].is_lossless()
    }

    /// Samples of a pixel.
    pub(crate) fn samples(&self) -> u16 {
        self.levels[0].samples
    }

    /// Type of one sample of a level, where it has a common one. Packed bits are unpacked.
    pub(crate) fn component(&self, level: usize) -> Option<ComponentType> {
        self.levels[level].unpacked_type()
    }

    /// Bits of one sample as it is stored.
    pub(crate) fn bits(&self, level: usize) -> u16 {
        self.levels[level].bits
    }

    /// What the numbers of a pixel of a level mean.
    pub(crate) fn colour(&self, level: usize) -> Colour {
        Colour::of(&self.levels[level])
    }

    /// The bytes of one tile as a browser can take them. `index` counts row by row.
    pub(crate) fn stored(
        &self,
        reader: &mut dyn ReadSeek,
        (level, index): (usize, u64),
        limits: &CheckLimits,
    ) -> Result<StoredTile, ReadProblem> {
        let page = &self.levels[level];
        let is_passed = matches!(page.compression, 7 | 50001) && !page.planar && page.bits == 8;
        let mut file = TiffFile::open(reader)?;
        let Some(bytes) = read_tile(&mut file, page, index, limits)? else {
            return Ok(StoredTile::Absent);
        };
        if !is_passed {
            return Ok(StoredTile::Other);
        }
        if page.compression == 50001 {
            return Ok(
                if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
                    StoredTile::Webp(bytes)
                } else {
                    StoredTile::Other
                },
            );
        }
        let corrupt = |problem: String| ReadProblem::Corrupt {
            what: page.chunk_name(index),
            problem,
        };
        let is_rgb = page.photometric == Some(2);
        let jpeg = tile_jpeg::compose(&self.tables[level], &bytes, is_rgb).map_err(corrupt)?;
        tile_jpeg::require_size(&jpeg, self.tile_size(level)).map_err(corrupt)?;
        let is_shown = jpeg.frame.is_decodable()
            && jpeg.frame.components != 4
            && matches!(page.photometric, None | Some(1 | 2 | 6));
        Ok(if is_shown {
            StoredTile::Jpeg(jpeg.bytes)
        } else {
            StoredTile::Other
        })
    }

    /// How many tiles a level has across and down.
    pub(crate) fn grid(&self, level: usize) -> [u64; 2] {
        let ([width, height], [across, down]) = (self.size(level), self.tile_size(level));
        [width.div_ceil(across.into()), height.div_ceil(down.into())]
    }
}

/// The stored bytes of a tile; `None` when it is not stored.
fn read_tile(
    file: &mut TiffFile<'_>,
    page: &Page,
    index: u64,
    limits: &CheckLimits,
) -> Result<Option<Vec<u8>>, ReadProblem> {
    let Some((offset, bytes)) = page.locations(file, index, 1)?.first().copied() else {
        return Err(ReadProblem::MissingField(page.chunk_name(index)));
    };
    if bytes == 0 {
        return Ok(None);
    }
    if bytes > limits.max_jpeg_bytes {
        return Err(ReadProblem::TooLarge {
            claimed: bytes.into(),
            limit: limits.max_jpeg_bytes,
        });
    }
    file.vec(offset, bytes, &page.chunk_name(index)).map(Some)
}
