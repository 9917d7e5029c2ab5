//! Running the program: the plan of its container, its log on the way, its end.

mod model;
mod plan;

use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use container::sandbox::{self, ContainerPlan, Outcome, Running, Stream, WaitError};
use domain::{Failure, FailureReason, GpuRecord};

use crate::inputs::{AcceptedInputs, Layout};
use crate::logs::Logs;
use crate::provision;
use crate::request::{CancelToken, Observer, Phase, RunRequest};

/// The folder of one run, gone when this is dropped.
pub(crate) struct WorkFolder {
    folder: tempfile::TempDir,
}

/// A program that has ended, its outputs still in the sandbox.
pub(crate) struct Executed {
    pub(crate) outcome: Outcome,
    pub(crate) plan: ContainerPlan,
    pub(crate) logs: Logs,
    pub(crate) running: Running,
    /// The GPU that it had.
    pub(crate) gpu: Option<GpuRecord>,
    /// From the judged inputs to the moment when the shim knows what to do.
    pub(crate) provision_time: Duration,
}

impl WorkFolder {
    /// A new folder below the folder of runs.
    pub(crate) fn create(runs: &Utf8Path) -> Result<Self, Failure> {
        let made = fs_err::create_dir_all(runs)
            .and_then(|()| tempfile::Builder::new().prefix("run-").tempdir_in(runs));
        let folder = made.map_err(|error| internal("make the work folder", &error))?;
        let work = Self { folder };
        for name in ["input", "scratch", "container"] {
            fs_err::create_dir(work.path().join(name))
                .map_err(|error| internal("make the work folder", &error))?;
        }
        Ok(work)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.folder.path().to_owned())
            .expect("made below a UTF-8 path with a plain name")
    }

    /// For images that are rewritten.
    pub(crate) fn scratch(&self) -> Utf8PathBuf {
        self.path().join("scratch")
    }
}

/// Lays out the inputs, starts the container and stays with it to its end. `log_folder` takes the raw streams.
pub(crate) fn execute(
    request: &RunRequest,
    accepted: &AcceptedInputs,
    work: &WorkFolder,
    log_folder: &Utf8Path,
    (observer, cancel): (&mut dyn Observer, &CancelToken),
) -> Result<Executed, Failure> {
    observer.phase(Phase::Provisioning);
    let clock = Instant::now();
    let binds = match &accepted.layout {
        Layout::Files(files) => provision::lay_out(files, &work.path().join("input")),
        Layout::Folder(folder) => provision::bind_folder(folder),
    };
    let mut binds = binds.map_err(|error| internal("lay out the inputs", &error))?;
    binds.extend(model::bind(request.model.as_deref(), work)?);
    let mut plan = plan::plan(request, &accepted.algorithm, work, binds)?;
    let wanted = &accepted.algorithm.limits.gpu;
    let granted = request.executor.place(&mut plan, &request.image, wanted)?;
    let mut logs =
        Logs::create(log_folder).map_err(|error| internal("make the log files", &error))?;
    let provision_time = clock.elapsed();
    let started = request
        .shims
        .take()
        .and_then(|shim| sandbox::start(&plan, shim));
    let mut running = started.map_err(|error| internal("start the container", &error))?;
    cancel.attach(running.canceller());
    observer.phase(Phase::Executing);
    let mut on_line = |stream: Stream, at: Duration, line: &str| observer.log(stream, at, line);
    let waited = running.wait(&mut |chunk| logs.take(chunk, &mut on_line));
    let gpu = granted.map(|granted| granted.record);
    let outcome = waited.map_err(|error| lost(&error))?;
    let end = Duration::from_secs_f64(outcome.timings.run_seconds);
    logs.finish(&mut |stream, line| observer.log(stream, end, line))
        .map_err(|(path, error)| internal(&format!("write `{path}`"), &error))?;
    Ok(Executed {
        outcome,
        plan,
        logs,
        running,
        gpu,
        provision_time,
    })
}

/// The end of the container is not known.
fn lost(error: &WaitError) -> Failure {
    const STEP: &str = "learn how the container ended";
    match error {
        WaitError::ShimLost { .. } => shim_lost(STEP, error),
        WaitError::Log(_) | WaitError::Outcome(_) => internal(STEP, error),
    }
}

/// The process that watches the container was killed: nobody's fault here, and worth another try.
pub(crate) fn shim_lost(step: &str, error: &dyn std::error::Error) -> Failure {
    Failure::new(FailureReason::WorkerLost, internal(step, error).message)
        .with_hint("run it again; look into the machine's memory if it is lost again")
}

/// A failure of ours.
pub(crate) fn internal(step: &str, error: &dyn std::error::Error) -> Failure {
    let mut message = format!("failed to {step}: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        message += &format!(": {cause}");
        source = cause.source();
    }
    Failure::new(FailureReason::Internal, message)
}
