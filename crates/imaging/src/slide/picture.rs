//! Tiles that a browser cannot take as they are stored: decoded, brought to 8 bits, encoded.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Slide, Tile};
use crate::error::ReadProblem;
use crate::render::lookup_table::palette_place;
use crate::render::{IndexedPicture, Picture, PixelFormat, RenderError, Rgba, Window};
use crate::serve::Statistics;
use crate::serve::statistics::half_float;
use crate::summary::ComponentType;
use crate::tiff::colour::{Colour, rgb_of_cmyk, rgb_of_ycbcr};
use crate::tiff::tile_samples::TileSamples;

/// Grand Challenge takes at most this many segments; more values are no labels.
const MAX_LABELS: usize = 64;
/// Tiles that are looked at to tell labels from grey values and to find a window.
const SURVEYED: u64 = 16;

impl Slide {
    /// Decodes and encodes one tile.
    pub(super) fn drawn_tile(&mut self, level: usize, index: u64) -> Result<Tile, ReadProblem> {
        self.survey()?;
        let samples = self
            .tiles
            .samples_of(&mut self.file, (level, index), &self.limits)?;
        let size = self.tiles.tile_size(level);
        let pixels = u64::from(size[0]) * u64::from(size[1]);
        if pixels > self.limits.max_jpeg_bytes {
            return Err(ReadProblem::TooLarge {
                claimed: pixels.into(),
                limit: self.limits.max_jpeg_bytes,
            });
        }
        if self.has_indices(level) {
            let indices = samples.map_or_else(
                || vec![0; usize::try_from(pixels).unwrap_or(0)],
                |samples| labels(&samples, self.component(level)),
            );
            return self.indexed(level, size, indices);
        }
        let picture = match samples {
            Some(samples) => self.picture(level, &samples),
            None => self.empty_tile(level),
        };
        jpeg(&picture, self.style.quality)
    }

    pub(super) fn component(&self, level: usize) -> ComponentType {
        self.tiles.component(level).unwrap_or(ComponentType::Uint8)
    }

    /// True for labels and palettes: their numbers are never mixed.
    pub(super) fn has_indices(&self, level: usize) -> bool {
        self.style.labels == Some(true) || self.tiles.colour(level) == Colour::Palette
    }

    /// What a tile that is not stored looks like: glass is white, the background of fluorescence and of grey values is
    /// black.
    pub(super) fn empty_tile(&self, level: usize) -> Picture {
        let [width, height] = self.tiles.tile_size(level);
        let value = if self.tiles.colour(level) == Colour::Grey {
            0
        } else {
            255
        };
        Picture {
            width,
            height,
            format: PixelFormat::Grey,
            pixels: vec![value; width as usize * height as usize],
        }
    }

    /// A PNG of labels or of places in a palette.
    pub(super) fn indexed(
        &self,
        level: usize,
        [width, height]: [u32; 2],
        indices: Vec<u8>,
    ) -> Result<Tile, ReadProblem> {
        let palette = if self.tiles.colour(level) == Colour::Palette {
            self.tiles
                .palette
                .iter()
                .map(|[r, g, b]| Rgba::new(*r, *g, *b, 255))
                .collect()
        } else {
            self.style.colours.palette()
        };
        let picture = IndexedPicture {
            width,
            height,
            indices,
            palette,
        };
        Ok(Tile {
            media_type: "image/png",
            bytes: picture.to_png().map_err(refused)?,
        })
    }

    /// Samples as 8-bit grey or red, green, blue.
    pub(super) fn picture(&self, level: usize, samples: &TileSamples) -> Picture {
        let component = self.component(level);
        let bytes: Cow<'_, [u8]> = if component == ComponentType::Uint8 {
            match self.tiles.bits(level) {
                bits @ 1..=7 => stretched(&samples.bytes, bits).into(),
                _ => (&samples.bytes).into(),
            }
        } else {
            let window = self.style.window.unwrap_or(Window::new(0.0, 1.0));
            as_numbers(component, &samples.bytes)
                .into_iter()
                .map(|value| window.grey(value))
                .collect()
        };
        let (format, pixels) = coloured(&bytes, samples.samples, self.tiles.colour(level));
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        Picture {
            width: side(samples.width),
            height: side(samples.height),
            format,
            pixels,
        }
    }

    /// Looks at a few tiles of the smallest level, once, to tell labels from grey values and to find a window.
    pub(super) fn survey(&mut self) -> Result<(), ReadProblem> {
        let level = self.tiles.len() - 1;
        let component = self.component(level);
        let may_be_labels = self.tiles.samples() == 1
            && self.tiles.colour(level) == Colour::Grey
            && component.is_integer()
            && self.tiles.is_lossless();
        if self.style.labels.is_none() && !may_be_labels {
            self.style.labels = Some(false);
        }
        if self.style.labels.is_none() && self.tiles.has_label_range {
            self.style.labels = Some(true);
        }
        let needs_window = self.style.window.is_none()
            && component != ComponentType::Uint8
            && self.style.labels != Some(true);
        if self.style.labels.is_some() && !needs_window {
            return Ok(());
        }
        let [across, down] = self.tiles.grid(level);
        let tiles = across * down;
        let mut statistics = Statistics::new(component);
        let mut values = BTreeSet::new();
        for step in 0..tiles.min(SURVEYED) {
            let index = u64::try_from(
                u128::from(step) * u128::from(tiles) / u128::from(tiles.min(SURVEYED)),
            )
            .unwrap_or(0);
            if let Some(samples) =
                self.tiles
                    .samples_of(&mut self.file, (level, index), &self.limits)?
            {
                statistics.feed(component, &samples.bytes);
                if component.bytes() == 1 && values.len() <= MAX_LABELS {
                    values.extend(samples.bytes);
                }
            }
        }
        if self.style.labels.is_none() {
            self.style.labels = Some(component.bytes() == 1 && values.len() <= MAX_LABELS);
        }
        self.style.window = self.style.window.or(Some(Window::automatic(&statistics)));
        Ok(())
    }
}

/// Labels as places in a palette.
#[expect(
    clippy::cast_possible_truncation,
    reason = "labels are whole numbers of at most 53 bits"
)]
pub(super) fn labels(samples: &TileSamples, component: ComponentType) -> Vec<u8> {
    if component == ComponentType::Uint8 && samples.samples == 1 {
        return samples.bytes.clone();
    }
    as_numbers(component, &samples.bytes)
        .into_iter()
        .step_by(samples.samples)
        .map(|value| palette_place(value as i64))
        .collect()
}

/// Numbers of few bits over the whole range of a byte.
fn stretched(bytes: &[u8], bits: u16) -> Vec<u8> {
    let most = (1u16 << bits) - 1;
    let stretch = |value: &u8| u16::from(*value).min(most) * 255 / most;
    bytes
        .iter()
        .map(|value| u8::try_from(stretch(value)).expect("at most 255"))
        .collect()
}

fn coloured(bytes: &[u8], samples: usize, colour: Colour) -> (PixelFormat, Vec<u8>) {
    let pixels = bytes.chunks_exact(samples);
    match colour {
        Colour::Rgb => (
            PixelFormat::Rgb,
            pixels
                .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
                .collect(),
        ),
        Colour::Ycbcr => (
            PixelFormat::Rgb,
            pixels
                .flat_map(|pixel| rgb_of_ycbcr([pixel[0], pixel[1], pixel[2]]))
                .collect(),
        ),
        Colour::Cmyk => (
            PixelFormat::Rgb,
            pixels
                .flat_map(|pixel| rgb_of_cmyk([pixel[0], pixel[1], pixel[2], pixel[3]]))
                .collect(),
        ),
        Colour::Grey | Colour::Palette => {
            (PixelFormat::Grey, pixels.map(|pixel| pixel[0]).collect())
        }
        Colour::InvertedGrey => (
            PixelFormat::Grey,
            pixels.map(|pixel| 255 - pixel[0]).collect(),
        ),
    }
}

pub(super) fn jpeg(picture: &Picture, quality: u8) -> Result<Tile, ReadProblem> {
    Ok(Tile {
        media_type: "image/jpeg",
        bytes: picture.to_jpeg(quality).map_err(refused)?,
    })
}

pub(super) fn png(picture: &Picture) -> Result<Tile, ReadProblem> {
    Ok(Tile {
        media_type: "image/png",
        bytes: picture.to_png().map_err(refused)?,
    })
}

fn refused(error: RenderError) -> ReadProblem {
    ReadProblem::Unsupported(error.to_string())
}

pub(super) fn as_numbers(component: ComponentType, bytes: &[u8]) -> Vec<f64> {
    macro_rules! numbers {
        ($type:ty) => {{
            let (whole, _) = bytes.as_chunks::<{ size_of::<$type>() }>();
            let numbers = whole
                .iter()
                .map(|bytes| <$type>::from_le_bytes(*bytes) as f64)
                .collect();
            numbers
        }};
    }
    match component {
        ComponentType::Int8 => numbers!(i8),
        ComponentType::Uint8 => numbers!(u8),
        ComponentType::Int16 => numbers!(i16),
        ComponentType::Uint16 => numbers!(u16),
        ComponentType::Int32 => numbers!(i32),
        ComponentType::Uint32 => numbers!(u32),
        ComponentType::Int64 => numbers!(i64),
        ComponentType::Uint64 => numbers!(u64),
        ComponentType::Float32 => numbers!(f32),
        ComponentType::Float64 => numbers!(f64),
        ComponentType::Float16 => bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|bytes| half_float(u16::from_le_bytes(*bytes)))
            .collect(),
    }
}
