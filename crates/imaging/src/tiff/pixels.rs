//! All pixels of one page in order: row by row, channels interleaved, whatever strips, tiles and planes they come from.

use super::Chunks;
use super::chunk_samples::ChunkReader;
use super::decode::Codec;
use super::file::TiffFile;
use super::page::Page;
use crate::error::ReadProblem;
use crate::limits::CheckLimits;

/// Bytes of one row of tiles, or of one strip in planes: what has to be held at once.
const MAX_BAND: u64 = 2 << 30;

/// Hands the rows of a page to `deliver`; bytes of what is not stored are `blank`.
pub(super) fn stream(
    file: &mut TiffFile<'_>,
    page: &Page,
    (limits, blank): (&CheckLimits, u8),
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<(), ReadProblem> {
    page.require_offsets()?;
    let claimed = page.decoded_bytes();
    if claimed > u128::from(limits.max_voxel_bytes) {
        return Err(ReadProblem::TooLarge {
            claimed,
            limit: limits.max_voxel_bytes,
        });
    }
    let chunks = ChunkReader::new(file, page, limits)?;
    let is_whole_rows = matches!(page.chunks, Chunks::Strips { .. }) && !page.planar;
    let (_, chunk_height) = page.chunk_size();
    for down in 0..page.height.div_ceil(chunk_height) {
        if is_whole_rows && Codec::of(page.compression).is_some() {
            strip(file, page, (&chunks, down, blank), deliver)?;
        } else {
            let band = Band::read(file, page, (&chunks, down, blank), limits)?;
            deliver(&band.bytes);
        }
    }
    Ok(())
}

/// The rows of one strip go through without being held.
fn strip(
    file: &mut TiffFile<'_>,
    page: &Page,
    (chunks, index, blank): (&ChunkReader<'_>, u64, u8),
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<(), ReadProblem> {
    let (_, rows) = page.visible(index);
    let mut seen = 0;
    chunks.rows(file, index, &mut |row| {
        if seen < rows {
            deliver(row);
        }
        seen += 1;
    })?;
    if seen == 0 {
        let width = usize::try_from(page.width).map_err(std::io::Error::other)?;
        let row = vec![blank; width * chunks.unfold.pixel_bytes()];
        (0..rows).for_each(|_| deliver(&row));
    }
    Ok(())
}

/// The rows of the image that one row of strips or tiles holds.
struct Band {
    bytes: Vec<u8>,
    rows: usize,
    row_bytes: usize,
}

impl Band {
    fn read(
        file: &mut TiffFile<'_>,
        page: &Page,
        (chunks, down, blank): (&ChunkReader<'_>, u64, u8),
        limits: &CheckLimits,
    ) -> Result<Band, ReadProblem> {
        let (chunk_width, chunk_height) = page.chunk_size();
        let across = page.width.div_ceil(chunk_width);
        let planes = if page.planar { page.samples.into() } else { 1 };
        let rows = page.visible(down * across).1;
        let pixel = chunks.unfold.pixel_bytes() as u64 * planes;
        let bytes = u128::from(page.width) * u128::from(pixel) * u128::from(rows);
        let limit = MAX_BAND.min(limits.max_voxel_bytes);
        if bytes > u128::from(limit) {
            return Err(ReadProblem::TooLarge {
                claimed: bytes,
                limit,
            });
        }
        let row_bytes = usize::try_from(page.width * pixel).map_err(std::io::Error::other)?;
        let rows = usize::try_from(rows).map_err(std::io::Error::other)?;
        let mut band = Band {
            bytes: vec![blank; row_bytes * rows],
            rows,
            row_bytes,
        };
        let per_plane = across * page.height.div_ceil(chunk_height);
        for plane in 0..planes {
            for column in 0..across {
                let index = plane * per_plane + down * across + column;
                let place = Place::of(page, chunks, (plane, column * chunk_width, index))?;
                let mut y = 0;
                chunks.rows(file, index, &mut |row| {
                    band.put(y, &place, row);
                    y += 1;
                })?;
            }
        }
        Ok(band)
    }

    fn put(&mut self, y: usize, place: &Place, row: &[u8]) {
        if y >= self.rows {
            return;
        }
        let target = &mut self.bytes[y * self.row_bytes..][..self.row_bytes];
        if place.part == place.step {
            target[place.start..place.start + place.width * place.part]
                .copy_from_slice(&row[..place.width * place.part]);
            return;
        }
        let sources = row.chunks_exact(place.part).take(place.width);
        for (source, pixel) in sources.zip(target[place.start..].chunks_mut(place.step)) {
            pixel[..place.part].copy_from_slice(source);
        }
    }
}

/// Where a row of a strip or tile goes in a row of the image.
struct Place {
    /// First byte.
    start: usize,
    /// Visible pixels.
    width: usize,
    /// Bytes of a pixel that come from here.
    part: usize,
    /// Bytes from one pixel to the next.
    step: usize,
}

impl Place {
    fn of(
        page: &Page,
        chunks: &ChunkReader<'_>,
        (plane, x, index): (u64, u64, u64),
    ) -> Result<Place, ReadProblem> {
        let narrow = |number: u64| usize::try_from(number).map_err(std::io::Error::other);
        let part = chunks.unfold.pixel_bytes();
        let planes = if page.planar { page.samples.into() } else { 1 };
        let step = part * planes;
        Ok(Place {
            start: narrow(x)? * step + narrow(plane)? * part,
            width: narrow(page.visible(index).0)?,
            part,
            step,
        })
    }
}
