//! Volumes of half the resolution, for a first view over a slow line.

use crate::geometry::Geometry;
use crate::render::RenderError;
use crate::render::shape::Shape;
use crate::summary::ImageSummary;
use crate::volume::{Samples, Volume};

/// What becomes of up to eight voxels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halving {
    /// Their mean, rounded for whole numbers; infinite values and NaN are left out.
    Mean,
    /// The value that most of them have; of several the one that is not 0, then the lowest. No new value appears.
    Majority,
}

impl Halving {
    /// Labels must stay labels: majority for whole numbers of one channel that [`check`](crate::check) found to have no
    /// more than 64 distinct values.
    #[must_use]
    pub fn for_image(summary: &ImageSummary) -> Halving {
        let is_few = |segments: &Vec<i64>| segments.len() <= 64;
        if summary.segments.as_ref().is_some_and(is_few) {
            Halving::Majority
        } else {
            Halving::Mean
        }
    }
}

/// A volume with half as many voxels along x, y and z, over the same place in the patient and of the same type. An axis
/// of one voxel is left as it is, the last voxel of an odd axis is made of what there is. Time points stay.
///
/// # Errors
/// When samples and geometry do not agree, or there is no sample.
pub fn half_resolution(volume: &Volume, halving: Halving) -> Result<Volume, RenderError> {
    let shape = Shape::of(volume)?;
    macro_rules! halve {
        ($variant:ident, $values:expr, $mean:expr) => {{
            Samples::$variant(match halving {
                Halving::Mean => halved(&shape, $values, $mean),
                Halving::Majority => halved(&shape, $values, |cell| {
                    majority(cell, |value| *value == Default::default())
                }),
            })
        }};
    }
    macro_rules! rounded {
        ($type:ty, $wide:ty) => {
            |cell: &[$type]| {
                let sum: $wide = cell.iter().map(|value| <$wide>::from(*value)).sum();
                let mean = match cell.len() {
                    8 => (sum + 4) >> 3,
                    count => rounded_mean(sum.into(), count)
                        .try_into()
                        .unwrap_or_default(),
                };
                <$type>::try_from(mean).unwrap_or_default()
            }
        };
    }
    let samples = match &volume.samples {
        Samples::Int8(values) => halve!(Int8, values, rounded!(i8, i64)),
        Samples::Uint8(values) => halve!(Uint8, values, rounded!(u8, i64)),
        Samples::Int16(values) => halve!(Int16, values, rounded!(i16, i64)),
        Samples::Uint16(values) => halve!(Uint16, values, rounded!(u16, i64)),
        Samples::Int32(values) => halve!(Int32, values, rounded!(i32, i64)),
        Samples::Uint32(values) => halve!(Uint32, values, rounded!(u32, i64)),
        Samples::Int64(values) => halve!(Int64, values, rounded!(i64, i128)),
        Samples::Uint64(values) => halve!(Uint64, values, rounded!(u64, i128)),
        Samples::Float32(values) => halve!(Float32, values, |cell: &[f32]| {
            #[expect(clippy::cast_possible_truncation, reason = "a mean of such floats")]
            let mean = finite_mean(cell.iter().map(|value| f64::from(*value))) as f32;
            mean
        }),
        Samples::Float64(values) => {
            halve!(Float64, values, |cell: &[f64]| finite_mean(
                cell.iter().copied()
            ))
        }
    };
    Ok(Volume {
        geometry: half_geometry(&volume.geometry),
        channels: volume.channels,
        samples,
    })
}

/// The geometry of [`half_resolution`]: twice the spacing, and the centre of the first voxel where it then is.
#[must_use]
pub fn half_geometry(geometry: &Geometry) -> Geometry {
    let mut half = geometry.clone();
    let dimensions = geometry.size.len();
    for axis in (0..dimensions.min(3)).filter(|axis| geometry.size[*axis] > 1) {
        half.size[axis] = geometry.size[axis].div_ceil(2);
        half.spacing[axis] *= 2.0;
        for row in 0..dimensions {
            half.origin[row] +=
                0.5 * geometry.spacing[axis] * geometry.direction[row * dimensions + axis];
        }
    }
    half
}

fn halved<T: Copy>(shape: &Shape, values: &[T], of_cell: impl Fn(&[T]) -> T) -> Vec<T> {
    let [_, height, depth] = shape.size;
    let [x, y, z] = shape.size.map(|size| size.div_ceil(2));
    let row_length = shape.size[0] * shape.channels;
    let mut half = Vec::with_capacity(x * y * z * shape.channels * shape.times);
    let mut rows = Vec::with_capacity(4);
    for time in 0..shape.times {
        let volume = &values[time * shape.samples_per_time()..];
        for number in 0..y * z {
            let first = [2 * (number % y), 2 * (number / y)];
            rows.clear();
            for slice in first[1]..(first[1] + 2).min(depth) {
                for line in first[0]..(first[0] + 2).min(height) {
                    let start = (slice * height + line) * row_length;
                    rows.push(&volume[start..start + row_length]);
                }
            }
            halve_rows(&rows, shape.channels, &of_cell, &mut half);
        }
    }
    half
}

/// One line of the half from up to four lines of the whole.
fn halve_rows<T: Copy>(
    rows: &[&[T]],
    channels: usize,
    of_cell: impl Fn(&[T]) -> T,
    half: &mut Vec<T>,
) {
    let Some(length) = rows.first().map(|row| row.len()) else {
        return;
    };
    for pair in (0..length).step_by(2 * channels) {
        for place in pair..pair + channels {
            let mut cell = [rows[0][place]; 8];
            let mut count = 0;
            for row in rows {
                for place in [place, place + channels] {
                    if let Some(value) = row.get(place) {
                        cell[count] = *value;
                        count += 1;
                    }
                }
            }
            half.push(of_cell(&cell[..count]));
        }
    }
}

/// The mean rounded to the nearest whole number, halves upwards.
fn rounded_mean(sum: i128, count: usize) -> i128 {
    let count = count.max(1) as i128;
    (2 * sum + count).div_euclid(2 * count)
}

fn finite_mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let finite = values.filter(|value| value.is_finite());
    let count: f64 = finite.clone().map(|_| 1.0).sum();
    if count == 0.0 {
        return f64::NAN;
    }
    // Divided first: the sum of large numbers may be infinite.
    finite.map(|value| value / count).sum()
}

fn majority<T: Copy + PartialOrd>(cell: &[T], is_background: impl Fn(&T) -> bool) -> T {
    let rank = |value: &T| {
        let count = cell.iter().filter(|other| *other == value).count();
        (count, !is_background(value))
    };
    let mut best = cell[0];
    for value in &cell[1..] {
        let (new, old) = (rank(value), rank(&best));
        if new > old || (new == old && *value < best) {
            best = *value;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(size: Vec<u64>, samples: Samples) -> Volume {
        Volume {
            geometry: Geometry::identity(size),
            channels: 1,
            samples,
        }
    }

    #[test]
    fn eight_voxels_become_their_mean() {
        let half = half_resolution(
            &volume(
                vec![2, 2, 2],
                Samples::Int16(vec![-3, -3, -3, -3, -3, -3, -3, -1]),
            ),
            Halving::Mean,
        )
        .unwrap();
        assert_eq!(half.samples, Samples::Int16(vec![-3]));
        assert_eq!(half.geometry.spacing, [2.0; 3]);
        assert_eq!(half.geometry.origin, [0.5; 3]);
        let wide = volume(vec![2, 1], Samples::Uint64(vec![u64::MAX, u64::MAX]));
        let wide = half_resolution(&wide, Halving::Mean).unwrap();
        assert_eq!(wide.samples, Samples::Uint64(vec![u64::MAX]));
        assert_eq!(wide.geometry.spacing, [2.0, 1.0]);
        let holes = volume(vec![2, 1], Samples::Float32(vec![f32::NAN, 4.0]));
        let holes = half_resolution(&holes, Halving::Mean).unwrap();
        assert_eq!(holes.samples, Samples::Float32(vec![4.0]));
    }

    #[test]
    fn the_half_lies_where_the_whole_lies() {
        let mut whole = volume(vec![4, 6, 2], Samples::Uint8(vec![0; 48]));
        whole.geometry.spacing = vec![0.5, 2.0, 3.0];
        whole.geometry.origin = vec![10.0, -20.0, 30.0];
        whole.geometry.direction = vec![0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        let half = half_resolution(&whole, Halving::Mean).unwrap();
        let outer = |geometry: &Geometry, index| geometry.affine().apply(index);
        for (corner, far) in [([-0.5; 3], [-0.5; 3]), ([3.5, 5.5, 1.5], [1.5, 2.5, 0.5])] {
            let (a, b) = (outer(&whole.geometry, corner), outer(&half.geometry, far));
            assert!(
                a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9),
                "{a:?} {b:?}"
            );
        }
        assert!(crate::geometry::compare(&half.geometry, &whole.geometry).aligned);
    }

    #[test]
    fn labels_stay_labels_and_thin_ones_stay_where_they_can() {
        let half = |values: Vec<u8>| {
            half_resolution(
                &volume(vec![2, 2], Samples::Uint8(values)),
                Halving::Majority,
            )
            .unwrap()
            .samples
        };
        assert_eq!(half(vec![1, 3, 3, 9]), Samples::Uint8(vec![3]));
        assert_eq!(half(vec![0, 0, 5, 5]), Samples::Uint8(vec![5]));
        assert_eq!(half(vec![7, 7, 5, 5]), Samples::Uint8(vec![5]));
        assert_eq!(half(vec![0, 0, 0, 5]), Samples::Uint8(vec![0]));
    }

    #[test]
    fn odd_sides_time_and_channels_are_kept() {
        let mut stack = volume(vec![3, 1, 1, 2], Samples::Uint8((0..12).collect()));
        stack.channels = 2;
        let half = half_resolution(&stack, Halving::Mean).unwrap();
        assert_eq!(half.geometry.size, [2, 1, 1, 2]);
        // Channels of voxels 0 and 1 (0, 2 and 1, 3), then of voxel 2, then the same 6 higher.
        assert_eq!(half.samples, Samples::Uint8(vec![1, 2, 4, 5, 7, 8, 10, 11]));
        stack.channels = 3;
        assert!(half_resolution(&stack, Halving::Mean).is_err());
    }
}
