//! One job, from the claim to the final state.

use std::sync::atomic::Ordering;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use container::sandbox::Stream;
use domain::job::JobEvent;
use domain::{Failure, RunReport, RunStatus};
use executor::{Observer, Phase, RunRequest};
use jiff::Timestamp;
use store::Failing;
use store::blobs::Blob;
use store::ids::JobId;
use store::jobs::{ApplyError, Finished, JobChange, StoredJob};
use tokio::sync::mpsc;
use tokio::task::JoinError;
use tracing::{error, info, warn};

use super::live::LiveJob;
use super::log_file::LogFile;
use super::stage::{Staged, internal};
use super::stubborn::Tries;
use super::{Worker, disk_room, gather, stage, take_away};

/// The folder of one attempt: links to inputs, the work folder of the run, its result, its log.
pub(super) fn attempt_folder(home: &Utf8Path, job: JobId, attempt: u32) -> Utf8PathBuf {
    home.join("jobs").join(format!("{job}-{attempt}"))
}

/// Name of the log in the folder of an attempt.
pub(super) const LOG: &str = "log.jsonl";

/// The one orchestrating function. Whatever happens, the job comes to a final state or goes back to the queue.
pub(super) async fn run_job(worker: &Worker, job: StoredJob) {
    let folder = attempt_folder(&worker.settings.home, job.id, job.attempt);
    let log_path = folder.join(LOG);
    let live = worker.live.enter(job.id, log_path.clone());
    if job.cancel_asked_at.is_some() {
        live.cancel();
    }
    let finished = match prepare(worker, &job, &folder).await {
        Ok(staged) => {
            let report = execute(worker, &job, staged, &live).await;
            finished(worker, &job, report, &log_path).await
        }
        Err(failure) => ended(worker, JobEvent::Failed(Box::new(failure))),
    };
    let finished = disk_room::spare(&job, finished, &worker.settings.home);
    conclude(worker, &job, &finished, &folder).await;
    worker.live.leave(job.id);
    take_away(&folder);
    worker.ring(job.id);
    worker.prepare_shim();
}

async fn prepare(worker: &Worker, job: &StoredJob, folder: &Utf8Path) -> Result<Staged, Failure> {
    fs_err::create_dir_all(folder).map_err(|error| internal("make the job's folder", &error))?;
    stage::stage(worker, job, folder).await
}

/// Runs the program in a thread of its own, and moves the job's state with it.
async fn execute(
    worker: &Worker,
    job: &StoredJob,
    staged: Staged,
    live: &LiveJob,
) -> Result<RunReport, Failure> {
    let log = LogFile::create(&live.log_path, live.lines.clone())
        .map_err(|error| internal("make the log", &error))?;
    let (phases, heard) = mpsc::unbounded_channel();
    let Staged { request, hold } = staged;
    let cancel = live.cancel.clone();
    let running = tokio::task::spawn_blocking(move || {
        let report = observed(&request, log, phases, &cancel);
        drop(hold);
        report
    });
    follow(worker, job, heard).await;
    running
        .await
        .map_err(|error| internal("run the job", &error))
}

fn observed(
    request: &RunRequest,
    log: LogFile,
    phases: mpsc::UnboundedSender<JobEvent>,
    cancel: &executor::CancelToken,
) -> RunReport {
    let mut watcher = Watcher { log, phases };
    let mut report = executor::run(request, &mut watcher, cancel);
    report.warnings.extend(watcher.log.finish());
    report
}

/// Moves the job's state until the run has ended.
async fn follow(worker: &Worker, job: &StoredJob, mut heard: mpsc::UnboundedReceiver<JobEvent>) {
    while let Some(event) = heard.recv().await {
        let change = JobChange {
            event,
            owner: Some(worker.instance.to_string()),
        };
        match move_on(worker, job.id, &change).await {
            Ok(_) => {
                // Nobody may be listening.
                let _ = worker.changes.send(job.id);
            }
            Err(problem) => warn!(job = %job.id, %problem, "the state could not be moved on"),
        }
    }
}

async fn move_on(worker: &Worker, job: JobId, change: &JobChange) -> Result<(), ApplyError> {
    let at = Timestamp::now();
    let mut tries = Tries::new(worker, job, "its state");
    loop {
        match worker.store.apply(job, change.clone(), at).await {
            Ok(_) => return Ok(()),
            Err(ApplyError::Store(problem)) => tries.again(problem).await?,
            Err(problem) => return Err(problem),
        }
    }
}

struct Watcher {
    log: LogFile,
    phases: mpsc::UnboundedSender<JobEvent>,
}

impl Observer for Watcher {
    fn phase(&mut self, phase: Phase) {
        let event = match phase {
            Phase::Executing => JobEvent::Provisioned,
            Phase::Collecting => JobEvent::Executed,
            Phase::Checking | Phase::Provisioning | Phase::Done => return,
        };
        // The receiver lives until this end is dropped.
        let _ = self.phases.send(event);
    }

    fn log(&mut self, stream: Stream, at: Duration, line: &str) {
        self.log.write(stream, at, line);
    }
}

/// What is to be kept of a run.
async fn finished(
    worker: &Worker,
    job: &StoredJob,
    report: Result<RunReport, Failure>,
    log_path: &Utf8Path,
) -> Finished {
    let report = match report {
        Ok(report) => report,
        Err(failure) => return ended(worker, JobEvent::Failed(Box::new(failure))),
    };
    if report.status == RunStatus::Cancelled && is_interrupted(worker, job).await {
        return ended(worker, JobEvent::Interrupted);
    }
    match kept(worker, job, &report, log_path).await {
        Ok(finished) => finished,
        Err(failure) => Finished {
            report: Some(report.told_elsewhere()),
            // It is worth a try: it is small, and says what the program did.
            log: keep_log(worker, log_path).await.ok(),
            ..ended(worker, JobEvent::Failed(Box::new(failure)))
        },
    }
}

async fn keep_log(worker: &Worker, path: &Utf8Path) -> Result<Blob, Failure> {
    let (blobs, path) = (worker.store.blobs().clone(), path.to_owned());
    let keeping = tokio::task::spawn_blocking(move || blobs.keep_file(&path));
    let kept = keeping
        .await
        .map_err(|error| internal("keep the log", &error))?;
    kept.map_err(|error| internal("keep the log", &error))
}

/// Whether the server stops, and nobody else wanted the end of the job.
async fn is_interrupted(worker: &Worker, job: &StoredJob) -> bool {
    if !worker.stops.load(Ordering::SeqCst) {
        return false;
    }
    let found = worker.store.job(job.id).await;
    found.is_ok_and(|found| found.is_some_and(|found| found.cancel_asked_at.is_none()))
}

async fn kept(
    worker: &Worker,
    job: &StoredJob,
    report: &RunReport,
    log_path: &Utf8Path,
) -> Result<Finished, Failure> {
    let sockets = gather::output_sockets(worker, job).await?;
    let (own, kept) = (worker.clone(), report.clone());
    let keeping = tokio::task::spawn_blocking(move || gather::outputs(&own, &kept, &sockets));
    let outputs = keeping
        .await
        .map_err(|error| internal("keep the outputs", &error))??;
    Ok(Finished {
        outputs,
        log: Some(keep_log(worker, log_path).await?),
        ..ended(worker, gather::event(report))
    }
    .with_report(report.clone().told_elsewhere()))
}

/// A job that ends without outputs.
fn ended(worker: &Worker, event: JobEvent) -> Finished {
    Finished {
        change: JobChange {
            event,
            owner: Some(worker.instance.to_string()),
        },
        outputs: Vec::new(),
        report: None,
        log: None,
    }
}

/// Writes the end, as soon as that is possible. Where it never is, the reason is written instead.
async fn conclude(worker: &Worker, job: &StoredJob, finished: &Finished, folder: &Utf8Path) {
    let mut tries = Tries::new(worker, job.id, "its end");
    let written = loop {
        match worker
            .store
            .finish(job.id, finished, Timestamp::now())
            .await
        {
            Err(ApplyError::Store(problem)) => {
                if problem.failing() == Some(Failing::Disk) {
                    // What is to be kept is in the store; this makes the room to say so.
                    take_away(folder);
                }
                if let Err(problem) = tries.again(problem).await {
                    break Err(problem.into());
                }
            }
            other => break other,
        }
    };
    let problem = match written {
        Ok(state) => {
            info!(job = %job.id, state = state.word(), "a job has ended");
            return;
        }
        Err(problem @ (ApplyError::Gone(_) | ApplyError::NotOwner { .. })) => {
            warn!(job = %job.id, %problem, "a job was ended by somebody else");
            return;
        }
        Err(problem) => problem,
    };
    error!(job = %job.id, %problem, "the end of a job could not be kept");
    fail(
        worker,
        job.id,
        internal("keep the end of the job", &problem),
    )
    .await;
}

/// Ends a job whose task has panicked.
pub(super) async fn abandon(worker: &Worker, job: JobId, problem: &JoinError) {
    if let Some(live) = worker.live.get(job) {
        live.cancel();
        live.cancel();
        worker.live.leave(job);
    }
    fail(worker, job, internal("run the job", problem)).await;
    worker.ring(job);
}

async fn fail(worker: &Worker, job: JobId, failure: Failure) {
    let instead = ended(worker, JobEvent::Failed(Box::new(failure)));
    let mut tries = Tries::new(worker, job, "its failure");
    loop {
        let problem = match worker.store.finish(job, &instead, Timestamp::now()).await {
            Err(ApplyError::Store(problem)) => match tries.again(problem).await {
                Ok(()) => continue,
                Err(problem) => problem.into(),
            },
            Err(problem) => problem,
            Ok(_) => return,
        };
        error!(%job, %problem, "nor could the reason");
        return;
    }
}
