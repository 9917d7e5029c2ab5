//! The ways in which geometry is usually lost, each recognised by undoing it and looking whether it fits then.

use serde::{Deserialize, Serialize};

use super::boxes::{same_region, share_inside};
use super::frame::{Frame, IDENTITY};

/// A way of getting the geometry of an output wrong that is recognised from the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownMistake {
    /// Spacing 1, origin 0, identity: `GetImageFromArray` without `CopyInformation`.
    GeometryNotCopied,
    /// The array was handed over as x, y, z where z, y, x was needed.
    AxesReversed,
    /// Spacing or origin are in the order of the array: z, y, x.
    ListsReversed,
    /// Direction is the identity although the input's is not; spacing and origin are kept.
    DirectionDropped,
    /// The direction matrix is transposed: axis vectors were given as rows.
    DirectionTransposed,
    /// The origin is 0 although the input's is not; spacing and direction are kept.
    OriginDropped,
    /// The spacing is 1 mm although the input's is not; origin and direction are kept.
    SpacingDropped,
    /// Signs of x and y are turned: NIfTI tools use RAS, ITK uses LPS.
    LpsRasFlip,
    /// One or more image axes run the other way.
    AxisFlipped,
    /// Origin taken at the corner of the first voxel, not at its centre, or the reverse.
    HalfVoxelShift,
    /// Lengths in micrometres or metres instead of millimetres.
    UnitsOff,
    /// The two boxes do not meet.
    OutsideImage,
}

impl KnownMistake {
    /// What probably happened, as the end of a sentence that starts with "it looks as if".
    pub(super) fn story(self) -> &'static str {
        match self {
            Self::GeometryNotCopied => {
                "the geometry of the input was not copied (spacing 1, origin 0, no direction)"
            }
            Self::AxesReversed => {
                "the array was handed over as x, y, z (SimpleITK arrays are z, y, x)"
            }
            Self::ListsReversed => {
                "spacing or origin were given in the order of the array, z, y, x (SimpleITK's is x, y, z)"
            }
            Self::DirectionDropped => "the direction of the input was dropped",
            Self::DirectionTransposed => {
                "the direction was given by axis vectors as rows (they are its columns)"
            }
            Self::OriginDropped => "the origin of the input was dropped",
            Self::SpacingDropped => "the spacing of the input was dropped",
            Self::LpsRasFlip => "x and y have the signs of RAS (NIfTI) and not of LPS (ITK)",
            Self::AxisFlipped => "an image axis was flipped",
            Self::HalfVoxelShift => "the corner of the first voxel was taken for its centre",
            Self::UnitsOff => "lengths are not in millimetres",
            Self::OutsideImage => "the output was made for another place",
        }
    }

    /// The line that fixes it in a SimpleITK program where `input`, `array` and `output` have their usual meaning.
    pub(super) fn fix(self) -> &'static str {
        match self {
            Self::GeometryNotCopied => {
                "output.CopyInformation(input)  # after output = SimpleITK.GetImageFromArray(array)"
            }
            Self::AxesReversed => {
                "output = SimpleITK.GetImageFromArray(array.transpose(2, 1, 0)); output.CopyInformation(input)"
            }
            Self::DirectionDropped | Self::DirectionTransposed => {
                "output.SetDirection(input.GetDirection())"
            }
            Self::OriginDropped => "output.SetOrigin(input.GetOrigin())",
            Self::SpacingDropped => "output.SetSpacing(input.GetSpacing())",
            Self::LpsRasFlip => {
                "output.CopyInformation(input)  # or before NIfTI tools write it: affine = numpy.diag([-1, -1, 1, 1]) @ affine"
            }
            Self::AxisFlipped => {
                "output.CopyInformation(input)  # and hand the array over unflipped"
            }
            Self::HalfVoxelShift => {
                "output.SetOrigin(input.GetOrigin())  # the origin is the centre of the first voxel"
            }
            Self::UnitsOff => {
                "output.SetSpacing(input.GetSpacing()); output.SetOrigin(input.GetOrigin())"
            }
            Self::ListsReversed | Self::OutsideImage => "output.CopyInformation(input)",
        }
    }
}

type Test = fn(&Frame, &Frame) -> bool;

/// The mistake that turns `input` into `output`, both of the same size but in different places.
pub(super) fn recognise(output: &Frame, input: &Frame) -> Option<KnownMistake> {
    let tests: [(KnownMistake, Test); 10] = [
        (KnownMistake::GeometryNotCopied, |output, _| {
            output.is_default()
        }),
        (KnownMistake::UnitsOff, units_off),
        (KnownMistake::LpsRasFlip, ras),
        (KnownMistake::DirectionDropped, direction_dropped),
        (KnownMistake::OriginDropped, origin_dropped),
        (KnownMistake::SpacingDropped, spacing_dropped),
        (KnownMistake::AxisFlipped, axis_flipped),
        (KnownMistake::DirectionTransposed, direction_transposed),
        (KnownMistake::HalfVoxelShift, half_voxel),
        (KnownMistake::ListsReversed, lists_reversed),
    ];
    tests
        .into_iter()
        .find(|(_, test)| test(output, input))
        .map(|(mistake, _)| mistake)
}

/// Sizes in reverse order, as when an array is handed over without a transpose.
pub(super) fn size_reversed(output: &Frame, input: &Frame) -> bool {
    let [x, y, z] = input.size;
    output.size == [z, y, x] && output.size != input.size
}

/// The origin is kept and both cover the same length, but voxels have another size: right when an image was resampled
/// in space, half a voxel off when an array was scaled.
pub(super) fn scaled_about_first_centre(output: &Frame, input: &Frame) -> bool {
    output.same_direction(input)
        && output.same_origin(input)
        && !output.same_spacing(input)
        && (0..3).all(|axis| same_length(output, input, axis))
}

fn same_length(output: &Frame, input: &Frame, axis: usize) -> bool {
    let length = |frame: &Frame| frame.spacing[axis] * (frame.last_index()[axis] + 1.0);
    (length(output) - length(input)).abs() <= 1e-3 * length(input)
}

/// The mistake that keeps `output`, of another size than `input`, from covering the same region; `apart` when their
/// boxes do not meet, so that a crop that falls inside once it is undone also counts. With it comes the output as it
/// should be.
pub(super) fn recognise_region(
    output: &Frame,
    input: &Frame,
    apart: bool,
) -> Option<(KnownMistake, Frame)> {
    let direction = input.direction;
    let undirected = Frame {
        direction,
        ..*output
    };
    let is_dropped = output.direction == IDENTITY && !output.same_direction(input);
    let attempts = in_other_units(output)
        .map(|frame| (KnownMistake::UnitsOff, frame))
        .into_iter()
        .chain(in_ras(output).map(|frame| (KnownMistake::LpsRasFlip, frame)))
        .chain(is_dropped.then_some((KnownMistake::DirectionDropped, undirected)));
    let last = input.last_index();
    // Cheap, and enough to tell most apart.
    let holds_centre = |frame: &Frame| {
        let index = input.index_of(frame.at(frame.last_index().map(|last| last / 2.0)));
        (0..3).all(|axis| (-0.5..=last[axis] + 0.5).contains(&index[axis]))
    };
    let fits = |frame: &Frame| {
        same_region(frame, input)
            || scaled_about_first_centre(frame, input)
            || (apart && holds_centre(frame) && share_inside(frame, input) > 0.999)
    };
    attempts.into_iter().find(|(_, frame)| fits(frame))
}

/// What to multiply the lengths of the output by: 1000 when they are in metres, 0.001 when they are in micrometres.
pub(super) fn unit_factor(output: &Frame, input: &Frame) -> f64 {
    if output.spacing[0] < input.spacing[0] {
        1000.0
    } else {
        0.001
    }
}

/// Both units, with and without the origin.
fn in_other_units(output: &Frame) -> [Frame; 4] {
    let scaled = |factor: f64, with_origin: bool| Frame {
        spacing: output.spacing.map(|spacing| spacing * factor),
        origin: output
            .origin
            .map(|value| if with_origin { value * factor } else { value }),
        ..*output
    };
    [
        scaled(1000.0, false),
        scaled(1000.0, true),
        scaled(0.001, false),
        scaled(0.001, true),
    ]
}

fn units_off(output: &Frame, input: &Frame) -> bool {
    in_other_units(output)
        .iter()
        .any(|scaled| scaled.same_place(input))
}

/// Origin, direction or both with the signs of x and y turned.
fn in_ras(output: &Frame) -> [Frame; 3] {
    let [x, y, z] = output.origin;
    let origin = [-x, -y, z];
    let [first, second, third] = output.direction;
    let direction = [first.map(|v| -v), second.map(|v| -v), third];
    [
        Frame {
            origin,
            direction,
            ..*output
        },
        Frame { origin, ..*output },
        Frame {
            direction,
            ..*output
        },
    ]
}

fn ras(output: &Frame, input: &Frame) -> bool {
    in_ras(output).iter().any(|turned| turned.same_place(input))
}

fn origin_dropped(output: &Frame, input: &Frame) -> bool {
    let origin = [0.0; 3];
    output.same_place(&Frame { origin, ..*input })
}

fn spacing_dropped(output: &Frame, input: &Frame) -> bool {
    let spacing = [1.0; 3];
    output.same_place(&Frame { spacing, ..*input })
}

fn direction_transposed(output: &Frame, input: &Frame) -> bool {
    let direction =
        std::array::from_fn(|row| std::array::from_fn(|column| input.direction[column][row]));
    output.same_place(&Frame {
        direction,
        ..*input
    })
}

fn direction_dropped(output: &Frame, input: &Frame) -> bool {
    let turned = Frame {
        direction: IDENTITY,
        ..*input
    };
    output.same_place(&turned)
}

/// Any set of axes turned round, with the origin left where it was or moved to the other end.
fn axis_flipped(output: &Frame, input: &Frame) -> bool {
    let last = input.last_index();
    (1..8usize).any(|axes| {
        let is_flipped = |axis: usize| axes >> axis & 1 == 1;
        let direction = input.direction.map(|row| {
            std::array::from_fn(|axis| {
                if is_flipped(axis) {
                    -row[axis]
                } else {
                    row[axis]
                }
            })
        });
        let turned = Frame {
            direction,
            ..*input
        };
        let far_end = std::array::from_fn(|axis| if is_flipped(axis) { last[axis] } else { 0.0 });
        let moved = Frame {
            origin: input.at(far_end),
            ..turned
        };
        output.same_place(&turned) || output.same_place(&moved)
    })
}

/// Another voxel size over the same length and direction, but moved by half a voxel of one of the two.
pub(super) fn moved_by_half_a_voxel(output: &Frame, input: &Frame) -> bool {
    let shift = input.index_of(output.at([-0.5; 3]));
    let steps = |axis: usize| {
        let ratio = output.spacing[axis] / input.spacing[axis];
        let moved = (shift[axis] + 0.5).abs();
        let is = |half: f64| (moved - half).abs() < 0.01 * ratio.max(1.0);
        (is(0.0), is(0.5) || is(0.5 * ratio))
    };
    output.same_direction(input)
        && (0..3).all(|axis| same_length(output, input, axis))
        && (0..3).all(|axis| steps(axis).0 || steps(axis).1)
        && (0..3).any(|axis| !steps(axis).0)
}

fn half_voxel(output: &Frame, input: &Frame) -> bool {
    let steps = input.index_of(output.origin);
    let is_half = |step: &f64| (step.abs() - 0.5).abs() < 0.01;
    output.same_spacing(input)
        && output.same_direction(input)
        && steps.iter().any(is_half)
        && steps.iter().all(|step| is_half(step) || step.abs() < 0.01)
}

/// Spacing, origin or both in reverse order: NumPy's axes are z, y, x.
fn lists_reversed(output: &Frame, input: &Frame) -> bool {
    let reversed = |[x, y, z]: [f64; 3]| [z, y, x];
    let turned = Frame {
        spacing: reversed(input.spacing),
        origin: reversed(input.origin),
        ..*input
    };
    let spacing_is = output.same_spacing(&turned) && !output.same_spacing(input);
    let origin_is = output.same_origin(&turned) && output.same_spacing(input);
    spacing_is || origin_is
}
