//! Directories of a pyramid that is being written: BigTIFF, little-endian, values that do not fit behind the entries.

use super::encode::Shape;
use super::write::{Level, PyramidImage, TILE};
use crate::summary::ComponentType;

const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const UNDEFINED: u16 = 7;
const LONG8: u16 = 16;

struct Entry(u16, u16, u64, Vec<u8>);

fn shorts(tag: u16, values: &[u16]) -> Entry {
    Entry(
        tag,
        SHORT,
        values.len() as u64,
        values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
    )
}

fn long8s(tag: u16, values: impl Iterator<Item = u64>) -> Entry {
    let bytes: Vec<u8> = values.flat_map(u64::to_le_bytes).collect();
    Entry(tag, LONG8, bytes.len() as u64 / 8, bytes)
}

fn long(tag: u16, value: usize) -> Entry {
    let value = u32::try_from(value).unwrap_or(u32::MAX);
    Entry(tag, LONG, 1, value.to_le_bytes().to_vec())
}

/// One directory with its values, to lie at offset `at`; unless it is the last, the next one follows it.
pub(super) fn directory(
    image: &PyramidImage,
    shape: &Shape,
    (level, number): (&Level, usize),
    (at, is_last): (u64, bool),
    (range, profile): (Option<(u16, u16)>, &[u8]),
) -> Vec<u8> {
    let mut entries = entries(image, shape, level, number);
    if let Some((low, high)) = range {
        entries.extend([shorts(280, &[low]), shorts(281, &[high])]);
    }
    if !profile.is_empty() {
        entries.push(Entry(
            34675,
            UNDEFINED,
            profile.len() as u64,
            profile.to_vec(),
        ));
    }
    entries.sort_by_key(|entry| entry.0);
    let head = 8 + 20 * entries.len() as u64 + 8;
    let mut bytes = (entries.len() as u64).to_le_bytes().to_vec();
    let mut values = Vec::new();
    for Entry(tag, kind, count, value) in entries {
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&kind.to_le_bytes());
        bytes.extend_from_slice(&count.to_le_bytes());
        let mut field = value;
        if field.len() > 8 {
            let place = at + head + values.len() as u64;
            values.append(&mut field);
            values.resize(values.len().next_multiple_of(8), 0);
            field = place.to_le_bytes().to_vec();
        }
        field.resize(8, 0);
        bytes.extend_from_slice(&field);
    }
    let next = if is_last {
        0
    } else {
        at + head + values.len() as u64
    };
    bytes.extend_from_slice(&next.to_le_bytes());
    bytes.append(&mut values);
    bytes
}

fn entries(image: &PyramidImage, shape: &Shape, level: &Level, number: usize) -> Vec<Entry> {
    let each = |value: u16| vec![value; image.channels.into()];
    let bits = u16::try_from(8 * image.component.bytes()).expect("at most 64");
    let is_rgb = shape.is_rgb;
    let format = match image.component {
        ComponentType::Uint8
        | ComponentType::Uint16
        | ComponentType::Uint32
        | ComponentType::Uint64 => 1,
        ComponentType::Int8
        | ComponentType::Int16
        | ComponentType::Int32
        | ComponentType::Int64 => 2,
        ComponentType::Float16 | ComponentType::Float32 | ComponentType::Float64 => 3,
    };
    let photometric = match (is_rgb, shape.jpeg) {
        (false, _) => 1,
        (true, None) => 2,
        (true, Some(_)) => 6,
    };
    let mut entries = vec![
        long(254, usize::from(number > 0)),
        long(256, level.width),
        long(257, level.height),
        shorts(258, &each(bits)),
        shorts(259, &[if shape.jpeg.is_some() { 7 } else { 8 }]),
        shorts(262, &[photometric]),
        shorts(277, &[image.channels]),
        shorts(284, &[1]),
        long(322, TILE),
        long(323, TILE),
        long8s(324, level.tiles.iter().map(|tile| tile.0)),
        long8s(325, level.tiles.iter().map(|tile| tile.1)),
        shorts(339, &each(format)),
    ];
    let extra = usize::from(image.channels) - if is_rgb { 3 } else { 1 };
    if extra > 0 {
        // The fourth sample of RGBA is opacity that the colours were not multiplied with.
        entries.push(shorts(338, &vec![if is_rgb { 2 } else { 0 }; extra]));
    }
    if photometric == 6 {
        entries.push(shorts(530, &[2, 2]));
    }
    if let Some(mm) = image.pixel_mm {
        let factor = f64::from(1u32 << number.min(31));
        for (tag, mm) in [(282, mm[0]), (283, mm[1])] {
            let [top, bottom] = fraction(10.0 / (mm * factor));
            entries.push(Entry(
                tag,
                RATIONAL,
                1,
                [top.to_le_bytes(), bottom.to_le_bytes()].concat(),
            ));
        }
        entries.push(shorts(296, &[3]));
    }
    entries
}

/// A fraction of 32-bit numbers with as many digits as fit.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped, and the cast turns NaN into 0"
)]
fn fraction(value: f64) -> [u32; 2] {
    let mut bottom = 1u32;
    while bottom < 1_000_000_000 && value * f64::from(bottom) * 10.0 < f64::from(u32::MAX) {
        bottom *= 10;
    }
    [
        (value * f64::from(bottom))
            .round()
            .clamp(1.0, f64::from(u32::MAX)) as u32,
        bottom,
    ]
}
