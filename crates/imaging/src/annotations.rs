//! Points that people or algorithms put on an image: do they lie where the image lies?
//!
//! Annotations are in mm in patient space (LPS). The usual mistakes are pixel numbers, and points of a volume without
//! their third coordinate. Slides have no depth: there z is ignored, since writers put anything in it.

use crate::geometry::{Affine, Geometry, InvalidGeometry};

/// A point this far outside of the outermost sample centres, in samples, still lies on the image: half a sample, and as
/// much again for contours drawn around it.
const MARGIN: f64 = 1.0;

/// Everything that is odd about the points of an annotation, as lower-case fragments; empty when nothing is.
#[must_use]
pub fn check(points_mm: &[[f64; 3]], geometry: &Geometry) -> Vec<String> {
    if let Some(pixels) = looks_like_pixels(points_mm, geometry) {
        return vec![pixels];
    }
    [
        all_z_zero(points_mm, geometry),
        outside(points_mm, geometry),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Says so when the numbers are those of pixels or voxels: taken as mm they do not lie on the image, taken as indices
/// all of them do, and they are whole or half numbers or the image is smaller in mm than in samples.
#[must_use]
pub fn looks_like_pixels(points_mm: &[[f64; 3]], geometry: &Geometry) -> Option<String> {
    let place = Place::of(geometry).ok()?;
    let off = points_mm.iter().filter(|point| !place.holds(point)).count();
    let are_indices = |point: &[f64; 3]| place.index_inside(*point);
    if off == 0 || !points_mm.iter().all(are_indices) {
        return None;
    }
    let is_half = |value: &f64| (value * 2.0).fract() == 0.0;
    let axes = place.axes;
    let are_whole = points_mm
        .iter()
        .all(|point| point[..axes].iter().all(is_half));
    let is_smaller = (0..axes).all(|axis| place.spacing[axis] < 1.0);
    let sizes: Vec<String> = place.size[..axes].iter().map(u64::to_string).collect();
    (are_whole || is_smaller).then(|| {
        format!(
            "coordinates look like pixels, expected mm: {off} of {} points lie outside of the image in mm, all of them \
             inside of {} samples",
            points_mm.len(),
            sizes.join(" × ")
        )
    })
}

/// The line of Python that turns pixels into mm, where `image` is the SimpleITK image and `points` are lists of three.
#[must_use]
pub fn fix_for_pixels(geometry: &Geometry) -> String {
    match (geometry.spacing.as_slice(), geometry.origin.as_slice()) {
        ([x, y], [0.0, 0.0]) => {
            format!("points = [[x * {x}, y * {y}, z] for x, y, z in points]  # mm per pixel")
        }
        ([_, _], _) => "points = [[*image.TransformContinuousIndexToPhysicalPoint(point[:2]), 0] for point in points]"
            .into(),
        _ => "points = [image.TransformContinuousIndexToPhysicalPoint(point) for point in points]".into(),
    }
}

/// Says how many points lie outside of the image, and how far the farthest is from it, mm.
#[must_use]
pub fn outside(points_mm: &[[f64; 3]], geometry: &Geometry) -> Option<String> {
    let place = Place::of(geometry).ok()?;
    let off: Vec<&[f64; 3]> = points_mm
        .iter()
        .filter(|point| !place.holds(point))
        .collect();
    let far = off.iter().map(|point| place.distance(**point));
    let farthest = far.fold(0.0, |farthest: f64, distance| {
        if distance.is_nan() {
            f64::INFINITY
        } else {
            farthest.max(distance)
        }
    });
    let share = match off.len() {
        0 => return None,
        1 if points_mm.len() == 1 => "the point lies".into(),
        all if all == points_mm.len() => format!("all {all} points lie"),
        1 => format!("1 of {} points lies", points_mm.len()),
        some => format!("{some} of {} points lie", points_mm.len()),
    };
    let how_far = if farthest.is_finite() && points_mm.len() == 1 {
        format!(", by {farthest:.1} mm")
    } else if farthest.is_finite() {
        format!(", the farthest by {farthest:.1} mm")
    } else {
        ", with coordinates that are no finite numbers".into()
    };
    Some(format!("{share} outside of the image{how_far}"))
}

/// Says so when every point of a volume has z = 0 although no slice lies there, or several points should lie in several
/// slices: a third coordinate that was never filled in.
#[must_use]
pub fn all_z_zero(points_mm: &[[f64; 3]], geometry: &Geometry) -> Option<String> {
    let place = Place::of(geometry).ok()?;
    let is_volume = place.axes == 3 && place.size[2] > 1;
    let are_flat = !points_mm.is_empty() && points_mm.iter().all(|point| point[2] == 0.0);
    if !is_volume || !are_flat || points_mm.iter().all(|point| place.holds(point)) {
        return None;
    }
    Some(
        "z is 0 in every point, but the image is a volume: was the third coordinate left out?"
            .into(),
    )
}

/// Where an image lies, in arrays of fixed size.
struct Place {
    /// 2 for slides and other flat images, else 3.
    axes: usize,
    size: [u64; 3],
    spacing: [f64; 3],
    to_mm: Affine,
    to_index: Affine,
}

impl Place {
    fn of(geometry: &Geometry) -> Result<Place, InvalidGeometry> {
        geometry.validate()?;
        let to_mm = geometry.affine();
        let to_index = to_mm.inverse().ok_or(InvalidGeometry::Singular)?;
        Ok(Place {
            axes: geometry.size.len().min(3),
            size: std::array::from_fn(|axis| geometry.size.get(axis).copied().unwrap_or(1)),
            spacing: std::array::from_fn(|axis| geometry.spacing.get(axis).copied().unwrap_or(1.0)),
            to_mm,
            to_index,
        })
    }

    fn index_of(&self, point: [f64; 3]) -> [f64; 3] {
        let [x, y, z] = point;
        let z = if self.axes == 2 { 0.0 } else { z };
        self.to_index.apply([x, y, z])
    }

    fn holds(&self, point: &[f64; 3]) -> bool {
        self.index_inside(self.index_of(*point))
    }

    fn index_inside(&self, index: [f64; 3]) -> bool {
        (0..self.axes).all(|axis| (-MARGIN..=self.last(axis) + MARGIN).contains(&index[axis]))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "no annotation needs indices above 2^53"
    )]
    fn last(&self, axis: usize) -> f64 {
        self.size[axis].saturating_sub(1) as f64
    }

    /// Distance to the nearest point of the image, mm; exact where its axes are perpendicular.
    fn distance(&self, point: [f64; 3]) -> f64 {
        let index = self.index_of(point);
        let nearest = std::array::from_fn(|axis| {
            if axis < self.axes {
                index[axis].clamp(-0.5, self.last(axis) + 0.5)
            } else {
                index[axis]
            }
        });
        let (a, b) = (self.to_mm.apply(index), self.to_mm.apply(nearest));
        (a[0] - b[0]).hypot(a[1] - b[1]).hypot(a[2] - b[2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 400 × 400 × 50 voxels of 0.5 × 0.5 × 2 mm around the middle of the body.
    fn volume() -> Geometry {
        Geometry {
            size: vec![400, 400, 50],
            spacing: vec![0.5, 0.5, 2.0],
            origin: vec![-100.0, -100.0, -150.0],
            direction: vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        }
    }

    /// A slide of 5 × 2.5 mm.
    fn slide() -> Geometry {
        Geometry {
            spacing: vec![0.000_25, 0.000_25],
            ..Geometry::identity(vec![20_000, 10_000])
        }
    }

    #[test]
    fn points_on_the_image_are_fine() {
        let corners = [[-100.0, -100.0, -150.0], [99.5, 99.5, -52.0]];
        assert!(check(&corners, &volume()).is_empty());
        // Whole numbers that lie on the image are mm.
        assert!(check(&[[10.0, 20.0, -100.0]], &volume()).is_empty());
        assert!(check(&[[1.0, 2.0, 0.5], [4.999, 2.499, 0.000_25]], &slide()).is_empty());
        assert!(check(&[], &volume()).is_empty());
    }

    #[test]
    fn pixels_are_told_from_millimetres() {
        let pixels = looks_like_pixels(&[[250.0, 310.0, 20.0], [120.0, 80.0, 3.0]], &volume());
        assert_eq!(
            pixels.unwrap(),
            "coordinates look like pixels, expected mm: 2 of 2 points lie outside of the image in mm, all of them inside \
             of 400 × 400 × 50 samples"
        );
        assert!(looks_like_pixels(&[[15_000.25, 9000.7, 0.0]], &slide()).is_some());
        // Fractions in voxels that are not all below 1 mm may be anything.
        assert!(looks_like_pixels(&[[250.3, 310.7, 20.2]], &volume()).is_none());
        // Too large for indices as well.
        assert!(looks_like_pixels(&[[4000.0, 310.0, 20.0]], &volume()).is_none());
    }

    #[test]
    fn distances_are_measured_from_the_edge() {
        let off = [[0.0, 0.0, -100.0], [110.75, 0.0, -100.0]];
        assert_eq!(
            outside(&off, &volume()).unwrap(),
            "1 of 2 points lies outside of the image, the farthest by 11.0 mm"
        );
        assert_eq!(
            outside(&[[f64::NAN, 0.0, 0.0]], &volume()).unwrap(),
            "the point lies outside of the image, with coordinates that are no finite numbers"
        );
    }

    #[test]
    fn pixels_are_turned_into_millimetres_by_one_line() {
        assert_eq!(
            fix_for_pixels(&slide()),
            "points = [[x * 0.00025, y * 0.00025, z] for x, y, z in points]  # mm per pixel"
        );
        assert!(fix_for_pixels(&volume()).contains("(point) for point"));
    }

    #[test]
    fn a_third_coordinate_that_was_left_out_is_noticed() {
        let flat = [[10.5, -20.25, 0.0], [-30.1, 40.0, 0.0]];
        let said = check(&flat, &volume());
        assert!(said[0].starts_with("z is 0 in every point"), "{said:?}");
        assert!(said[1].starts_with("all 2 points lie outside"), "{said:?}");
        assert!(all_z_zero(&flat, &slide()).is_none());
    }

    #[test]
    fn a_broken_geometry_says_nothing() {
        let mut geometry = volume();
        geometry.spacing[0] = f64::NAN;
        assert!(check(&[[1e9, 0.0, 0.0]], &geometry).is_empty());
    }
}
