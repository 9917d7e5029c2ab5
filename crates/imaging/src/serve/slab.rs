//! Some slices of a volume as numbers that a graphics card takes, their bytes in the order that compresses best.

use std::ops::Range;

use serde::Serialize;

use crate::render::shape::{Shape, reader};
use crate::render::{RenderError, Window};
use crate::summary::ComponentType;
use crate::volume::{Samples, Volume};

/// Numbers that WebGL2 has textures for. Colours are bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it: sign and bits")]
pub enum TextureType {
    Int8,
    Uint8,
    Int16,
    Uint16,
    Int32,
    Uint32,
    Float32,
}

impl TextureType {
    /// Size of one number, bytes.
    #[must_use]
    pub fn bytes(self) -> u64 {
        match self {
            Self::Int8 | Self::Uint8 => 1,
            Self::Int16 | Self::Uint16 => 2,
            Self::Int32 | Self::Uint32 | Self::Float32 => 4,
        }
    }
}

/// How the samples of a volume become numbers of a texture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Texture {
    /// Type of the numbers.
    pub number: TextureType,
    /// Numbers of a voxel: 3 and 4 are colours, else 1, the first channel.
    pub channels: u32,
    /// For colours of other types than bytes: what becomes 0 and what 255.
    window: Option<Window>,
}

impl Texture {
    /// The smallest type that holds every sample from `low` to `high`: 64-bit numbers lose bits only where they must.
    #[must_use]
    pub fn of(component: ComponentType, channels: u32, (low, high): (f64, f64)) -> Texture {
        if matches!(channels, 3 | 4) {
            let window = (component != ComponentType::Uint8).then(|| {
                let end = [255.0, 65_535.0].into_iter().find(|end| high <= *end);
                let end = if component.is_float() && high <= 1.0 {
                    1.0
                } else {
                    end.unwrap_or(high)
                };
                Window::from_range(0.0, end)
            });
            return Texture {
                number: TextureType::Uint8,
                channels,
                window,
            };
        }
        let number = match component {
            ComponentType::Int8 => TextureType::Int8,
            ComponentType::Uint8 => TextureType::Uint8,
            ComponentType::Int16 => TextureType::Int16,
            ComponentType::Uint16 => TextureType::Uint16,
            ComponentType::Float16 | ComponentType::Float32 | ComponentType::Float64 => {
                TextureType::Float32
            }
            ComponentType::Int32
            | ComponentType::Uint32
            | ComponentType::Int64
            | ComponentType::Uint64 => narrowest(low, high),
        };
        Texture {
            number,
            channels: 1,
            window: None,
        }
    }

    /// Bytes of one voxel.
    #[must_use]
    pub fn voxel_bytes(&self) -> u64 {
        self.number.bytes() * u64::from(self.channels)
    }
}

/// The smallest type for whole numbers from `low` to `high`.
fn narrowest(low: f64, high: f64) -> TextureType {
    let types = [
        (0.0, 255.0, TextureType::Uint8),
        (-32_768.0, 32_767.0, TextureType::Int16),
        (0.0, 65_535.0, TextureType::Uint16),
        (-2_147_483_648.0, 2_147_483_647.0, TextureType::Int32),
        (0.0, 4_294_967_295.0, TextureType::Uint32),
    ];
    let found = types
        .into_iter()
        .find(|(least, most, _)| low >= *least && high <= *most);
    found.map_or(TextureType::Float32, |(.., number)| number)
}

/// Slices `slices` (along z, those that there are) of a time point: the lowest bytes of all numbers, then the next ones,
/// and so on; x fastest, channels interleaved.
///
/// # Errors
/// When samples and geometry do not agree, or there is no such time point.
pub fn slab(
    volume: &Volume,
    texture: &Texture,
    time: u64,
    slices: Range<u64>,
) -> Result<Vec<u8>, RenderError> {
    let shape = Shape::of(volume)?;
    let strides = shape.strides();
    let start = shape.start_of(time)?;
    let slice = |number: u64| {
        usize::try_from(number)
            .unwrap_or(usize::MAX)
            .min(shape.size[2])
    };
    let range = start + slice(slices.start) * strides[2]..start + slice(slices.end) * strides[2];
    Ok(match (&volume.samples, texture.number) {
        (Samples::Uint8(values), TextureType::Uint8) if whole(&shape, texture) => {
            values[range].to_vec()
        }
        (Samples::Int8(values), TextureType::Int8) if whole(&shape, texture) => {
            planes(&values[range], |value| value.to_le_bytes())
        }
        (Samples::Int16(values), TextureType::Int16) if whole(&shape, texture) => {
            planes(&values[range], |value| value.to_le_bytes())
        }
        (Samples::Uint16(values), TextureType::Uint16) if whole(&shape, texture) => {
            planes(&values[range], |value| value.to_le_bytes())
        }
        (Samples::Float32(values), TextureType::Float32) if whole(&shape, texture) => {
            planes(&values[range], |value| value.to_le_bytes())
        }
        _ => converted(volume, texture, (range, shape.channels)),
    })
}

fn whole(shape: &Shape, texture: &Texture) -> bool {
    shape.channels as u64 == u64::from(texture.channels) && texture.window.is_none()
}

/// Byte `n` of every number before byte `n + 1` of any.
fn planes<T: Copy, const BYTES: usize>(values: &[T], bytes: impl Fn(T) -> [u8; BYTES]) -> Vec<u8> {
    let mut planes = Vec::with_capacity(values.len() * BYTES);
    for plane in 0..BYTES {
        planes.extend(values.iter().map(|value| bytes(*value)[plane]));
    }
    planes
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the type was chosen so that the values fit; casts of floats saturate"
)]
fn converted(
    volume: &Volume,
    texture: &Texture,
    (range, channels): (Range<usize>, usize),
) -> Vec<u8> {
    let read = reader(&volume.samples);
    let kept = texture.channels as usize;
    let numbers: Vec<f64> = range
        .step_by(channels)
        .flat_map(|voxel| (voxel..voxel + kept).map(&read))
        .map(|value| {
            texture
                .window
                .map_or(value, |window| window.grey(value).into())
        })
        .collect();
    match texture.number {
        TextureType::Int8 => planes(&numbers, |value| (value as i8).to_le_bytes()),
        TextureType::Uint8 => planes(&numbers, |value| (value as u8).to_le_bytes()),
        TextureType::Int16 => planes(&numbers, |value| (value as i16).to_le_bytes()),
        TextureType::Uint16 => planes(&numbers, |value| (value as u16).to_le_bytes()),
        TextureType::Int32 => planes(&numbers, |value| (value as i32).to_le_bytes()),
        TextureType::Uint32 => planes(&numbers, |value| (value as u32).to_le_bytes()),
        TextureType::Float32 => planes(&numbers, |value| (value as f32).to_le_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Geometry;

    fn volume(size: Vec<u64>, channels: u32, samples: Samples) -> Volume {
        Volume {
            geometry: Geometry::identity(size),
            channels,
            samples,
        }
    }

    fn texture(volume: &Volume) -> Texture {
        let values = volume.samples.to_f64();
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Texture::of(
            volume.samples.component_type(),
            volume.channels,
            (low, high),
        )
    }

    #[test]
    fn low_bytes_of_some_slices_come_first() {
        let volume = volume(
            vec![1, 1, 3, 2],
            1,
            Samples::Int16(vec![1, 2, 3, 0x0102, -2, 5]),
        );
        let bytes = slab(&volume, &texture(&volume), 1, 0..2).unwrap();
        assert_eq!(bytes, [2, 0xfe, 1, 0xff]);
        // Beyond the last slice there is nothing, and no such time point is an error.
        assert_eq!(slab(&volume, &texture(&volume), 1, 2..9).unwrap(), [5, 0]);
        assert!(slab(&volume, &texture(&volume), 2, 0..1).is_err());
    }

    #[test]
    fn wide_labels_become_small_ones_and_floats_become_single() {
        let labels = volume(vec![3, 1, 1], 1, Samples::Int64(vec![0, 7, 255]));
        assert_eq!(
            slab(&labels, &texture(&labels), 0, 0..1).unwrap(),
            [0, 7, 255]
        );
        let wide = volume(vec![2], 1, Samples::Int64(vec![0, i64::MAX]));
        assert_eq!(texture(&wide).number, TextureType::Float32);
        let double = volume(vec![1], 1, Samples::Float64(vec![1.0]));
        assert_eq!(
            slab(&double, &texture(&double), 0, 0..1).unwrap(),
            [0, 0, 0x80, 0x3f]
        );
    }

    #[test]
    fn colours_are_bytes_and_of_other_channels_the_first_counts() {
        let colours = volume(vec![1], 3, Samples::Uint16(vec![0, 65_535, 32_768]));
        assert_eq!(
            slab(&colours, &texture(&colours), 0, 0..1).unwrap(),
            [0, 255, 128]
        );
        let pair = volume(vec![2], 2, Samples::Int16(vec![1, 9, 2, 9]));
        assert_eq!(slab(&pair, &texture(&pair), 0, 0..1).unwrap(), [1, 2, 0, 0]);
    }
}
