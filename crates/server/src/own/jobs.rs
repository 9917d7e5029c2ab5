//! Jobs: everything that is known of one, and its end before its time.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::Failure;
use domain::job::JobState;
use serde::Serialize;
use serde_json::Value;
use store::ids::JobId;
use store::jobs::StoredJob;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) mod change;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod submit;
pub(crate) mod values;
pub(crate) mod viewers;
pub(crate) mod zip;

use super::note;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::path::Id;
use crate::state::AppState;

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownJob {
    /// UUID.
    id: String,
    /// UUID of the algorithm.
    algorithm: String,
    /// Short name of the algorithm.
    algorithm_slug: String,
    /// UUID of the version that runs.
    version: String,
    /// Name of the account whose it is; null: the server's.
    creator: Option<String>,
    /// Its owner's note.
    comment: String,
    /// Everybody sees it.
    is_public: bool,
    /// UUID of the run over an archive that it belongs to.
    archive_run: Option<String>,
    /// UUID of the job that it repeats.
    retry_of: Option<String>,
    /// What it may use: bytes, milliseconds, per cent of a processor, processes.
    #[schema(value_type = Object)]
    limits: domain::Limits,
    /// `validating`, `queued`, `provisioning`, `executing`, `parsing`, `succeeded`, `failed` or `cancelled`.
    state: String,
    /// Why it failed: reason, message, limit and peak, hint; else null.
    #[schema(value_type = Option<Object>)]
    failure: Option<Failure>,
    /// What the program returned.
    exit_code: Option<i32>,
    /// It succeeded, but wrote on stderr or something else is to be looked at.
    has_warnings: bool,
    /// How often a worker took it.
    attempt: u32,
    /// Where it waits; null when it is not queued.
    queue: Option<QueuePlace>,
    /// When it was submitted.
    created_at: String,
    /// When it was taken last.
    started_at: Option<String>,
    /// When it ended.
    completed_at: Option<String>,
    /// How long the program ran, seconds.
    run_seconds: Option<f64>,
    /// The report of the run as `gantry run --json` prints it: timings, resources, isolation; null before the end.
    #[schema(value_type = Option<Object>)]
    report: Value,
}

/// Where a job waits.
#[derive(Debug, Serialize, ToSchema)]
struct QueuePlace {
    /// Jobs that come before it.
    ahead: u64,
    /// Jobs that wait in all.
    queued: u64,
    /// No job begins until there is room on the server's disk.
    lacks_disk: bool,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, submit::create))
        .routes(routes!(submit::check))
        .routes(routes!(detail, change::change, change::delete))
        .routes(routes!(change::retry))
        .routes(routes!(cancel))
        .routes(routes!(log::log))
        .routes(routes!(values::inputs))
        .routes(routes!(values::outputs))
        .routes(routes!(zip::outputs_zip))
        .routes(routes!(viewers::list))
        .routes(routes!(viewers::put, viewers::remove))
}

/// Everything that is known of a job.
#[utoipa::path(
    get, path = "/api/gantry/v1/jobs/{id}/", tag = "jobs", params(("id" = String, Path, format = Uuid)),
    responses((status = 200, body = ShownJob), (status = 404))
)]
async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<JobId>,
) -> Result<Json<ShownJob>, ApiError> {
    let job = visible(&state, &caller, id).await?;
    Ok(Json(shown(&state, job).await?))
}

/// Ends a job; asked again, its program is killed at once.
#[utoipa::path(
    post, path = "/api/gantry/v1/jobs/{id}/cancel/", tag = "jobs", params(("id" = String, Path, format = Uuid)),
    responses((status = 200, body = ShownJob), (status = 403), (status = 404), (status = 409, description = "it has ended"))
)]
async fn cancel(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<JobId>,
) -> Result<Json<ShownJob>, ApiError> {
    end(&state, &caller, id).await?;
    let now = visible(&state, &caller, id).await?;
    Ok(Json(shown(&state, now).await?))
}

/// Ends a job; asked again, its program is killed at once.
///
/// # Errors
/// 404, 403 for others than the owner, 409 for a job that has ended.
pub(crate) async fn end(state: &AppState, caller: &Caller, id: JobId) -> Result<(), ApiError> {
    let by = caller.require()?.id;
    let job = owned(state, caller, id).await?;
    let asked = state
        .worker()
        .cancel(id)
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    if !asked {
        let detail = format!("The job has ended: it is `{}`.", job.state.word());
        return Err(ApiError::detail(StatusCode::CONFLICT, detail));
    }
    note(state, by, "job.cancel", &format!("job {id}")).await
}

/// A job that the caller may change: its owner, or an administrator.
///
/// # Errors
/// 404 for who may not see it, 401 and 403 for who may not change it.
pub(crate) async fn owned(
    state: &AppState,
    caller: &Caller,
    id: JobId,
) -> Result<StoredJob, ApiError> {
    let job = visible(state, caller, id).await?;
    let account = caller.require()?;
    if job.creator == Some(account.id) || account.is_administrator() {
        return Ok(job);
    }
    Err(ApiError::forbidden(
        "Only the owner of the job may do this.",
    ))
}

/// A job that the caller may see.
///
/// # Errors
/// 404 for any other.
pub(crate) async fn visible(
    state: &AppState,
    caller: &Caller,
    id: JobId,
) -> Result<StoredJob, ApiError> {
    let store = state.store();
    if !store.may_view_job(caller.viewer, id).await? {
        return Err(ApiError::not_found());
    }
    store.job(id).await?.ok_or_else(ApiError::not_found)
}

/// Everything that is known of a job.
///
/// # Errors
/// When the database fails.
pub(crate) async fn shown(state: &AppState, job: StoredJob) -> Result<ShownJob, ApiError> {
    let store = state.store();
    let algorithm = store.algorithm(job.algorithm).await?;
    let creator = match job.creator {
        Some(id) => store.account(id).await?,
        None => None,
    };
    let place = store.queue_place(job.id).await?;
    let report = store.job_report(job.id).await?;
    let word = job.state.word().to_owned();
    let failure = match job.state {
        JobState::Failed { failure } => Some(*failure),
        JobState::Validating
        | JobState::Queued { .. }
        | JobState::Provisioning { .. }
        | JobState::Executing { .. }
        | JobState::Parsing { .. }
        | JobState::Succeeded
        | JobState::Cancelled => None,
    };
    Ok(ShownJob {
        id: job.id.to_string(),
        algorithm: job.algorithm.to_string(),
        algorithm_slug: algorithm.map(|it| it.slug.to_string()).unwrap_or_default(),
        version: job.image.to_string(),
        creator: creator.map(|account| account.username),
        comment: job.comment,
        is_public: job.is_public,
        archive_run: job.archive_run.map(|id| id.to_string()),
        retry_of: job.retry_of.map(|id| id.to_string()),
        limits: job.limits,
        state: word,
        failure,
        exit_code: job.exit_code,
        has_warnings: job.has_warnings,
        attempt: job.attempt,
        queue: place.map(|place| QueuePlace {
            ahead: place.ahead,
            queued: place.queued,
            lacks_disk: state.worker().lacks_disk(),
        }),
        created_at: job.created_at.to_string(),
        started_at: job.started_at.map(|at| at.to_string()),
        completed_at: job.completed_at.map(|at| at.to_string()),
        run_seconds: job.run_seconds,
        report: serde_json::to_value(report).map_err(|problem| ApiError::internal(&problem))?,
    })
}
