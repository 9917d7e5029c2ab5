//! Writing what has happened, although the database is locked or its disk is full.
//!
//! What a job has come to must not be lost because somebody else holds the database for a minute, or because the disk is
//! full until somebody makes room: it is tried again until it can be written, or the server stops.

use std::sync::atomic::Ordering;
use std::time::Duration;

use store::ids::JobId;
use store::{Failing, StoreError};
use tracing::error;

use super::Worker;

/// Between two tries, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Tries of one change.
pub(super) struct Tries<'a> {
    worker: &'a Worker,
    job: JobId,
    /// Such as `its end`.
    what: &'static str,
    pause: Duration,
}

impl Tries<'_> {
    pub(super) fn new<'a>(worker: &'a Worker, job: JobId, what: &'static str) -> Tries<'a> {
        Tries {
            worker,
            job,
            what,
            pause: PAUSE.0,
        }
    }

    /// Waits for the time of the next try; gives back a problem that will not go away, or when the server stops.
    pub(super) async fn again(&mut self, problem: StoreError) -> Result<(), StoreError> {
        let Some(why) = problem.failing() else {
            return Err(problem);
        };
        if self.worker.stops.load(Ordering::SeqCst) {
            return Err(problem);
        }
        if self.pause == PAUSE.0 {
            let why = match why {
                Failing::Disk => "the disk is full or cannot be written",
                Failing::Busy => "another process holds the database",
            };
            let (job, what) = (self.job, self.what);
            error!(%job, what, %problem, "{why}; it is tried again until it can be written");
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSE.1);
        Ok(())
    }
}
