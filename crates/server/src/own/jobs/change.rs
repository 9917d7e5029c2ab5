//! What becomes of a job: its note, who sees it, once more, away with it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::ids::JobId;
use store::jobs::{DeleteJobError, JobEdit, JobOrigin, StoredJob};
use utoipa::ToSchema;

use super::{ShownJob, owned, shown, visible};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::own::note;
use crate::path::Id;
use crate::state::AppState;
use crate::submit::{InputSource, Submission, submit_from};

/// Characters of a comment.
const LONGEST_COMMENT: usize = 10_000;

/// What changes of a job; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct JobPatch {
    /// Its owner's note.
    #[schema(max_length = 10000)]
    pub(crate) comment: Option<String>,
    /// Everybody sees it, with its images; only a job that succeeded can become public.
    pub(crate) is_public: Option<bool>,
}

/// A job that was submitted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubmittedJob {
    /// UUID of the new job.
    pub(crate) id: String,
    /// Where it stands.
    pub(crate) state: String,
    /// UUID of the job that it repeats; else null.
    pub(crate) retry_of: Option<String>,
    /// UUID of the version that runs.
    pub(crate) version: String,
}

/// Changes the note of a job, or whether everybody sees it; its owner and administrators.
#[utoipa::path(
    patch, path = "/api/gantry/v1/jobs/{id}/", tag = "jobs", request_body = JobPatch, operation_id = "change_job",
    params(("id" = String, Path, format = Uuid)),
    responses(
        (status = 200, body = ShownJob), (status = 400), (status = 401), (status = 403), (status = 404),
        (status = 409, description = "it has not succeeded, so it cannot become public"),
    )
)]
pub(super) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<JobId>,
    crate::json::Json(patch): crate::json::Json<JobPatch>,
) -> Result<Json<ShownJob>, ApiError> {
    edit(&state, &caller, id, patch).await?;
    let job = visible(&state, &caller, id).await?;
    Ok(Json(shown(&state, job).await?))
}

/// Changes what the owner says of a job.
///
/// # Errors
/// 404, 403 for others than the owner, 400 and 409 for what cannot be.
pub(crate) async fn edit(
    state: &AppState,
    caller: &Caller,
    id: JobId,
    patch: JobPatch,
) -> Result<(), ApiError> {
    let job = owned(state, caller, id).await?;
    let length = patch
        .comment
        .as_ref()
        .map_or(0, |text| text.chars().count());
    if length > LONGEST_COMMENT {
        let problem =
            format!("The comment has {length} characters, expected at most {LONGEST_COMMENT}.");
        return Err(ApiError::field("comment", problem));
    }
    if patch.is_public == Some(true) && job.state != domain::job::JobState::Succeeded {
        let problem = format!(
            "Only jobs that succeeded can be public; it is `{}`.",
            job.state.word()
        );
        return Err(ApiError::detail(StatusCode::CONFLICT, problem));
    }
    let edit = JobEdit {
        comment: patch.comment,
        is_public: patch.is_public,
    };
    state.store().edit_job(id, &edit).await?;
    let by = caller.require()?.id;
    let action = if edit.is_public.is_some() {
        "job.visibility"
    } else {
        "job.comment"
    };
    note(state, by, action, &format!("job {id}")).await
}

/// Takes a job that has ended away, with its outputs that nothing else uses; its owner and administrators.
#[utoipa::path(
    delete, path = "/api/gantry/v1/jobs/{id}/", tag = "jobs", operation_id = "delete_job",
    params(("id" = String, Path, format = Uuid)),
    responses(
        (status = 204), (status = 401), (status = 403), (status = 404),
        (status = 409, description = "it has not ended: cancel it first"),
    )
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<JobId>,
) -> Result<StatusCode, ApiError> {
    remove(&state, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a job away.
///
/// # Errors
/// 404, 403 for others than the owner, 409 for a job that has not ended.
pub(crate) async fn remove(state: &AppState, caller: &Caller, id: JobId) -> Result<(), ApiError> {
    owned(state, caller, id).await?;
    let deleted = state.store().delete_job(id).await;
    deleted.map_err(|problem| match problem {
        DeleteJobError::Store(problem) => problem.into(),
        DeleteJobError::Gone(_) => ApiError::not_found(),
        DeleteJobError::Active { .. } => {
            ApiError::detail(StatusCode::CONFLICT, problem.to_string())
        }
    })?;
    let by = caller.require()?.id;
    note(state, by, "job.delete", &format!("job {id}")).await
}

/// Submits a job once more: the same inputs, the version and the limits that the algorithm has now. Whoever asks owns it.
#[utoipa::path(
    post, path = "/api/gantry/v1/jobs/{id}/retry/", tag = "jobs", operation_id = "retry_job",
    params(("id" = String, Path, format = Uuid)),
    responses(
        (status = 201, body = SubmittedJob), (status = 400), (status = 401), (status = 404),
        (status = 409, description = "inputs of the job never arrived, so there is nothing to repeat"),
    )
)]
pub(super) async fn retry(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<JobId>,
) -> Result<(StatusCode, Json<SubmittedJob>), ApiError> {
    let new = again(&state, &caller, id).await?;
    Ok((StatusCode::CREATED, Json(new)))
}

/// Submits a job once more.
///
/// # Errors
/// As for a submission; 404 for a job that the caller may not see.
pub(crate) async fn again(
    state: &AppState,
    caller: &Caller,
    id: JobId,
) -> Result<SubmittedJob, ApiError> {
    caller.require()?;
    let job = visible(state, caller, id).await?;
    let submission = Submission {
        algorithm: job.algorithm,
        viewer: caller.viewer,
        archive_run: None,
        inputs: inputs_of(state, &job).await?,
    };
    let origin = JobOrigin {
        retry_of: Some(id),
        ..JobOrigin::default()
    };
    let most = state.config().jobs.most_active_per_user;
    let made = submit_from(state.worker(), &submission, &origin, most)
        .await
        .map_err(super::submit::refusal)?;
    let by = caller.require()?.id;
    note(state, by, "job.retry", &format!("job {made} of job {id}")).await?;
    submitted(state, made).await
}

async fn inputs_of(
    state: &AppState,
    job: &StoredJob,
) -> Result<Vec<(domain::Slug, InputSource)>, ApiError> {
    let store = state.store();
    let (inputs, _) = store.job_values(job.id).await?;
    let values = store.values_of(&inputs).await?;
    let interface = store.interface(job.interface).await?;
    let expected = interface.map_or(0, |interface| interface.inputs.len());
    if values.len() != expected {
        let problem = "Not all inputs of this job ever arrived: submit it anew, with its files.";
        return Err(ApiError::detail(StatusCode::CONFLICT, problem));
    }
    let sources = values.into_iter();
    Ok(sources
        .map(|value| (value.socket.socket.slug, InputSource::Existing(value.id)))
        .collect())
}

/// What is told of a new job.
pub(super) async fn submitted(state: &AppState, id: JobId) -> Result<SubmittedJob, ApiError> {
    let job = state.store().job(id).await?;
    let job = job.ok_or_else(ApiError::not_found)?;
    Ok(SubmittedJob {
        id: job.id.to_string(),
        state: job.state.word().to_owned(),
        retry_of: job.retry_of.map(|id| id.to_string()),
        version: job.image.to_string(),
    })
}
