//! Inputs and outputs of a job: as the compatible API shows values, and what we know besides.

use axum::Json;
use axum::extract::State;
use domain::{GeometryRecord, RunReport};
use serde_json::Value;
use store::ids::JobId;
use store::values::StoredValue;
use utoipa::ToSchema;

use super::visible;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::gcapi::value_shape;
use crate::links::Links;
use crate::path::Id;
use crate::state::AppState;

/// What fills a socket of a job.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct JobValue {
    /// Short name of the socket.
    pub(crate) slug: String,
    /// As in the compatible API: `pk`, `socket`, and one of `value`, `file` (address) and `image` (address).
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub(crate) value: Value,
    /// UUID of the image; else null.
    pub(crate) image_id: Option<String>,
    /// Name of the file or image; else null.
    pub(crate) name: Option<String>,
    /// Bytes of an output's file; else null.
    pub(crate) bytes: Option<u64>,
    /// SHA-256 of an output's file; else null.
    pub(crate) sha256: Option<String>,
    /// How an output image lies against the input image: `aligned`, `message`, `mistake`, `fix`; else null.
    #[schema(value_type = Option<Object>)]
    pub(crate) geometry: Option<GeometryRecord>,
}

/// What went into a job; what is still on its way is not among them.
#[utoipa::path(
    get, path = "/api/gantry/v1/jobs/{id}/inputs/", tag = "jobs", operation_id = "job_inputs",
    params(("id" = String, Path, format = Uuid)),
    responses((status = 200, body = Vec<JobValue>), (status = 404))
)]
pub(super) async fn inputs(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<JobId>,
    links: Links,
) -> Result<Json<Vec<JobValue>>, ApiError> {
    Ok(Json(of_job(&state, &caller, id, &links).await?.0))
}

/// What came out of a job, with how images lie against the input.
#[utoipa::path(
    get, path = "/api/gantry/v1/jobs/{id}/outputs/", tag = "jobs", operation_id = "job_outputs",
    params(("id" = String, Path, format = Uuid)),
    responses((status = 200, body = Vec<JobValue>), (status = 404))
)]
pub(super) async fn outputs(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<JobId>,
    links: Links,
) -> Result<Json<Vec<JobValue>>, ApiError> {
    Ok(Json(of_job(&state, &caller, id, &links).await?.1))
}

/// Inputs and outputs of a job.
///
/// # Errors
/// 404 for a job that the caller may not see.
pub(crate) async fn of_job(
    state: &AppState,
    caller: &Caller,
    id: JobId,
    links: &Links,
) -> Result<(Vec<JobValue>, Vec<JobValue>), ApiError> {
    visible(state, caller, id).await?;
    let store = state.store();
    let (inputs, outputs) = store.job_values(id).await?;
    let (inputs, outputs) = (
        store.values_of(&inputs).await?,
        store.values_of(&outputs).await?,
    );
    let report = store.job_report(id).await?;
    let inputs = inputs.iter().map(|value| shown(value, None, links));
    let outputs = outputs
        .iter()
        .map(|value| shown(value, report.as_ref(), links));
    Ok((inputs.collect(), outputs.collect()))
}

fn shown(stored: &StoredValue, report: Option<&RunReport>, links: &Links) -> JobValue {
    use store::values::Content;
    let slug = stored.socket.socket.slug.to_string();
    let outputs = report.map_or(&[][..], |report| &report.outputs);
    let found = outputs.iter().find(|output| output.socket == slug);
    let (image_id, name) = match &stored.content {
        Content::Json(_) => (None, None),
        Content::File { filename, .. } => (None, Some(filename.clone())),
        Content::Image(id, name) => (Some(id.to_string()), Some(name.clone())),
    };
    JobValue {
        value: value_shape(stored, links),
        image_id,
        name,
        bytes: found.map(|output| output.bytes),
        sha256: found.map(|output| output.sha256.clone()),
        geometry: found.and_then(|output| output.geometry.clone()),
        slug,
    }
}
