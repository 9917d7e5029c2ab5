//! Geometry of a stack of planes.

use super::data_set::DataSet;
use super::pixel::Pixels;
use super::plane::{Plane, spacing};
use super::stack::Stack;
use super::tag;
use crate::error::ReadProblem;
use crate::geometry::Geometry;
use crate::summary::SpacingSource;

/// The geometry, and how far its spacing can be trusted.
pub(super) fn geometry(
    set: &DataSet,
    pixels: &Pixels,
    first: &Plane,
    stack: &mut Stack,
) -> Result<(Geometry, SpacingSource), ReadProblem> {
    let (in_plane, source) = in_plane(set, first, &mut stack.warnings)?;
    let step = match stack.step {
        Some(step) => step,
        None => between_slices(set)?.unwrap_or(1.0),
    };
    if first.position.is_none() || first.orientation.is_none() {
        stack.warnings.push(
            "the place in the patient is not stated: origin 0 and the axes of the patient are assumed".into(),
        );
    }
    let [column, row, normal] = first.axes();
    let sign = if stack.descending { -1.0 } else { 1.0 };
    let mut geometry = Geometry::identity(vec![pixels.columns, pixels.rows, stack.slices as u64]);
    geometry.spacing = vec![in_plane[0], in_plane[1], step];
    geometry.origin = first.position.unwrap_or_default().to_vec();
    geometry.direction = (0..3)
        .flat_map(|axis| [column[axis], row[axis], sign * normal[axis]])
        .collect();
    if stack.times > 1 {
        geometry = with_time(geometry, stack.times as u64);
    }
    geometry.validate().map_err(|problem| ReadProblem::Field {
        field: "ImagePositionPatient".into(),
        expected: "a place in the patient".into(),
        found: problem.to_string(),
    })?;
    Ok((geometry, source))
}

fn with_time(space: Geometry, times: u64) -> Geometry {
    let mut geometry = Geometry::identity([space.size, vec![times]].concat());
    for axis in 0..3 {
        geometry.spacing[axis] = space.spacing[axis];
        geometry.origin[axis] = space.origin[axis];
        for column in 0..3 {
            geometry.direction[axis * 4 + column] = space.direction[axis * 3 + column];
        }
    }
    geometry
}

/// Spacing along x and y, mm.
fn in_plane(
    set: &DataSet,
    first: &Plane,
    warnings: &mut Vec<String>,
) -> Result<([f64; 2], SpacingSource), ReadProblem> {
    if let Some(spacing) = first.spacing {
        return Ok((spacing, SpacingSource::Stated));
    }
    for (tag, meaning) in [
        (
            tag::IMAGER_PIXEL_SPACING,
            "at the detector, not in the patient",
        ),
        (
            tag::NOMINAL_SCANNED_PIXEL_SPACING,
            "on the scanned film, not in the patient",
        ),
        (
            tag::IMAGE_PLANE_PIXEL_SPACING,
            "in the plane of the radiation detector, not in the patient",
        ),
    ] {
        if let Some(spacing) = spacing(set, tag)? {
            warnings.push(format!(
                "`PixelSpacing` is missing: the spacing is that of `{}`, {meaning}",
                tag::name(tag)
            ));
            return Ok((spacing, SpacingSource::Stated));
        }
    }
    if let [region] = set.items(tag::ULTRASOUND_REGIONS) {
        // 3: centimetres.
        let is_length = |tag| region.unsigned(tag) == Some(3);
        let delta = |tag| region.double(tag).map(|delta| delta.abs() * 10.0);
        if let (true, true, Some(x), Some(y)) = (
            is_length(tag::REGION_UNITS_X),
            is_length(tag::REGION_UNITS_Y),
            delta(tag::REGION_DELTA_X).filter(|x| *x > 0.0),
            delta(tag::REGION_DELTA_Y).filter(|y| *y > 0.0),
        ) {
            return Ok(([x, y], SpacingSource::Stated));
        }
    }
    warnings.push("the spacing is not stated: 1 mm is assumed".into());
    Ok(([1.0, 1.0], SpacingSource::Missing))
}

/// What a single slice says about its neighbours, mm.
fn between_slices(set: &DataSet) -> Result<Option<f64>, ReadProblem> {
    let measures = set
        .items(tag::SHARED_GROUPS)
        .first()
        .and_then(|groups| groups.items(tag::PIXEL_MEASURES).first());
    for found in [Some(set), measures].into_iter().flatten() {
        if let Some(step) = found.decimal(tag::SPACING_BETWEEN_SLICES)?
            && step != 0.0
        {
            return Ok(Some(step.abs()));
        }
    }
    Ok(None)
}
