//! Writes a tiled pyramid while samples stream in: memory holds one row of tiles for each level.

use std::io::{self, Seek, SeekFrom, Write};

use super::encode::{Shape, encode_tile, halve};
use super::entries::directory;
use crate::summary::ComponentType;

/// Side of a tile, pixels.
pub(super) const TILE: usize = 512;

/// What an image is that becomes a pyramid.
#[derive(Debug, Clone, PartialEq)]
pub struct PyramidImage {
    /// Pixels across, at least 1.
    pub width: u32,
    /// Pixels down, at least 1.
    pub height: u32,
    /// Samples of a pixel, interleaved, at least 1.
    pub channels: u16,
    /// Type of one sample.
    pub component: ComponentType,
    /// Size of a pixel along x and y, mm; `None` when nobody knows.
    pub pixel_mm: Option<[f64; 2]>,
    /// Whether the numbers are labels: smaller levels repeat values and never mix them.
    pub labels: bool,
    /// Quality of JPEG for 8-bit grey and RGB images that are no labels; `None` keeps every sample as it is.
    pub quality: Option<u8>,
}

/// Takes samples and writes a BigTIFF: 512 × 512 tiles, levels in the main chain, each half as wide as the one before.
pub struct PyramidWriter<W> {
    output: W,
    at: u64,
    shape: Shape,
    image: PyramidImage,
    levels: Vec<Level>,
    row: Vec<u8>,
    surplus: u64,
    range: Option<(u16, u16)>,
    profile: Vec<u8>,
}

pub(super) struct Level {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) tiles: Vec<(u64, u64)>,
    band: Vec<u8>,
    rows: usize,
    waiting: Option<Vec<u8>>,
}

impl<W: Write + Seek> PyramidWriter<W> {
    /// Starts at the beginning of `output`.
    ///
    /// # Errors
    /// When there is no pixel, or the output cannot be written.
    pub fn new(mut output: W, image: &PyramidImage) -> io::Result<Self> {
        if image.width == 0 || image.height == 0 || image.channels == 0 {
            return Err(io::Error::other("the image has no pixel"));
        }
        let mut levels = Vec::new();
        let (mut width, mut height) = (image.width as usize, image.height as usize);
        loop {
            levels.push(Level {
                width,
                height,
                tiles: Vec::new(),
                band: Vec::new(),
                rows: 0,
                waiting: None,
            });
            if width.max(height) <= TILE || width == 1 || height == 1 {
                break;
            }
            (width, height) = (width.div_ceil(2), height.div_ceil(2));
        }
        // The place of the first directory is filled in at the end.
        output.write_all(b"II\x2b\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")?;
        Ok(PyramidWriter {
            output,
            at: 16,
            shape: Shape::of(image),
            image: image.clone(),
            levels,
            row: Vec::new(),
            surplus: 0,
            range: None,
            profile: Vec::new(),
        })
    }

    /// Says that the channels are no colours, as in fluorescence: 3 or 4 of them are not taken for red, green, blue (and
    /// opacity), and they are never mixed by a JPEG. To be called before the first samples.
    #[must_use]
    pub fn without_colours(mut self) -> Self {
        self.shape.is_rgb = false;
        if self.shape.channels > 1 {
            self.shape.jpeg = None;
        }
        self
    }

    /// Adds the ICC profile of the colours.
    #[must_use]
    pub fn with_profile(mut self, profile: Vec<u8>) -> Self {
        self.profile = profile;
        self
    }

    /// Takes the next samples: little-endian, x fastest, channels interleaved, cut anywhere.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn feed(&mut self, mut samples: &[u8]) -> io::Result<()> {
        let row_bytes = self.levels[0].width * self.shape.pixel_bytes();
        while !samples.is_empty() {
            if self.levels[0].rows == self.levels[0].height {
                self.surplus += samples.len() as u64;
                return Ok(());
            }
            let (part, rest) = samples.split_at(samples.len().min(row_bytes - self.row.len()));
            self.row.extend_from_slice(part);
            samples = rest;
            if self.row.len() == row_bytes {
                let row = std::mem::take(&mut self.row);
                self.note_range(&row);
                self.push(row)?;
            }
        }
        Ok(())
    }

    /// Lowest and highest label, as far as the tags for them can hold them.
    fn note_range(&mut self, row: &[u8]) {
        if !self.image.labels || self.image.channels != 1 {
            return;
        }
        let mut see = |value: u16| {
            let (low, high) = self.range.unwrap_or((value, value));
            self.range = Some((low.min(value), high.max(value)));
        };
        match self.image.component {
            ComponentType::Uint8 => row.iter().for_each(|value| see((*value).into())),
            ComponentType::Uint16 => {
                let (whole, _) = row.as_chunks();
                whole
                    .iter()
                    .for_each(|bytes| see(u16::from_le_bytes(*bytes)));
            }
            ComponentType::Int8
            | ComponentType::Int16
            | ComponentType::Int32
            | ComponentType::Uint32
            | ComponentType::Int64
            | ComponentType::Uint64
            | ComponentType::Float16
            | ComponentType::Float32
            | ComponentType::Float64 => {}
        }
    }

    /// Puts a row into a level, and every second one into the next.
    fn push(&mut self, mut row: Vec<u8>) -> io::Result<()> {
        for number in 0..self.levels.len() {
            let level = &mut self.levels[number];
            level.band.extend_from_slice(&row);
            level.rows += 1;
            let is_last = level.rows == level.height;
            if is_last || level.rows.is_multiple_of(TILE) {
                self.write_band(number)?;
            }
            let level = &mut self.levels[number];
            row = match level.waiting.take() {
                Some(above) => halve(&above, &row, &self.shape),
                None if is_last => halve(&row, &row, &self.shape),
                None => {
                    level.waiting = Some(row);
                    return Ok(());
                }
            };
        }
        Ok(())
    }

    fn write_band(&mut self, number: usize) -> io::Result<()> {
        let level = &mut self.levels[number];
        for column in 0..level.width.div_ceil(TILE) {
            let bytes = encode_tile(&level.band, level.width, column, &self.shape)?;
            self.output.write_all(&bytes)?;
            level.tiles.push((self.at, bytes.len() as u64));
            self.at += bytes.len() as u64;
        }
        level.band.clear();
        Ok(())
    }

    /// Writes the directories.
    ///
    /// # Errors
    /// When the samples were not as many as the image has, or the output cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        let first = &self.levels[0];
        if first.rows != first.height || self.surplus > 0 || !self.row.is_empty() {
            return Err(io::Error::other(format!(
                "expected {} rows of samples, found {} and {} bytes",
                first.height,
                first.rows,
                self.surplus + self.row.len() as u64
            )));
        }
        let padding = self.at.next_multiple_of(8) - self.at;
        self.output
            .write_all(&[0; 8][..usize::try_from(padding).unwrap_or(0)])?;
        self.at += padding;
        let start = self.at;
        for number in 0..self.levels.len() {
            let is_last = number + 1 == self.levels.len();
            let bytes = directory(
                &self.image,
                &self.shape,
                (&self.levels[number], number),
                (self.at, is_last),
                (self.range, &self.profile),
            );
            self.output.write_all(&bytes)?;
            self.at += bytes.len() as u64;
        }
        self.output.seek(SeekFrom::Start(8))?;
        self.output.write_all(&start.to_le_bytes())?;
        self.output.flush()?;
        Ok(self.output)
    }
}
