//! Jobs: submitted, looked at, listed.
//!
//! Unlike upstream, the same inputs may be submitted again: an algorithm may have changed, and who asks twice wants to know.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use store::ids::{AlgorithmId, JobId};
use store::jobs::{JobFilter, StoredJob};

use super::page::Asked;
use super::shapes;
use super::value_source::{SentValue, read_all};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::links::Links;
use crate::path::Id;
use crate::state::AppState;
use crate::submit::{Submission, SubmitError, submit};

/// What the client posts.
#[derive(Debug, Deserialize)]
struct SentJob {
    algorithm: String,
    inputs: Vec<SentValue>,
}

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/algorithms/jobs/", get(list).post(create))
        .route("/api/v1/algorithms/jobs/{id}/", get(detail))
}

async fn list(
    State(state): State<AppState>,
    caller: Caller,
    asked: Asked,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let ids = (
        asked.id("algorithm_image__algorithm"),
        asked.id("image"),
        asked.id("input_image"),
        asked.id("output_image"),
    );
    let (Ok(algorithm), Ok(image), Ok(input_image), Ok(output_image)) = ids else {
        return Ok(asked.nothing());
    };
    let filter = JobFilter {
        algorithm,
        input_image: input_image.or(image),
        output_image,
    };
    let found = state.store().jobs(caller.viewer, &filter, asked.page);
    let found = found.await?;
    let mut results = Vec::with_capacity(found.items.len());
    for one in &found.items {
        results.push(shape(&state, one, &links).await?);
    }
    Ok(asked.answer(found.count, &results))
}

async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<JobId>,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let store = state.store();
    if !store.may_view_job(caller.viewer, id).await? {
        return Err(ApiError::not_found());
    }
    let found = store.job(id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(shape(&state, &found, &links).await?))
}

async fn shape(state: &AppState, job: &StoredJob, links: &Links) -> Result<Value, ApiError> {
    let store = state.store();
    let (inputs, outputs) = store.job_values(job.id).await?;
    let (inputs, outputs) = (
        store.values_of(&inputs).await?,
        store.values_of(&outputs).await?,
    );
    Ok(shapes::job(job, (&inputs, &outputs), links))
}

async fn create(
    State(state): State<AppState>,
    caller: Caller,
    links: Links,
    crate::json::Json(sent): crate::json::Json<SentJob>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    caller.require()?;
    let algorithm = links.id_of::<AlgorithmId>(&sent.algorithm, "algorithms");
    let submission = Submission {
        algorithm: algorithm.ok_or_else(no_algorithm)?,
        viewer: caller.viewer,
        archive_run: None,
        inputs: read_all(&sent.inputs, "inputs", &links)?,
    };
    known_sockets(&state, &submission).await?;
    let most = state.config().jobs.most_active_per_user;
    let id = submit(state.worker(), &submission, most)
        .await
        .map_err(refusal)?;
    let store = state.store();
    let job = store.job(id).await?.ok_or_else(ApiError::not_found)?;
    let (inputs, _) = store.job_values(id).await?;
    let inputs = store.values_of(&inputs).await?;
    Ok((
        StatusCode::CREATED,
        Json(shapes::posted_job(&job, &inputs, &links)),
    ))
}

/// Refuses names that no socket has, one refusal per value, in their order.
async fn known_sockets(state: &AppState, submission: &Submission) -> Result<(), ApiError> {
    let mut problems = Vec::with_capacity(submission.inputs.len());
    let mut is_good = true;
    for (slug, _) in &submission.inputs {
        let found = state.store().socket_by_slug(slug).await?;
        is_good &= found.is_some();
        problems.push(match found {
            Some(_) => json!({}),
            None => json!({"interface": [format!("Object with slug={slug} does not exist.")]}),
        });
    }
    if is_good {
        return Ok(());
    }
    Err(ApiError::bad(json!({"inputs": problems})))
}

fn no_algorithm() -> ApiError {
    ApiError::field("algorithm", "Invalid hyperlink - Object does not exist.")
}

/// A submission that is not accepted, as the client knows it.
fn refusal(problem: SubmitError) -> ApiError {
    match problem {
        SubmitError::Algorithm => no_algorithm(),
        SubmitError::Inputs(problems) => {
            let problems: Vec<Value> = problems
                .into_iter()
                .map(|(socket, complaints)| json!({socket: complaints}))
                .collect();
            ApiError::bad(json!({"inputs": problems}))
        }
        SubmitError::Interface(problem) => ApiError::field("inputs", problem),
        SubmitError::NoImage | SubmitError::UsedUp(_) | SubmitError::Unfit(_) => {
            ApiError::invalid(problem.to_string())
        }
        SubmitError::Store(problem) => problem.into(),
    }
}
