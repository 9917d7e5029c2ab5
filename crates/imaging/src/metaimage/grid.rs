//! The geometry fields of a header, their synonyms and the order in which these win.

use super::fields::{numbers, refuse, whole_number};
use super::header::RawHeader;
use crate::error::ReadProblem;
use crate::geometry::Geometry;

fn size(raw: &RawHeader, dimensions: usize) -> Result<Vec<u64>, ReadProblem> {
    let text = raw
        .get("DimSize")
        .ok_or_else(|| ReadProblem::MissingField("DimSize".into()))?;
    numbers("DimSize", text, dimensions)?
        .into_iter()
        .map(whole_number)
        .collect::<Option<Vec<u64>>>()
        .ok_or_else(|| {
            refuse(
                "DimSize",
                format!("{dimensions} whole numbers from 0"),
                text,
            )
        })
}

/// The first of `keys` that is present, with a warning when others disagree.
fn choose<'a>(
    raw: &'a RawHeader,
    keys: &[&'a str],
    warnings: &mut Vec<String>,
) -> Option<(&'a str, &'a str)> {
    let mut present = keys
        .iter()
        .filter_map(|key| raw.get(key).map(|value| (*key, value)));
    let (key, value) = present.next()?;
    let words: Vec<&str> = value.split_whitespace().collect();
    for (other, found) in present {
        if !found.split_whitespace().eq(words.iter().copied()) {
            warnings.push(format!(
                "`{key}` and `{other}` disagree; `{key}` is used, as SimpleITK does"
            ));
        }
    }
    Some((key, value))
}

/// Size, spacing, origin and direction, with the defaults of ITK for what is missing.
pub(super) fn read(
    raw: &RawHeader,
    dimensions: usize,
    warnings: &mut Vec<String>,
) -> Result<Geometry, ReadProblem> {
    let mut geometry = Geometry::identity(size(raw, dimensions)?);
    if geometry.size.contains(&0) {
        warnings.push("the image is empty: a size is 0".into());
    }
    if let Some((key, text)) = choose(raw, &["ElementSpacing", "ElementSize"], &mut Vec::new()) {
        geometry.spacing = numbers(key, text, dimensions)?;
        if geometry.spacing.contains(&0.0) {
            return Err(refuse(key, "numbers other than 0", text));
        }
    } else {
        warnings.push("no `ElementSpacing`: 1 mm is assumed".into());
    }
    let origin_keys = [
        "ImagePosition",
        "Origin",
        "Offset",
        "Position",
        "ElementOrigin",
    ];
    if let Some((key, text)) = choose(raw, &origin_keys, warnings) {
        geometry.origin = numbers(key, text, dimensions)?;
        warn_new_key(key, warnings);
    }
    let direction_keys = [
        "TransformMatrix",
        "Rotation",
        "Orientation",
        "ElementDirection",
    ];
    if let Some((key, text)) = choose(raw, &direction_keys, warnings) {
        // The file lists the axis vectors one after another: its rows are the columns of our matrix.
        let rows = numbers(key, text, dimensions * dimensions)?;
        for (index, value) in rows.iter().enumerate() {
            let (axis, component) = (index / dimensions, index % dimensions);
            geometry.direction[component * dimensions + axis] = *value;
        }
        warn_new_key(key, warnings);
    }
    make_spacing_positive(&mut geometry, warnings);
    geometry.validate().map_err(|problem| ReadProblem::Field {
        field: "TransformMatrix".into(),
        expected: "a usable geometry".into(),
        found: problem.to_string(),
    })?;
    Ok(geometry)
}

fn warn_new_key(key: &str, warnings: &mut Vec<String>) {
    if key == "ElementOrigin" || key == "ElementDirection" {
        warnings.push(format!(
            "`{key}` is unknown to ITK up to 5.4, which ignores it"
        ));
    }
}

/// A negative spacing means that the axis runs the other way (ITK does the same).
fn make_spacing_positive(geometry: &mut Geometry, warnings: &mut Vec<String>) {
    let dimensions = geometry.size.len();
    for axis in 0..dimensions {
        if geometry.spacing[axis] < 0.0 {
            warnings.push(format!(
                "spacing {} is negative: its sign is moved into the direction of axis {axis}",
                geometry.spacing[axis]
            ));
            geometry.spacing[axis] = -geometry.spacing[axis];
            for row in 0..dimensions {
                let value = &mut geometry.direction[row * dimensions + axis];
                *value = if *value == 0.0 { 0.0 } else { -*value };
            }
        }
    }
}
