//! The map between indices and millimetres.

use super::Geometry;

/// `point = matrix · index + offset`: continuous index (x, y, z, 0 is the centre of the first sample) to LPS mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    /// Rows of the matrix: direction times spacing.
    pub matrix: [[f64; 3]; 3],
    /// The origin, mm.
    pub offset: [f64; 3],
}

impl Affine {
    pub(super) fn of(geometry: &Geometry) -> Affine {
        let dimensions = geometry.size.len();
        let mut affine = Affine {
            matrix: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            offset: [0.0; 3],
        };
        for row in 0..dimensions.min(3) {
            affine.offset[row] = geometry.origin.get(row).copied().unwrap_or(0.0);
            for column in 0..dimensions.min(3) {
                let cosine = geometry.direction.get(row * dimensions + column).copied();
                let spacing = geometry.spacing.get(column).copied().unwrap_or(1.0);
                affine.matrix[row][column] = cosine.unwrap_or(0.0) * spacing;
            }
        }
        affine
    }

    /// Index to LPS mm, or for an [inverse](Self::inverse) the other way.
    #[must_use]
    pub fn apply(&self, point: [f64; 3]) -> [f64; 3] {
        let mut result = self.offset;
        for (value, row) in result.iter_mut().zip(self.matrix) {
            *value += row[0] * point[0] + row[1] * point[1] + row[2] * point[2];
        }
        result
    }

    /// LPS mm to continuous index; `None` for a singular matrix.
    #[must_use]
    pub fn inverse(&self) -> Option<Affine> {
        let [[a, b, c], [d, e, f], [g, h, i]] = self.matrix;
        let determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
        if determinant == 0.0 || !determinant.is_finite() {
            return None;
        }
        let adjugate = [
            [e * i - f * h, c * h - b * i, b * f - c * e],
            [f * g - d * i, a * i - c * g, c * d - a * f],
            [d * h - e * g, b * g - a * h, a * e - b * d],
        ];
        let mut inverse = Affine {
            matrix: adjugate.map(|row| row.map(|value| value / determinant)),
            offset: [0.0; 3],
        };
        inverse.offset = inverse.apply(self.offset).map(|value| -value);
        Some(inverse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_affine_scales_before_it_turns() {
        let geometry = Geometry {
            size: vec![4, 3, 2],
            spacing: vec![2.0, 3.0, 5.0],
            origin: vec![10.0, 20.0, 30.0],
            direction: vec![0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0],
        };
        let affine = geometry.affine();
        assert_eq!(affine.apply([1.0, 0.0, 0.0]), [10.0, 20.0, 32.0]);
        assert_eq!(affine.apply([0.0, 1.0, 0.0]), [13.0, 20.0, 30.0]);
        assert_eq!(affine.apply([0.0, 0.0, 1.0]), [10.0, 25.0, 30.0]);
        let back = affine.inverse().unwrap().apply([13.0, 25.0, 32.0]);
        assert_eq!(back, [1.0, 1.0, 1.0]);
    }

    #[test]
    fn a_two_dimensional_image_lies_in_the_plane_z_0() {
        let affine = Geometry::identity(vec![4, 3]).affine();
        assert_eq!(affine.apply([1.0, 2.0, 0.0]), [1.0, 2.0, 0.0]);
    }
}
