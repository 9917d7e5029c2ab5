//! Minimum, maximum and histogram in one pass and constant memory, whatever the type of the samples.
//!
//! Samples of 8 and 16 bits are counted one by one. Others are counted by the leading bits of a 32-bit float: sign,
//! exponent and 11 bits of the fraction, so that a count is right to 1 in 2048 of the value and no outlier can push all
//! other values into one bin.

use crate::summary::ComponentType;
use crate::volume::{Samples, with_samples};

/// Bits of the float that are cut off.
const CUT: u32 = 12;
/// Bins for floats: sign, 8 bits of exponent, 11 of the fraction.
const FLOAT_BINS: usize = 1 << (32 - CUT);

/// The first bin of exact counts is that of the lowest 16-bit number.
const WORD_OFFSET: i32 = 32768;

/// Gathers samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    count: u64,
    not_finite: u64,
    minimum: f64,
    maximum: f64,
    sum: f64,
    bins: Vec<u64>,
    exact: bool,
}

impl Statistics {
    /// For samples of this type.
    #[must_use]
    pub fn new(component: ComponentType) -> Statistics {
        let exact = component.is_integer() && component.bytes() <= 2;
        Statistics {
            count: 0,
            not_finite: 0,
            minimum: f64::INFINITY,
            maximum: f64::NEG_INFINITY,
            sum: 0.0,
            bins: vec![0; if exact { 1 << 17 } else { FLOAT_BINS }],
            exact,
        }
    }

    /// Of all samples in memory, channels together.
    #[must_use]
    #[expect(
        clippy::cast_lossless,
        clippy::cast_precision_loss,
        clippy::unnecessary_cast,
        reason = "64-bit integers beyond 2^53 are rounded; the macro also casts small types"
    )]
    pub fn of(samples: &Samples) -> Statistics {
        let mut statistics = Statistics::new(samples.component_type());
        match samples {
            Samples::Int16(values) => {
                statistics.count_words(values.iter().map(|value| i32::from(*value)));
            }
            Samples::Uint16(values) => {
                statistics.count_words(values.iter().map(|value| i32::from(*value)));
            }
            Samples::Int8(_)
            | Samples::Uint8(_)
            | Samples::Int32(_)
            | Samples::Uint32(_)
            | Samples::Int64(_)
            | Samples::Uint64(_)
            | Samples::Float32(_)
            | Samples::Float64(_) => {
                with_samples!(samples, values => values.iter().for_each(|&value| statistics.add(value as f64)))
            }
        }
        statistics
    }

    /// Samples of 16 bits by their bins alone, from which all the rest follows: a picture waits for this.
    fn count_words(&mut self, values: impl Iterator<Item = i32>) {
        for value in values {
            if let Some(bin) = usize::try_from(value + WORD_OFFSET)
                .ok()
                .and_then(|bin| self.bins.get_mut(bin))
            {
                *bin += 1;
            }
        }
        for (bin, count) in (-WORD_OFFSET..)
            .zip(&self.bins)
            .filter(|(_, count)| **count > 0)
        {
            let value = f64::from(bin);
            self.count += count;
            self.minimum = self.minimum.min(value);
            self.maximum = self.maximum.max(value);
            #[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
            let count = *count as f64;
            self.sum += value * count;
        }
    }

    /// Takes one sample.
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            self.not_finite += 1;
            return;
        }
        self.count += 1;
        self.sum += value;
        self.minimum = self.minimum.min(value);
        self.maximum = self.maximum.max(value);
        let bin = if self.exact {
            exact_bin(value)
        } else {
            float_bin(value)
        };
        if let Some(bin) = self.bins.get_mut(bin) {
            *bin += 1;
        }
    }

    /// Takes whole little-endian samples of a type, as [`stream_file`](crate::stream_file) delivers them.
    #[expect(
        clippy::cast_lossless,
        clippy::cast_precision_loss,
        reason = "64-bit integers beyond 2^53 are rounded; the macro also casts small types"
    )]
    pub fn feed(&mut self, component: ComponentType, samples: &[u8]) {
        macro_rules! feed_as {
            ($type:ty) => {{
                let (whole, _) = samples.as_chunks::<{ size_of::<$type>() }>();
                for bytes in whole {
                    self.add(<$type>::from_le_bytes(*bytes) as f64);
                }
            }};
        }
        match component {
            ComponentType::Int8 => feed_as!(i8),
            ComponentType::Uint8 => feed_as!(u8),
            ComponentType::Int16 => feed_as!(i16),
            ComponentType::Uint16 => feed_as!(u16),
            ComponentType::Int32 => feed_as!(i32),
            ComponentType::Uint32 => feed_as!(u32),
            ComponentType::Int64 => feed_as!(i64),
            ComponentType::Uint64 => feed_as!(u64),
            ComponentType::Float32 => feed_as!(f32),
            ComponentType::Float64 => feed_as!(f64),
            ComponentType::Float16 => {
                let (whole, _) = samples.as_chunks::<2>();
                for bytes in whole {
                    self.add(half_float(u16::from_le_bytes(*bytes)));
                }
            }
        }
    }

    /// Finite samples.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Samples that are infinite or no number.
    #[must_use]
    pub fn not_finite(&self) -> u64 {
        self.not_finite
    }

    /// The lowest finite sample.
    #[must_use]
    pub fn minimum(&self) -> Option<f64> {
        (self.count > 0).then_some(self.minimum)
    }

    /// The highest finite sample.
    #[must_use]
    pub fn maximum(&self) -> Option<f64> {
        (self.count > 0).then_some(self.maximum)
    }

    /// The mean of the finite samples.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    /// The value below which this share (0 to 1) of the finite samples lies; exact for 8 and 16 bits.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
    pub fn percentile(&self, share: f64) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        if share <= 0.0 {
            return Some(self.minimum);
        }
        let wanted = (share.min(1.0) * self.count as f64).max(1.0);
        let mut below = 0u64;
        for (bin, count) in self.bins.iter().enumerate() {
            if (below + count) as f64 >= wanted {
                let (low, high) = self.edges(bin);
                let inside = (wanted - below as f64) / *count as f64;
                let value = low + (high - low) * inside;
                return Some(value.clamp(self.minimum, self.maximum));
            }
            below += count;
        }
        Some(self.maximum)
    }

    /// Counts in this many bins of equal width from the lowest to the highest sample. Wide types are counted at the
    /// middle of what is known of them.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "clamped to the number of bins"
    )]
    pub fn histogram(&self, bins: usize) -> Vec<u64> {
        let mut counts = vec![0; bins];
        let width = (self.maximum / 2.0 - self.minimum / 2.0) / bins as f64;
        for (bin, count) in self
            .bins
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
        {
            let (low, high) = self.edges(bin);
            let middle = (low / 2.0 + high / 2.0).clamp(self.minimum, self.maximum);
            let place = (middle / 2.0 - self.minimum / 2.0) / width;
            let place = (place as usize).min(bins.saturating_sub(1));
            if let Some(target) = counts.get_mut(place) {
                *target += count;
            }
        }
        counts
    }

    /// The values from which and up to which a bin counts.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "bins are few"
    )]
    fn edges(&self, bin: usize) -> (f64, f64) {
        if self.exact {
            let value = bin as f64 - 32768.0;
            return (value, value);
        }
        let first = (bin as u32) << CUT;
        let (low, high) = (float_of(first), float_of(first | ((1 << CUT) - 1)));
        (low.min(high), low.max(high))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "values of 8 and 16 bits, signed or not, are from -32768 to 65535"
)]
fn exact_bin(value: f64) -> usize {
    (value + 32768.0) as usize
}

/// Bins in the order of the values: floats sort like integers once the sign is turned.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to 32 bits is the point; numbers beyond become infinite, which sorts right"
)]
fn float_bin(value: f64) -> usize {
    let bits = (value as f32).to_bits();
    let ordered = if bits >> 31 == 1 {
        !bits
    } else {
        bits | 1 << 31
    };
    (ordered >> CUT) as usize
}

fn float_of(ordered: u32) -> f64 {
    let bits = if ordered >> 31 == 1 {
        ordered & !(1 << 31)
    } else {
        !ordered
    };
    let value = f64::from(f32::from_bits(bits));
    if value.is_nan() || value.is_infinite() {
        return f64::MAX.copysign(value);
    }
    value
}

/// IEEE 754 half precision.
pub(crate) fn half_float(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f64::from(bits & 0x3ff) / 1024.0;
    match bits >> 10 & 0x1f {
        0 => sign * fraction * 2f64.powi(-14),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        exponent => sign * (1.0 + fraction) * 2f64.powi(i32::from(exponent) - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_types_are_counted_exactly() {
        let statistics = Statistics::of(&Samples::Int16(vec![-5, -5, 0, 7, 32767, -32768]));
        assert_eq!(statistics.minimum(), Some(-32768.0));
        assert_eq!(statistics.maximum(), Some(32767.0));
        assert_eq!(statistics.percentile(0.5), Some(-5.0));
        assert_eq!(statistics.percentile(0.75), Some(7.0));
        assert_eq!(statistics.mean(), Some(-0.666_666_666_666_666_6));
        let statistics = Statistics::of(&Samples::Uint16(vec![65535, 0]));
        assert_eq!(statistics.percentile(1.0), Some(65535.0));
        assert_eq!(statistics.histogram(4), [1, 0, 0, 1]);
    }

    #[test]
    fn floats_are_right_to_one_in_2048_whatever_the_outliers() {
        let mut values: Vec<f32> = (0..=1000).map(|value| value as f32 / 10.0 - 50.0).collect();
        values.extend([f32::MAX, f32::MIN, f32::NAN, f32::INFINITY]);
        let statistics = Statistics::of(&Samples::Float32(values));
        assert_eq!(statistics.not_finite(), 2);
        for share in [0.01, 0.1, 0.25, 0.5, 0.9, 0.99] {
            let found = statistics.percentile(share).unwrap();
            let expected = share * 100.0 - 50.0;
            assert!(
                (found - expected).abs() < 0.2 + expected.abs() / 2048.0,
                "{share}: {found} {expected}"
            );
        }
    }

    #[test]
    fn bytes_and_memory_give_the_same() {
        let values = [1.5f64, -2.0, 1e300, f64::NAN, 0.0];
        let mut fed = Statistics::new(ComponentType::Float64);
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        fed.feed(ComponentType::Float64, &bytes);
        // NaN is counted, not kept, so the two can be compared.
        assert_eq!(fed, Statistics::of(&Samples::Float64(values.to_vec())));
        assert_eq!(fed.histogram(3).iter().sum::<u64>(), 4);
    }

    #[test]
    fn half_floats_are_read() {
        let mut fed = Statistics::new(ComponentType::Float16);
        let bytes: Vec<u8> = [0x3c00u16, 0xc000, 0x7bff, 0x7c00, 0x0001]
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        fed.feed(ComponentType::Float16, &bytes);
        assert_eq!(
            (fed.minimum(), fed.maximum(), fed.not_finite()),
            (Some(-2.0), Some(65504.0), 1)
        );
    }

    #[test]
    fn nothing_has_no_statistics() {
        let nothing = Statistics::new(ComponentType::Uint8);
        assert_eq!(nothing.percentile(0.5), None);
        assert_eq!(nothing.histogram(2), [0, 0]);
        assert!(nothing.histogram(0).is_empty());
    }
}
