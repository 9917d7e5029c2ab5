//! The samples of one tile: little-endian, channels interleaved, padding of edge tiles included.

use super::chunk_samples::ChunkReader;
use super::file::TiffFile;
use super::tiles::Tiles;
use crate::error::ReadProblem;
use crate::limits::CheckLimits;
use crate::source::ReadSeek;

/// Samples of a tile of `width` × `height` pixels.
pub(crate) struct TileSamples {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Samples of a pixel.
    pub(crate) samples: usize,
    pub(crate) bytes: Vec<u8>,
}

impl Tiles {
    /// Decodes one tile, of all planes; `None` when it is not stored.
    pub(crate) fn samples_of(
        &self,
        reader: &mut dyn ReadSeek,
        (level, index): (usize, u64),
        limits: &CheckLimits,
    ) -> Result<Option<TileSamples>, ReadProblem> {
        let page = &self.levels[level];
        let mut file = TiffFile::open(reader)?;
        let chunks = ChunkReader::new(&mut file, page, limits)?;
        let planes = if page.planar { page.samples.into() } else { 1 };
        let part = chunks.unfold.pixel_bytes();
        let step = part * planes;
        let [width, height] = self.tile_size(level);
        let claimed = u128::from(width) * u128::from(height) * step as u128;
        if claimed > limits.max_jpeg_bytes.into() {
            return Err(ReadProblem::TooLarge {
                claimed,
                limit: limits.max_jpeg_bytes,
            });
        }
        let [width, height] = [width, height].map(|side| side as usize);
        let mut bytes = vec![0; width * height * step];
        let [across, down] = self.grid(level);
        let mut is_stored = false;
        for plane in 0..planes {
            let mut targets = bytes.chunks_exact_mut(width * step);
            let place = plane as u64 * across * down + index;
            chunks.rows(&mut file, place, &mut |row| {
                is_stored = true;
                let Some(target) = targets.next() else {
                    return;
                };
                if part == step {
                    let whole = row.len().min(target.len());
                    target[..whole].copy_from_slice(&row[..whole]);
                    return;
                }
                let pixels = target[plane * part..].chunks_mut(step);
                for (source, pixel) in row.chunks_exact(part).zip(pixels) {
                    pixel[..part].copy_from_slice(source);
                }
            })?;
        }
        Ok(is_stored.then(|| TileSamples {
            width,
            height,
            samples: page.samples.into(),
            bytes,
        }))
    }
}
