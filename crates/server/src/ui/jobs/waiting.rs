//! How long the queue is, in jobs and roughly in time.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use store::StoreError;
use store::ids::AlgorithmId;

use crate::state::AppState;

/// Jobs of the queue that are looked at.
const LOOKED_AT: u32 = 200;

/// The queue as somebody meets it who comes now, or who is in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::ui) struct Waiting {
    /// Jobs that come first.
    pub(in crate::ui) ahead: u64,
    /// Jobs that run now.
    pub(in crate::ui) running: u64,
    /// About how long those that come first take, seconds; `None` when nothing is known of them.
    pub(in crate::ui) seconds: Option<f64>,
}

/// The queue before a job with `ahead` jobs in front of it; `None`: behind all of them.
///
/// The time is the sum of what their algorithms usually take, shared among as many as run now: a word for people, no promise.
///
/// # Errors
/// When the database fails.
pub(in crate::ui) async fn before(
    state: &AppState,
    ahead: Option<u64>,
) -> Result<Waiting, StoreError> {
    let store = state.store();
    let queue = store.next_jobs(LOOKED_AT).await?;
    let ahead = match ahead {
        Some(ahead) => ahead,
        None => store.count_queued_jobs().await?,
    };
    let running = state.worker().live().count() as u64;
    let mut usual: BTreeMap<AlgorithmId, Option<f64>> = BTreeMap::new();
    let first = usize::try_from(ahead).unwrap_or(usize::MAX);
    let (mut known, mut total) = (0_u64, 0.0);
    for job in queue.iter().take(first) {
        let seconds = match usual.entry(job.algorithm) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(place) => {
                let found = store.algorithm(job.algorithm).await?;
                *place.insert(found.and_then(|found| found.average_seconds))
            }
        };
        if let Some(seconds) = seconds {
            known += 1;
            total += seconds;
        }
    }
    let seconds = (known > 0).then(|| total / known as f64 * ahead as f64 / running.max(1) as f64);
    Ok(Waiting {
        ahead,
        running,
        seconds,
    })
}
