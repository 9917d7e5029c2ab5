//! Jobs that run in this process: how to end them, what they say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use camino::Utf8PathBuf;
use container::sandbox::{LiveUsage, live_usage};
use executor::CancelToken;
use store::ids::JobId;
use tokio::sync::broadcast;

use super::log_file::LogLine;

/// Lines that a slow listener may fall behind; it reads the file then.
const BACKLOG: usize = 1024;

/// A job that runs.
#[derive(Debug)]
pub struct LiveJob {
    pub(super) cancel: CancelToken,
    pub(super) lines: broadcast::Sender<LogLine>,
    /// Everything that it has said so far, one line of JSON for each line.
    pub log_path: Utf8PathBuf,
}

/// All jobs that run in this process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct LiveJobs {
    jobs: Arc<Mutex<HashMap<JobId, Arc<LiveJob>>>>,
}

impl LiveJob {
    /// Asks the program to end; asking again kills it.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// What its container uses now; `None` before it has begun and after it has ended.
    #[must_use]
    pub fn usage(&self) -> Option<LiveUsage> {
        let runs = self.log_path.parent()?.join("runs");
        let runs = fs_err::read_dir(runs).ok()?.flatten();
        let mut folders = runs.filter_map(|run| Utf8PathBuf::from_path_buf(run.path()).ok());
        folders.find_map(|run| live_usage(&run.join("container")))
    }

    /// Lines as they come.
    #[must_use]
    pub fn lines(&self) -> broadcast::Receiver<LogLine> {
        self.lines.subscribe()
    }
}

impl LiveJobs {
    /// A job, if it runs here.
    #[must_use]
    pub fn get(&self, job: JobId) -> Option<Arc<LiveJob>> {
        self.locked().get(&job).cloned()
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<(JobId, Arc<LiveJob>)> {
        let jobs = self.locked();
        jobs.iter()
            .map(|(id, job)| (*id, Arc::clone(job)))
            .collect()
    }

    /// How many run.
    #[must_use]
    pub fn count(&self) -> usize {
        self.locked().len()
    }

    pub(super) fn enter(&self, job: JobId, log_path: Utf8PathBuf) -> Arc<LiveJob> {
        let live = Arc::new(LiveJob {
            cancel: CancelToken::new(),
            lines: broadcast::channel(BACKLOG).0,
            log_path,
        });
        self.locked().insert(job, Arc::clone(&live));
        live
    }

    pub(super) fn leave(&self, job: JobId) {
        self.locked().remove(&job);
    }

    pub(super) fn cancel_all(&self) {
        for job in self.locked().values() {
            job.cancel();
        }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<JobId, Arc<LiveJob>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
