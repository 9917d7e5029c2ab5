//! The first three axes of a geometry in fixed arrays, for arithmetic that cannot go out of bounds.

use super::{Affine, Geometry, InvalidGeometry};

/// Origins may differ by this share of the smallest spacing.
const ORIGIN_TOLERANCE: f64 = 1e-3;
/// Spacings may differ by this share.
const SPACING_TOLERANCE: f64 = 1e-4;
/// Direction cosines may differ by this.
const DIRECTION_TOLERANCE: f64 = 1e-4;

pub(super) const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// Size, spacing, origin and direction of the first three axes; absent axes are one sample of 1 mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub(super) size: [u64; 3],
    pub(super) spacing: [f64; 3],
    pub(super) origin: [f64; 3],
    /// Rows; column `i` is the direction of axis `i`.
    pub(super) direction: [[f64; 3]; 3],
}

impl Frame {
    pub(super) fn of(geometry: &Geometry) -> Result<Frame, InvalidGeometry> {
        geometry.validate()?;
        let dimensions = geometry.size.len();
        let mut frame = Frame {
            size: [1; 3],
            spacing: [1.0; 3],
            origin: [0.0; 3],
            direction: IDENTITY,
        };
        for row in 0..dimensions.min(3) {
            frame.size[row] = geometry.size[row];
            frame.spacing[row] = geometry.spacing[row];
            frame.origin[row] = geometry.origin[row];
            for column in 0..dimensions.min(3) {
                frame.direction[row][column] = geometry.direction[row * dimensions + column];
            }
        }
        if frame.affine().inverse().is_none() {
            return Err(InvalidGeometry::Singular);
        }
        Ok(frame)
    }

    pub(super) fn affine(&self) -> Affine {
        let mut matrix = self.direction;
        for row in &mut matrix {
            for (value, spacing) in row.iter_mut().zip(self.spacing) {
                *value *= spacing;
            }
        }
        Affine {
            matrix,
            offset: self.origin,
        }
    }

    /// Physical position of a continuous index, mm.
    pub(super) fn at(&self, index: [f64; 3]) -> [f64; 3] {
        self.affine().apply(index)
    }

    /// Continuous index of a physical position.
    pub(super) fn index_of(&self, point: [f64; 3]) -> [f64; 3] {
        let inverse = self
            .affine()
            .inverse()
            .expect("checked when the frame was made");
        inverse.apply(point)
    }

    pub(super) fn smallest_spacing(&self) -> f64 {
        self.spacing.into_iter().fold(f64::INFINITY, f64::min)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "sizes above 2^53 have no corner worth a millimetre"
    )]
    pub(super) fn last_index(&self) -> [f64; 3] {
        self.size.map(|size| size.saturating_sub(1) as f64)
    }

    /// Spacing 1, origin 0, identity: what ITK gives an image without geometry.
    pub(super) fn is_default(&self) -> bool {
        let default = Frame {
            size: self.size,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            direction: IDENTITY,
        };
        self.same_place(&default)
    }

    pub(super) fn same_spacing(&self, other: &Frame) -> bool {
        let close = |(a, b): (f64, f64)| (a - b).abs() <= SPACING_TOLERANCE * b;
        self.spacing.into_iter().zip(other.spacing).all(close)
    }

    pub(super) fn same_origin(&self, other: &Frame) -> bool {
        distance(self.origin, other.origin) <= ORIGIN_TOLERANCE * other.smallest_spacing()
    }

    pub(super) fn same_direction(&self, other: &Frame) -> bool {
        let pairs = self
            .direction
            .iter()
            .flatten()
            .zip(other.direction.iter().flatten());
        pairs
            .into_iter()
            .all(|(a, b)| (a - b).abs() <= DIRECTION_TOLERANCE)
    }

    /// Spacing, origin and direction agree; sizes are not looked at.
    pub(super) fn same_place(&self, other: &Frame) -> bool {
        self.same_spacing(other) && self.same_origin(other) && self.same_direction(other)
    }

    /// The eight corners in index space, from `low` below the first sample to `low` beyond the last.
    pub(super) fn corners(&self, low: f64) -> impl Iterator<Item = [f64; 3]> + use<> {
        let last = self.last_index();
        (0..8).map(move |corner: usize| {
            std::array::from_fn(|axis| {
                if corner >> axis & 1 == 0 {
                    low
                } else {
                    last[axis] - low
                }
            })
        })
    }

    /// Largest distance between corners with the same index, mm. Both frames have the same size.
    pub(super) fn worst_corner(&self, other: &Frame) -> f64 {
        self.corners(0.0)
            .map(|index| distance(self.at(index), other.at(index)))
            .fold(0.0, f64::max)
    }
}

pub(super) fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f64>()
        .sqrt()
}
