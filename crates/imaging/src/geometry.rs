//! Where samples lie in the patient.
//!
//! Axis order is x, y, z (x fastest in memory; NumPy arrays from SimpleITK are z, y, x). Lengths are millimetres in
//! LPS patient space, as ITK uses it: x grows to the patient's left, y to the back, z to the head.

use serde::{Deserialize, Serialize};

mod compare;

pub use compare::{GeometryVerdict, KnownMistake, compare};

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
