//! Pixels of a pyramid that is being written: rows of half the size, and tiles.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::write::{PyramidImage, TILE};
use crate::summary::ComponentType;

/// How pixels are stored.
pub(super) struct Shape {
    pub(super) component: ComponentType,
    pub(super) channels: usize,
    pub(super) labels: bool,
    /// The first three channels are red, green and blue.
    pub(super) is_rgb: bool,
    /// Quality where tiles are JPEG.
    pub(super) jpeg: Option<u8>,
}

impl Shape {
    pub(super) fn of(image: &PyramidImage) -> Shape {
        let is_picture = image.component == ComponentType::Uint8
            && matches!(image.channels, 1 | 3)
            && !image.labels;
        Shape {
            component: image.component,
            channels: image.channels.into(),
            labels: image.labels,
            is_rgb: matches!(image.channels, 3 | 4),
            jpeg: image.quality.filter(|_| is_picture),
        }
    }

    fn sample_bytes(&self) -> usize {
        usize::try_from(self.component.bytes()).expect("at most 8")
    }

    pub(super) fn pixel_bytes(&self) -> usize {
        self.channels * self.sample_bytes()
    }
}

/// Makes one row of two: labels keep the upper left of four, other numbers become their mean.
pub(super) fn halve(above: &[u8], below: &[u8], shape: &Shape) -> Vec<u8> {
    let (pixel, sample) = (shape.pixel_bytes(), shape.sample_bytes());
    let mut half = Vec::with_capacity(above.len() / 2 + pixel);
    if shape.labels || shape.component == ComponentType::Float16 {
        for left in above.chunks_exact(pixel).step_by(2) {
            half.extend_from_slice(left);
        }
        return half;
    }
    for (above, below) in above.chunks(2 * pixel).zip(below.chunks(2 * pixel)) {
        let right = above.len() - pixel;
        for at in (0..pixel).step_by(sample) {
            let four = [
                &above[at..],
                &above[right + at..],
                &below[at..],
                &below[right + at..],
            ];
            mean(shape.component, four, &mut half);
        }
    }
    half
}

fn mean(component: ComponentType, four: [&[u8]; 4], half: &mut Vec<u8>) {
    macro_rules! mean_of {
        ($type:ty, $wide:ty, $mean:expr) => {{
            let sum: $wide = four
                .iter()
                .filter_map(|bytes| bytes.first_chunk().copied())
                .map(|bytes| <$wide>::from(<$type>::from_le_bytes(bytes)))
                .sum();
            let mean: fn($wide) -> $type = $mean;
            half.extend_from_slice(&mean(sum).to_le_bytes());
        }};
    }
    macro_rules! whole_mean_of {
        ($type:ty, $wide:ty) => {
            mean_of!($type, $wide, |sum| <$type>::try_from((sum + 2) >> 2)
                .expect("a mean lies between its numbers"))
        };
    }
    match component {
        ComponentType::Uint8 => whole_mean_of!(u8, u16),
        ComponentType::Int8 => whole_mean_of!(i8, i16),
        ComponentType::Uint16 => whole_mean_of!(u16, u32),
        ComponentType::Int16 => whole_mean_of!(i16, i32),
        ComponentType::Uint32 => whole_mean_of!(u32, u64),
        ComponentType::Int32 => whole_mean_of!(i32, i64),
        ComponentType::Uint64 => whole_mean_of!(u64, u128),
        ComponentType::Int64 => whole_mean_of!(i64, i128),
        ComponentType::Float32 => mean_of!(f32, f64, |sum| narrow(sum / 4.0)),
        ComponentType::Float64 => mean_of!(f64, f64, |sum| sum / 4.0),
        ComponentType::Float16 => half.extend_from_slice(&four[0][..2]),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a mean lies between its numbers"
)]
fn narrow(mean: f64) -> f32 {
    mean as f32
}

/// Cuts a tile out of a row of tiles and encodes it. Beyond the edge labels are 0, other pixels are repeated.
pub(super) fn encode_tile(
    band: &[u8],
    width: usize,
    column: usize,
    shape: &Shape,
) -> io::Result<Vec<u8>> {
    let pixel = shape.pixel_bytes();
    let (left, right) = (column * TILE, (column * TILE + TILE).min(width));
    let mut tile = Vec::with_capacity(TILE * TILE * pixel);
    for row in band.chunks_exact(width * pixel) {
        tile.extend_from_slice(&row[left * pixel..right * pixel]);
        for _ in right - left..TILE {
            if shape.labels {
                tile.resize(tile.len() + pixel, 0);
            } else {
                tile.extend_from_within(tile.len() - pixel..);
            }
        }
    }
    while tile.len() < TILE * TILE * pixel {
        if shape.labels {
            tile.resize(TILE * TILE * pixel, 0);
        } else {
            tile.extend_from_within(tile.len() - TILE * pixel..);
        }
    }
    let side = u16::try_from(TILE).expect("a small number");
    let mut bytes = Vec::new();
    if let Some(quality) = shape.jpeg {
        let colour = if shape.channels == 1 {
            jpeg_encoder::ColorType::Luma
        } else {
            jpeg_encoder::ColorType::Rgb
        };
        let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, quality.clamp(1, 100));
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
        encoder
            .encode(&tile, side, side, colour)
            .map_err(io::Error::other)?;
        return Ok(bytes);
    }
    let mut encoder = ZlibEncoder::new(&mut bytes, Compression::new(6));
    encoder.write_all(&tile)?;
    encoder.finish()?;
    Ok(bytes)
}
