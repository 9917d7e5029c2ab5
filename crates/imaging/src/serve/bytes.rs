//! Samples as bytes for a browser.

use crate::volume::{Samples, with_samples};

/// Samples as they lie in memory of a browser: little-endian, x fastest, channels interleaved.
#[must_use]
pub fn little_endian(samples: &Samples) -> Vec<u8> {
    with_samples!(samples, values => values.iter().flat_map(|value| value.to_le_bytes()).collect())
}

/// The low bytes of all 16-bit samples, then the high bytes: half the entropy of a CT lies in the low ones, and the high
/// ones compress to almost nothing when they stand together. `None` for samples of other widths.
#[must_use]
pub fn byte_planes(samples: &Samples) -> Option<Vec<u8>> {
    match samples {
        Samples::Int16(values) => Some(planes(values, |value| value.to_le_bytes())),
        Samples::Uint16(values) => Some(planes(values, |value| value.to_le_bytes())),
        Samples::Int8(_)
        | Samples::Uint8(_)
        | Samples::Int32(_)
        | Samples::Uint32(_)
        | Samples::Int64(_)
        | Samples::Uint64(_)
        | Samples::Float32(_)
        | Samples::Float64(_) => None,
    }
}

fn planes<T: Copy>(values: &[T], bytes: impl Fn(T) -> [u8; 2]) -> Vec<u8> {
    let mut planes = Vec::with_capacity(values.len() * 2);
    for plane in 0..2 {
        planes.extend(values.iter().map(|value| bytes(*value)[plane]));
    }
    planes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_bytes_come_before_high_bytes() {
        let samples = Samples::Int16(vec![0x0102, -2, 5]);
        assert_eq!(little_endian(&samples), [2, 1, 0xfe, 0xff, 5, 0]);
        assert_eq!(byte_planes(&samples).unwrap(), [2, 0xfe, 5, 1, 0xff, 0]);
        assert_eq!(byte_planes(&Samples::Float32(vec![1.0])), None);
    }
}
