//! Decoded samples to the values that are handed out: bits masked, signs extended, palettes looked up, rescaled.

use super::data_set::{DataSet, refused};
use super::pixel::{Encoding, Photometric, Pixels};
use super::tag::{self, Tag};
use super::values::Rescale;
use crate::error::ReadProblem;
use crate::summary::ComponentType;

/// Samples turned at once.
const CHUNK: usize = 16 * 1024;

/// Three tables of equal length.
struct Palette {
    first: i64,
    colours: Vec<[u16; 3]>,
    /// 8 or 16 bits for each colour.
    is_wide: bool,
}

/// Turns frames of one file.
pub(super) struct Converter {
    pixels: Pixels,
    /// Bits below the value.
    shift: u32,
    component: ComponentType,
    palette: Option<Palette>,
}

impl Converter {
    /// `is_coded`: a decoder gave the values, nothing lies beside them.
    pub(super) fn new(
        set: &DataSet,
        pixels: &Pixels,
        component: ComponentType,
        is_coded: bool,
    ) -> Result<Converter, ReadProblem> {
        let palette = (pixels.photometric == Photometric::Palette)
            .then(|| Palette::of(set))
            .transpose()?;
        let wide = pixels.allocated == 64 && pixels.encoding != Encoding::Float;
        if wide && (pixels.stored != 64 || component != pixels.component() || pixels.is_inverted())
        {
            return Err(ReadProblem::Unsupported(
                "64-bit samples that have to be computed with are not read".into(),
            ));
        }
        let component = match &palette {
            Some(palette) if palette.is_wide => ComponentType::Uint16,
            Some(_) => ComponentType::Uint8,
            None => component,
        };
        Ok(Converter {
            pixels: *pixels,
            shift: if is_coded {
                0
            } else {
                pixels.high + 1 - pixels.stored
            },
            component,
            palette,
        })
    }

    pub(super) fn component(&self) -> ComponentType {
        self.component
    }

    pub(super) fn channels(&self) -> u32 {
        if self.palette.is_some() || self.pixels.samples == 3 {
            3
        } else {
            1
        }
    }

    /// Hands the values of one frame out, little-endian.
    pub(super) fn deliver(&self, frame: &[u8], rescale: Rescale, deliver: &mut dyn FnMut(&[u8])) {
        let is_as_stored = self.pixels.stored == self.pixels.allocated
            && self.palette.is_none()
            && !self.pixels.is_inverted()
            && rescale == Rescale::NONE
            && self.component == self.pixels.component();
        let sample_bytes = usize::try_from(self.pixels.sample_bytes()).expect("at most 8");
        for chunk in frame.chunks(CHUNK * sample_bytes) {
            if is_as_stored {
                deliver(chunk);
                continue;
            }
            let mut out = Vec::with_capacity(CHUNK * 8);
            match sample_bytes {
                1 => self.turn(chunk, rescale, &mut out, |[a]: [u8; 1]| a.into()),
                2 => self.turn(chunk, rescale, &mut out, |word| {
                    u16::from_le_bytes(word).into()
                }),
                4 => self.turn(chunk, rescale, &mut out, u32::from_le_bytes),
                _ => self.turn_doubles(chunk, rescale, &mut out),
            }
            deliver(&out);
        }
    }

    fn turn<const N: usize>(
        &self,
        chunk: &[u8],
        rescale: Rescale,
        out: &mut Vec<u8>,
        read: impl Fn([u8; N]) -> u32,
    ) {
        let (samples, _) = chunk.as_chunks::<N>();
        if self.pixels.encoding == Encoding::Float {
            for sample in samples {
                let value = f32::from_bits(read(*sample));
                self.write_float(rescale.apply(value.into()), out);
            }
            return;
        }
        for sample in samples {
            let value = self.value(read(*sample));
            match &self.palette {
                Some(palette) => palette.write(value, out),
                None if rescale == Rescale::NONE => self.write(value, out),
                None if self.component == ComponentType::Float64 => {
                    out.extend_from_slice(&rescale.apply(value as f64).to_le_bytes());
                }
                None => self.write(whole(rescale.apply(value as f64)), out),
            }
        }
    }

    fn turn_doubles(&self, chunk: &[u8], rescale: Rescale, out: &mut Vec<u8>) {
        for sample in chunk.as_chunks::<8>().0 {
            self.write_float(rescale.apply(f64::from_le_bytes(*sample)), out);
        }
    }

    /// The stored value: masked, its sign extended, turned around for MONOCHROME1.
    fn value(&self, raw: u32) -> i64 {
        let bits = self.pixels.stored;
        let raw = i64::from(raw) >> self.shift;
        let masked = if bits >= 32 {
            raw
        } else {
            raw & ((1 << bits) - 1)
        };
        let is_signed = self.pixels.encoding == Encoding::Signed;
        let value = if is_signed && masked >> (bits - 1) & 1 == 1 {
            masked - (1 << bits)
        } else {
            masked
        };
        if self.pixels.is_inverted() {
            let (low, high) = self.pixels.range();
            whole((low + high) as f64) - value
        } else {
            value
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the type was chosen so that all values fit"
    )]
    fn write(&self, value: i64, out: &mut Vec<u8>) {
        match self.component {
            ComponentType::Int8 | ComponentType::Uint8 => out.push(value as u8),
            ComponentType::Int16 | ComponentType::Uint16 | ComponentType::Float16 => {
                out.extend_from_slice(&(value as u16).to_le_bytes());
            }
            ComponentType::Int32 | ComponentType::Uint32 => {
                out.extend_from_slice(&(value as u32).to_le_bytes());
            }
            ComponentType::Int64 | ComponentType::Uint64 => {
                out.extend_from_slice(&value.to_le_bytes());
            }
            ComponentType::Float32 => out.extend_from_slice(&(value as f32).to_le_bytes()),
            ComponentType::Float64 => out.extend_from_slice(&(value as f64).to_le_bytes()),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float32 that was widened only to be rescaled"
    )]
    fn write_float(&self, value: f64, out: &mut Vec<u8>) {
        if self.component == ComponentType::Float32 {
            out.extend_from_slice(&(value as f32).to_le_bytes());
        } else {
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "whole numbers below 2^53, or clamped"
)]
fn whole(value: f64) -> i64 {
    value as i64
}

impl Palette {
    fn of(set: &DataSet) -> Result<Palette, ReadProblem> {
        if set.words(tag::RED_SEGMENTS).is_some() {
            return Err(ReadProblem::Unsupported(
                "segmented palettes are not read".into(),
            ));
        }
        let red = table(set, tag::RED_DESCRIPTOR, tag::RED_TABLE)?;
        let green = table(set, tag::GREEN_DESCRIPTOR, tag::GREEN_TABLE)?;
        let blue = table(set, tag::BLUE_DESCRIPTOR, tag::BLUE_TABLE)?;
        let count = red.1.len().min(green.1.len()).min(blue.1.len());
        Ok(Palette {
            first: red.0,
            colours: (0..count)
                .map(|index| [red.1[index], green.1[index], blue.1[index]])
                .collect(),
            is_wide: red.2 || green.2 || blue.2,
        })
    }

    /// Values outside of the table get its first or last colour.
    fn write(&self, value: i64, out: &mut Vec<u8>) {
        let last = self.colours.len() - 1;
        let index = usize::try_from(value - self.first).unwrap_or(0).min(last);
        for colour in self.colours[index] {
            let [low, high] = colour.to_le_bytes();
            out.push(low);
            if self.is_wide {
                out.push(high);
            }
        }
    }
}

/// First value, entries, and whether they have 16 bits.
fn table(set: &DataSet, descriptor: Tag, data: Tag) -> Result<(i64, Vec<u16>, bool), ReadProblem> {
    let missing = |tag| ReadProblem::MissingField(tag::name(tag));
    let words = set.words(descriptor).ok_or_else(|| missing(descriptor))?;
    let [count, first, bits] = *words.as_slice() else {
        return Err(refused(descriptor, "3 numbers", &words.len().to_string()));
    };
    let count = if count == 0 {
        65_536
    } else {
        usize::from(count)
    };
    let mut entries = set.words(data).ok_or_else(|| missing(data))?;
    if entries.len() < count && entries.len() == count.div_ceil(2) {
        // Entries of 8 bits, two in a word.
        entries = entries
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .map(u16::from)
            .collect();
    }
    if entries.len() < count {
        return Err(refused(
            data,
            &format!("{count} entries"),
            &entries.len().to_string(),
        ));
    }
    entries.truncate(count);
    // Pixels of 8 bits get colours of 8 bits, as GDCM does it. Many writers spread 8 bits over both bytes of a word, or
    // fill only the upper one.
    let is_wide = bits > 8 && set.unsigned(tag::BITS_ALLOCATED) > Some(8);
    if !is_wide && entries.iter().any(|entry| *entry > 255) {
        entries.iter_mut().for_each(|entry| *entry >>= 8);
    }
    #[expect(
        clippy::cast_possible_wrap,
        reason = "a signed number in an unsigned list"
    )]
    let first = if set.unsigned(tag::PIXEL_REPRESENTATION) == Some(1) {
        i64::from(first as i16)
    } else {
        i64::from(first)
    };
    Ok((first, entries, is_wide))
}
