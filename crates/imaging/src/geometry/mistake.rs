//! The ways in which geometry is usually lost, each recognised by undoing it and looking whether it fits then.

use serde::{Deserialize, Serialize};

use super::frame::{Frame, IDENTITY};

/// A way of getting the geometry of an output wrong that is recognised from the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownMistake {
    /// Spacing 1, origin 0, identity: `GetImageFromArray` without `CopyInformation`.
    GeometryNotCopied,
    /// The array was handed over as x, y, z where z, y, x was needed.
    AxesReversed,
    /// Direction is the identity although the input's is not; spacing and origin are kept.
    DirectionDropped,
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
            Self::DirectionDropped => "the direction of the input was dropped",
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
            Self::DirectionDropped => "output.SetDirection(input.GetDirection())",
            Self::LpsRasFlip => {
                "affine = numpy.diag([-1, -1, 1, 1]) @ affine  # from RAS to LPS, before it is written"
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
            Self::OutsideImage => "output.CopyInformation(input)",
        }
    }
}

type Test = fn(&Frame, &Frame) -> bool;

/// The mistake that turns `input` into `output`, both of the same size but in different places.
pub(super) fn recognise(output: &Frame, input: &Frame) -> Option<KnownMistake> {
    let tests: [(KnownMistake, Test); 7] = [
        (KnownMistake::GeometryNotCopied, |output, _| {
            output.is_default()
        }),
        (KnownMistake::UnitsOff, units_off),
        (KnownMistake::LpsRasFlip, ras),
        (KnownMistake::DirectionDropped, direction_dropped),
        (KnownMistake::AxisFlipped, axis_flipped),
        (KnownMistake::HalfVoxelShift, half_voxel),
        (KnownMistake::AxesReversed, spacing_reversed),
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
    let same_length = |axis: usize| {
        let length = |frame: &Frame| frame.spacing[axis] * (frame.last_index()[axis] + 1.0);
        (length(output) - length(input)).abs() <= 1e-3 * length(input)
    };
    output.same_direction(input)
        && output.same_origin(input)
        && !output.same_spacing(input)
        && (0..3).all(same_length)
}

fn units_off(output: &Frame, input: &Frame) -> bool {
    [1000.0, 0.001].into_iter().any(|factor| {
        let spacing = output.spacing.map(|spacing| spacing * factor);
        let scaled = Frame { spacing, ..*output };
        let origin = output.origin.map(|value| value * factor);
        scaled.same_place(input) || Frame { origin, ..scaled }.same_place(input)
    })
}

fn ras(output: &Frame, input: &Frame) -> bool {
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
    .into_iter()
    .any(|turned| turned.same_place(input))
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

fn half_voxel(output: &Frame, input: &Frame) -> bool {
    let steps = input.index_of(output.origin);
    let is_half = |step: &f64| (step.abs() - 0.5).abs() < 0.01;
    output.same_spacing(input)
        && output.same_direction(input)
        && steps.iter().any(is_half)
        && steps.iter().all(|step| is_half(step) || step.abs() < 0.01)
}

fn spacing_reversed(output: &Frame, input: &Frame) -> bool {
    let [x, y, z] = input.spacing;
    let reversed = Frame {
        spacing: [z, y, x],
        ..*input
    };
    output.same_spacing(&reversed) && !output.same_spacing(input)
}
