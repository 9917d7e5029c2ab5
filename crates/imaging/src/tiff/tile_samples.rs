//! The samples of one tile: little-endian, channels interleaved, padding of edge tiles included.

use super::decode::{ChunkSink, Codec, decode};
use super::file::TiffFile;
use super::tile_jpeg;
use super::tiles::{Tiles, read_tile};
use super::unfold::{add_up, float_row};
use crate::error::ReadProblem;
use crate::inflate::Goal;
use crate::limits::CheckLimits;
use crate::source::ReadSeek;

/// Decoded bytes that a tile may have beyond its pixels.
const MAX_SURPLUS: u64 = 1 << 20;

/// Samples of a tile of `width` × `height` pixels.
pub(crate) struct TileSamples {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Samples of a pixel.
    pub(crate) samples: usize,
    /// True when the decoder has made red, green and blue of what was stored.
    pub(crate) is_rgb: bool,
    pub(crate) bytes: Vec<u8>,
}

impl Tiles {
    /// Decodes one tile; `None` when it is not stored.
    pub(crate) fn samples_of(
        &self,
        reader: &mut dyn ReadSeek,
        (level, index): (usize, u64),
        limits: &CheckLimits,
    ) -> Result<Option<TileSamples>, ReadProblem> {
        let page = &self.levels[level];
        let mut file = TiffFile::open(reader)?;
        let big_endian = file.big_endian;
        let name = page.chunk_name(index);
        let refuse =
            |what: &str| ReadProblem::Unsupported(format!("{name}: {what} is not decoded"));
        if page.planar || page.fill_order == 2 || page.subsampling != (1, 1) {
            return Err(refuse("planes, reversed bits or subsampled colour"));
        }
        let Some(stored) = read_tile(&mut file, page, index, limits)? else {
            return Ok(None);
        };
        if page.compression == 7 {
            return self.jpeg_samples((level, index), &stored).map(Some);
        }
        let codec = Codec::of(page.compression).ok_or_else(|| refuse(&self.compression(level)))?;
        let expected = page.chunk_bytes(index);
        if expected > limits.max_jpeg_bytes.into() {
            return Err(ReadProblem::TooLarge {
                claimed: expected,
                limit: limits.max_jpeg_bytes,
            });
        }
        let mut bytes = Vec::new();
        let goal = Goal {
            what: &name,
            expected,
            max_surplus: MAX_SURPLUS,
        };
        let mut deliver = |piece: &[u8]| bytes.extend_from_slice(piece);
        decode(
            codec,
            &mut stored.as_slice(),
            &goal,
            &mut ChunkSink::new(&mut deliver),
        )?;
        let [width, height] = self.tile_size(level).map(|side| side as usize);
        let bytes = self
            .unfold(level, bytes, big_endian)
            .ok_or_else(|| refuse("this kind of number"))?;
        Ok(Some(TileSamples {
            width,
            height,
            samples: page.samples.into(),
            is_rgb: false,
            bytes,
        }))
    }

    fn jpeg_samples(
        &self,
        (level, index): (usize, u64),
        stored: &[u8],
    ) -> Result<TileSamples, ReadProblem> {
        let page = &self.levels[level];
        let corrupt = |problem: String| ReadProblem::Corrupt {
            what: page.chunk_name(index),
            problem,
        };
        let is_rgb = page.photometric == Some(2);
        let jpeg = tile_jpeg::compose(&self.tables[level], stored, is_rgb).map_err(corrupt)?;
        tile_jpeg::require_size(&jpeg, self.tile_size(level)).map_err(corrupt)?;
        let (width, height, samples, bytes) = tile_jpeg::decode(&jpeg).map_err(corrupt)?;
        Ok(TileSamples {
            width,
            height,
            samples: samples.into(),
            is_rgb: samples == 3,
            bytes,
        })
    }

    /// Undoes byte order, predictor and packing; `None` for kinds of numbers that are not known.
    fn unfold(&self, level: usize, mut bytes: Vec<u8>, big_endian: bool) -> Option<Vec<u8>> {
        let page = &self.levels[level];
        let width = self.tile_size(level)[0] as usize;
        let samples = usize::from(page.samples);
        let component = self.component(level)?;
        let sample_bytes = usize::from(page.bits / 8);
        if sample_bytes == 0 {
            return Some(unpack(&bytes, width, usize::from(page.bits)));
        }
        if u64::from(page.bits) * u64::from(page.samples) != page.pixel_bits {
            return None;
        }
        if big_endian && page.predictor != 3 {
            bytes
                .chunks_exact_mut(sample_bytes)
                .for_each(<[u8]>::reverse);
        }
        let rows = bytes.chunks_exact_mut(width * samples * sample_bytes);
        match page.predictor {
            1 => {}
            2 if component.is_integer() => rows.for_each(|row| add_up(row, samples, sample_bytes)),
            3 => rows.for_each(|row| float_row(row, samples, sample_bytes)),
            _ => return None,
        }
        Some(bytes)
    }
}

/// Numbers of 1, 2 or 4 bits, rows padded to whole bytes, as bytes.
fn unpack(bytes: &[u8], width: usize, bits: usize) -> Vec<u8> {
    let per_byte = 8 / bits;
    let mask = (1u8 << bits) - 1;
    bytes
        .chunks(width.div_ceil(per_byte))
        .flat_map(|row| {
            (0..width).map(move |x| {
                row.get(x / per_byte)
                    .map_or(0, |byte| byte >> (8 - bits * (x % per_byte + 1)) & mask)
            })
        })
        .collect()
}
