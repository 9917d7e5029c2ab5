//! Which way up: the axes of a volume against those of the patient.

use serde::{Deserialize, Serialize};

use crate::geometry::Affine;

/// Below this cosine (15° from square) a direction gets no second letter.
const SECOND_LETTER: f64 = 0.258_819;

/// The anatomical plane of a slice, or the one that it is nearest to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plane {
    /// Seen from the feet: anterior up, the patient's right on the left.
    Axial,
    /// Seen from the front: superior up, the patient's right on the left.
    Coronal,
    /// Seen from the patient's left: superior up, anterior on the left.
    Sagittal,
}

/// A direction along a patient axis (0 is left, 1 posterior, 2 superior), or against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Toward {
    pub(super) axis: usize,
    pub(super) reversed: bool,
}

impl Plane {
    /// All planes, in the order in which viewers show them.
    pub const ALL: [Plane; 3] = [Plane::Axial, Plane::Coronal, Plane::Sagittal];

    /// Where the right side of the picture, its bottom, and the next slice lie.
    pub(super) fn toward(self) -> [Toward; 3] {
        let along = |axis| Toward {
            axis,
            reversed: false,
        };
        let down = Toward {
            axis: 2,
            reversed: true,
        };
        match self {
            Self::Axial => [along(0), along(1), along(2)],
            Self::Coronal => [along(0), down, along(1)],
            Self::Sagittal => [along(1), down, along(0)],
        }
    }
}

/// Letters for the sides of a picture: L, R, A, P, S, I; two or three of them, the nearest first, when the slice is
/// oblique by more than 15°.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct EdgeLetters {
    pub left: String,
    pub right: String,
    pub top: String,
    pub bottom: String,
}

impl EdgeLetters {
    /// From where the right side and the bottom of the picture point, as LPS vectors of any length.
    pub(super) fn of(right: [f64; 3], down: [f64; 3]) -> EdgeLetters {
        EdgeLetters {
            left: letters(right.map(|value| -value)),
            right: letters(right),
            top: letters(down.map(|value| -value)),
            bottom: letters(down),
        }
    }
}

fn letters(vector: [f64; 3]) -> String {
    let length = norm(vector);
    let mut parts: Vec<(f64, char)> = vector
        .into_iter()
        .zip([('R', 'L'), ('A', 'P'), ('I', 'S')])
        .map(|(value, (below, above))| {
            let letter = if value < 0.0 { below } else { above };
            (value.abs() / length, letter)
        })
        .collect();
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    parts
        .iter()
        .enumerate()
        .filter(|(place, (share, _))| *place == 0 || *share > SECOND_LETTER)
        .map(|(_, (_, letter))| *letter)
        .collect()
}

/// Length of a vector, also where the squares of its numbers are too large or too small.
fn norm([x, y, z]: [f64; 3]) -> f64 {
    x.hypot(y).hypot(z)
}

/// For each patient axis (left, posterior, superior) the axis of the volume that is nearest to it, and whether that one
/// runs against it. Every axis of the volume is used once.
pub(super) fn nearest_axes(affine: &Affine) -> [Toward; 3] {
    const ORDERS: [[usize; 3]; 6] = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let lengths: [f64; 3] = std::array::from_fn(|axis| column_length(affine, axis));
    let cosine = |patient: usize, axis: usize| affine.matrix[patient][axis] / lengths[axis];
    let score = |order: &[usize; 3]| -> f64 {
        (0..3)
            .map(|patient| cosine(patient, order[patient]).abs())
            .sum()
    };
    let best = ORDERS.into_iter().fold(ORDERS[0], |best, order| {
        if score(&order) > score(&best) + 1e-9 {
            order
        } else {
            best
        }
    });
    std::array::from_fn(|patient| Toward {
        axis: best[patient],
        reversed: cosine(patient, best[patient]) < 0.0,
    })
}

/// Distance between two samples along an axis of the volume, mm.
pub(super) fn column_length(affine: &Affine, axis: usize) -> f64 {
    norm(affine.matrix.map(|row| row[axis]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Geometry;

    fn axes(direction: [f64; 9]) -> [(usize, bool); 3] {
        let mut geometry = Geometry::identity(vec![4, 5, 6]);
        geometry.direction = direction.to_vec();
        geometry.spacing = vec![0.5, 3.0, 9.0];
        nearest_axes(&geometry.affine()).map(|toward| (toward.axis, toward.reversed))
    }

    #[test]
    fn axes_are_found_whatever_their_order_and_sign() {
        assert_eq!(
            axes([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]),
            [(0, false), (1, false), (2, false)]
        );
        // A sagittal series: x of the file is posterior, y inferior, z the patient's left.
        assert_eq!(
            axes([0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0]),
            [(2, false), (0, false), (1, true)]
        );
        // Turned by 30° about z, and x reversed.
        assert_eq!(
            axes([-0.866, -0.5, 0.0, -0.5, 0.866, 0.0, 0.0, 0.0, 1.0]),
            [(0, true), (1, false), (2, false)]
        );
    }

    #[test]
    fn letters_name_the_sides() {
        let letters = EdgeLetters::of([1.0, 0.1, 0.0], [0.0, 0.0, -7.0]);
        assert_eq!(
            [letters.left, letters.right, letters.top, letters.bottom],
            ["R", "L", "S", "I"]
        );
        let oblique = EdgeLetters::of([0.8, 0.6, 0.0], [-0.6, 0.8, 0.0]);
        assert_eq!([oblique.right.as_str(), &oblique.top], ["LP", "AL"]);
    }
}
