//! What one NIfTI voxel is, and `scl_slope` and `scl_inter`.

use super::header::Header;
use crate::error::ReadProblem;
use crate::summary::ComponentType;

/// Type of the voxels, stored and as handed on.
pub(super) struct Pixel {
    pub(super) stored: ComponentType,
    pub(super) component: ComponentType,
    pub(super) channels: u32,
    /// Whether the numbers of a voxel lie in separate volumes.
    pub(super) is_planar: bool,
    scale: Option<(f64, f64)>,
    /// Displacements are vectors in space: x and y turn from RAS to LPS.
    turn: bool,
}

impl Pixel {
    pub(super) fn of(header: &Header, vectors: Option<u32>) -> Result<Pixel, ReadProblem> {
        let (stored, colours) = datatype(header.datatype)?;
        if colours > 1 && vectors.is_some_and(|count| count > 1) {
            return Err(ReadProblem::Unsupported(
                "a NIfTI image of vectors of colours".into(),
            ));
        }
        if matches!(header.intent, 1004 | 1005) {
            return Err(ReadProblem::Unsupported(format!(
                "a NIfTI image of matrices (`intent_code` {})",
                header.intent
            )));
        }
        let slope = if header.slope.is_finite() && header.slope != 0.0 {
            header.slope
        } else {
            1.0
        };
        let inter = if header.inter.is_finite() {
            header.inter
        } else {
            0.0
        };
        let scale = ((slope - 1.0).abs() > f64::EPSILON || inter.abs() > f64::EPSILON)
            .then_some((slope, inter))
            .filter(|_| colours == 1);
        let component = if scale.is_some() && stored.is_integer() {
            ComponentType::Float32
        } else {
            stored
        };
        let channels = vectors.unwrap_or(1).max(colours);
        Ok(Pixel {
            stored,
            component,
            channels,
            is_planar: colours == 1 && channels > 1,
            scale,
            turn: header.intent == 1006 && (2..=3).contains(&channels) && !component.is_integer(),
        })
    }

    /// Bytes of one voxel, all channels counted, as handed on.
    pub(super) fn voxel_bytes(&self) -> u64 {
        self.component.bytes().max(self.stored.bytes()) * u64::from(self.channels)
    }

    /// Applies slope and intercept on the way to `deliver`. Integers become 32-bit floats first, as in ITK.
    pub(super) fn scaler<'a>(
        &self,
        deliver: &'a mut dyn FnMut(&[u8]),
    ) -> impl FnMut(&[u8]) + use<'a> {
        let (stored, scale, turn) = (self.stored, self.scale, self.turn);
        let channels = self.channels as usize;
        let size = usize::try_from(stored.bytes()).expect("at most 8");
        let mut scaled = Vec::new();
        move |samples: &[u8]| {
            if scale.is_none() && !turn {
                deliver(samples);
                return;
            }
            let (slope, inter) = scale.unwrap_or((1.0, 0.0));
            scaled.clear();
            for (index, sample) in samples.chunks_exact(size).enumerate() {
                let sign = if turn && index % channels < 2 {
                    -1.0
                } else {
                    1.0
                };
                let value = sign * (number(sample, stored) * slope + inter);
                if stored == ComponentType::Float64 {
                    scaled.extend_from_slice(&value.to_le_bytes());
                } else {
                    scaled.extend_from_slice(&narrow(value).to_le_bytes());
                }
            }
            deliver(&scaled);
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to 32 bits is what ITK does"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// A stored number; integers are rounded to 32-bit floats.
#[expect(
    clippy::cast_precision_loss,
    reason = "rounding to 32 bits is what ITK does"
)]
fn number(sample: &[u8], stored: ComponentType) -> f64 {
    let mut bytes = [0; 8];
    bytes[..sample.len()].copy_from_slice(sample);
    let unsigned = u64::from_le_bytes(bytes);
    let shift = 64 - 8 * sample.len();
    let signed = (unsigned << shift).cast_signed() >> shift;
    match stored {
        ComponentType::Int8
        | ComponentType::Int16
        | ComponentType::Int32
        | ComponentType::Int64 => f64::from(signed as f32),
        ComponentType::Uint8
        | ComponentType::Uint16
        | ComponentType::Uint32
        | ComponentType::Uint64 => f64::from(unsigned as f32),
        ComponentType::Float16 | ComponentType::Float32 => {
            f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).into()
        }
        ComponentType::Float64 => f64::from_le_bytes(bytes),
    }
}

/// Type and colour channels of a datatype code.
fn datatype(code: i64) -> Result<(ComponentType, u32), ReadProblem> {
    let name = match code {
        2 => return Ok((ComponentType::Uint8, 1)),
        4 => return Ok((ComponentType::Int16, 1)),
        8 => return Ok((ComponentType::Int32, 1)),
        16 => return Ok((ComponentType::Float32, 1)),
        64 => return Ok((ComponentType::Float64, 1)),
        128 => return Ok((ComponentType::Uint8, 3)),
        256 => return Ok((ComponentType::Int8, 1)),
        512 => return Ok((ComponentType::Uint16, 1)),
        768 => return Ok((ComponentType::Uint32, 1)),
        1024 => return Ok((ComponentType::Int64, 1)),
        1280 => return Ok((ComponentType::Uint64, 1)),
        2304 => return Ok((ComponentType::Uint8, 4)),
        1 => "binary (1 bit)",
        32 => "complex64",
        1536 => "float128",
        1792 => "complex128",
        2048 => "complex256",
        _ => "an unknown code",
    };
    Err(ReadProblem::Field {
        field: "datatype".into(),
        expected: "integers of 8 to 64 bits, float32, float64, RGB24 or RGBA32".into(),
        found: format!("{name} ({code})"),
    })
}
