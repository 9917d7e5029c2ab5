//! Is this output drawn where its input is?
//!
//! Two grids of the same size must agree voxel by voxel. Grids of different size need not: a viewer resamples by the
//! affine, so only the regions that they cover are compared.

use serde::{Deserialize, Serialize};

use super::boxes::{gap, same_region};
use super::frame::Frame;
use super::mistake::{KnownMistake, recognise, unit_factor};
use super::{Geometry, InvalidGeometry};
use regions::compare_regions;

mod regions;

/// How two grids lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GridRelation {
    /// Same size, spacing, origin and direction.
    SameGrid,
    /// Another grid over the same region: other voxel sizes, or axes in another order or direction.
    SameRegion,
    /// Another grid over a region that meets that of the input.
    Overlapping,
    /// The same size, but not in the same place.
    Displaced,
    /// The regions do not meet.
    Apart,
    /// One of the two has no usable geometry.
    Unknown,
}

/// What the comparison of an output with its input says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GeometryVerdict {
    /// True when the output covers exactly what the input covers: the same grid, or the same region on another grid.
    pub aligned: bool,
    /// How the two grids lie to each other.
    pub relation: GridRelation,
    /// The verdict in plain words, a lower-case fragment.
    pub message: String,
    /// The known mistake that it looks like.
    pub mistake: Option<KnownMistake>,
    /// Largest displacement of a corner of the image, mm; for images of different size the distance between the two
    /// boxes, 0 when they meet. `None` when the two cannot be compared.
    pub worst_corner_mm: Option<f64>,
    /// The line of SimpleITK code that fixes it.
    pub fix: Option<String>,
}

impl GeometryVerdict {
    /// True when the output is certainly drawn in the wrong place. An output that is not aligned need not be wrong: a
    /// crop, or a coarser map, is drawn where it belongs.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        match self.relation {
            GridRelation::SameGrid | GridRelation::SameRegion => false,
            GridRelation::Overlapping => matches!(
                self.mistake,
                Some(
                    KnownMistake::GeometryNotCopied
                        | KnownMistake::AxesReversed
                        | KnownMistake::UnitsOff
                        | KnownMistake::LpsRasFlip
                        | KnownMistake::DirectionDropped
                )
            ),
            GridRelation::Displaced | GridRelation::Apart | GridRelation::Unknown => true,
        }
    }
}

/// Makes an output anew that lacks an axis of its input, or has one more.
const ALL_AXES: &str = "output = SimpleITK.GetImageFromArray(array); output.CopyInformation(input)  # with an array of the \
     shape input.GetSize()[::-1]";

/// Compares the grid of an output with the grid of the image that it belongs to. Only the first three axes count.
#[must_use]
pub fn compare(output: &Geometry, input: &Geometry) -> GeometryVerdict {
    let axes = [output.size.len(), input.size.len()];
    let mut verdict = compare_frames(output, input);
    // Lines that copy an origin or a direction need as many axes on both sides.
    if axes[0] != axes[1] && verdict.fix.is_some() {
        verdict.message = format!(
            "{} dimensions where the input has {}; {}",
            axes[0], axes[1], verdict.message
        );
        verdict.fix = Some(ALL_AXES.into());
    }
    verdict
}

fn compare_frames(output: &Geometry, input: &Geometry) -> GeometryVerdict {
    let (output, input) = match (Frame::of(output), Frame::of(input)) {
        (Ok(output), Ok(input)) => (output, input),
        (Err(problem), _) => return unknown("output", &problem),
        (_, Err(problem)) => return unknown("input", &problem),
    };
    if output.size == input.size {
        compare_same_size(&output, &input)
    } else {
        compare_regions(&output, &input)
    }
}

fn unknown(which: &str, problem: &InvalidGeometry) -> GeometryVerdict {
    verdict(
        GridRelation::Unknown,
        None,
        None,
        format!("the geometry of the {which} is unusable: {problem}"),
    )
}

fn verdict(
    relation: GridRelation,
    mistake: Option<KnownMistake>,
    worst_corner_mm: Option<f64>,
    message: String,
) -> GeometryVerdict {
    let aligned = match relation {
        GridRelation::SameGrid => true,
        GridRelation::SameRegion => mistake.is_none(),
        GridRelation::Overlapping
        | GridRelation::Displaced
        | GridRelation::Apart
        | GridRelation::Unknown => false,
    };
    GeometryVerdict {
        aligned,
        relation,
        message,
        mistake,
        worst_corner_mm,
        fix: mistake.map(|mistake| mistake.fix().to_owned()),
    }
}

fn compare_same_size(output: &Frame, input: &Frame) -> GeometryVerdict {
    if output.same_place(input) {
        return verdict(GridRelation::SameGrid, None, Some(0.0), "aligned".into());
    }
    let worst = output.worst_corner(input);
    let voxels = worst / input.smallest_spacing();
    let differences = differences(output, input);
    let mistake = recognise(output, input);
    let far = gap(output, input);
    let mut message = format!(
        "{differences}; the worst corner is off by {} mm ({} voxels)",
        short(worst),
        short(voxels)
    );
    if far > 0.0 {
        message += &format!("; the output lies outside the image by {} mm", short(far));
    }
    if same_region(output, input) && mistake == Some(KnownMistake::AxisFlipped) {
        message += "; it covers the same region with an axis reversed, which is right only if the array was flipped too";
        return verdict(GridRelation::SameRegion, mistake, Some(worst), message);
    }
    let relation = if far > 0.0 {
        GridRelation::Apart
    } else {
        GridRelation::Displaced
    };
    let mistake = mistake.or((far > 0.0).then_some(KnownMistake::OutsideImage));
    message += &story(mistake, output, input);
    let mut verdict = verdict(relation, mistake, Some(worst), message);
    verdict
        .fix
        .get_or_insert_with(|| "output.CopyInformation(input)".into());
    verdict
}

/// What it looks like, for the end of a message.
fn story(mistake: Option<KnownMistake>, output: &Frame, input: &Frame) -> String {
    let Some(mistake) = mistake else {
        return String::new();
    };
    let unit = match mistake {
        KnownMistake::UnitsOff if unit_factor(output, input) > 1.0 => " but in metres",
        KnownMistake::UnitsOff => " but in micrometres",
        KnownMistake::GeometryNotCopied
        | KnownMistake::AxesReversed
        | KnownMistake::ListsReversed
        | KnownMistake::DirectionDropped
        | KnownMistake::DirectionTransposed
        | KnownMistake::OriginDropped
        | KnownMistake::SpacingDropped
        | KnownMistake::LpsRasFlip
        | KnownMistake::AxisFlipped
        | KnownMistake::HalfVoxelShift
        | KnownMistake::OutsideImage => "",
    };
    format!("; it looks as if {}{unit}", mistake.story())
}

fn differences(output: &Frame, input: &Frame) -> String {
    let mut parts = Vec::new();
    if !output.same_spacing(input) {
        parts.push(format!(
            "spacing {} mm where the input has {}",
            list(output.spacing),
            list(input.spacing)
        ));
    }
    if !output.same_origin(input) {
        parts.push(format!(
            "origin {} mm where the input has {}",
            list(output.origin),
            list(input.origin)
        ));
    }
    if !output.same_direction(input) {
        let rows = |frame: &Frame| frame.direction.map(list).join(" ");
        parts.push(format!(
            "direction {} where the input has {}",
            rows(output),
            rows(input)
        ));
    }
    parts.join(", ")
}

fn sizes(frame: &Frame) -> String {
    frame.size.map(|size| size.to_string()).join("×")
}

fn list(numbers: [f64; 3]) -> String {
    format!("({})", numbers.map(short).join(", "))
}

/// Four significant digits or so: one decimal from 100, four below.
fn short(number: f64) -> String {
    let decimals = if number.abs() >= 100.0 { 1 } else { 4 };
    let text = format!("{number:.decimals$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests;
