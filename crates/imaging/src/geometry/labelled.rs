//! How much of what a mask marks lies on the image that it belongs to.
//!
//! The boxes of two grids may overlap while the organ lies outside: only the labelled voxels tell.

use serde::{Deserialize, Serialize};

use super::frame::Frame;
use super::{Geometry, InvalidGeometry};
use crate::volume::{Samples, Volume, with_samples};

/// Labelled voxels of a mask, and how many of them have their centre inside the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelledShare {
    /// Voxels that are not 0, at all time points.
    pub labelled: u64,
    /// Those of them inside the image.
    pub inside: u64,
}

impl LabelledShare {
    /// From 0 to 1; `None` when nothing is labelled.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "voxel counts stay below 2^53")]
    pub fn share(&self) -> Option<f64> {
        (self.labelled > 0).then(|| self.inside as f64 / self.labelled as f64)
    }

    /// Says so when something lies outside; a lower-case fragment.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        let share = self.share()?;
        if self.inside == self.labelled {
            return None;
        }
        if self.inside == 0 {
            return Some("no labelled voxel lies inside the image".into());
        }
        // Never "100 %" while a voxel lies outside.
        let percent = (share * 1000.0).floor() / 10.0;
        Some(format!(
            "{percent:.1} % of the labelled voxels lie inside the image, {} lie outside",
            self.labelled - self.inside
        ))
    }
}

/// Counts the labelled voxels of a mask that lie inside an image on another grid. A voxel counts as inside up to the
/// outer edge of the outermost voxels of the image; of several channels one above 0 makes a voxel labelled.
///
/// # Errors
/// When one of the geometries is unusable. A mask whose samples are fewer than its geometry says is counted as far as
/// they go.
pub fn labelled_inside(mask: &Volume, image: &Geometry) -> Result<LabelledShare, InvalidGeometry> {
    let (mask_frame, image) = (Frame::of(&mask.geometry)?, Frame::of(image)?);
    let inverse = image.affine().inverse().ok_or(InvalidGeometry::Singular)?;
    let (to_mm, last) = (mask_frame.affine(), image.last_index());
    let is_inside = |index: [f64; 3]| {
        let index = inverse.apply(to_mm.apply(index));
        (0..3).all(|axis| (-0.5 - 1e-6..=last[axis] + 0.5 + 1e-6).contains(&index[axis]))
    };
    let mut count = LabelledShare {
        labelled: 0,
        inside: 0,
    };
    each_labelled(
        &mask.samples,
        mask.channels,
        mask_frame.size,
        &mut |index| {
            count.labelled += 1;
            count.inside += u64::from(is_inside(index));
        },
    );
    Ok(count)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "indices of a volume in memory are far below 2^53"
)]
fn each_labelled(
    samples: &Samples,
    channels: u32,
    size: [u64; 3],
    deliver: &mut dyn FnMut([f64; 3]),
) {
    let channels = usize::try_from(channels).unwrap_or(usize::MAX).max(1);
    let [x, y, z] = size.map(|size| size.max(1));
    with_samples!(samples, values => {
        for (number, voxel) in values.chunks(channels).enumerate() {
            if voxel.iter().any(|value| *value != Default::default()) {
                let number = number as u64;
                deliver([number % x, number / x % y, number / x / y % z].map(|index| index as f64));
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(origin: [f64; 3], values: Vec<u8>) -> Volume {
        let mut geometry = Geometry::identity(vec![2, 2, 1]);
        geometry.spacing = vec![2.0, 2.0, 1.0];
        geometry.origin = origin.to_vec();
        Volume {
            geometry,
            channels: 1,
            samples: Samples::Uint8(values),
        }
    }

    #[test]
    fn only_labelled_voxels_count() {
        let image = Geometry::identity(vec![4, 4, 1]);
        let count = |origin, values| labelled_inside(&mask(origin, values), &image).unwrap();
        let all = count([0.5, 0.5, 0.0], vec![1, 2, 0, 3]);
        assert_eq!((all.labelled, all.inside), (3, 3));
        assert_eq!(all.message(), None);
        // Moved right by three: the second column lies outside.
        let some = count([3.5, 0.5, 0.0], vec![1, 2, 0, 3]);
        assert_eq!((some.labelled, some.inside), (3, 1));
        assert_eq!(
            some.message().unwrap(),
            "33.3 % of the labelled voxels lie inside the image, 2 lie outside"
        );
        let none = count([0.0, 0.0, 5.0], vec![1, 0, 0, 0]);
        assert_eq!(
            none.message().unwrap(),
            "no labelled voxel lies inside the image"
        );
        assert_eq!(count([0.0; 3], vec![0; 4]).share(), None);
    }

    #[test]
    fn every_time_point_counts() {
        let image = Geometry::identity(vec![2, 1, 1]);
        let stack = Volume {
            geometry: Geometry::identity(vec![2, 1, 1, 2]),
            channels: 1,
            samples: Samples::Float32(vec![0.0, 1.0, 1.0, f32::NAN]),
        };
        let count = labelled_inside(&stack, &image).unwrap();
        assert_eq!((count.labelled, count.inside), (3, 3));
    }
}
