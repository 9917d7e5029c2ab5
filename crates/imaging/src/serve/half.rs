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
        ($type:ty) => {
            |cell: &[$type]| {
                let sum: i128 = cell.iter().map(|value| i128::from(*value)).sum();
                <$type>::try_from(rounded_mean(sum, cell.len())).unwrap_or_default()
            }
        };
    }
    let samples = match &volume.samples {
        Samples::Int8(values) => halve!(Int8, values, rounded!(i8)),
        Samples::Uint8(values) => halve!(Uint8, values, rounded!(u8)),
        Samples::Int16(values) => halve!(Int16, values, rounded!(i16)),
        Samples::Uint16(values) => halve!(Uint16, values, rounded!(u16)),
        Samples::Int32(values) => halve!(Int32, values, rounded!(i32)),
        Samples::Uint32(values) => halve!(Uint32, values, rounded!(u32)),
        Samples::Int64(values) => halve!(Int64, values, rounded!(i64)),
        Samples::Uint64(values) => halve!(Uint64, values, rounded!(u64)),
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
    let [x, y, z] = shape.size.map(|size| size.div_ceil(2));
    let strides = shape.strides();
    let mut half = Vec::with_capacity(x * y * z * shape.channels * shape.times);
    let mut cell = Vec::with_capacity(8);
    for time in 0..shape.times {
        let start = time * shape.samples_per_time();
        for number in 0..x * y * z {
            let first = [number % x, number / x % y, number / x / y].map(|index| 2 * index);
            for channel in 0..shape.channels {
                cell.clear();
                for corner in 0..8usize {
                    let voxel: [usize; 3] =
                        std::array::from_fn(|axis| first[axis] + (corner >> axis & 1));
                    if voxel
                        .iter()
                        .zip(shape.size)
                        .all(|(index, size)| *index < size)
                    {
                        let place: usize = voxel.iter().zip(strides).map(|(a, b)| a * b).sum();
                        cell.push(values[start + place + channel]);
                    }
                }
                half.push(of_cell(&cell));
            }
        }
    }
    half
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
