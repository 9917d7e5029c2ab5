//! Otsu's threshold: the grey value that parts a histogram into the two classes that differ most.
//!
//! N. Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE Transactions on Systems, Man, and
//! Cybernetics 9(1), 1979, equation 18. The bins, and the upper edge of a bin as the threshold, are those of ITK's
//! `OtsuThresholdImageFilter` for samples of 16 bits and more; for bytes ITK takes one bin per value.

use imaging::Samples;

/// Bins between the smallest and the largest value.
const BINS: usize = 256;
/// How far the last bin reaches beyond the largest value, in bins: ITK's margin.
const MARGIN: f64 = 0.01;

/// No threshold parts these samples.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum NoThreshold {
    /// Nothing but infinities and not-a-numbers, or nothing at all.
    #[error("the image holds no finite sample")]
    NothingFinite,
    /// One value everywhere.
    #[error("all samples of the image are {0}: there is nothing to separate")]
    Constant(f64),
}

/// The threshold: what lies above it is foreground. Samples that are not finite are passed over.
///
/// # Errors
/// When the samples hold fewer than two values.
pub(crate) fn otsu(samples: &Samples) -> Result<f64, NoThreshold> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    samples.for_each_f64(|value| {
        if value.is_finite() {
            low = low.min(value);
            high = high.max(value);
        }
    });
    if low > high {
        return Err(NoThreshold::NothingFinite);
    }
    if low == high {
        return Err(NoThreshold::Constant(low));
    }
    // Halves first: the difference of two huge values of opposite sign is infinite.
    let width = (high / BINS as f64 - low / BINS as f64) * (1.0 + MARGIN / BINS as f64);
    let first = low / width;
    let mut counts = [0u64; BINS];
    samples.for_each_f64(|value| {
        if value.is_finite() {
            counts[bin_of(value, first, width)] += 1;
        }
    });
    Ok(low + width * (best_split(&counts) + 1) as f64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a finite number of bins above zero; the cast saturates and the result is clamped"
)]
fn bin_of(value: f64, first: f64, width: f64) -> usize {
    let bin = value / width - first;
    (bin as usize).min(BINS - 1)
}

/// The last bin of the lower class: the first one at which the variance between the classes is largest.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of voxels in memory are far below 2^53"
)]
fn best_split(counts: &[u64; BINS]) -> usize {
    let total: u64 = counts.iter().sum();
    let sum: f64 = moments(counts).sum();
    let (mut below, mut sum_below) = (0u64, 0.0);
    let mut best = (0, f64::NEG_INFINITY);
    for (bin, (count, moment)) in counts.iter().zip(moments(counts)).enumerate() {
        below += count;
        sum_below += moment;
        if below == 0 || below == total {
            continue;
        }
        let above = (total - below) as f64;
        let difference = sum_below / below as f64 - (sum - sum_below) / above;
        let between = below as f64 * above * difference * difference;
        if between > best.1 {
            best = (bin, between);
        }
    }
    best.0
}

/// Count times bin number.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of voxels in memory are far below 2^53"
)]
fn moments(counts: &[u64; BINS]) -> impl Iterator<Item = f64> {
    counts
        .iter()
        .enumerate()
        .map(|(bin, count)| bin as f64 * *count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lies_between_two_groups() {
        let samples = vec![0.0, 1.0, 2.0, 3.0, 97.0, 98.0, 99.0, 100.0];
        let threshold = otsu(&Samples::Float64(samples)).unwrap();
        assert!((3.0..97.0).contains(&threshold), "{threshold}");
    }

    #[test]
    fn a_few_bright_samples_are_enough() {
        let mut samples = vec![-1000.0; 10_000];
        samples.extend([500.0; 10]);
        let threshold = otsu(&Samples::Float64(samples)).unwrap();
        assert!((-1000.0..500.0).contains(&threshold), "{threshold}");
    }

    #[test]
    fn samples_that_are_no_numbers_do_not_count() {
        let samples = vec![f64::NAN, 1.0, 2.0, f64::INFINITY];
        let threshold = otsu(&Samples::Float64(samples)).unwrap();
        assert!((1.0..2.0).contains(&threshold), "{threshold}");
        assert_eq!(
            otsu(&Samples::Float64(vec![f64::NAN])),
            Err(NoThreshold::NothingFinite)
        );
        assert_eq!(
            otsu(&Samples::Float64(vec![])),
            Err(NoThreshold::NothingFinite)
        );
    }

    #[test]
    fn one_value_everywhere_is_refused() {
        assert_eq!(
            otsu(&Samples::Float64(vec![7.0; 5])),
            Err(NoThreshold::Constant(7.0))
        );
    }

    #[test]
    fn the_widest_range_is_no_trouble() {
        let threshold = otsu(&Samples::Float64(vec![-f64::MAX, -f64::MAX, f64::MAX])).unwrap();
        assert!(threshold.is_finite() && threshold < f64::MAX);
    }
}
