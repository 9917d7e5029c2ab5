//! Compares whole images: volumes by their grids, slides by the area that they cover.

use crate::geometry::{self, GeometryVerdict, GridRelation, KnownMistake};
use crate::summary::{ImageFormat, ImageSummary, SpacingSource};

/// Compares an output with the image that it is drawn on.
///
/// Volumes are compared by [`geometry::compare`]. Two TIFFs share their upper left corner by convention, since the format
/// has no origin: they are aligned when both cover the same width and height within one pixel of the coarser one,
/// whatever their resolution.
#[must_use]
pub fn compare_images(output: &ImageSummary, input: &ImageSummary) -> GeometryVerdict {
    if output.format == ImageFormat::Tiff && input.format == ImageFormat::Tiff {
        compare_slides(output, input)
    } else {
        geometry::compare(&output.geometry, &input.geometry)
    }
}

fn compare_slides(output: &ImageSummary, input: &ImageSummary) -> GeometryVerdict {
    let (Some(output_area), Some(input_area)) = (Area::of(output), Area::of(input)) else {
        return geometry::compare(&output.geometry, &input.geometry);
    };
    let unsure = |summary: &ImageSummary| summary.spacing_source != SpacingSource::Stated;
    match (unsure(output), unsure(input)) {
        (false, false) => by_area(&output_area, &input_area),
        (output_unsure, _) => by_shape(
            &output_area,
            &input_area,
            if output_unsure { "output" } else { "input" },
        ),
    }
}

/// Pixels and pixel sizes of the first level.
struct Area {
    pixels: [f64; 2],
    mm: [f64; 2],
}

impl Area {
    #[expect(
        clippy::cast_precision_loss,
        reason = "sides of a TIFF have at most 32 bits"
    )]
    fn of(summary: &ImageSummary) -> Option<Area> {
        match (
            summary.geometry.size.as_slice(),
            summary.geometry.spacing.as_slice(),
        ) {
            ([width, height], [x, y]) => Some(Area {
                pixels: [*width as f64, *height as f64],
                mm: [*x, *y],
            }),
            _ => None,
        }
    }

    fn side(&self, axis: usize) -> f64 {
        self.pixels[axis] * self.mm[axis]
    }
}

fn by_area(output: &Area, input: &Area) -> GeometryVerdict {
    let offsets = [0, 1].map(|axis| (output.side(axis) - input.side(axis)).abs());
    let is_same = [0, 1]
        .into_iter()
        .all(|axis| offsets[axis] <= output.mm[axis].max(input.mm[axis]) * 1.001);
    let worst = offsets[0].hypot(offsets[1]);
    if !is_same {
        if let Some(wrong) = wrong_resolution(output, input, worst) {
            return wrong;
        }
        let words = format!(
            "covers {:.3} × {:.3} mm where the input covers {:.3} × {:.3} mm",
            output.side(0),
            output.side(1),
            input.side(0),
            input.side(1)
        );
        let fix = "write XResolution and YResolution of the input, divided by the factor by which the output is smaller";
        return verdict(GridRelation::Overlapping, worst, words, Some(fix));
    }
    if output.pixels == input.pixels {
        return verdict(GridRelation::SameGrid, worst, "aligned".into(), None);
    }
    let factor = output.mm[0] / input.mm[0];
    let power = factor.log2();
    let mut words = format!("aligned, at {factor:.3} times the pixel size of the input");
    if (power - power.round()).abs() > 0.01 {
        words += "; the factor is not a power of two, so levels do not match";
    }
    verdict(GridRelation::SameRegion, worst, words, None)
}

/// What makes an area of the same shape another one: the wrong unit, or the resolution of another level.
fn wrong_resolution(output: &Area, input: &Area, worst: f64) -> Option<GeometryVerdict> {
    let is = |ratio: [f64; 2], expected: f64| {
        ratio
            .iter()
            .all(|ratio| (ratio / expected - 1.0).abs() < 0.01)
    };
    let ratio = |of: fn(&Area, usize) -> f64| [0, 1].map(|axis| of(output, axis) / of(input, axis));
    let (sides, pixel_mm) = (ratio(Area::side), ratio(|area, axis| area.mm[axis]));
    let factors = [0, 1].map(|axis| input.pixels[axis] / output.pixels[axis]);
    let factor = factors[0].round();
    let (story, mistake) = if is(sides, 1000.0) {
        let story = "the pixel size in micrometres was taken for millimetres".into();
        (story, Some(KnownMistake::UnitsOff))
    } else if is(sides, 0.001) {
        let story = "the pixel size is too small by a factor of 1000".into();
        (story, Some(KnownMistake::UnitsOff))
    } else if factor >= 2.0 && is(pixel_mm, 1.0) && is(factors, factor) {
        let story =
            format!("it kept the resolution of the input with {factor:.0} times fewer pixels");
        (story, None)
    } else {
        return None;
    };
    let words = format!(
        "covers {:.3} × {:.3} mm where the input covers {:.3} × {:.3} mm; it looks as if {story}",
        output.side(0),
        output.side(1),
        input.side(0),
        input.side(1)
    );
    let [x, y] = [0, 1].map(|axis| input.side(axis) / output.pixels[axis]);
    let fix = format!(
        "tifffile.imwrite(path, array, resolution=({:.6}, {:.6}), resolutionunit=\"CENTIMETER\", tile=(512, 512))",
        10.0 / x,
        10.0 / y
    );
    let mut wrong = verdict(GridRelation::Displaced, worst, words, Some(&fix));
    wrong.mistake = mistake;
    Some(wrong)
}

/// Without resolution only the shape can be compared.
fn by_shape(output: &Area, input: &Area, which: &str) -> GeometryVerdict {
    let scale = output.pixels[0] / input.pixels[0];
    let off = (output.pixels[1] - input.pixels[1] * scale).abs();
    let rest = format!("the {which} states no resolution, so it was compared by its shape only");
    if off <= 1.0 + scale {
        let relation = if output.pixels == input.pixels {
            GridRelation::SameGrid
        } else {
            GridRelation::SameRegion
        };
        return verdict(
            relation,
            0.0,
            format!("aligned as far as can be told: {rest}"),
            None,
        );
    }
    let words = format!(
        "{} × {} pixels do not have the shape of {} × {} pixels; {rest}",
        output.pixels[0], output.pixels[1], input.pixels[0], input.pixels[1]
    );
    let mut verdict = verdict(GridRelation::Unknown, 0.0, words, None);
    verdict.worst_corner_mm = None;
    verdict
}

fn verdict(
    relation: GridRelation,
    worst: f64,
    message: String,
    fix: Option<&str>,
) -> GeometryVerdict {
    GeometryVerdict {
        aligned: matches!(relation, GridRelation::SameGrid | GridRelation::SameRegion),
        relation,
        message,
        mistake: None,
        worst_corner_mm: Some(worst),
        fix: fix.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Geometry;

    fn slide(width: u64, height: u64, mm: Option<f64>) -> ImageSummary {
        let mut geometry = Geometry::identity(vec![width, height]);
        geometry.spacing = vec![mm.unwrap_or(1.0); 2];
        ImageSummary {
            format: ImageFormat::Tiff,
            size: vec![width, height],
            geometry,
            spacing_source: mm.map_or(SpacingSource::Missing, |_| SpacingSource::Stated),
            component_type: None,
            channels: 3,
            levels: 1,
            segments: None,
            tiff: None,
            metadata: crate::metadata::Metadata::default(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn a_mask_at_another_level_is_aligned() {
        let input = slide(20_000, 10_000, Some(0.000_25));
        let mask = compare_images(&slide(2500, 1250, Some(0.002)), &input);
        assert!(mask.aligned, "{}", mask.message);
        assert_eq!(
            mask.message,
            "aligned, at 8.000 times the pixel size of the input"
        );
        let odd = compare_images(&slide(6667, 3333, Some(0.000_75)), &input);
        assert!(
            odd.aligned && odd.message.contains("not a power of two"),
            "{}",
            odd.message
        );
        assert!(compare_images(&input, &input).aligned);
    }

    #[test]
    fn another_area_is_not_aligned() {
        let input = slide(20_000, 10_000, Some(0.000_25));
        let kept = compare_images(&slide(2500, 1250, Some(0.000_25)), &input);
        assert!(kept.is_wrong() && !kept.aligned, "{}", kept.message);
        assert!(
            kept.message
                .ends_with("it kept the resolution of the input with 8 times fewer pixels"),
            "{}",
            kept.message
        );
        let fix = kept.fix.unwrap();
        assert!(
            fix.contains("resolution=(5000.000000, 5000.000000)"),
            "{fix}"
        );
        let in_um = compare_images(&slide(20_000, 10_000, Some(0.25)), &input);
        assert!(in_um.is_wrong(), "{}", in_um.message);
        assert_eq!(in_um.mistake, Some(KnownMistake::UnitsOff));
        let part = compare_images(&slide(2000, 3000, Some(0.000_25)), &input);
        assert!(
            !part.is_wrong() && !part.aligned && part.fix.is_some(),
            "{}",
            part.message
        );
    }

    #[test]
    fn without_resolution_the_shape_must_do() {
        let input = slide(20_000, 10_000, Some(0.000_25));
        let same = compare_images(&slide(2500, 1250, None), &input);
        assert!(
            same.aligned && same.message.contains("the output states no resolution"),
            "{}",
            same.message
        );
        assert!(!compare_images(&slide(1250, 2500, None), &input).aligned);
    }
}
