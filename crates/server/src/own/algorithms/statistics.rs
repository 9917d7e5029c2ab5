//! What the jobs of an algorithm did, in numbers, and what to make of them.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use store::jobs::JobMeasure;
use utoipa::ToSchema;

use super::changeable;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::AppState;

/// Jobs that are measured: the newest that succeeded.
const MEASURED: u32 = 1000;
/// Of fewer jobs nothing can be told.
const ENOUGH: usize = 5;

/// What the jobs of an algorithm did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Statistics {
    /// Jobs by month of submission (`2026-11`, UTC) and state.
    pub(crate) months: BTreeMap<String, BTreeMap<String, u64>>,
    /// Jobs that the numbers below are about: the newest that succeeded, at most 1000.
    pub(crate) measured: u64,
    /// Time of the program, seconds; null without such jobs.
    pub(crate) run_seconds: Option<Spread>,
    /// Highest memory use, bytes; null where it was not measured.
    pub(crate) peak_memory: Option<Spread>,
    /// Limit of the memory of new jobs, bytes.
    pub(crate) memory_limit: u64,
    /// What to do about the limit; null: it fits, or too few jobs were measured.
    pub(crate) advice: Option<String>,
}

/// How numbers are spread.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Spread {
    /// The least.
    pub(crate) least: f64,
    /// Half are below it.
    pub(crate) median: f64,
    /// 95 of 100 are below it.
    pub(crate) p95: f64,
    /// The most.
    pub(crate) most: f64,
}

/// Jobs by state and month, durations, memory against its limit; editors of the algorithm.
#[utoipa::path(
    get, path = "/api/gantry/v1/algorithms/{slug}/statistics/", tag = "algorithms", params(("slug" = String, Path)),
    operation_id = "algorithm_statistics",
    responses((status = 200, body = Statistics), (status = 401), (status = 403), (status = 404))
)]
pub(super) async fn statistics(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<Json<Statistics>, ApiError> {
    Ok(Json(of_algorithm(&state, &caller, &slug).await?))
}

/// What the jobs of an algorithm did.
///
/// # Errors
/// 404, 403 for who may not change the algorithm.
pub(crate) async fn of_algorithm(
    state: &AppState,
    caller: &Caller,
    slug: &str,
) -> Result<Statistics, ApiError> {
    let algorithm = changeable(state, caller, slug).await?;
    let store = state.store();
    let mut months: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for count in store.count_jobs_by_month(algorithm.id).await? {
        let month = months.entry(count.month).or_default();
        month.insert(count.state, count.jobs.unsigned_abs());
    }
    let measured = store.measured_jobs(algorithm.id, MEASURED).await?;
    let limit = algorithm.limits.memory_bytes;
    let peaks = peaks(&measured);
    Ok(Statistics {
        months,
        measured: measured.len() as u64,
        run_seconds: spread(measured.iter().filter_map(|job| job.run_seconds).collect()),
        advice: advice(&peaks, limit),
        peak_memory: spread(peaks),
        memory_limit: limit,
    })
}

fn peaks(measured: &[JobMeasure]) -> Vec<f64> {
    let peaks = measured.iter().filter_map(|job| job.peak_memory);
    peaks.map(|bytes| bytes as f64).collect()
}

fn spread(mut numbers: Vec<f64>) -> Option<Spread> {
    numbers.sort_by(f64::total_cmp);
    let at = |hundredths: usize| numbers.get((numbers.len() * hundredths).div_ceil(100).max(1) - 1);
    Some(Spread {
        least: *numbers.first()?,
        median: *at(50)?,
        p95: *at(95)?,
        most: *numbers.last()?,
    })
}

fn advice(peaks: &[f64], limit: u64) -> Option<String> {
    if peaks.len() < ENOUGH {
        return None;
    }
    let most = peaks.iter().copied().fold(0.0, f64::max);
    let limit = limit as f64;
    let size = |bytes: f64| match bytes < 1e9 {
        true => format!("{:.0} MB", (bytes / 1e6).ceil()),
        false => format!("{:.1} GB", bytes / 1e9),
    };
    // Half as much again, in whole hundreds of megabytes.
    let enough = ((most * 1.5 / 1e8).ceil() * 1e8).max(1e8);
    if most > 0.9 * limit {
        return Some(format!(
            "jobs come to {} of {}: larger inputs may fail, raise the limit to {}",
            size(most),
            size(limit),
            size(enough)
        ));
    }
    if enough < 0.5 * limit {
        return Some(format!(
            "no job used more than {} of {}: with a limit of {} more jobs run at the same time",
            size(most),
            size(limit),
            size(enough)
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread() {
        let spread = spread((1..=100).rev().map(f64::from).collect()).unwrap();
        assert_eq!((spread.least, spread.median), (1.0, 50.0));
        assert_eq!((spread.p95, spread.most), (95.0, 100.0));
        assert!(super::spread(Vec::new()).is_none());
    }

    #[test]
    fn advice_is_given_when_there_is_some() {
        let limit = 10_000_000_000;
        assert_eq!(advice(&[9.9e9; 4], limit), None, "too few");
        assert!(
            advice(&[9.9e9; 5], limit)
                .unwrap()
                .contains("raise the limit to 14.9 GB")
        );
        assert!(
            advice(&[1e9; 5], limit)
                .unwrap()
                .contains("a limit of 1.5 GB")
        );
        assert_eq!(advice(&[6e9; 5], limit), None);
        let small = advice(&[36e6; 5], limit).unwrap();
        assert!(
            small.contains("no job used more than 36 MB") && small.contains("of 100 MB"),
            "{small}"
        );
    }
}
