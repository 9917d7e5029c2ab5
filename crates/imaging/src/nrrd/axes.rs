//! Axes of an NRRD: which one holds the channels, and where the others lie in LPS millimetres.

use super::header::Header;
use super::origin;
use crate::error::ReadProblem;
use crate::geometry::Geometry;
use crate::summary::SpacingSource;

/// Axes, sorted into channels and space.
pub(super) struct Axes {
    pub(super) geometry: Geometry,
    pub(super) spacing_source: SpacingSource,
    pub(super) channels: u32,
    /// Voxels before the channel axis.
    pub(super) stride: u128,
    pub(super) warnings: Vec<String>,
}

fn bad(field: &str, expected: &str, found: &str) -> ReadProblem {
    ReadProblem::Field {
        field: field.into(),
        expected: expected.into(),
        found: format!("`{found}`"),
    }
}

/// Reads `dimension`, `sizes`, `kinds` and what places the axes.
pub(super) fn read(header: &Header) -> Result<Axes, ReadProblem> {
    let sizes = header.need("sizes")?;
    let all: Vec<u64> = sizes
        .split_whitespace()
        .map(|word| word.parse().ok().filter(|size| *size > 0))
        .collect::<Option<_>>()
        .ok_or_else(|| bad("sizes", "numbers above zero", sizes))?;
    let dimension = header.need("dimension")?;
    if dimension.parse() != Ok(all.len()) || all.len() > 16 {
        return Err(bad(
            "dimension",
            &format!("{} as in `sizes`, at most 16", all.len()),
            dimension,
        ));
    }
    let kinds: Vec<String> = header
        .get(&["kinds"])
        .map(|kinds| kinds.split_whitespace().map(str::to_lowercase).collect())
        .unwrap_or_default();
    let is_domain =
        |kind: &String| matches!(kind.as_str(), "domain" | "space" | "time" | "???" | "none");
    let range: Vec<usize> = (0..all.len())
        .filter(|axis| kinds.get(*axis).is_some_and(|kind| !is_domain(kind)))
        .collect();
    if range.len() > 1 {
        return Err(bad(
            "kinds",
            "one axis that is not space or time",
            &kinds.join(" "),
        ));
    }
    let range = range.first().copied();
    let domain: Vec<usize> = (0..all.len()).filter(|axis| Some(*axis) != range).collect();
    if !(2..=4).contains(&domain.len()) {
        return Err(bad("dimension", "2 to 4 axes of space and time", dimension));
    }
    let channels = range.map_or(1, |axis| all[axis]);
    let before = &all[..range.unwrap_or(0)];
    let mut axes = Axes {
        geometry: Geometry::identity(domain.iter().map(|axis| all[*axis]).collect()),
        spacing_source: SpacingSource::Missing,
        channels: u32::try_from(channels)
            .ok()
            .filter(|channels| *channels <= 65_536)
            .ok_or_else(|| bad("sizes", "at most 65536 channels", sizes))?,
        stride: before.iter().fold(1u128, |product, size| {
            product.saturating_mul((*size).into())
        }),
        warnings: Vec::new(),
    };
    place(header, &mut axes, &domain, all.len())?;
    axes.geometry.validate().map_err(|problem| {
        bad(
            "space directions or spacings",
            "a geometry",
            &problem.to_string(),
        )
    })?;
    Ok(axes)
}

fn signs(space: &str, warnings: &mut Vec<String>) -> [f64; 2] {
    let plain = space.to_lowercase();
    let plain = plain.strip_suffix("-time").unwrap_or(&plain);
    match plain {
        "right-anterior-superior" | "ras" | "rast" => [-1.0, -1.0],
        "left-anterior-superior" | "las" | "last" => [1.0, -1.0],
        "left-posterior-superior" | "lps" | "lpst" => [1.0, 1.0],
        _ => {
            warnings.push(format!(
                "space `{space}` is not the patient's: taken as LPS"
            ));
            [1.0, 1.0]
        }
    }
}

fn warn_of_ignored(header: &Header, axes: &mut Axes) {
    if header.get(&["measurement frame"]).is_some() {
        axes.warnings.push("`measurement frame` is ignored".into());
    }
}

fn place(
    header: &Header,
    axes: &mut Axes,
    domain: &[usize],
    total: usize,
) -> Result<(), ReadProblem> {
    warn_of_ignored(header, axes);
    let geometry = &mut axes.geometry;
    let sides = geometry.size.len();
    if let Some(text) = header.get(&["spacings"]) {
        for (axis, spacing) in each(text, domain) {
            if spacing.is_finite() && spacing != 0.0 {
                geometry.spacing[axis] = spacing.abs();
                // As ITK: a negative spacing turns the axis around.
                geometry.direction[axis * sides + axis] = spacing.signum();
                axes.spacing_source = SpacingSource::Stated;
            }
        }
    }
    let sign = match header.get(&["space"]) {
        Some(space) => signs(space, &mut axes.warnings),
        None => [1.0, 1.0],
    };
    let signed = |row: usize, value: f64| sign.get(row).unwrap_or(&1.0) * value + 0.0;
    if let Some(text) = header.get(&["space directions"]) {
        let vectors = vectors(text)?;
        if vectors.len() != total {
            return Err(bad("space directions", &format!("{total} vectors"), text));
        }
        for (axis, stored) in domain.iter().enumerate() {
            let Some(vector) = &vectors[*stored] else {
                continue;
            };
            let norm = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
            if !norm.is_finite() || norm == 0.0 {
                return Err(bad("space directions", "vectors longer than zero", text));
            }
            geometry.spacing[axis] = norm;
            axes.spacing_source = SpacingSource::Stated;
            for row in 0..sides {
                let value = vector.get(row).copied().unwrap_or(0.0) / norm;
                geometry.direction[row * sides + axis] = signed(row, value);
            }
        }
    }
    let has_space = ["space", "space dimension", "space directions"]
        .iter()
        .any(|field| header.get(&[field]).is_some());
    if !has_space {
        origin::from_axis_mins(header, axes, domain);
    }
    let geometry = &mut axes.geometry;
    if let Some(text) = header.get(&["space origin"]) {
        let origin = vectors(text)?
            .into_iter()
            .flatten()
            .next()
            .unwrap_or_default();
        for (row, value) in origin.into_iter().take(sides).enumerate() {
            geometry.origin[row] = signed(row, value);
        }
    }
    Ok(())
}

/// Numbers of a field that has one for every stored axis, for those of space and time.
pub(super) fn each<'a>(
    text: &str,
    domain: &'a [usize],
) -> impl Iterator<Item = (usize, f64)> + use<'a> {
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(|word| word.parse().unwrap_or(f64::NAN))
        .collect();
    domain
        .iter()
        .enumerate()
        .map(move |(axis, stored)| (axis, numbers.get(*stored).copied().unwrap_or(f64::NAN)))
}

/// `(1,0,0) none (0,1,0)`.
fn vectors(text: &str) -> Result<Vec<Option<Vec<f64>>>, ReadProblem> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("none") {
            found.push(None);
            rest = after.trim_start();
            continue;
        }
        let (inside, after) = rest
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(')'))
            .ok_or_else(|| {
                bad(
                    "space directions or origin",
                    "vectors `(x,y,z)` or `none`",
                    text,
                )
            })?;
        let numbers = inside
            .split(',')
            .map(|word| word.trim().parse().ok())
            .collect::<Option<Vec<f64>>>()
            .ok_or_else(|| bad("space directions or origin", "numbers", text))?;
        found.push(Some(numbers));
        rest = after.trim_start();
    }
    Ok(found)
}
