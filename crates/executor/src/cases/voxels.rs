//! Two images of the same size, sample by sample.

use std::collections::BTreeMap;

use imaging::Volume;

/// Says so when more than the share `share` of samples differs by more than `difference`.
pub(super) fn difference(
    expected: &Volume,
    found: &Volume,
    difference: f64,
    share: f64,
) -> Option<String> {
    if expected.channels != found.channels {
        return Some(format!(
            "has {} channels, expected {}",
            found.channels, expected.channels
        ));
    }
    // The same type and samples need no copy as numbers.
    if expected.samples == found.samples {
        return None;
    }
    let (left, right) = (expected.samples.to_f64(), found.samples.to_f64());
    let mut beyond = 0_u64;
    let mut largest = 0.0_f64;
    for (one, other) in left.iter().zip(&right) {
        // NaN on one side only is as far away as it can be; on both sides it is the same.
        let apart = match (one.is_nan(), other.is_nan()) {
            (true, true) => 0.0,
            (false, false) if one == other => 0.0,
            (false, false) => (one - other).abs(),
            (true, false) | (false, true) => f64::INFINITY,
        };
        beyond += u64::from(apart > difference);
        largest = largest.max(apart);
    }
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more digits")]
    let found_share = beyond as f64 / left.len().max(1) as f64;
    if found_share <= share {
        return None;
    }
    let allowed = if difference > 0.0 {
        format!(" by more than {difference}")
    } else {
        String::new()
    };
    let expected = if share > 0.0 {
        format!(", expected at most {} %", share * 100.0)
    } else {
        String::new()
    };
    Some(format!(
        "{beyond} of {} samples ({:.3} %) differ{allowed}, the largest difference is {largest}{expected}",
        left.len(),
        found_share * 100.0
    ))
}

/// Says so when the Dice coefficient of a label other than 0 is below `at_least`.
pub(super) fn dice(expected: &Volume, found: &Volume, at_least: f64) -> Option<String> {
    // By label: samples in the recorded image, in the found one, in both.
    let mut counts: BTreeMap<i64, [u64; 3]> = BTreeMap::new();
    let (left, right) = (expected.samples.to_f64(), found.samples.to_f64());
    for (one, other) in left.iter().zip(&right) {
        let (one, other) = (label(*one), label(*other));
        counts.entry(one).or_default()[0] += 1;
        counts.entry(other).or_default()[1] += 1;
        if one == other {
            counts.entry(one).or_default()[2] += 1;
        }
    }
    counts.remove(&0);
    let mut low = Vec::new();
    for (label, [recorded, now, both]) in counts {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a coefficient needs no more digits"
        )]
        let dice = 2.0 * both as f64 / (recorded + now) as f64;
        if dice < at_least {
            low.push(format!(
                "{dice:.4} for label {label} ({recorded} samples recorded, {now} found)"
            ));
        }
    }
    (!low.is_empty()).then(|| {
        format!(
            "the Dice coefficient is {}, expected at least {at_least}",
            low.join("; ")
        )
    })
}

/// Labels are whole numbers, whatever type they are stored in.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounded; what does not fit is no label and saturates"
)]
fn label(sample: f64) -> i64 {
    sample.round() as i64
}

#[cfg(test)]
mod tests {
    use imaging::{Geometry, Samples};

    use super::*;

    fn volume(samples: Samples) -> Volume {
        Volume {
            geometry: Geometry::identity(vec![samples.len() as u64, 1, 1]),
            channels: 1,
            samples,
        }
    }

    #[test]
    fn samples_are_counted_by_how_far_they_are() {
        let expected = volume(Samples::Float32(vec![0.0, 1.0, 2.0, f32::NAN]));
        let found = volume(Samples::Float64(vec![0.0, 1.5, 9.0, f64::NAN]));
        assert_eq!(difference(&expected, &expected, 0.0, 0.0), None);
        let told = difference(&expected, &found, 0.0, 0.0).unwrap();
        assert_eq!(
            told,
            "2 of 4 samples (50.000 %) differ, the largest difference is 7"
        );
        assert!(
            difference(&expected, &found, 0.5, 0.2)
                .unwrap()
                .contains("by more than 0.5")
        );
        assert_eq!(difference(&expected, &found, 0.5, 0.25), None);
        let hole = volume(Samples::Float32(vec![f32::NAN, 1.0, 2.0, f32::NAN]));
        assert!(difference(&expected, &hole, 1e9, 0.0).is_some());
    }

    #[test]
    fn dice_is_by_label() {
        let expected = volume(Samples::Uint8(vec![0, 1, 1, 2]));
        let found = volume(Samples::Int16(vec![0, 1, 2, 2]));
        assert_eq!(dice(&expected, &found, 0.6), None);
        let told = dice(&expected, &found, 0.9).unwrap();
        assert!(
            told.contains("0.6667 for label 1 (2 samples recorded, 1 found)"),
            "{told}"
        );
        let nothing = volume(Samples::Uint8(vec![0, 0, 0, 0]));
        assert!(dice(&expected, &nothing, 0.01).is_some());
        assert_eq!(dice(&nothing, &nothing, 1.0), None);
    }
}
