//! Jobs that a worker has taken, with what their containers use at this moment.

use std::collections::HashMap;
use std::time::Duration;

use container::sandbox::LiveUsage;
use store::ids::JobId;
use store::jobs::StandingJob;

use crate::state::AppState;
use crate::ui::quantity::{Moment, bytes};

/// Between the two looks from which the processor load is told.
const LOOK: Duration = Duration::from_millis(250);

/// A job that runs, as a row.
pub(super) struct RunningRow {
    pub(super) id: String,
    pub(super) algorithm_title: String,
    pub(super) username: String,
    pub(super) state: String,
    pub(super) since: Moment,
    pub(super) is_cancelled: bool,
    /// `None`: its container has not begun, or has ended.
    pub(super) usage: Option<UsageRow>,
}

/// What a container uses, in words.
pub(super) struct UsageRow {
    /// Bytes, for the meter.
    pub(super) memory_now: u64,
    /// Bytes, for the meter.
    pub(super) memory_limit: u64,
    pub(super) memory: String,
    pub(super) cpu: String,
    pub(super) pids: String,
}

/// Rows of all jobs that run. Takes a moment: the load of a processor is a difference.
pub(super) async fn rows(state: &AppState, jobs: Vec<StandingJob>) -> Vec<RunningRow> {
    let first = usages(state).await;
    if first.is_empty() {
        return jobs.into_iter().map(|job| row(job, None)).collect();
    }
    let start = std::time::Instant::now();
    tokio::time::sleep(LOOK).await;
    let second = usages(state).await;
    let passed = start.elapsed();
    jobs.into_iter()
        .map(|job| {
            let now = second.get(&job.id).copied();
            let before = first.get(&job.id).copied();
            row(job, now.map(|now| (now, before, passed)))
        })
        .collect()
}

async fn usages(state: &AppState) -> HashMap<JobId, LiveUsage> {
    let live = state.worker().live().all();
    let reading = tokio::task::spawn_blocking(move || {
        let found = live
            .into_iter()
            .filter_map(|(id, job)| Some((id, job.usage()?)));
        found.collect()
    });
    reading.await.unwrap_or_default()
}

fn row(job: StandingJob, usage: Option<(LiveUsage, Option<LiveUsage>, Duration)>) -> RunningRow {
    let usage = usage.map(|(now, before, passed)| {
        let load = now
            .cpu_seconds
            .zip(before.and_then(|before| before.cpu_seconds))
            .map(|(now, before)| 100.0 * (now - before).max(0.0) / passed.as_secs_f64());
        let of = |now: Option<u64>, peak: Option<u64>, text: fn(u64) -> String| match (now, peak) {
            (None, None) => "unknown".to_owned(),
            (now, None) => now.map(text).unwrap_or_default(),
            (None, Some(peak)) => format!("peak {}", text(peak)),
            (Some(now), Some(peak)) => format!("{}, peak {}", text(now), text(peak)),
        };
        UsageRow {
            memory_now: now.memory_bytes.unwrap_or(0),
            memory_limit: job.limits.memory_bytes,
            memory: format!(
                "{} of {}",
                of(now.memory_bytes, now.peak_memory_bytes, bytes),
                bytes(job.limits.memory_bytes)
            ),
            cpu: load.map_or_else(
                || "unknown".to_owned(),
                |load| format!("{load:.0} % of {} %", job.limits.cpu_percent),
            ),
            pids: format!(
                "{} of {}",
                of(now.pids, now.peak_pids, |count| count.to_string()),
                job.limits.pids
            ),
        }
    });
    RunningRow {
        id: job.id.to_string(),
        algorithm_title: job.algorithm_title,
        username: job.username.unwrap_or_default(),
        state: job.state,
        since: job.state_since.into(),
        is_cancelled: job.is_cancelled,
        usage,
    }
}
