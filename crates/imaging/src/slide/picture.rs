//! Tiles that a browser cannot take as they are stored: decoded, brought to 8 bits, encoded.

use std::collections::BTreeSet;

use super::{Slide, Tile};
use crate::error::ReadProblem;
use crate::render::lookup_table::palette_place;
use crate::render::{IndexedPicture, Picture, PixelFormat, RenderError, Window};
use crate::serve::Statistics;
use crate::serve::statistics::half_float;
use crate::summary::ComponentType;
use crate::tiff::tile_samples::TileSamples;
use crate::tiff::tiles::Colour;

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
        let [width, height] = self.tiles.tile_size(level);
        let pixels = u64::from(width) * u64::from(height);
        if pixels > self.limits.max_jpeg_bytes {
            return Err(ReadProblem::TooLarge {
                claimed: pixels.into(),
                limit: self.limits.max_jpeg_bytes,
            });
        }
        let count = usize::try_from(pixels).unwrap_or(usize::MAX);
        let is_labels = self.style.labels == Some(true);
        let component = self.tiles.component(level).unwrap_or(ComponentType::Uint8);
        let colour = self.tiles.colour(level);
        if is_labels || colour == Colour::Palette {
            let indices =
                samples.map_or_else(|| vec![0; count], |samples| labels(&samples, component));
            let palette = if colour == Colour::Palette {
                self.tiles
                    .palette
                    .iter()
                    .map(|[r, g, b]| crate::render::Rgba::new(*r, *g, *b, 255))
                    .collect()
            } else {
                self.style.colours.palette()
            };
            return png(&IndexedPicture {
                width,
                height,
                indices,
                palette,
            });
        }
        let Some(samples) = samples else {
            // Glass is white, the background of fluorescence and of grey values is black.
            let value = if colour == Colour::Grey { 0 } else { 255 };
            return jpeg(
                &Picture {
                    width,
                    height,
                    format: PixelFormat::Grey,
                    pixels: vec![value; count],
                },
                self.style.quality,
            );
        };
        let window = self
            .style
            .window
            .filter(|_| component != ComponentType::Uint8);
        jpeg(
            &picture(&samples, (component, colour), window),
            self.style.quality,
        )
    }

    /// Looks at a few tiles of the smallest level, once, to tell labels from grey values and to find a window.
    fn survey(&mut self) -> Result<(), ReadProblem> {
        let level = self.tiles.len() - 1;
        let component = self.tiles.component(level).unwrap_or(ComponentType::Uint8);
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

#[expect(
    clippy::cast_possible_truncation,
    reason = "labels are whole numbers of at most 53 bits"
)]
fn labels(samples: &TileSamples, component: ComponentType) -> Vec<u8> {
    if component == ComponentType::Uint8 && samples.samples == 1 {
        return samples.bytes.clone();
    }
    as_numbers(component, &samples.bytes)
        .into_iter()
        .step_by(samples.samples)
        .map(|value| palette_place(value as i64))
        .collect()
}

fn picture(
    samples: &TileSamples,
    (component, colour): (ComponentType, Colour),
    window: Option<Window>,
) -> Picture {
    let bytes: Vec<u8> = match (component, window) {
        (ComponentType::Uint8, _) => samples.bytes.clone(),
        (_, window) => {
            let window = window.unwrap_or(Window::new(0.0, 1.0));
            as_numbers(component, &samples.bytes)
                .into_iter()
                .map(|value| window.grey(value))
                .collect()
        }
    };
    let pixels = bytes.chunks_exact(samples.samples);
    let colour = if samples.is_rgb { Colour::Rgb } else { colour };
    let (format, pixels) = match colour {
        Colour::Rgb => (
            PixelFormat::Rgb,
            pixels
                .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
                .collect(),
        ),
        Colour::Ycbcr => (
            PixelFormat::Rgb,
            pixels
                .flat_map(|pixel| rgb_of([pixel[0], pixel[1], pixel[2]]))
                .collect(),
        ),
        Colour::Cmyk => (
            PixelFormat::Rgb,
            pixels
                .flat_map(|pixel| [0, 1, 2].map(|at| mix(255 - pixel[at], 255 - pixel[3])))
                .collect(),
        ),
        Colour::Grey | Colour::Palette => {
            (PixelFormat::Grey, pixels.map(|pixel| pixel[0]).collect())
        }
        Colour::InvertedGrey => (
            PixelFormat::Grey,
            pixels.map(|pixel| 255 - pixel[0]).collect(),
        ),
    };
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    Picture {
        width: side(samples.width),
        height: side(samples.height),
        format,
        pixels,
    }
}

fn mix(left: u8, right: u8) -> u8 {
    u8::try_from(u16::from(left) * u16::from(right) / 255).expect("a product of two shares")
}

/// Full-range BT.601, as JFIF has it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped"
)]
fn rgb_of([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f64::from(y), f64::from(cb) - 128.0, f64::from(cr) - 128.0);
    [
        y + 1.402 * cr,
        y - 0.344_136 * cb - 0.714_136 * cr,
        y + 1.772 * cb,
    ]
    .map(|value| value.round().clamp(0.0, 255.0) as u8)
}

fn png(picture: &IndexedPicture) -> Result<Tile, ReadProblem> {
    Ok(Tile {
        media_type: "image/png",
        bytes: picture.to_png().map_err(refused)?,
    })
}

fn jpeg(picture: &Picture, quality: u8) -> Result<Tile, ReadProblem> {
    Ok(Tile {
        media_type: "image/jpeg",
        bytes: picture.to_jpeg(quality).map_err(refused)?,
    })
}

fn refused(error: RenderError) -> ReadProblem {
    ReadProblem::Unsupported(error.to_string())
}

fn as_numbers(component: ComponentType, bytes: &[u8]) -> Vec<f64> {
    macro_rules! numbers {
        ($type:ty) => {{
            let (whole, _) = bytes.as_chunks::<{ size_of::<$type>() }>();
            #[expect(
                clippy::allow_attributes,
                reason = "which lint fires depends on the type"
            )]
            #[allow(
                clippy::cast_lossless,
                clippy::cast_precision_loss,
                clippy::unnecessary_cast,
                reason = "64-bit integers beyond 2^53 are rounded"
            )]
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
