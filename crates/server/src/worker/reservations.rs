//! Room for containers that are no jobs: whoever wants one waits here until the worker has room for it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use domain::Limits;
use store::ids::{AlgorithmId, JobId};
use store::jobs::Candidate;
use tokio::sync::oneshot;

use super::Worker;
use super::admission::{Admission, PASSED_BY};

/// Room that is held until this is dropped.
#[derive(Debug)]
pub struct Reservation {
    worker: Worker,
    id: JobId,
}

/// Who waits, and what was given back. The worker's loop looks at it whenever the bell rings.
#[derive(Debug, Default)]
pub(super) struct Reservations {
    waiting: Mutex<Vec<Ask>>,
    given_back: Mutex<Vec<JobId>>,
}

#[derive(Debug)]
struct Ask {
    candidate: Candidate,
    since: Instant,
    granted: oneshot::Sender<()>,
}

impl Worker {
    /// Waits until a container with these limits may run beside the jobs. Dropping the future ends the wait.
    pub async fn reserve(&self, algorithm: AlgorithmId, limits: Limits) -> Reservation {
        let (granted, hears) = oneshot::channel();
        let reservation = Reservation {
            worker: self.clone(),
            id: JobId::new(),
        };
        let candidate = Candidate {
            id: reservation.id,
            creator: None,
            algorithm,
            limits,
        };
        self.reservations.waiting().push(Ask {
            candidate,
            since: Instant::now(),
            granted,
        });
        self.ring_all();
        if hears.await.is_err() {
            // The worker has ended, and the process with it soon.
            std::future::pending::<()>().await;
        }
        reservation
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.worker.reservations.given_back().push(self.id);
        self.worker.ring_all();
    }
}

impl Reservations {
    fn waiting(&self) -> MutexGuard<'_, Vec<Ask>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn given_back(&self) -> MutexGuard<'_, Vec<JobId>> {
        self.given_back
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes back, and gives to whom there is room for. `false`: somebody has waited so long that no job may pass.
    pub(super) fn settle(&self, admission: &mut Admission, now: Instant) -> bool {
        let mut waiting = self.waiting();
        // What was dropped while it waited is given back too, and must not be asked for any more.
        for id in self.given_back().drain(..) {
            admission.leave(id);
            waiting.retain(|ask| ask.candidate.id != id);
        }
        let mut still = Vec::new();
        for ask in waiting.drain(..) {
            if admission.is_full() || !admission.fits(&ask.candidate) {
                still.push(ask);
                continue;
            }
            admission.enter(&ask.candidate);
            // One that does not listen any more is dropped and gives back.
            let _ = ask.granted.send(());
        }
        *waiting = still;
        waiting
            .iter()
            .all(|ask| now.duration_since(ask.since) < PASSED_BY)
    }
}
