//! The start after a crash: nothing of the last process may be left, and every job that it held moves one step.
//!
//! A container ends when its caller is gone: its shim sees the closed pipe, ends the program, drops mounts and cgroups, and
//! goes. This waits for that, kills what is still there, keeps the logs, and gives the jobs back to the queue, or fails them
//! where they were lost before. Every step can be repeated.

use std::io;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use container::image::Store as ContainerImages;
use domain::job::{JobEvent, JobState};
use domain::{Failure, FailureReason};
use jiff::Timestamp;
use store::Store;
use store::jobs::{ApplyError, JobChange, StoredJob};
use store::uploads::UploadState;
use tracing::{info, warn};

use super::run_job::{LOG, attempt_folder};

/// How long containers may take to end by themselves.
const PATIENCE: Duration = Duration::from_secs(6);
/// How often is looked whether they have.
const LOOK: Duration = Duration::from_millis(50);

/// What was found and done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Jobs that are queued again.
    pub requeued: usize,
    /// Jobs that were lost too often.
    pub failed: usize,
    /// Processes that had to be killed.
    pub killed: usize,
    /// Folders that were taken away.
    pub folders: usize,
    /// Files that were not written to their end, and parts of uploads that are no longer open.
    pub unfinished: usize,
}

/// The recovery could not be done; the server must not start, or jobs would run twice.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The folder of jobs cannot be read.
    #[error("the folder `{path}` cannot be swept: {source}")]
    Folder {
        /// Which.
        path: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A process of the last server does not end.
    #[error("process {pid} of the last server does not end")]
    Immortal {
        /// Which.
        pid: i32,
    },
    /// A job cannot be moved.
    #[error(transparent)]
    Job(#[from] ApplyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

/// Cleans up after the last server process on this data folder. Must be called before the worker runs, by the only server
/// on the folder.
///
/// # Errors
/// When something of it cannot be ended or read.
pub async fn recover(store: &Store, home: &Utf8Path) -> Result<Recovered, RecoverError> {
    let folder = home.join("jobs");
    let mut recovered = Recovered {
        killed: end_processes(&folder).await?,
        ..Recovered::default()
    };
    for job in store.claimed_jobs().await? {
        keep_log(store, home, &job).await;
        match give_back(store, &job).await? {
            JobState::Queued { .. } => recovered.requeued += 1,
            JobState::Validating
            | JobState::Provisioning { .. }
            | JobState::Executing { .. }
            | JobState::Parsing { .. }
            | JobState::Succeeded
            | JobState::Failed { .. }
            | JobState::Cancelled => recovered.failed += 1,
        }
    }
    clear_cgroups(&folder);
    recovered.folders = sweep(&folder)? + sweep(&home.join("imports"))?;
    recovered.unfinished = unfinished(store, home).await?;
    store.renew_validating(Timestamp::now()).await?;
    if recovered != Recovered::default() {
        info!(?recovered, "cleaned up after the last server");
    }
    Ok(recovered)
}

/// Takes away what was being written: bytes without a name, parts of uploads that have become a blob or were given up,
/// layers of container images.
async fn unfinished(store: &Store, home: &Utf8Path) -> Result<usize, RecoverError> {
    let failed = |path: &str| {
        let path = home.join(path);
        move |source| RecoverError::Folder { path, source }
    };
    let mut count = store
        .blobs()
        .clear_unfinished()
        .map_err(failed("blobs/new"))?;
    let parts = store.part_files();
    for upload in parts.uploads().map_err(failed("uploads"))? {
        let found = store.upload(upload).await?;
        if found.is_none_or(|found| found.state != UploadState::Initialized) {
            parts.remove(upload).map_err(failed("uploads"))?;
            count += 1;
        } else {
            count += parts.clear_unfinished(upload).map_err(failed("uploads"))?;
        }
    }
    let images = home.join("images");
    if images.exists() {
        let images = ContainerImages::open(images).map_err(|problem| {
            let problem = std::io::Error::other(problem);
            failed("images")(problem)
        })?;
        images.sweep().map_err(failed("images/staging"))?;
    }
    Ok(count)
}

async fn give_back(store: &Store, job: &StoredJob) -> Result<JobState, RecoverError> {
    let event = if job.cancel_asked_at.is_some() {
        JobEvent::Cancelled
    } else {
        let message = format!(
            "the server that ran the job ended while it was `{}` (attempt {})",
            job.state.word(),
            job.attempt
        );
        let failure = Failure::new(FailureReason::WorkerLost, message).with_hint(
            "run it again; look into the server's log and the machine's memory if it is lost again",
        );
        JobEvent::WorkerLost(Box::new(failure))
    };
    let change = JobChange::by_nobody(event);
    Ok(store.apply(job.id, change, Timestamp::now()).await?)
}

/// Keeps what the program had written until then.
async fn keep_log(store: &Store, home: &Utf8Path, job: &StoredJob) {
    let path = attempt_folder(home, job.id, job.attempt).join(LOG);
    if !path.exists() {
        return;
    }
    let blobs = store.blobs().clone();
    let kept = tokio::task::spawn_blocking(move || blobs.keep_file(&path)).await;
    let noted = match kept {
        Ok(Ok(log)) => store.set_job_log(job.id, &log, Timestamp::now()).await,
        Ok(Err(problem)) => Err(problem.into()),
        Err(problem) => {
            warn!(job = %job.id, %problem, "the log of a lost job could not be kept");
            return;
        }
    };
    if let Err(problem) = noted {
        warn!(job = %job.id, %problem, "the log of a lost job could not be kept");
    }
}

/// Waits until no process works below the folder, and kills those that stay.
async fn end_processes(folder: &Utf8Path) -> Result<usize, RecoverError> {
    let failed = |source| RecoverError::Folder {
        path: folder.to_owned(),
        source,
    };
    let mut waited = Duration::ZERO;
    let mut killed = 0;
    loop {
        let alive = processes_below(folder).map_err(failed)?;
        let Some(first) = alive.first() else {
            return Ok(killed);
        };
        if waited == PATIENCE {
            for pid in &alive {
                warn!(pid, "a process of the last server has to be killed");
                if let Some(pid) = rustix::process::Pid::from_raw(*pid) {
                    // It may have ended meanwhile.
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                }
                killed += 1;
            }
        }
        if waited >= 2 * PATIENCE {
            return Err(RecoverError::Immortal { pid: *first });
        }
        tokio::time::sleep(LOOK).await;
        waited += LOOK;
    }
}

/// Processes whose current folder lies below: shims.
fn processes_below(folder: &Utf8Path) -> io::Result<Vec<i32>> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        // One that has ended meanwhile has no folder any more.
        if let Ok(current) = fs_err::read_link(format!("/proc/{pid}/cwd"))
            && current.starts_with(folder)
        {
            found.push(pid);
        }
    }
    Ok(found)
}

/// Takes away the cgroups of containers whose shim was killed too.
fn clear_cgroups(folder: &Utf8Path) {
    let below = |folder: &Utf8Path| {
        let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
        entries
            .map(|entry| entry.path().to_owned())
            .collect::<Vec<_>>()
    };
    for run in below(folder)
        .iter()
        .flat_map(|attempt| below(&attempt.join("runs")))
    {
        if let Err(problem) = container::sandbox::clear_lost(&run.join("container")) {
            warn!(%run, %problem, "cgroups of a lost container could not be taken away");
        }
    }
}

/// Takes away the folders of all attempts.
fn sweep(folder: &Utf8Path) -> Result<usize, RecoverError> {
    let failed = |source| RecoverError::Folder {
        path: folder.to_owned(),
        source,
    };
    if !folder.exists() {
        return Ok(0);
    }
    let mut count = 0;
    for entry in fs_err::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        fs_err::remove_dir_all(&path).map_err(failed)?;
        count += 1;
    }
    Ok(count)
}
