//! Grids of different size: a viewer resamples by the affine, so what counts is the region that they cover.

use super::super::boxes::{gap, same_region, share_inside};
use super::super::frame::{Frame, distance};
use super::super::mistake::{
    KnownMistake, moved_by_half_a_voxel, recognise_region, scaled_about_first_centre,
    size_reversed, unit_factor,
};
use super::{GeometryVerdict, GridRelation, short, sizes, story, verdict};

/// Gives an output of another size the region of its input.
const COPY_TO_OTHER_SIZE: &str = "output.SetOrigin(input.GetOrigin()); output.SetDirection(input.GetDirection()); \
     output.SetSpacing([s * i / o for s, i, o in zip(input.GetSpacing(), input.GetSize(), output.GetSize())])";
/// Moves the origin of a scaled array to the centre of its own first voxel.
const CENTRE_OF_SCALED_VOXEL: &str = "output.SetOrigin(input.TransformContinuousIndexToPhysicalPoint([(o / i - 1) / 2 \
     for o, i in zip(output.GetSpacing(), input.GetSpacing())]))  # only if the array was scaled";

/// Grids of different size: only the regions that they cover are compared.
pub(super) fn compare_regions(output: &Frame, input: &Frame) -> GeometryVerdict {
    let sizes = format!(
        "size {} where the input has {}",
        sizes(output),
        sizes(input)
    );
    if scaled_about_first_centre(output, input) {
        return doubtful_shift(output, input, &sizes);
    }
    if moved_by_half_a_voxel(output, input) {
        return moved(output, input, &sizes);
    }
    if same_region(output, input) {
        let message = format!("{sizes}, over the same region");
        return verdict(GridRelation::SameRegion, None, Some(0.0), message);
    }
    let far = gap(output, input);
    let undone = recognise_region(output, input, far > 0.0);
    let mistake = if size_reversed(output, input) {
        Some(KnownMistake::AxesReversed)
    } else if output.is_default() && !input.is_default() {
        Some(KnownMistake::GeometryNotCopied)
    } else {
        undone
            .map(|(mistake, _)| mistake)
            .or((far > 0.0).then_some(KnownMistake::OutsideImage))
    };
    let (relation, place) = if far > 0.0 {
        let words = format!("the output lies outside the image by {} mm", short(far));
        (GridRelation::Apart, words)
    } else {
        let covered = share_inside(input, output) * 100.0;
        let inside = share_inside(output, input) * 100.0;
        let words =
            format!("it covers {covered:.0} % of the input, {inside:.0} % of it lies inside");
        (GridRelation::Overlapping, words)
    };
    let story = story(mistake, output, input);
    let mut verdict = verdict(
        relation,
        mistake,
        Some(far),
        format!("{sizes}; {place}{story}"),
    );
    let with_origin = undone.is_some_and(|(_, frame)| frame.origin != output.origin);
    let factor = unit_factor(output, input);
    if let Some(fix) = mistake.and_then(|mistake| fix_for_other_size(mistake, factor, with_origin))
    {
        verdict.fix = Some(fix);
    }
    verdict
}

/// The same origin and length with other voxels: right or half a voxel off, depending on how it was made.
fn doubtful_shift(output: &Frame, input: &Frame, sizes: &str) -> GeometryVerdict {
    let shift = distance(output.at([-0.5; 3]), input.at([-0.5; 3]));
    let message = format!(
        "{sizes}, the same origin: right if it was resampled in space, shifted by {} mm if an array was scaled",
        short(shift)
    );
    let mistake = Some(KnownMistake::HalfVoxelShift);
    let mut verdict = verdict(GridRelation::Overlapping, mistake, Some(0.0), message);
    verdict.fix = Some(CENTRE_OF_SCALED_VOXEL.into());
    verdict
}

/// Half a voxel of one of the two grids away from the region of the input.
fn moved(output: &Frame, input: &Frame, sizes: &str) -> GeometryVerdict {
    let shift = distance(output.at([-0.5; 3]), input.at([-0.5; 3]));
    let mistake = KnownMistake::HalfVoxelShift;
    let message = format!(
        "{sizes}, over a region that is shifted by {} mm; it looks as if {}",
        short(shift),
        mistake.story()
    );
    let mut verdict = verdict(GridRelation::Overlapping, Some(mistake), Some(0.0), message);
    verdict.fix = Some(CENTRE_OF_SCALED_VOXEL.into());
    verdict
}

/// Lines that work between images of different size; the usual ones copy spacing and size together. Lengths have to be
/// multiplied by `factor` if they are in the wrong unit.
fn fix_for_other_size(mistake: KnownMistake, factor: f64, with_origin: bool) -> Option<String> {
    match mistake {
        // CopyInformation needs equal sizes.
        KnownMistake::GeometryNotCopied => Some(COPY_TO_OTHER_SIZE.into()),
        KnownMistake::OutsideImage => Some(format!(
            "{COPY_TO_OTHER_SIZE}  # if it is to cover the whole input"
        )),
        KnownMistake::UnitsOff => {
            let by = if factor > 1.0 { "* 1000" } else { "/ 1000" };
            let origin = if with_origin {
                format!("; output.SetOrigin([o {by} for o in output.GetOrigin()])")
            } else {
                String::new()
            };
            Some(format!(
                "output.SetSpacing([s {by} for s in output.GetSpacing()]){origin}"
            ))
        }
        KnownMistake::LpsRasFlip => {
            let origin = if with_origin {
                "; x, y, z = output.GetOrigin(); output.SetOrigin((-x, -y, z))"
            } else {
                ""
            };
            Some(format!(
                "output.SetDirection(input.GetDirection()){origin}  # from RAS to LPS"
            ))
        }
        KnownMistake::AxesReversed
        | KnownMistake::ListsReversed
        | KnownMistake::DirectionDropped
        | KnownMistake::DirectionTransposed
        | KnownMistake::OriginDropped
        | KnownMistake::SpacingDropped
        | KnownMistake::AxisFlipped
        | KnownMistake::HalfVoxelShift => None,
    }
}
