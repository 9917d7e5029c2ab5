//! One small picture of a whole slide, from the smallest level that is large enough.

use super::picture::{jpeg, labels, png};
use super::{Slide, Tile};
use crate::error::{ReadImageError, ReadProblem};
use crate::render::{Picture, PixelFormat};
use crate::tiff::tile_samples::TileSamples;

/// A level of more pixels than this is not read for a thumbnail: a slide has smaller levels.
const MAX_PIXELS: u64 = 1 << 28;
/// Nor is one of more tiles than this.
const MAX_TILES: u64 = 1 << 16;
/// Longest side of a thumbnail, pixels.
const MAX_EDGE: u32 = 4096;

impl Slide {
    /// The whole slide in one picture: its longer side has `max_edge` pixels (at most 4096), or as many as the largest
    /// level has. Pixels are means over their area; labels and places in a palette are never mixed. The thumbnail, label
    /// and macro images of a scanner are never looked at.
    ///
    /// # Errors
    /// When a tile cannot be read or decoded, and when every level that could be used has more than 2²⁸ pixels or 65 536
    /// tiles.
    pub fn thumbnail(&mut self, max_edge: u32) -> Result<Tile, ReadImageError> {
        let quality = self.style.quality;
        self.draw(max_edge.clamp(1, MAX_EDGE), |picture| {
            jpeg(picture, quality)
        })
        .map_err(|problem| problem.in_file(&self.name))
    }

    /// [`thumbnail`](Slide::thumbnail) as a PNG, whatever it shows.
    ///
    /// # Errors
    /// As for [`thumbnail`](Slide::thumbnail).
    pub fn overview(&mut self, max_edge: u32) -> Result<Tile, ReadImageError> {
        self.draw(max_edge.clamp(1, MAX_EDGE), png)
            .map_err(|problem| problem.in_file(&self.name))
    }

    fn draw(
        &mut self,
        max_edge: u32,
        encode: impl FnOnce(&Picture) -> Result<Tile, ReadProblem>,
    ) -> Result<Tile, ReadProblem> {
        self.survey()?;
        let number = self.level_for(max_edge.into())?;
        let level = &self.levels[number];
        let (size, grid) = ([level.width, level.height], [level.columns, level.rows]);
        let tile_size = [level.tile_width, level.tile_height].map(u64::from);
        let scaled = Scaled::of(
            size,
            [self.levels[0].width, self.levels[0].height],
            max_edge,
        );
        let [width, height] = scaled.size;
        let count = usize::try_from(width * height).expect("at most `MAX_EDGE` squared");
        let mut indices = self.has_indices(number).then(|| vec![0; count]);
        let mut means = Means::new(if indices.is_some() { 0 } else { count });
        for index in 0..grid[0] * grid[1] {
            let samples = self
                .tiles
                .samples_of(&mut self.file, (number, index), &self.limits)?;
            let start = [
                index % grid[0] * tile_size[0],
                index / grid[0] * tile_size[1],
            ];
            let end = [0, 1].map(|axis| (start[axis] + tile_size[axis]).min(size[axis]));
            match (&mut indices, samples) {
                (Some(indices), Some(samples)) => {
                    let places = labels(&samples, self.component(number));
                    scaled.pick((start, end), (&places, &samples), indices);
                }
                (Some(_), None) => {}
                (None, Some(samples)) => {
                    scaled.add((start, end), &self.picture(number, &samples), &mut means);
                }
                (None, None) => {
                    let empty = self.empty_tile(number);
                    scaled.add((start, end), &empty, &mut means);
                }
            }
        }
        let size = scaled.size.map(|side| u32::try_from(side).expect("small"));
        match indices {
            Some(indices) => self.indexed(number, size, indices),
            None => encode(&means.picture(size)),
        }
    }

    /// The smallest level that is large enough, else the largest, of those that are not too large to be read.
    fn level_for(&self, edge: u64) -> Result<usize, ReadProblem> {
        let levels = self.levels.iter().enumerate().rev();
        let mut readable = levels.filter(|(_, level)| {
            level.width * level.height <= MAX_PIXELS && level.columns * level.rows <= MAX_TILES
        });
        let mut found = readable.next().ok_or_else(|| {
            ReadProblem::Unsupported(format!(
                "every level has more than {MAX_PIXELS} pixels or {MAX_TILES} tiles: too many for a thumbnail"
            ))
        })?;
        while found.1.width.max(found.1.height) < edge {
            match readable.next() {
                Some(larger) => found = larger,
                None => break,
            }
        }
        Ok(found.0)
    }
}

/// How a level becomes smaller.
struct Scaled {
    from: [u64; 2],
    size: [u64; 2],
}

/// The pixels of a level that a tile holds: first, and first beyond.
type Range = ([u64; 2], [u64; 2]);

impl Scaled {
    /// A level of a slide with its longer side at most `max_edge`, in the proportions of the whole slide: those of a
    /// small level are rounded.
    fn of(from: [u64; 2], whole: [u64; 2], max_edge: u32) -> Scaled {
        let longest = whole[0].max(whole[1]);
        let edge = from[0].max(from[1]).min(max_edge.into());
        let size = whole.map(|side| ((side * edge + longest / 2) / longest).max(1));
        Scaled { from, size }
    }

    /// Takes the number in the middle of each pixel.
    fn pick(
        &self,
        (start, end): Range,
        (places, samples): (&[u8], &TileSamples),
        indices: &mut [u8],
    ) {
        // The middle of pixel `at` lies in pixel (2 at + 1) from / (2 size) of the level.
        let middle = |axis: usize, at: u64| (2 * at + 1) * self.from[axis] / (2 * self.size[axis]);
        let within = |axis: usize| {
            let first = (start[axis] * self.size[axis] / self.from[axis]).saturating_sub(1);
            (first..self.size[axis])
                .map(move |at| (at, middle(axis, at)))
                .skip_while(move |(_, source)| *source < start[axis])
                .take_while(move |(_, source)| *source < end[axis])
        };
        for (y, source_y) in within(1) {
            for (x, source_x) in within(0) {
                let place = (source_y - start[1]) * samples.width as u64 + source_x - start[0];
                let target = usize::try_from(y * self.size[0] + x).expect("small");
                indices[target] = places[usize::try_from(place).expect("inside of a tile")];
            }
        }
    }

    /// Adds the pixels of a tile to the means, each with its share of area.
    fn add(&self, (start, end): Range, picture: &Picture, means: &mut Means) {
        let samples = if picture.format == PixelFormat::Grey {
            1
        } else {
            3
        };
        let columns: Vec<Share> = (start[0]..end[0]).map(|x| self.share(0, x)).collect();
        let width = usize::try_from(self.size[0]).expect("small");
        let row_bytes = picture.width as usize * samples;
        for (row, y) in picture.pixels.chunks_exact(row_bytes).zip(start[1]..end[1]) {
            let down = self.share(1, y);
            for (pixel, across) in row.chunks_exact(samples).zip(&columns) {
                let colour = [pixel[0], pixel[samples / 2], pixel[samples - 1]].map(f32::from);
                for (y, part) in [(down.at, down.first), (down.at + 1, 1.0 - down.first)] {
                    for (x, share) in [
                        (across.at, across.first),
                        (across.at + 1, 1.0 - across.first),
                    ] {
                        if part * share > 0.0 {
                            means.add(y * width + x, colour, part * share);
                        }
                    }
                }
            }
        }
    }

    /// Where a pixel of the level goes along an axis.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a remainder of sides below 2^32, good to seven digits"
    )]
    fn share(&self, axis: usize, at: u64) -> Share {
        let (from, size) = (self.from[axis], self.size[axis]);
        let place = at * size / from;
        // The pixel covers at size to (at + 1) size, and the next one starts at (place + 1) from.
        let first = ((place + 1) * from - at * size).min(size);
        Share {
            at: usize::try_from(place).expect("small"),
            first: first as f32 / size as f32,
        }
    }
}

/// The first pixel that it goes to, and its share in that one; the rest goes to the next one.
struct Share {
    at: usize,
    first: f32,
}

/// Weighted sums of red, green and blue, and the weights.
struct Means(Vec<[f32; 4]>);

impl Means {
    fn new(count: usize) -> Means {
        Means(vec![[0.0; 4]; count])
    }

    fn add(&mut self, at: usize, colour: [f32; 3], weight: f32) {
        // Rounding may give a last pixel a share in one beyond the edge.
        if let Some(sums) = self.0.get_mut(at) {
            for (sum, value) in sums.iter_mut().zip(colour) {
                *sum += value * weight;
            }
            sums[3] += weight;
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "means of bytes"
    )]
    fn picture(&self, [width, height]: [u32; 2]) -> Picture {
        let mean = |sums: &[f32; 4]| {
            [sums[0], sums[1], sums[2]].map(|sum| (sum / sums[3].max(f32::EPSILON)).round() as u8)
        };
        Picture {
            width,
            height,
            format: PixelFormat::Rgb,
            pixels: self.0.iter().flat_map(mean).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_means_over_their_area() {
        let scaled = Scaled::of([3, 2], [3, 2], 2);
        assert_eq!(scaled.size, [2, 1]);
        let picture = Picture {
            width: 4,
            height: 2,
            format: PixelFormat::Grey,
            pixels: vec![0, 30, 90, 255, 60, 30, 150, 255],
        };
        let mut means = Means::new(2);
        scaled.add(([0, 0], [3, 2]), &picture, &mut means);
        // (0 + 60 + (30 + 30) / 2) / 3 and ((30 + 30) / 2 + 90 + 150) / 3.
        assert_eq!(means.picture([2, 1]).pixels, [30, 30, 30, 90, 90, 90]);
    }

    #[test]
    fn the_shape_stays_and_nothing_grows() {
        for (from, edge, size) in [
            ([1000, 500], 100, [100, 50]),
            ([500, 1000], 100, [50, 100]),
            ([10, 20], 100, [10, 20]),
            ([100_000, 1], 64, [64, 1]),
        ] {
            assert_eq!(Scaled::of(from, from, edge).size, size);
        }
        // A quarter of 1100 by 513 pixels has 129 rows, not 128.25.
        assert_eq!(Scaled::of([275, 129], [1100, 513], 110).size, [110, 51]);
    }
}
