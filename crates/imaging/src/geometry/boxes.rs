//! The boxes that two images fill in space: do they meet, how far are they apart, do they cover the same region.

use super::frame::{Frame, distance};

/// Sample positions along each axis when the overlap is estimated.
const STEPS: u32 = 16;
/// Rounds of projection; two oblique boxes come within a micrometre of their true distance long before.
const ROUNDS: usize = 200;

/// Share of the box of `a` that lies inside the box of `b`, 0 to 1, from a grid of 16 × 16 × 16 positions.
pub(super) fn share_inside(a: &Frame, b: &Frame) -> f64 {
    let (last, limits) = (a.last_index(), b.last_index());
    let (to_mm, Some(to_index)) = (a.affine(), b.affine().inverse()) else {
        return 0.0;
    };
    let inside = positions()
        .filter(|position| {
            let index = std::array::from_fn(|axis| position[axis] * (last[axis] + 1.0) - 0.5);
            let index = to_index.apply(to_mm.apply(index));
            (0..3).all(|axis| (-0.5..=limits[axis] + 0.5).contains(&index[axis]))
        })
        .count();
    #[expect(clippy::cast_precision_loss, reason = "at most 4096")]
    let share = inside as f64 / f64::from(STEPS * STEPS * STEPS);
    share
}

fn positions() -> impl Iterator<Item = [f64; 3]> {
    let step = |number: u32| (f64::from(number) + 0.5) / f64::from(STEPS);
    (0..STEPS * STEPS * STEPS).map(move |number| {
        [
            step(number % STEPS),
            step(number / STEPS % STEPS),
            step(number / STEPS / STEPS),
        ]
    })
}

/// Distance between the two boxes in mm, 0 when they meet. Found by going back and forth between the nearest points;
/// exact when the axes of each image are perpendicular.
pub(super) fn gap(a: &Frame, b: &Frame) -> f64 {
    let centre = a.last_index().map(|last| last / 2.0);
    let mut point = a.at(centre);
    let mut gap = f64::INFINITY;
    for _ in 0..ROUNDS {
        let in_b = nearest(b, point);
        point = nearest(a, in_b);
        let now = distance(point, in_b);
        if now >= gap - 1e-9 {
            return if now < 1e-6 { 0.0 } else { now };
        }
        gap = now;
    }
    gap
}

/// The point of the box that is nearest in index space.
fn nearest(frame: &Frame, point: [f64; 3]) -> [f64; 3] {
    let last = frame.last_index();
    let mut index = frame.index_of(point);
    for (value, last) in index.iter_mut().zip(last) {
        *value = value.clamp(-0.5, last + 0.5);
    }
    frame.at(index)
}

/// True when every corner of one box lies within half of the coarser voxel of a corner of the other.
pub(super) fn same_region(a: &Frame, b: &Frame) -> bool {
    let coarse = a.spacing.into_iter().chain(b.spacing).fold(0.0, f64::max);
    let corners: Vec<[f64; 3]> = b.corners(-0.5).map(|index| b.at(index)).collect();
    a.corners(-0.5).all(|index| {
        let point = a.at(index);
        corners
            .iter()
            .any(|corner| distance(point, *corner) <= 0.5 * coarse)
    })
}
