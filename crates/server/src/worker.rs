//! The loop that moves jobs: look, claim what fits, else wait for the bell.
//!
//! The database is the truth; the bell only wakes. One server process has one worker; what it holds is written in the jobs
//! as their owner, so that the next process finds what this one left ([`recover()`]). Reading order: `run` here →
//! `admission` → `run_job` → `stage` → `gather`; `recover` for the start after a crash.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use container::sandbox::Shims;
use domain::Guarantee;
use executor::kinds::Executor;
use jiff::Timestamp;
use store::ids::{ArchiveRunId, JobId};
use store::jobs::{ApplyError, Candidate, StoredJob};
use store::{Store, StoreError};
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::MissedTickBehavior;
use tracing::{error, info, warn};

mod admission;
mod clocks;
mod deadlines;
mod disk_room;
mod gather;
mod live;
mod log_file;
mod read_log;
mod recover;
mod reservations;
mod run_job;
mod stage;
mod stubborn;
mod work_folder;

pub use admission::{Capacity, Caps, Unfit};
pub(crate) use disk_room::{disk_room, is_refused_room};
pub use live::{LiveJob, LiveJobs};
pub use log_file::LogLine;
pub use read_log::{LogLines, read_log, write_log, write_stamped_log};
pub use recover::{Recovered, recover};
pub use reservations::Reservation;
pub(crate) use stage::{held_image, weights};
pub(crate) use work_folder::take_away;

use admission::Admission;
use deadlines::Watch;
use disk_room::Shortage;
use reservations::Reservations;

/// Without a bell the worker looks this often, so that a lost wake-up costs seconds, not a job.
const TICK: Duration = Duration::from_secs(5);

/// How the worker is to run jobs.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// The data folder: container images, empty disk images, work folders.
    pub home: Utf8PathBuf,
    /// Where containers run.
    pub executor: Arc<dyn Executor>,
    /// Where the shims of containers come from.
    pub shims: Arc<Shims>,
    /// What jobs may use together.
    pub capacity: Capacity,
    /// How many jobs may run at the same time, and of whom.
    pub caps: Caps,
    /// Guarantees that the operator does without, by name.
    pub waive: std::collections::BTreeSet<Guarantee>,
}

/// What others need to know of the worker. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Worker {
    store: Store,
    settings: Arc<WorkerSettings>,
    /// Written into the jobs that this process holds.
    instance: Arc<str>,
    bell: Arc<Notify>,
    /// For imports.
    second_bell: Arc<Notify>,
    live: LiveJobs,
    reservations: Arc<Reservations>,
    /// It stops in an orderly way; what it ends, nobody wanted ended.
    stops: Arc<AtomicBool>,
    changes: broadcast::Sender<JobId>,
}

impl Worker {
    /// A worker that does nothing until it is [run](Worker::run).
    #[must_use]
    pub fn new(store: Store, settings: WorkerSettings) -> Worker {
        let (changes, _) = broadcast::channel(1024);
        Worker {
            store,
            settings: Arc::new(settings),
            instance: uuid::Uuid::now_v7().to_string().into(),
            bell: Arc::new(Notify::new()),
            second_bell: Arc::new(Notify::new()),
            live: LiveJobs::default(),
            reservations: Arc::default(),
            stops: Arc::default(),
            changes,
        }
    }

    /// How it runs jobs.
    #[must_use]
    pub fn settings(&self) -> &WorkerSettings {
        &self.settings
    }

    /// The database and the bytes.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Says that there may be something to import.
    pub fn ring_imports(&self) {
        self.second_bell.notify_waiters();
    }

    /// Completes when there may be something to import; hears every bell from the call on, polled or not.
    pub fn import_asked(&self) -> impl Future<Output = ()> {
        // What `notify_waiters` promises to one that was made before, awaited or not.
        self.second_bell.notified()
    }

    /// Whether no job begins because the disk of the data folder is full.
    #[must_use]
    pub fn lacks_disk(&self) -> bool {
        disk_room::is_short(&self.settings.home)
    }

    /// Jobs that run now.
    #[must_use]
    pub fn live(&self) -> &LiveJobs {
        &self.live
    }

    /// Jobs whose state has changed, as it happens.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<JobId> {
        self.changes.subscribe()
    }

    /// Says that a job has changed, and that there may be something to do.
    pub fn ring(&self, job: JobId) {
        // Nobody may be listening.
        let _ = self.changes.send(job);
        self.bell.notify_one();
    }

    /// Says that there may be something to do, without naming a job.
    pub fn ring_all(&self) {
        self.bell.notify_one();
    }

    /// Asks all jobs of a run to end; how many had not ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cancel_run(&self, run: ArchiveRunId) -> Result<u64, ApplyError> {
        let asked = self.store.ask_cancel_run(run, Timestamp::now()).await?;
        for job in &asked {
            if let Some(live) = self.live.get(*job) {
                live.cancel();
            }
            // Nobody may be listening.
            let _ = self.changes.send(*job);
        }
        self.bell.notify_one();
        Ok(asked.len() as u64)
    }

    /// Asks a job to end; asking again kills it.
    ///
    /// # Errors
    /// When there is no such job, or the database fails.
    pub async fn cancel(&self, job: JobId) -> Result<bool, ApplyError> {
        let asked = self.store.ask_cancel(job, Timestamp::now()).await?;
        if let Some(live) = self.live.get(job) {
            live.cancel();
        }
        self.ring(job);
        Ok(asked)
    }

    /// Runs jobs until `stop` becomes true. Those that run then are ended and queued again for the next server.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut admission = Admission::new(self.settings.capacity.clone(), self.settings.caps);
        let mut running = Running::default();
        let mut shortage = Shortage::default();
        let mut watch = Watch::new(Timestamp::now(), Instant::now());
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        info!(instance = %self.instance, "the worker runs");
        self.prepare_shim();
        while !*stop.borrow() {
            let has_disk = !shortage.look(&self.settings.home);
            let may_claim = has_disk && self.reservations.settle(&mut admission, Instant::now());
            if may_claim && let Err(problem) = self.claim_all(&mut admission, &mut running).await {
                error!(%problem, "jobs could not be claimed");
            }
            tokio::select! {
                () = self.bell.notified() => {}
                _ = ticks.tick() => self.watch_deadlines(&mut watch, Timestamp::now()).await,
                Some(ended) = running.tasks.join_next_with_id() => {
                    self.forget(&mut admission, &mut running, ended).await;
                }
                _ = stop.changed() => {}
            }
            while let Some(ended) = running.tasks.try_join_next_with_id() {
                self.forget(&mut admission, &mut running, ended).await;
            }
        }
        info!(
            running = running.tasks.len(),
            "the worker waits for its jobs"
        );
        self.stops.store(true, Ordering::SeqCst);
        self.live.cancel_all();
        while let Some(ended) = running.tasks.join_next_with_id().await {
            self.forget(&mut admission, &mut running, ended).await;
        }
    }

    /// The next container finds a shim that has started.
    fn prepare_shim(&self) {
        let shims = self.settings.shims.clone();
        tokio::task::spawn_blocking(move || shims.prepare());
    }

    /// Claims everything that fits, in turn.
    async fn claim_all(
        &self,
        admission: &mut Admission,
        running: &mut Running,
    ) -> Result<(), StoreError> {
        admission.set_quotas(self.store.running_quotas().await?);
        while !admission.is_full() {
            let Some(first) = self.store.next_job(&admission.any_room()).await? else {
                return Ok(());
            };
            let next = if admission.fits(&first) {
                Some(first)
            } else if admission.may_be_passed(&first, Instant::now()) {
                self.store.next_job(&admission.room()).await?
            } else {
                None
            };
            let Some(next) = next else { return Ok(()) };
            match self.claim(&next).await {
                Ok(job) => {
                    admission.enter(&next);
                    let worker = self.clone();
                    let id = job.id;
                    let task = running
                        .tasks
                        .spawn(async move { run_job::run_job(&worker, job).await });
                    running.jobs.insert(task.id(), id);
                }
                // Somebody cancelled it meanwhile: look again.
                Err(ApplyError::Impossible(_) | ApplyError::Gone(_)) => {}
                Err(ApplyError::Store(error)) => return Err(error),
                Err(error @ ApplyError::NotOwner { .. }) => {
                    warn!(%error, "a queued job has an owner");
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn claim(&self, next: &Candidate) -> Result<StoredJob, ApplyError> {
        let job = self
            .store
            .claim(next.id, &self.instance, Timestamp::now())
            .await?;
        let _ = self.changes.send(job.id);
        Ok(job)
    }

    /// Gives back what a job took, however its task has ended.
    async fn forget(
        &self,
        admission: &mut Admission,
        running: &mut Running,
        ended: Result<(Id, ()), JoinError>,
    ) {
        let (task, problem) = match ended {
            Ok((task, ())) => (task, None),
            Err(problem) => (problem.id(), Some(problem)),
        };
        let Some(job) = running.jobs.remove(&task) else {
            return;
        };
        admission.leave(job);
        if let Some(problem) = problem {
            error!(%job, %problem, "a job's task ended in an unexpected way");
            run_job::abandon(self, job, &problem).await;
        }
    }
}

/// The tasks of jobs that run.
#[derive(Default)]
struct Running {
    tasks: JoinSet<()>,
    jobs: HashMap<Id, JobId>,
}
