//! Versions of an algorithm are held against its test cases, in the sandbox and limits of jobs.
//!
//! As with imports, the database is the truth and a bell only wakes: a version whose cases have not all been run is looked
//! for and begun anew, so that a server that was killed loses nothing but time.

use camino::{Utf8Path, Utf8PathBuf};
use domain::{Algorithm, Failure};
use executor::cases::{self, Case};
use executor::{CancelToken, GivenInputs, RunRequest};
use store::StoreError;
use store::algorithm_images::AlgorithmImage;
use store::cases::{CaseRun, CaseVerdict, CasesState};
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::imports::wait;
use crate::worker::{Worker, held_image, take_away, weights};

mod archive;

pub(crate) use archive::unpack;

/// Runs cases until `stop` becomes true, those of one version after those of another.
pub(crate) async fn run(worker: Worker, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        // Before the look, so that no bell is missed.
        let asked = worker.import_asked();
        if let Err(problem) = try_all(&worker, &stop).await {
            error!(%problem, "versions could not be held against their cases");
        }
        wait(asked, &mut stop).await;
    }
}

async fn try_all(worker: &Worker, stop: &watch::Receiver<bool>) -> Result<(), StoreError> {
    for version in worker.store().algorithm_images_to_try().await? {
        // On a full disk a case fails that would pass.
        if *stop.borrow() || worker.lacks_disk() || !worker.store().start_cases(version.id).await? {
            continue;
        }
        let folder = folder_of(worker, &version);
        let ended = try_version(worker, &version, &folder, stop.clone()).await;
        take_away(&folder);
        let (state, problem) = match ended? {
            // The next server begins anew.
            Ended::Interrupted | Ended::Outdated => continue,
            Ended::Stuck(problem) => {
                warn!(version = %version.id, %problem, "the cases of a version could not be run");
                (CasesState::Stuck, problem)
            }
            Ended::Judged(state) => (state, String::new()),
        };
        worker
            .store()
            .finish_cases(version.id, state, &problem)
            .await?;
        info!(version = %version.id, state = state.word(), "a version was held against its cases");
    }
    Ok(())
}

/// How the cases of a version ended.
enum Ended {
    /// All of them were run.
    Judged(CasesState),
    /// They cannot be run, and why.
    Stuck(String),
    /// The server stops.
    Interrupted,
    /// The cases are others by now, or gone.
    Outdated,
}

/// Where processes and folders of a server that was killed are looked for.
fn folder_of(worker: &Worker, version: &AlgorithmImage) -> Utf8PathBuf {
    let jobs = worker.settings().home.join("jobs");
    jobs.join(format!("cases-{}", version.id))
}

async fn try_version(
    worker: &Worker,
    version: &AlgorithmImage,
    folder: &Utf8Path,
    mut stop: watch::Receiver<bool>,
) -> Result<Ended, StoreError> {
    let store = worker.store();
    let (Some(stored), Some(kept)) = (
        store.algorithm(version.algorithm).await?,
        store.algorithm_cases(version.algorithm).await?,
    ) else {
        return Ok(Ended::Outdated);
    };
    let algorithm = stored.to_domain();
    if let Err(problem) = worker.settings().capacity.admits(&algorithm.limits) {
        return Ok(Ended::Stuck(problem.to_string()));
    }
    let model = store.active_algorithm_model(version.algorithm).await?;
    let model = model.map(|model| weights(store.blobs(), &model));
    let model = match model.transpose() {
        Ok(model) => model,
        Err(failure) => return Ok(Ended::Stuck(told(failure))),
    };
    take_away(folder);
    let (archive, into) = (store.blobs().path(&kept.blob.digest), folder.join("cases"));
    let unpacked = tokio::task::spawn_blocking(move || unpack(&archive, &into)).await;
    let found = match unpacked {
        Ok(Ok(found)) => found,
        Ok(Err(problem)) => return Ok(Ended::Stuck(problem.to_string())),
        Err(problem) => return Ok(Ended::Stuck(problem.to_string())),
    };
    let mut state = CasesState::Passed;
    for case in found {
        let room = tokio::select! {
            room = worker.reserve(version.algorithm, algorithm.limits.clone()) => room,
            _ = stop.changed() => return Ok(Ended::Interrupted),
        };
        let trial = Trial {
            case,
            algorithm: algorithm.clone(),
            digest: version.digest.clone().unwrap_or_default(),
            model: model.clone(),
            folder: folder.join("run"),
        };
        let ran = try_case(worker, trial, &mut stop).await;
        drop(room);
        let ran = match ran {
            Some(Ok(ran)) => ran,
            Some(Err(problem)) => return Ok(Ended::Stuck(problem)),
            None => return Ok(Ended::Interrupted),
        };
        if ran.verdict == CaseVerdict::Failed {
            state = CasesState::Failed;
        }
        if !store.note_case(version.id, &ran).await? {
            return Ok(Ended::Outdated);
        }
    }
    Ok(Ended::Judged(state))
}

/// A case with all that it needs to run.
struct Trial {
    case: Case,
    algorithm: Algorithm,
    /// Of the container image.
    digest: String,
    model: Option<Utf8PathBuf>,
    /// For one run at a time.
    folder: Utf8PathBuf,
}

/// Runs a case in a thread of its own. `None`: the server stops.
async fn try_case(
    worker: &Worker,
    trial: Trial,
    stop: &mut watch::Receiver<bool>,
) -> Option<Result<CaseRun, String>> {
    let cancel = CancelToken::new();
    let (own, token) = (worker.clone(), cancel.clone());
    let mut running = tokio::task::spawn_blocking(move || execute(&own, &trial, &token));
    let ended = tokio::select! {
        ended = &mut running => ended,
        _ = stop.changed() => {
            cancel.cancel();
            // Nothing of a container may be left when the server has stopped.
            let _ = running.await;
            return None;
        }
    };
    Some(ended.unwrap_or_else(|problem| Err(problem.to_string())))
}

/// Why a case cannot be run, with what to do.
fn told(failure: Failure) -> String {
    match failure.hint {
        Some(hint) => format!("{}; {hint}", failure.message),
        None => failure.message,
    }
}

/// Blocks.
fn execute(worker: &Worker, trial: &Trial, cancel: &CancelToken) -> Result<CaseRun, String> {
    let settings = worker.settings();
    let (image, _hold) = held_image(settings, &trial.digest).map_err(told)?;
    fs_err::create_dir_all(&trial.folder).map_err(|error| error.to_string())?;
    let request = RunRequest {
        algorithm: trial.algorithm.clone(),
        declared: true,
        image,
        inputs: GivenInputs::Folder(trial.case.input.clone()),
        model: trial.model.clone(),
        output_dir: trial.folder.join("result"),
        overwrite: true,
        home: settings.home.clone(),
        runs: trial.folder.join("runs"),
        waive: settings.waive.clone(),
        executor: settings.executor.clone(),
        shims: settings.shims.clone(),
    };
    let report = executor::run(&request, &mut executor::Unobserved, cancel);
    let differences = cases::differences(&trial.case, &trial.algorithm, &report);
    take_away(&trial.folder);
    let used = report.resources.as_ref();
    Ok(CaseRun {
        name: trial.case.name.clone(),
        verdict: match trial.case.verdict(&differences) {
            cases::Verdict::Passed => CaseVerdict::Passed,
            cases::Verdict::NotRecorded => CaseVerdict::NotRecorded,
            cases::Verdict::Failed => CaseVerdict::Failed,
        },
        differences: differences
            .into_iter()
            .map(|difference| match difference.socket {
                Some(socket) => format!("`{socket}` {}", difference.message),
                None => difference.message,
            })
            .collect(),
        wall_seconds: used.map(|used| used.wall_seconds),
        peak_memory: used.and_then(|used| used.peak_memory_bytes),
    })
}
