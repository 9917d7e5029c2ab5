//! Jobs that stay in a state for longer than it may take.
//!
//! Judged by a clock that never jumps, and from when this process first saw the job in its state: times of the wall clock,
//! which the database has, say nothing of how long ago they were once somebody has set it. A job that was in its state
//! before this process began has its whole time again, since nobody could move it on meanwhile.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::job::JobEvent;
use domain::{Failure, FailureReason};
use jiff::Timestamp;
use store::ids::JobId;
use store::jobs::{JobChange, StoredJob};
use tracing::{error, warn};

use super::Worker;
use super::clocks::Clocks;

/// What is remembered between two looks.
pub(super) struct Watch {
    clocks: Clocks,
    /// Since when jobs are seen in their states. What names a stay in a state is its beginning, whatever clock that is of.
    seen: HashMap<JobId, (Timestamp, Instant)>,
}

impl Watch {
    pub(super) fn new(wall: Timestamp, steady: Instant) -> Watch {
        Watch {
            clocks: Clocks::new(wall, steady),
            seen: HashMap::new(),
        }
    }

    /// Of the jobs that may not stay where they are for ever, those that have stayed for too long.
    fn late(&mut self, timed: Vec<StoredJob>, steady: Instant) -> Vec<StoredJob> {
        let before = std::mem::take(&mut self.seen);
        let mut late = Vec::new();
        for job in timed {
            let known = before.get(&job.id);
            let known = known.filter(|(since, _)| *since == job.state_since);
            let first = known.map_or(steady, |(_, first)| *first);
            self.seen.insert(job.id, (job.state_since, first));
            let allowance = job.state.allowance(&job.limits).unwrap_or(Duration::MAX);
            if steady.duration_since(first) > allowance {
                late.push(job);
            }
        }
        late
    }
}

impl Worker {
    /// Ends every job that is late, as our fault. What still runs of it is killed.
    pub(super) async fn watch_deadlines(&self, watch: &mut Watch, now: Timestamp) {
        if let Some(jump) = watch.clocks.look(now, Instant::now()) {
            warn!(%jump, "the clock jumped; jobs keep the time that they have");
        }
        let timed = match self.store.timed_jobs().await {
            Ok(timed) => timed,
            Err(problem) => {
                error!(%problem, "late jobs could not be looked for");
                return;
            }
        };
        for job in watch.late(timed, Instant::now()) {
            if let Some(live) = self.live.get(job.id) {
                live.cancel();
                live.cancel();
            }
            self.give_up(&job, now).await;
        }
    }

    async fn give_up(&self, job: &StoredJob, now: Timestamp) {
        let message = format!(
            "the job was `{}` since {} and should have left that state",
            job.state.word(),
            job.state_since
        );
        warn!(job = %job.id, %message, "a job is late");
        let failure = Failure::new(FailureReason::Internal, message)
            .with_hint("run it again; if it is late again, the server's log says more");
        let change = JobChange::by_nobody(JobEvent::Failed(Box::new(failure)));
        match self.store.apply(job.id, change, now).await {
            Ok(_) => self.ring(job.id),
            Err(problem) => warn!(job = %job.id, %problem, "a late job could not be ended"),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Limits;
    use domain::job::JobState;
    use store::ids::{AlgorithmId, AlgorithmImageId, InterfaceId};

    use super::*;

    fn job(state: JobState, since: Timestamp) -> StoredJob {
        StoredJob {
            id: JobId::new(),
            algorithm: AlgorithmId::new(),
            image: AlgorithmImageId::new(),
            model: None,
            interface: InterfaceId::new(),
            creator: None,
            archive_run: None,
            archive_item: None,
            retry_of: None,
            state,
            state_since: since,
            deadline: None,
            owner: None,
            attempt: 1,
            limits: Limits::default(),
            exit_code: None,
            has_warnings: false,
            comment: String::new(),
            is_public: false,
            cancel_asked_at: None,
            created_at: since,
            started_at: None,
            completed_at: None,
            run_seconds: None,
        }
    }

    #[test]
    fn jobs_are_late_by_time_that_has_passed_and_not_by_what_a_clock_says() {
        let wall = Timestamp::from_second(1_800_000_000).unwrap();
        let start = Instant::now();
        let mut watch = Watch::new(wall, start);
        let after = |minutes: u64| start + Duration::from_secs(60 * minutes);
        // One of them began before the clock was set back, the other one long ago, as it seems.
        let stuck = job(JobState::Provisioning { attempt: 1 }, wall);
        let long_ago = Timestamp::from_second(1_000_000_000).unwrap();
        let mut moving = job(JobState::Provisioning { attempt: 1 }, long_ago);
        let mut late = |moving: &StoredJob, minutes| {
            let timed = vec![stuck.clone(), moving.clone()];
            let late = watch.late(timed, after(minutes));
            late.into_iter().map(|job| job.id).collect::<Vec<_>>()
        };
        assert_eq!(late(&moving, 0), []);
        assert_eq!(late(&moving, 10), []);
        moving.state = JobState::Parsing { attempt: 1 };
        moving.state_since = wall;
        assert_eq!(late(&moving, 11), [stuck.id]);
        assert_eq!(late(&moving, 40), [stuck.id]);
        assert_eq!(late(&moving, 42), [stuck.id, moving.id]);
    }
}
