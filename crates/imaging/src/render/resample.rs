//! One plane of voxels as rows of pixels: linear where pixels are finer than voxels, the mean where they are coarser.

use super::grid::SliceGrid;
use super::shape::{SampleReader, Shape};

/// The voxels along one axis that make up a pixel, and their weights, which add up to 1.
struct Taps {
    first: usize,
    weights: Vec<f64>,
}

/// Where the samples of the plane lie in memory.
pub(super) struct PlaneSource<'a> {
    pub(super) read: &'a SampleReader<'a>,
    pub(super) shape: Shape,
    /// First sample of the time point.
    pub(super) start: usize,
    /// Channels to read, from the first.
    pub(super) channels: usize,
}

/// Hands rows of pixels to `deliver`, channels interleaved. Every voxel is read a few times at most, however thin the image:
/// an axis that has more voxels than pixels is brought down before the other one is stretched.
pub(super) fn smooth_rows(
    source: &PlaneSource<'_>,
    grid: &SliceGrid,
    deliver: &mut dyn FnMut(&[f64]),
) {
    let [columns, rows] = taps(grid, &source.shape, linear_or_mean);
    let strides = source.shape.strides();
    let plane = Plane {
        source,
        first: source.start + slice_number(grid) * strides[grid.axis],
        strides: grid.in_plane.map(|axis| strides[axis]),
    };
    let width = source.shape.size[grid.in_plane[0]];
    if columns.len() > width {
        down_then_across(&plane, width, (&columns, &rows), deliver);
    } else {
        across_then_down(&plane, (&columns, &rows), deliver);
    }
}

/// The samples of one slice.
struct Plane<'a> {
    source: &'a PlaneSource<'a>,
    /// Its first sample.
    first: usize,
    /// From a voxel to the next one along a row and down a column, samples.
    strides: [usize; 2],
}

impl Plane<'_> {
    /// Adds a voxel to a pixel.
    fn add(&self, (column, row): (usize, usize), weight: f64, pixel: &mut [f64]) {
        let place = self.first + column * self.strides[0] + row * self.strides[1];
        for (channel, value) in pixel.iter_mut().enumerate() {
            *value += (self.source.read)(place + channel) * weight;
        }
    }
}

/// For planes that are narrower than their picture: rows of voxels are added up, then stretched.
fn down_then_across(
    plane: &Plane<'_>,
    width: usize,
    (columns, rows): (&[Taps], &[Taps]),
    deliver: &mut dyn FnMut(&[f64]),
) {
    let channels = plane.source.channels;
    let mut line = vec![0.0; width * channels];
    let mut row = vec![0.0; columns.len() * channels];
    for taps in rows {
        line.fill(0.0);
        for (offset, weight) in taps.weights.iter().enumerate() {
            for (column, voxel) in line.chunks_exact_mut(channels).enumerate() {
                plane.add((column, taps.first + offset), *weight, voxel);
            }
        }
        row.fill(0.0);
        for (taps, pixel) in columns.iter().zip(row.chunks_exact_mut(channels)) {
            let voxels = line[taps.first * channels..].chunks_exact(channels);
            for (voxel, weight) in voxels.zip(&taps.weights) {
                for (value, sample) in pixel.iter_mut().zip(voxel) {
                    *value += sample * weight;
                }
            }
        }
        deliver(&row);
    }
}

/// For all others: rows of voxels become rows of pixels, which are added up. The last two are remembered, because a row
/// of voxels may be needed for many rows of pixels.
fn across_then_down(
    plane: &Plane<'_>,
    (columns, rows): (&[Taps], &[Taps]),
    deliver: &mut dyn FnMut(&[f64]),
) {
    let channels = plane.source.channels;
    let mut remembered: [(usize, Vec<f64>); 2] =
        std::array::from_fn(|_| (usize::MAX, vec![0.0; columns.len() * channels]));
    let mut row = vec![0.0; columns.len() * channels];
    for taps in rows {
        row.fill(0.0);
        for (offset, weight) in taps.weights.iter().enumerate() {
            let number = taps.first + offset;
            let (known, line) = &mut remembered[number % 2];
            if *known != number {
                *known = number;
                line.fill(0.0);
                for (taps, pixel) in columns.iter().zip(line.chunks_exact_mut(channels)) {
                    for (offset, weight) in taps.weights.iter().enumerate() {
                        plane.add((taps.first + offset, number), *weight, pixel);
                    }
                }
            }
            for (value, sample) in row.iter_mut().zip(line.iter()) {
                *value += sample * weight;
            }
        }
        deliver(&row);
    }
}

fn slice_number(grid: &SliceGrid) -> usize {
    usize::try_from(grid.index).expect("checked against the size in memory")
}

/// Taps for every column and every row.
fn taps(grid: &SliceGrid, shape: &Shape, tap: fn(f64, f64, usize) -> Taps) -> [Vec<Taps>; 2] {
    let counts = [grid.width, grid.height];
    std::array::from_fn(|side| {
        let axis = grid.in_plane[side];
        let (step, first) = (grid.to_index.matrix[axis][side], grid.to_index.offset[axis]);
        (0..counts[side])
            .map(|pixel| {
                tap(
                    first + f64::from(pixel) * step,
                    step.abs(),
                    shape.size[axis],
                )
            })
            .collect()
    })
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to indices of a volume in memory"
)]
fn linear_or_mean(position: f64, step: f64, size: usize) -> Taps {
    let last = size as f64 - 1.0;
    if step <= 1.0 {
        let position = snapped(position.clamp(0.0, last));
        let first = position.floor();
        let share = position - first;
        let weights = if share == 0.0 {
            vec![1.0]
        } else {
            vec![1.0 - share, share]
        };
        return Taps {
            first: first as usize,
            weights,
        };
    }
    // Edges of the pixel in a count where voxel i reaches from i to i + 1.
    let low = (position + 0.5 - step / 2.0).clamp(0.0, last + 0.5);
    let high = (position + 0.5 + step / 2.0).clamp(low + 1e-6, last + 1.0);
    let first = low.floor() as usize;
    let end = (high.ceil() as usize).clamp(first + 1, size);
    let mut weights: Vec<f64> = (first..end)
        .map(|voxel| (high.min(voxel as f64 + 1.0) - low.max(voxel as f64)).max(0.0))
        .collect();
    while weights.len() > 1 && weights.last().is_some_and(|weight| *weight < 1e-9) {
        weights.pop();
    }
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    Taps { first, weights }
}

/// A position that is a whole number but for rounding becomes one, so that a voxel is not mixed with its neighbour.
fn snapped(position: f64) -> f64 {
    let whole = position.round();
    if (position - whole).abs() < 1e-6 {
        whole
    } else {
        position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_and_stay_inside() {
        for size in [1usize, 2, 7, 100] {
            for step in [0.1, 0.5, 1.0, 1.5, 2.0, 33.3] {
                let mut position = -1.0;
                while position < 102.0 {
                    let taps = linear_or_mean(position, step, size);
                    let sum: f64 = taps.weights.iter().sum();
                    assert!((sum - 1.0).abs() < 1e-9, "{size} {step} {position}: {sum}");
                    assert!(
                        taps.first + taps.weights.len() <= size,
                        "{size} {step} {position}"
                    );
                    position += 0.37;
                }
            }
        }
    }

    #[test]
    fn two_voxels_in_one_pixel_count_the_same() {
        let taps = linear_or_mean(0.5, 2.0, 10);
        assert_eq!((taps.first, taps.weights), (0, vec![0.5, 0.5]));
        let one = linear_or_mean(3.0, 1.0, 10);
        assert_eq!((one.first, one.weights), (3, vec![1.0]));
    }
}
