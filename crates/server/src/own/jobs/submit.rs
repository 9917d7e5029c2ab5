//! Submitting a job, and asking beforehand what would become of it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Limits, Slug};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::ids::{ImageId, UploadId, ValueId};
use store::jobs::JobEdit;
use utoipa::ToSchema;

use super::change::{SubmittedJob, submitted};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::own::{algorithms, note};
use crate::state::AppState;
use crate::submit::{self, InputSource, Submission, SubmitError};

/// A job that somebody wants.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct WantedJob {
    /// Short name of the algorithm.
    pub(crate) algorithm: String,
    /// What fills which input socket, by its short name.
    pub(crate) inputs: BTreeMap<String, WantedInput>,
    /// A note for its owner.
    #[serde(default)]
    #[schema(max_length = 10000)]
    pub(crate) comment: String,
}

/// What fills an input socket: exactly one of these.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WantedInput {
    /// JSON itself.
    #[schema(value_type = Value)]
    Value(Value),
    /// UUID of an image that the caller may see.
    Image(String),
    /// UUIDs of the caller's completed uploads: the files of one image, or the one file of a file socket.
    Uploads(Vec<String>),
    /// Number of a value of a job or an archive that the caller may see.
    Existing(i64),
}

/// What would become of a submission.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobCheck {
    /// It would be accepted.
    pub(crate) is_accepted: bool,
    /// The interface that takes exactly these inputs; null: none does.
    pub(crate) interface: Option<CheckedInterface>,
    /// What is wrong with single inputs, by socket. Images are looked at after the submission.
    pub(crate) inputs: BTreeMap<String, Vec<String>>,
    /// What is wrong with the submission as a whole.
    pub(crate) problems: Vec<String>,
    /// Why it can never run on this machine; null: it can.
    pub(crate) never_because: Option<String>,
    /// What a job may use: bytes, milliseconds, per cent of a processor, processes.
    #[schema(value_type = Object)]
    pub(crate) limits: Limits,
    /// Jobs that wait in all.
    pub(crate) queued: u64,
    /// Jobs that run now.
    pub(crate) running: u64,
}

/// Short names of sockets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckedInterface {
    /// What goes in.
    pub(crate) inputs: Vec<String>,
    /// What comes out.
    pub(crate) outputs: Vec<String>,
}

/// Submits a job.
#[utoipa::path(
    post, path = "/api/gantry/v1/jobs/", tag = "jobs", request_body = WantedJob, operation_id = "submit_job",
    responses((status = 201, body = SubmittedJob), (status = 400), (status = 401), (status = 404))
)]
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    crate::json::Json(wanted): crate::json::Json<WantedJob>,
) -> Result<(StatusCode, Json<SubmittedJob>), ApiError> {
    Ok((
        StatusCode::CREATED,
        Json(send(&state, &caller, wanted).await?),
    ))
}

/// Submits a job.
///
/// # Errors
/// 404 for an algorithm that the caller may not see, 400 with everything that is wrong.
pub(crate) async fn send(
    state: &AppState,
    caller: &Caller,
    wanted: WantedJob,
) -> Result<SubmittedJob, ApiError> {
    let by = caller.require()?.id;
    let submission = read(state, caller, &wanted).await?;
    let most = state.config().jobs.most_active_per_user;
    let made = submit::submit(state.worker(), &submission, most)
        .await
        .map_err(refusal)?;
    if !wanted.comment.is_empty() {
        let edit = JobEdit {
            comment: Some(wanted.comment),
            is_public: None,
        };
        state.store().edit_job(made, &edit).await?;
    }
    note(state, by, "job.create", &format!("job {made}")).await?;
    submitted(state, made).await
}

/// Says what would become of a submission: the interface, problems input by input, what it may use, whether it can ever run
/// here, the queue. Nothing is kept.
#[utoipa::path(
    post, path = "/api/gantry/v1/jobs/check/", tag = "jobs", request_body = WantedJob, operation_id = "check_job",
    responses((status = 200, body = JobCheck), (status = 400), (status = 401), (status = 404))
)]
pub(super) async fn check(
    State(state): State<AppState>,
    caller: Caller,
    crate::json::Json(wanted): crate::json::Json<WantedJob>,
) -> Result<Json<JobCheck>, ApiError> {
    Ok(Json(ask(&state, &caller, &wanted).await?))
}

/// Judges a submission.
///
/// # Errors
/// 404 for an algorithm that the caller may not see, 400 for one that they may not run.
pub(crate) async fn ask(
    state: &AppState,
    caller: &Caller,
    wanted: &WantedJob,
) -> Result<JobCheck, ApiError> {
    caller.require()?;
    let submission = read(state, caller, wanted).await?;
    let most = state.config().jobs.most_active_per_user;
    let found = submit::check(state.worker(), &submission, most)
        .await
        .map_err(refusal)?;
    Ok(JobCheck {
        is_accepted: found.is_accepted(),
        interface: found
            .interface
            .map(|(inputs, outputs)| CheckedInterface { inputs, outputs }),
        inputs: found.inputs,
        problems: found.problems,
        never_because: found.unfit,
        limits: found.limits,
        queued: found.queued,
        running: found.running,
    })
}

async fn read(
    state: &AppState,
    caller: &Caller,
    wanted: &WantedJob,
) -> Result<Submission, ApiError> {
    let length = wanted.comment.chars().count();
    if length > 10_000 {
        let problem = format!("The comment has {length} characters, expected at most 10000.");
        return Err(ApiError::field("comment", problem));
    }
    let algorithm = algorithms::visible(state, caller, &wanted.algorithm).await?;
    let mut inputs = Vec::new();
    let mut problems: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (slug, input) in &wanted.inputs {
        let read = Slug::new(slug).map_err(|problem| problem.to_string());
        match read.and_then(|slug| Ok((slug, source(input)?))) {
            Ok(input) => inputs.push(input),
            Err(problem) => problems.entry(slug).or_default().push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(ApiError::bad(json!({"inputs": problems})));
    }
    Ok(Submission {
        algorithm: algorithm.id,
        viewer: caller.viewer,
        archive_run: None,
        inputs,
    })
}

fn source(input: &WantedInput) -> Result<InputSource, String> {
    let id = |text: &str, what: &str| format!("`{text}` is no UUID of {what}");
    Ok(match input {
        WantedInput::Value(value) => InputSource::Json(value.clone()),
        WantedInput::Image(text) => {
            let image = text.parse::<ImageId>();
            InputSource::Image(image.map_err(|_| id(text, "an image"))?)
        }
        WantedInput::Uploads(uploads) => {
            let uploads: Result<Vec<UploadId>, String> = uploads
                .iter()
                .map(|text| text.parse().map_err(|_| id(text, "an upload")))
                .collect();
            InputSource::Uploads(uploads?)
        }
        WantedInput::Existing(number) => InputSource::Existing(ValueId(*number)),
    })
}

/// A submission that is not accepted.
pub(crate) fn refusal(problem: SubmitError) -> ApiError {
    match problem {
        SubmitError::Inputs(problems) => ApiError::bad(json!({"inputs": problems})),
        SubmitError::Algorithm => ApiError::field("algorithm", problem.to_string()),
        SubmitError::Interface(problem) => ApiError::field("inputs", problem),
        SubmitError::NoImage | SubmitError::UsedUp(_) | SubmitError::Unfit(_) => {
            ApiError::invalid(problem.to_string())
        }
        SubmitError::Store(problem) => problem.into(),
    }
}
