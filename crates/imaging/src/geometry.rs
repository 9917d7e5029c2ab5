//! Where samples lie in the patient.
//!
//! Axis order is x, y, z (x fastest in memory; NumPy arrays from SimpleITK are z, y, x). Lengths are millimetres in
//! LPS patient space, as ITK uses it: x grows to the patient's left, y to the back, z to the head.

use serde::{Deserialize, Serialize};

mod affine;
mod boxes;
mod compare;
mod frame;
mod labelled;
mod mistake;

pub use affine::Affine;
pub use compare::{GeometryVerdict, GridRelation, compare};
pub use labelled::{LabelledShare, labelled_inside};
pub use mistake::KnownMistake;

/// Size, spacing, origin and direction of an image, as ITK defines them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    /// Samples along x, y, z, t.
    pub size: Vec<u64>,
    /// Distance between sample centres along each axis, mm (the fourth axis has its own unit).
    pub spacing: Vec<f64>,
    /// Position of the centre of the first sample, mm, LPS.
    pub origin: Vec<f64>,
    /// Square matrix, row by row; column `i` is the unit vector of image axis `i` in LPS space.
    pub direction: Vec<f64>,
}

/// Numbers that are no geometry.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvalidGeometry {
    /// Lists of different length.
    #[error("{field} has {found} numbers, {expected} expected for {dimensions} dimensions")]
    Length {
        /// Which list.
        field: &'static str,
        /// Numbers needed.
        expected: usize,
        /// Numbers given.
        found: usize,
        /// Dimensions, from the size.
        dimensions: usize,
    },
    /// Infinite or not a number.
    #[error("{field} holds {value}, which is not a finite number")]
    NotFinite {
        /// Which list.
        field: &'static str,
        /// The number.
        value: f64,
    },
    /// Spacing zero or below.
    #[error("spacing {0} is not above zero")]
    Spacing(f64),
    /// A direction matrix without an inverse.
    #[error("the direction matrix is singular")]
    Singular,
}

impl Geometry {
    /// What ITK gives an image without geometry: spacing 1, origin 0, identity.
    #[must_use]
    pub fn identity(size: Vec<u64>) -> Geometry {
        let dimensions = size.len();
        Geometry {
            spacing: vec![1.0; dimensions],
            origin: vec![0.0; dimensions],
            direction: identity_matrix(dimensions),
            size,
        }
    }

    /// Voxels (of all time points), at most `u128::MAX`.
    #[must_use]
    pub fn voxel_count(&self) -> u128 {
        self.size.iter().fold(1u128, |product, size| {
            product.saturating_mul(u128::from(*size))
        })
    }

    /// Checks that the lists agree in length, that all numbers are finite, spacing is above zero and the direction
    /// matrix has an inverse. Readers of this crate only return geometries that pass.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), InvalidGeometry> {
        let dimensions = self.size.len();
        let lists = [
            ("spacing", &self.spacing, dimensions),
            ("origin", &self.origin, dimensions),
            ("direction", &self.direction, dimensions * dimensions),
        ];
        for (field, list, expected) in lists {
            if list.len() != expected {
                return Err(InvalidGeometry::Length {
                    field,
                    expected,
                    found: list.len(),
                    dimensions,
                });
            }
            if let Some(value) = list.iter().copied().find(|value| !value.is_finite()) {
                return Err(InvalidGeometry::NotFinite { field, value });
            }
        }
        if let Some(spacing) = self.spacing.iter().copied().find(|spacing| *spacing <= 0.0) {
            return Err(InvalidGeometry::Spacing(spacing));
        }
        if is_singular(&self.direction, dimensions) {
            return Err(InvalidGeometry::Singular);
        }
        Ok(())
    }

    /// Index to LPS millimetres for the first three axes; absent axes count as one sample of 1 mm along z.
    #[must_use]
    pub fn affine(&self) -> Affine {
        Affine::of(self)
    }
}

fn identity_matrix(dimensions: usize) -> Vec<f64> {
    (0..dimensions * dimensions)
        .map(|index| {
            if index / dimensions == index % dimensions {
                1.0
            } else {
                0.0
            }
        })
        .collect()
}

/// Gaussian elimination with row exchange; a pivot far below the largest entry counts as zero.
fn is_singular(matrix: &[f64], dimensions: usize) -> bool {
    let mut matrix = matrix.to_vec();
    let largest = matrix
        .iter()
        .fold(0.0f64, |largest, value| largest.max(value.abs()));
    let smallest_pivot = largest * 1e-12;
    for column in 0..dimensions {
        let best = (column..dimensions).fold(column, |best, row| {
            if matrix[row * dimensions + column].abs() > matrix[best * dimensions + column].abs() {
                row
            } else {
                best
            }
        });
        let pivot = matrix[best * dimensions + column];
        if pivot.is_nan() || pivot.abs() <= smallest_pivot {
            return true;
        }
        for index in 0..dimensions {
            matrix.swap(column * dimensions + index, best * dimensions + index);
        }
        for row in column + 1..dimensions {
            let factor = matrix[row * dimensions + column] / pivot;
            for index in column..dimensions {
                matrix[row * dimensions + index] -= factor * matrix[column * dimensions + index];
            }
        }
    }
    false
}
