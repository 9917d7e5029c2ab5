//! The tissue of an image: the components above the threshold that are large enough.

use imaging::geometry::Affine;
use imaging::{Geometry, Samples, Volume};

use crate::components::{self, Component, Size};

/// Voxel value of the largest component in the segmentation.
const LARGEST: u8 = 1;
/// Voxel value of all other components.
const OTHER: u8 = 2;
/// Cubic millimetres in a millilitre.
const MM3_PER_ML: f64 = 1000.0;

/// What was found.
#[derive(Debug)]
pub(crate) struct Tissue {
    /// Grey value above which a voxel is tissue.
    pub(crate) threshold: f64,
    /// Components that are large enough, the largest first.
    pub(crate) components: Vec<Component>,
    /// Number of components that are not.
    pub(crate) dropped: usize,
    /// Where the image lies.
    geometry: Geometry,
    /// One voxel, ml.
    voxel_ml: f64,
}

impl Tissue {
    /// Everything brighter than `threshold` in components of at least `minimum_ml` millilitres.
    ///
    /// `volume` has one channel and two or three axes, as [`Input`](crate::input::Input) makes sure.
    pub(crate) fn above(threshold: f64, volume: &Volume, minimum_ml: f64) -> Self {
        let voxel_ml = voxel_mm3(&volume.geometry) / MM3_PER_ML;
        let mut mask = Vec::with_capacity(volume.samples.len());
        volume
            .samples
            .for_each_f64(|value| mask.push(value > threshold));
        let (components, dropped): (Vec<Component>, Vec<Component>) =
            components::find(&mask, grid(&volume.geometry))
                .into_iter()
                .partition(|component| volume_ml(component, voxel_ml) >= minimum_ml);
        Self {
            threshold,
            components,
            dropped: dropped.len(),
            geometry: volume.geometry.clone(),
            voxel_ml,
        }
    }

    /// Volume of one component, ml.
    pub(crate) fn component_ml(&self, component: &Component) -> f64 {
        volume_ml(component, self.voxel_ml)
    }

    /// Volume of all kept components, ml.
    pub(crate) fn volume_ml(&self) -> f64 {
        self.components
            .iter()
            .map(|component| self.component_ml(component))
            .sum()
    }

    /// Centre of gravity of a component: x, y, z in mm, LPS.
    pub(crate) fn centre_mm(&self, component: &Component) -> [f64; 3] {
        self.geometry.affine().apply(component.centre)
    }

    /// One byte per voxel: 0 background, 1 the largest component, 2 the others.
    pub(crate) fn labels(&self) -> Samples {
        let [width, height, depth] = grid(&self.geometry);
        let mut labels = vec![0; width * height * depth];
        for (rank, component) in self.components.iter().enumerate() {
            let label = if rank == 0 { LARGEST } else { OTHER };
            for run in &component.runs {
                labels[run.clone()].fill(label);
            }
        }
        Samples::Uint8(labels)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count of voxels in memory is far below 2^53"
)]
fn volume_ml(component: &Component, voxel_ml: f64) -> f64 {
    component.voxels as f64 * voxel_ml
}

/// Voxels along x, y, z; a missing z counts as one.
fn grid(geometry: &Geometry) -> Size {
    [0, 1, 2].map(|axis| {
        let size = geometry.size.get(axis).copied().unwrap_or(1);
        usize::try_from(size).expect("the samples are in memory")
    })
}

/// Volume of one voxel; axes may be oblique, so it is the determinant of the map to millimetres.
fn voxel_mm3(geometry: &Geometry) -> f64 {
    let Affine {
        matrix: [[a, b, c], [d, e, f], [g, h, i]],
        ..
    } = geometry.affine();
    (a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two bright voxels in a row and one apart, in a grid that is turned and scaled.
    fn volume() -> Volume {
        let mut geometry = Geometry::identity(vec![5, 1, 2]);
        geometry.spacing = vec![10.0, 5.0, 20.0];
        geometry.origin = vec![100.0, 0.0, -7.0];
        geometry.direction = vec![-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        Volume {
            geometry,
            channels: 1,
            samples: Samples::Int16(vec![9, 8, 0, 0, 0, 0, 0, 0, 0, 7]),
        }
    }

    #[test]
    fn volumes_and_centres_are_in_the_patient() {
        let tissue = Tissue::above(5.0, &volume(), 0.0);
        assert_eq!(tissue.volume_ml(), 3.0);
        assert_eq!(tissue.centre_mm(&tissue.components[0]), [95.0, 0.0, -7.0]);
        assert_eq!(tissue.centre_mm(&tissue.components[1]), [60.0, 0.0, 13.0]);
        assert_eq!(
            tissue.labels(),
            Samples::Uint8(vec![1, 1, 0, 0, 0, 0, 0, 0, 0, 2])
        );
    }

    #[test]
    fn small_components_are_dropped() {
        let tissue = Tissue::above(5.0, &volume(), 2.0);
        assert_eq!((tissue.components.len(), tissue.dropped), (1, 1));
        assert_eq!(tissue.volume_ml(), 2.0);
        let nothing = Tissue::above(5.0, &volume(), 2.1);
        assert!(nothing.components.is_empty());
        assert_eq!(nothing.labels(), Samples::Uint8(vec![0; 10]));
    }
}
