//! The origin of an NRRD without a space: from the least coordinate of every axis, as ITK takes it.

use super::axes::{Axes, each};
use super::header::Header;

/// The middle of the first sample of every axis: `axis mins`, and half a sample more where samples are cells.
pub(super) fn from_axis_mins(header: &Header, axes: &mut Axes, domain: &[usize]) {
    let Some(mins) = header.get(&["axis mins", "axismins"]) else {
        return;
    };
    let maxs = header.get(&["axis maxs", "axismaxs"]);
    let spacings = header.get(&["spacings"]);
    if maxs.is_some() && spacings.is_none() {
        axes.warnings
            .push("`axis maxs` are ignored, the spacing is taken as 1, as in ITK".into());
    }
    if maxs.or(spacings).is_none() {
        axes.warnings
            .push("`axis mins` are ignored without `spacings`, the origin is taken as 0".into());
        return;
    }
    let centers: Vec<&str> = header
        .get(&["centerings", "centers"])
        .map(|text| text.split_whitespace().collect())
        .unwrap_or_default();
    let numbers = |text: Option<&str>| -> Vec<f64> {
        each(text.unwrap_or_default(), domain)
            .map(|(_, number)| number)
            .collect()
    };
    let (mins, maxs, spacings) = (numbers(Some(mins)), numbers(maxs), numbers(spacings));
    for (axis, stored) in domain.iter().enumerate() {
        let is_node = centers
            .get(*stored)
            .is_some_and(|center| center.eq_ignore_ascii_case("node"));
        #[expect(clippy::cast_precision_loss, reason = "no axis has 2^53 samples")]
        let samples = axes.geometry.size[axis] as f64;
        let spacing = if spacings[axis].is_finite() {
            spacings[axis]
        } else {
            (maxs[axis] - mins[axis]) / samples
        };
        let origin = mins[axis] + if is_node { 0.0 } else { spacing / 2.0 };
        if origin.is_finite() {
            axes.geometry.origin[axis] = origin + 0.0;
        } else {
            axes.warnings.push(format!(
                "`axis mins` give no origin for axis {stored}: 0 is taken"
            ));
        }
    }
}
