//! An image held in memory: typed samples and their geometry.

use crate::geometry::Geometry;
use crate::summary::ComponentType;

/// Samples of a volume: x fastest, then y, z, t; channels interleaved.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the names say it: sign and bits")]
pub enum Samples {
    Int8(Vec<i8>),
    Uint8(Vec<u8>),
    Int16(Vec<i16>),
    Uint16(Vec<u16>),
    Int32(Vec<i32>),
    Uint32(Vec<u32>),
    Int64(Vec<i64>),
    Uint64(Vec<u64>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
}

/// Calls `$body` with `$values` bound to the vector inside, whatever its type.
macro_rules! with_samples {
    ($samples:expr, $values:ident => $body:expr) => {
        match $samples {
            $crate::volume::Samples::Int8($values) => $body,
            $crate::volume::Samples::Uint8($values) => $body,
            $crate::volume::Samples::Int16($values) => $body,
            $crate::volume::Samples::Uint16($values) => $body,
            $crate::volume::Samples::Int32($values) => $body,
            $crate::volume::Samples::Uint32($values) => $body,
            $crate::volume::Samples::Int64($values) => $body,
            $crate::volume::Samples::Uint64($values) => $body,
            $crate::volume::Samples::Float32($values) => $body,
            $crate::volume::Samples::Float64($values) => $body,
        }
    };
}
pub(crate) use with_samples;

impl Samples {
    /// Number of samples, all channels counted.
    #[must_use]
    pub fn len(&self) -> usize {
        with_samples!(self, values => values.len())
    }

    /// True when there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Type of one sample.
    #[must_use]
    pub fn component_type(&self) -> ComponentType {
        match self {
            Self::Int8(_) => ComponentType::Int8,
            Self::Uint8(_) => ComponentType::Uint8,
            Self::Int16(_) => ComponentType::Int16,
            Self::Uint16(_) => ComponentType::Uint16,
            Self::Int32(_) => ComponentType::Int32,
            Self::Uint32(_) => ComponentType::Uint32,
            Self::Int64(_) => ComponentType::Int64,
            Self::Uint64(_) => ComponentType::Uint64,
            Self::Float32(_) => ComponentType::Float32,
            Self::Float64(_) => ComponentType::Float64,
        }
    }

    /// A copy of all samples as `f64`; 64-bit integers beyond 2^53 are rounded.
    #[must_use]
    #[expect(
        clippy::cast_lossless,
        clippy::cast_precision_loss,
        clippy::unnecessary_cast,
        reason = "documented rounding; the macro also casts small types"
    )]
    pub fn to_f64(&self) -> Vec<f64> {
        with_samples!(self, values => values.iter().map(|&value| value as f64).collect())
    }

    /// Hands over every sample, x fastest, as [`to_f64`](Samples::to_f64) gives it, without a copy of all of them.
    #[expect(
        clippy::cast_precision_loss,
        clippy::unnecessary_cast,
        reason = "as above"
    )]
    pub fn for_each_f64(&self, mut visit: impl FnMut(f64)) {
        with_samples!(self, values => values.iter().for_each(|&value| visit(value as f64)));
    }
}

/// A whole image in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    /// Size and place in the patient: mm, LPS.
    pub geometry: Geometry,
    /// Samples per voxel, interleaved.
    pub channels: u32,
    /// Samples, x fastest.
    pub samples: Samples,
}

impl Volume {
    /// A single-channel volume on the same grid as this one: what `CopyInformation` does in SimpleITK.
    #[must_use]
    pub fn like(&self, samples: Samples) -> Volume {
        Volume {
            geometry: self.geometry.clone(),
            channels: 1,
            samples,
        }
    }
}
