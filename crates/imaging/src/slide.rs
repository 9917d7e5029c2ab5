//! Slides for a viewer: the levels of a tiled TIFF, single tiles, and a thumbnail.
//!
//! JPEG and WebP tiles are handed on as they are stored. Others are decoded: labels become a PNG with a palette, never a
//! JPEG; everything else becomes a JPEG. Only levels are handed out: the label and macro images of a scanner may show who
//! the patient is.

use camino::Utf8Path;

use crate::error::{ReadImageError, ReadProblem};
use crate::limits::CheckLimits;
use crate::render::{LabelColours, Window};
use crate::source::{ReadSeek, open_file};
use crate::summary::SpacingSource;
use crate::tiff::tiles::{StoredTile, Tiles};

mod encode;
mod entries;
mod heat;
mod picture;
mod thumbnail;
mod write;

pub use write::{PyramidImage, PyramidWriter};

/// One resolution level of a slide.
#[derive(Debug, Clone, PartialEq)]
pub struct SlideLevel {
    /// Pixels across.
    pub width: u64,
    /// Pixels down.
    pub height: u64,
    /// Pixels across a tile; tiles at the right edge are padded.
    pub tile_width: u32,
    /// Pixels down a tile; tiles at the lower edge are padded.
    pub tile_height: u32,
    /// Tiles across.
    pub columns: u64,
    /// Tiles down.
    pub rows: u64,
    /// Width of this level as a share of that of level 0.
    pub scale: f64,
}

/// The bytes of one tile or picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// `image/jpeg`, `image/png` or `image/webp`.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// How tiles that have to be encoded are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct TileStyle {
    /// Whether the numbers are labels; `None` finds out from the numbers.
    pub labels: Option<bool>,
    /// Colours of labels.
    pub colours: LabelColours,
    /// Window of grey values that are no bytes; `None` takes the automatic one.
    pub window: Option<Window>,
    /// Quality of JPEG, 1 to 100.
    pub quality: u8,
}

impl Default for TileStyle {
    fn default() -> Self {
        TileStyle {
            labels: None,
            colours: LabelColours::default(),
            window: None,
            quality: 80,
        }
    }
}

/// An open slide.
pub struct Slide {
    file: Box<dyn ReadSeek + Send>,
    name: String,
    limits: CheckLimits,
    tiles: Tiles,
    levels: Vec<SlideLevel>,
    /// How tiles that have to be encoded are shown.
    pub style: TileStyle,
}

impl Slide {
    /// Reads the directories of a slide, and nothing else.
    ///
    /// # Errors
    /// When the file cannot be opened, is no TIFF, or is not stored in tiles.
    pub fn open(path: impl AsRef<Utf8Path>, limits: &CheckLimits) -> Result<Slide, ReadImageError> {
        let path = path.as_ref();
        let file = open_file(path).map_err(|problem| problem.in_file(path.as_str()))?;
        Slide::from_file(Box::new(file), path.as_str(), limits)
    }

    /// [`open`](Slide::open) for an open file. `name` is used in messages.
    ///
    /// # Errors
    /// As for [`open`](Slide::open).
    pub fn from_file(
        mut file: Box<dyn ReadSeek + Send>,
        name: &str,
        limits: &CheckLimits,
    ) -> Result<Slide, ReadImageError> {
        let tiles = Tiles::open(&mut file, limits).map_err(|problem| problem.in_file(name))?;
        let levels = (0..tiles.len())
            .map(|level| level_of(&tiles, level))
            .collect();
        Ok(Slide {
            file,
            name: name.to_owned(),
            limits: limits.clone(),
            tiles,
            levels,
            style: TileStyle::default(),
        })
    }

    /// The levels, largest first; at least one.
    #[must_use]
    pub fn levels(&self) -> &[SlideLevel] {
        &self.levels
    }

    /// Size of a pixel of level 0 along x and y, mm, and whether the file states it.
    #[must_use]
    pub fn pixel_size(&self) -> ([f64; 2], SpacingSource) {
        (self.tiles.spacing, self.tiles.spacing_source)
    }

    /// One tile. A tile that is not stored is background.
    ///
    /// # Errors
    /// When there is no such tile, or it cannot be read or decoded.
    pub fn tile(&mut self, level: usize, column: u64, row: u64) -> Result<Tile, ReadImageError> {
        self.read_tile(level, column, row)
            .map_err(|problem| problem.in_file(&self.name))
    }

    /// Number of a tile within its level, row by row.
    fn place_of(&self, level: usize, column: u64, row: u64) -> Result<u64, ReadProblem> {
        self.levels
            .get(level)
            .filter(|level| column < level.columns && row < level.rows)
            .map(|found| row * found.columns + column)
            .ok_or_else(|| ReadProblem::Field {
                field: "tile".into(),
                expected: format!("one of {} levels, inside of the level", self.levels.len()),
                found: format!("level {level}, column {column}, row {row}"),
            })
    }

    fn read_tile(&mut self, level: usize, column: u64, row: u64) -> Result<Tile, ReadProblem> {
        let place = self.place_of(level, column, row)?;
        match self
            .tiles
            .stored(&mut self.file, (level, place), &self.limits)?
        {
            StoredTile::Jpeg(bytes) => Ok(Tile {
                media_type: "image/jpeg",
                bytes,
            }),
            StoredTile::Webp(bytes) => Ok(Tile {
                media_type: "image/webp",
                bytes,
            }),
            StoredTile::Absent | StoredTile::Other => self.drawn_tile(level, place),
        }
    }
}

fn level_of(tiles: &Tiles, level: usize) -> SlideLevel {
    let ([width, height], [tile_width, tile_height]) = (tiles.size(level), tiles.tile_size(level));
    let [columns, rows] = tiles.grid(level);
    #[expect(
        clippy::cast_precision_loss,
        reason = "sides of a TIFF have at most 32 bits"
    )]
    let scale = width as f64 / tiles.size(0)[0] as f64;
    SlideLevel {
        width,
        height,
        tile_width,
        tile_height,
        columns,
        rows,
        scale,
    }
}
