//! Jobs that are shown to others.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use store::ids::{AccountId, JobId};

use super::owned;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::own::note;
use crate::path::Id;
use crate::state::AppState;

/// Names of accounts that a job is shown to, at most 1000; for its owner and administrators.
#[utoipa::path(
    get, path = "/api/gantry/v1/jobs/{id}/viewers/", tag = "jobs", operation_id = "list_job_viewers",
    params(("id" = String, Path, format = Uuid)),
    responses((status = 200, body = Vec<String>), (status = 401), (status = 403), (status = 404))
)]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<JobId>,
) -> Result<Json<Vec<String>>, ApiError> {
    owned(&state, &caller, id).await?;
    Ok(Json(state.store().job_viewers(id).await?))
}

/// Shows a job, with its images and outputs, to somebody.
#[utoipa::path(
    put, path = "/api/gantry/v1/jobs/{id}/viewers/{username}/", tag = "jobs", operation_id = "share_job",
    params(("id" = String, Path, format = Uuid), ("username" = String, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404))
)]
pub(super) async fn put(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, username)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    share(&state, &caller, (read(&id)?, &username), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows a job to somebody no longer.
#[utoipa::path(
    delete, path = "/api/gantry/v1/jobs/{id}/viewers/{username}/", tag = "jobs", operation_id = "unshare_job",
    params(("id" = String, Path, format = Uuid), ("username" = String, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404))
)]
pub(super) async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, username)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    share(&state, &caller, (read(&id)?, &username), false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows a job to somebody, or no longer.
///
/// # Errors
/// 403 for others than the owner; 404 when there is no such job or account, or it was not shown to them.
pub(crate) async fn share(
    state: &AppState,
    caller: &Caller,
    (id, username): (JobId, &str),
    is_shown: bool,
) -> Result<(), ApiError> {
    owned(state, caller, id).await?;
    let account = account(state, username).await?;
    let store = state.store();
    if is_shown {
        store.share_job(id, account).await?;
    } else if !store.unshare_job(id, account).await? {
        return Err(ApiError::not_found());
    }
    let by = caller.require()?.id;
    let action = if is_shown { "job.share" } else { "job.unshare" };
    note(state, by, action, &format!("job {id} account {account}")).await
}

async fn account(state: &AppState, username: &str) -> Result<AccountId, ApiError> {
    let found = state.store().account_by_name(username).await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    Ok(found.0.id)
}

fn read(id: &str) -> Result<JobId, ApiError> {
    id.parse().map_err(|_| ApiError::not_found())
}
