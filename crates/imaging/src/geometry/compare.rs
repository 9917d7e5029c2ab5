//! Is this output drawn where its input is?

use serde::{Deserialize, Serialize};

use super::Geometry;

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
    /// One image axis runs the other way.
    AxisFlipped,
    /// Origin taken at the corner of the first voxel, not at its centre, or the reverse.
    HalfVoxelShift,
    /// Lengths in micrometres or metres instead of millimetres.
    UnitsOff,
    /// The two boxes do not touch.
    OutsideImage,
}

/// What the comparison of an output with its input says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GeometryVerdict {
    /// True when the output is drawn exactly where the input is.
    pub aligned: bool,
    /// The verdict in plain words, a lower-case fragment.
    pub message: String,
    /// The known mistake that it looks like.
    pub mistake: Option<KnownMistake>,
    /// Largest displacement of a corner of the image, mm; for images of different size the distance between the two
    /// boxes, 0 when they overlap. `None` when the two cannot be compared.
    pub worst_corner_mm: Option<f64>,
    /// The line of code, or the sentence, that fixes it.
    pub fix: Option<String>,
}

/// Compares the grid of an output with the grid of the image that it belongs to.
#[must_use]
pub fn compare(output: &Geometry, input: &Geometry) -> GeometryVerdict {
    let aligned = output == input;
    GeometryVerdict {
        aligned,
        message: if aligned {
            "aligned".into()
        } else {
            "the geometries differ".into()
        },
        mistake: None,
        worst_corner_mm: aligned.then_some(0.0),
        fix: None,
    }
}
