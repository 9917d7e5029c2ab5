//! Test cases of an algorithm, and what its versions made of them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use camino::Utf8Path;
use executor::cases::Case;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::algorithms::StoredAlgorithm;
use store::blobs::Blob;
use store::cases::{AlgorithmCases, CaseRun, NewCases};
use store::ids::{AccountId, UploadId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::algorithms::changeable;
use super::note;
use super::versions::{Pushed, completed_upload, found};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::AppState;
use crate::trials::unpack;

/// Test cases on their way in.
#[derive(Debug, Deserialize, ToSchema)]
struct GivenCases {
    /// UUID of a completed upload: a zip of the folder `cases` beside the manifest, at most 1000 cases.
    upload: String,
    /// A version must pass them before jobs may run it.
    #[serde(default)]
    required: bool,
}

/// Whether they are required.
#[derive(Debug, Deserialize, ToSchema)]
struct RequiredCases {
    /// A version must pass them before jobs may run it.
    required: bool,
}

/// The test cases of an algorithm.
#[derive(Debug, Serialize, ToSchema)]
struct ShownCases {
    /// Name of the archive.
    filename: String,
    /// How many cases it holds.
    count: u64,
    /// Bytes of the archive.
    size: u64,
    /// A version must pass them before jobs may run it.
    required: bool,
    /// When they were uploaded.
    created_at: String,
}

/// What a version made of one case.
#[derive(Debug, Serialize, ToSchema)]
struct ShownCaseRun {
    /// Name of the case.
    name: String,
    /// `passed`, `not_recorded` (it went well, nothing is recorded to compare with) or `failed`.
    verdict: String,
    /// What is not as it should be, in words.
    differences: Vec<String>,
    /// Wall time of the program, seconds.
    wall_seconds: Option<f64>,
    /// Peak memory, bytes.
    peak_memory_bytes: Option<u64>,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show, give, require, remove))
        .routes(routes!(runs, run))
}

/// The test cases of an algorithm, for its editors.
#[utoipa::path(
    get, path = "/api/gantry/v1/algorithms/{slug}/cases/", tag = "algorithms", params(("slug" = String, Path)),
    operation_id = "show_cases",
    responses((status = 200, body = ShownCases), (status = 401), (status = 403), (status = 404, description = "it has none"))
)]
async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<Json<ShownCases>, ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    let cases = state.store().algorithm_cases(algorithm.id).await?;
    Ok(Json(shown(&cases.ok_or_else(ApiError::not_found)?)))
}

/// Gives an algorithm test cases instead of those that it had. The active version is held against them at once, every
/// version to come after its import.
#[utoipa::path(
    put, path = "/api/gantry/v1/algorithms/{slug}/cases/", tag = "algorithms", params(("slug" = String, Path)),
    operation_id = "give_cases", request_body = GivenCases,
    responses((status = 200, body = ShownCases), (status = 400), (status = 401), (status = 403), (status = 404))
)]
async fn give(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    crate::json::Json(given): crate::json::Json<GivenCases>,
) -> Result<Json<ShownCases>, ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    let account = caller.require()?.id;
    let pushed = Pushed {
        upload: given.upload,
        comment: String::new(),
    };
    let upload = completed_upload(&state, account, &pushed).await?;
    take(&state, &algorithm, (account, upload), given.required)
        .await?
        .map_err(|problem| ApiError::field("upload", problem))?;
    let cases = state.store().algorithm_cases(algorithm.id).await?;
    Ok(Json(shown(&cases.ok_or_else(ApiError::not_found)?)))
}

/// Says whether versions must pass the test cases. A version that is active stays so.
#[utoipa::path(
    patch, path = "/api/gantry/v1/algorithms/{slug}/cases/", tag = "algorithms", params(("slug" = String, Path)),
    operation_id = "require_cases", request_body = RequiredCases,
    responses((status = 200, body = ShownCases), (status = 400), (status = 401), (status = 403), (status = 404))
)]
async fn require(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    crate::json::Json(wanted): crate::json::Json<RequiredCases>,
) -> Result<Json<ShownCases>, ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    let by = caller.require()?.id;
    demand(&state, &algorithm, by, wanted.required).await?;
    let cases = state.store().algorithm_cases(algorithm.id).await?;
    Ok(Json(shown(&cases.ok_or_else(ApiError::not_found)?)))
}

/// Takes the test cases away, and what versions made of them.
#[utoipa::path(
    delete, path = "/api/gantry/v1/algorithms/{slug}/cases/", tag = "algorithms", params(("slug" = String, Path)),
    operation_id = "remove_cases",
    responses((status = 204), (status = 401), (status = 403), (status = 404))
)]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<StatusCode, ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    let by = caller.require()?.id;
    drop_cases(&state, &algorithm, by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a version made of the test cases so far, by their names.
#[utoipa::path(
    get, path = "/api/gantry/v1/algorithms/{slug}/images/{id}/cases/", tag = "algorithms",
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)), operation_id = "list_case_runs",
    responses((status = 200, body = Vec<ShownCaseRun>), (status = 401), (status = 403), (status = 404))
)]
async fn runs(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Json<Vec<ShownCaseRun>>, ApiError> {
    let version = found(&state, &caller, (&slug, &id)).await?;
    let runs = state.store().case_runs(version.id).await?;
    Ok(Json(runs.into_iter().map(shown_run).collect()))
}

/// Runs the test cases with a version, perhaps again.
#[utoipa::path(
    post, path = "/api/gantry/v1/algorithms/{slug}/images/{id}/cases/", tag = "algorithms",
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)), operation_id = "run_cases",
    responses(
        (status = 202), (status = 401), (status = 403), (status = 404),
        (status = 409, description = "it is not imported, there are no test cases, or they run now"),
    )
)]
async fn run(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let version = found(&state, &caller, (&slug, &id)).await?;
    let by = caller.require()?.id;
    if !ask(&state, version.id, by).await? {
        return Err(ApiError::detail(StatusCode::CONFLICT, NOTHING_TO_RUN));
    }
    Ok(StatusCode::ACCEPTED)
}

/// Why no cases are run.
pub(crate) const NOTHING_TO_RUN: &str =
    "The version is not imported, there are no test cases, or they run already.";

/// [`run`] without the request.
pub(crate) async fn ask(
    state: &AppState,
    version: store::ids::AlgorithmImageId,
    by: AccountId,
) -> Result<bool, ApiError> {
    let is_asked = state.store().ask_cases(version).await?;
    if is_asked {
        state.worker().ring_imports();
        let object = format!("algorithm_image {version}");
        note(state, by, "algorithm_image.cases", &object).await?;
    }
    Ok(is_asked)
}

/// Takes an upload as the cases of an algorithm, if it can be used; else what is wrong with it.
pub(crate) async fn take(
    state: &AppState,
    algorithm: &StoredAlgorithm,
    (by, upload): (AccountId, UploadId),
    is_required: bool,
) -> Result<Result<(), String>, ApiError> {
    let store = state.store();
    let uploaded = store
        .upload(upload)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let digest = uploaded.blob.clone().ok_or_else(ApiError::not_found)?;
    let archive = store.blobs().path(&digest);
    let home = state.worker().settings().home.join("imports");
    let looking = tokio::task::spawn_blocking(move || look(&archive, &home)).await;
    let cases = match looking {
        Ok(Ok(cases)) => cases,
        Ok(Err(problem)) => return Ok(Err(problem)),
        Err(problem) => return Ok(Err(problem.to_string())),
    };
    if let Some(problem) = foreign(&cases, algorithm) {
        return Ok(Err(problem));
    }
    let blob = Blob::named(digest, uploaded.size);
    let new = NewCases {
        algorithm: algorithm.id,
        blob,
        filename: uploaded.filename.clone(),
        count: cases.len() as u64,
        is_required,
        creator: Some(by),
    };
    store.set_algorithm_cases(&new, Timestamp::now()).await?;
    store.consume_upload(upload).await?;
    state.worker().ring_imports();
    let object = format!("algorithm {}", algorithm.slug);
    note(state, by, "algorithm.cases", &object).await?;
    Ok(Ok(()))
}

/// The cases in an archive. Blocks.
fn look(archive: &Utf8Path, home: &Utf8Path) -> Result<Vec<Case>, String> {
    let folder = fs_err::create_dir_all(home)
        .and_then(|()| tempfile::tempdir_in(home))
        .map_err(|problem| format!("the server could not unpack it: {problem}"))?;
    let into = Utf8Path::from_path(folder.path())
        .expect("below a UTF-8 path with a plain name")
        .join("cases");
    unpack(archive, &into).map_err(|problem| problem.to_string())
}

/// A case that is about something that the algorithm does not have.
fn foreign(cases: &[Case], algorithm: &StoredAlgorithm) -> Option<String> {
    cases.iter().find_map(|case| {
        let mut compared = case.expectation.outputs.keys();
        let slug = compared.find(|slug| algorithm.socket(slug).is_none())?;
        Some(format!(
            "the case `{}` compares `{slug}`, which is no socket of the algorithm",
            case.name
        ))
    })
}

/// [`require`] without the request.
pub(crate) async fn demand(
    state: &AppState,
    algorithm: &StoredAlgorithm,
    by: AccountId,
    is_required: bool,
) -> Result<(), ApiError> {
    let store = state.store();
    if !store
        .require_algorithm_cases(algorithm.id, is_required)
        .await?
    {
        return Err(ApiError::not_found());
    }
    let object = format!("algorithm {}", algorithm.slug);
    note(state, by, "algorithm.cases.require", &object).await
}

/// [`remove`] without the request.
pub(crate) async fn drop_cases(
    state: &AppState,
    algorithm: &StoredAlgorithm,
    by: AccountId,
) -> Result<(), ApiError> {
    if !state.store().remove_algorithm_cases(algorithm.id).await? {
        return Err(ApiError::not_found());
    }
    let object = format!("algorithm {}", algorithm.slug);
    note(state, by, "algorithm.cases.remove", &object).await
}

fn shown(cases: &AlgorithmCases) -> ShownCases {
    ShownCases {
        filename: cases.filename.clone(),
        count: cases.count,
        size: cases.blob.size,
        required: cases.is_required,
        created_at: cases.created_at.to_string(),
    }
}

fn shown_run(run: CaseRun) -> ShownCaseRun {
    ShownCaseRun {
        name: run.name,
        verdict: run.verdict.word().to_owned(),
        differences: run.differences,
        wall_seconds: run.wall_seconds,
        peak_memory_bytes: run.peak_memory,
    }
}
