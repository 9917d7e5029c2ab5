//! Runs of one algorithm over a whole archive: started, watched, ended.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::archives::{Archive, ArchiveRun};
use store::ids::ArchiveRunId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::visible;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::own::part::Part;
use crate::own::{algorithms, note};
use crate::query::Query;
use crate::run_archive::{RunArchiveError, run_archive};
use crate::state::AppState;

/// A run that somebody wants.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct WantedRun {
    /// Short name of the algorithm.
    pub(crate) algorithm: String,
}

/// A run over an archive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownRun {
    /// UUID.
    pub(crate) id: String,
    /// Short name of the archive.
    pub(crate) archive: String,
    /// Short name of the algorithm.
    pub(crate) algorithm: String,
    /// Name of the account that started it.
    pub(crate) creator: Option<String>,
    /// When it was started.
    pub(crate) created_at: String,
    /// Its jobs, by state.
    pub(crate) jobs: BTreeMap<String, u64>,
    /// How many jobs it has.
    pub(crate) total: u64,
    /// How many of them have ended.
    pub(crate) ended: u64,
    /// Items without a job, and why.
    pub(crate) skipped: Vec<Skipped>,
}

/// An item without a job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Skipped {
    /// UUID.
    pub(crate) item: String,
    /// What it lacks.
    pub(crate) reason: String,
}

/// A part of a list of runs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunList {
    /// How many there are in all.
    pub(crate) count: u64,
    /// Those of the part.
    pub(crate) results: Vec<ShownRun>,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, start))
        .routes(routes!(detail))
        .routes(routes!(cancel))
}

/// Runs an algorithm on every item of an archive whose values fit one of its interfaces: of those that fit, the one that
/// takes most; values that it does not take are left out. The jobs belong to the caller.
#[utoipa::path(
    post, path = "/api/gantry/v1/archives/{slug}/runs/", tag = "archives", params(("slug" = String, Path)),
    request_body = WantedRun, operation_id = "start_run",
    responses((status = 201, body = ShownRun), (status = 400), (status = 401), (status = 404))
)]
async fn start(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    crate::json::Json(wanted): crate::json::Json<WantedRun>,
) -> Result<(StatusCode, Json<ShownRun>), ApiError> {
    let run = begin(&state, &caller, &slug, &wanted.algorithm).await?;
    Ok((StatusCode::CREATED, Json(run)))
}

/// Starts a run.
///
/// # Errors
/// 404 for an archive that the caller may not see, 400 for an algorithm that cannot be run on it, with the reason.
pub(crate) async fn begin(
    state: &AppState,
    caller: &Caller,
    slug: &str,
    algorithm: &str,
) -> Result<ShownRun, ApiError> {
    let archive = visible(state, caller, slug).await?;
    let by = caller.require()?.id;
    let algorithm = algorithms::visible(state, caller, algorithm).await;
    let algorithm = algorithm.map_err(|problem| match problem.status() {
        StatusCode::NOT_FOUND => ApiError::field("algorithm", "There is no such algorithm."),
        _ => problem,
    })?;
    let started = run_archive(state.worker(), caller.viewer, (&archive, algorithm.id)).await;
    let id = started.map_err(|problem| match problem {
        RunArchiveError::Submit(problem) => crate::own::jobs::submit::refusal(problem),
        RunArchiveError::TooLarge(_) | RunArchiveError::NothingFits(_) => {
            ApiError::invalid(problem.to_string())
        }
    })?;
    note(
        state,
        by,
        "archive_run.create",
        &format!("archive_run {id}"),
    )
    .await?;
    let run = state.store().archive_run(id).await?;
    shown(state, &archive, run.ok_or_else(ApiError::not_found)?).await
}

/// Runs over an archive, oldest first: those of the caller; editors of the archive see all.
#[utoipa::path(
    get, path = "/api/gantry/v1/archives/{slug}/runs/", tag = "archives", params(("slug" = String, Path), Part),
    operation_id = "list_runs",
    responses((status = 200, body = RunList), (status = 400), (status = 401), (status = 404))
)]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    Query(part): Query<Part>,
) -> Result<Json<RunList>, ApiError> {
    Ok(Json(of_archive(&state, &caller, &slug, &part).await?))
}

/// Runs over an archive that the caller may see.
///
/// # Errors
/// 401 when nobody is logged in, 404 for an archive that they may not see.
pub(crate) async fn of_archive(
    state: &AppState,
    caller: &Caller,
    slug: &str,
    part: &Part,
) -> Result<RunList, ApiError> {
    let archive = visible(state, caller, slug).await?;
    let by = caller.require()?.id;
    let store = state.store();
    let all = store.may_change_archive(caller.viewer, archive.id).await?;
    let of = (!all).then_some(by);
    let found = store.archive_runs_of(archive.id, of, part.page()?).await?;
    let mut results = Vec::new();
    for run in found.items {
        results.push(shown(state, &archive, run).await?);
    }
    Ok(RunList {
        count: found.count,
        results,
    })
}

/// How far a run is; whoever started it, editors of the archive, administrators.
#[utoipa::path(
    get, path = "/api/gantry/v1/archives/{slug}/runs/{id}/", tag = "archives",
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)), operation_id = "run",
    responses((status = 200, body = ShownRun), (status = 401), (status = 404))
)]
async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Json<ShownRun>, ApiError> {
    let (archive, run) = found(&state, &caller, (&slug, &id)).await?;
    Ok(Json(shown(&state, &archive, run).await?))
}

/// Ends all jobs of a run; once more kills those that still run. Whoever started it, and administrators.
#[utoipa::path(
    post, path = "/api/gantry/v1/archives/{slug}/runs/{id}/cancel/", tag = "archives",
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)), operation_id = "cancel_run",
    responses((status = 200, body = ShownRun), (status = 401), (status = 403), (status = 404))
)]
async fn cancel(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Json<ShownRun>, ApiError> {
    Ok(Json(end(&state, &caller, (&slug, &id)).await?))
}

/// Ends all jobs of a run.
///
/// # Errors
/// 404 for a run that the caller may not see, 403 for one that is not theirs.
pub(crate) async fn end(
    state: &AppState,
    caller: &Caller,
    (slug, id): (&str, &str),
) -> Result<ShownRun, ApiError> {
    let (archive, run) = found(state, caller, (slug, id)).await?;
    let account = caller.require()?;
    if run.creator != Some(account.id) && !account.is_administrator() {
        return Err(ApiError::forbidden(
            "Only whoever started the run may end it.",
        ));
    }
    let ended = state.worker().cancel_run(run.id).await;
    ended.map_err(|problem| ApiError::internal(&problem))?;
    note(
        state,
        account.id,
        "archive_run.cancel",
        &format!("archive_run {}", run.id),
    )
    .await?;
    shown(state, &archive, run).await
}

/// A run that the caller may see: whoever started it, editors of the archive, administrators.
///
/// # Errors
/// 401 when nobody is logged in, 404 for any other.
pub(crate) async fn found(
    state: &AppState,
    caller: &Caller,
    (slug, id): (&str, &str),
) -> Result<(Archive, ArchiveRun), ApiError> {
    let archive = visible(state, caller, slug).await?;
    let account = caller.require()?;
    let store = state.store();
    let id: ArchiveRunId = id.parse().map_err(|_| ApiError::not_found())?;
    let run = store.archive_run(id).await?;
    let run = run
        .filter(|run| run.archive == archive.id)
        .ok_or_else(ApiError::not_found)?;
    let is_theirs = run.creator == Some(account.id);
    if is_theirs || store.may_change_archive(caller.viewer, archive.id).await? {
        return Ok((archive, run));
    }
    Err(ApiError::not_found())
}

/// How far a run is.
///
/// # Errors
/// When the database fails.
pub(crate) async fn shown(
    state: &AppState,
    archive: &Archive,
    run: ArchiveRun,
) -> Result<ShownRun, ApiError> {
    let store = state.store();
    let jobs = store.count_run_jobs(run.id).await?;
    let algorithm = store.algorithm(run.algorithm).await?;
    let creator = match run.creator {
        Some(id) => store.account(id).await?,
        None => None,
    };
    let ended = ["succeeded", "failed", "cancelled"];
    let ended = ended.iter().filter_map(|state| jobs.get(*state)).sum();
    Ok(ShownRun {
        id: run.id.to_string(),
        archive: archive.slug.to_string(),
        algorithm: algorithm.map(|it| it.slug.to_string()).unwrap_or_default(),
        creator: creator.map(|account| account.username),
        created_at: run.created_at.to_string(),
        total: jobs.values().sum(),
        ended,
        jobs,
        skipped: run
            .skipped
            .into_iter()
            .map(|skipped| Skipped {
                item: skipped.item.to_string(),
                reason: skipped.reason,
            })
            .collect(),
    })
}
