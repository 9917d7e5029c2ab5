//! Jobs that stay in a state for longer than it may take.

use std::time::Instant;

use domain::job::JobEvent;
use domain::{Failure, FailureReason};
use jiff::Timestamp;
use store::jobs::{JobChange, StoredJob};
use tracing::{error, warn};

use super::Worker;
use super::clocks::Clocks;

impl Worker {
    /// Ends every job whose deadline has passed, as our fault. What still runs of it is killed. When the wall clock has
    /// jumped, the deadlines jump with it.
    pub(super) async fn watch_deadlines(&self, clocks: &mut Clocks, now: Timestamp) {
        if let Some(jump) = clocks.look(now, Instant::now()) {
            match self.store.move_deadlines(jump).await {
                Ok(jobs) => {
                    warn!(%jump, jobs, "the clock jumped; the deadlines of jobs go with it")
                }
                Err(problem) => {
                    error!(%problem, %jump, "the clock jumped, and the deadlines could not be moved");
                }
            }
        }
        let late = match self.store.late_jobs(now).await {
            Ok(late) => late,
            Err(problem) => {
                error!(%problem, "late jobs could not be looked for");
                return;
            }
        };
        for job in late {
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
