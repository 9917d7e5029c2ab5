//! Percentiles of sizes, by the nearest rank.

/// The smallest value that at least `percent` of the values do not exceed; 0 of nothing.
#[must_use]
pub fn percentile(values: &[usize], percent: usize) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// Median, 95th percentile and maximum, for people.
#[must_use]
pub fn summary(values: &[usize]) -> String {
    let at = |percent| percentile(values, percent);
    format!("median {}, p95 {}, max {}", at(50), at(95), at(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_nearest() {
        let values: Vec<_> = (1..=20).rev().collect();
        assert_eq!(summary(&values), "median 10, p95 19, max 20");
        assert_eq!(summary(&[7]), "median 7, p95 7, max 7");
        assert_eq!(summary(&[]), "median 0, p95 0, max 0");
    }
}
