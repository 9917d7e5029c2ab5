//! What the program of a job wrote: page by page as JSON, or all of it as text.

use std::io::{self, Write as _};

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use camino::Utf8PathBuf;
use serde::Deserialize;
use store::ids::JobId;
use store::jobs::StoredJob;
use utoipa::IntoParams;

use super::visible;
use crate::auth::Caller;
use crate::chunks;
use crate::error::ApiError;
use crate::path::Id;
use crate::query::Query;
use crate::state::AppState;
use crate::worker::{LogLine, read_log, write_log};

/// Lines of one answer.
const MOST_LINES: usize = 20_000;

/// Which lines, and how.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Lines {
    /// Only lines after this number.
    after: u64,
    /// `json` (the default) or `text` for plain text.
    format: Option<String>,
}

/// What the program wrote, while it runs and afterwards; stderr counts as a warning. JSON is at most 20,000 lines and some
/// megabytes: ask for those after the last one until none comes. Text is all of them.
#[utoipa::path(
    get, path = "/api/gantry/v1/jobs/{id}/log/", tag = "jobs",
    params(("id" = String, Path, format = Uuid), Lines),
    responses((status = 200, description = "a list of lines, or text", body = Vec<serde_json::Value>), (status = 404))
)]
pub(super) async fn log(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<JobId>,
    Query(asked): Query<Lines>,
) -> Result<Response, ApiError> {
    let job = visible(&state, &caller, id).await?;
    let is_text = match asked.format.as_deref() {
        None | Some("json") => false,
        Some("text") => true,
        Some(other) => {
            let problem = format!("`{other}` is no format, expected `json` or `text`.");
            return Err(ApiError::field("format", problem));
        }
    };
    let path = log_path(&state, &job).await?;
    if is_text {
        return Ok(text(path, asked.after));
    }
    let Some(path) = path else {
        return Ok(Json(Vec::<LogLine>::new()).into_response());
    };
    let reading = tokio::task::spawn_blocking(move || read_log(&path, asked.after, MOST_LINES));
    let read = reading
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    let lines = match read {
        // A program that has not begun has written nothing.
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read.map_err(|problem| ApiError::internal(&problem))?,
    };
    Ok(Json(lines).into_response())
}

fn text(path: Option<Utf8PathBuf>, after: u64) -> Response {
    let body = chunks::body("a log", move |mut out| {
        // A program that has not begun has written nothing.
        if let Some(path) = path.filter(|path| path.exists()) {
            write_log(&path, after, &mut out)?;
        }
        out.flush()
    });
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
}

/// Where the log of a job lies: with the job while it runs, in the store afterwards; `None` where none was kept.
///
/// # Errors
/// When the database fails.
pub(crate) async fn log_path(
    state: &AppState,
    job: &StoredJob,
) -> Result<Option<Utf8PathBuf>, store::StoreError> {
    if !job.state.is_final()
        && let Some(live) = state.worker().live().get(job.id)
    {
        return Ok(Some(live.log_path.clone()));
    }
    let store = state.store();
    let digest = store.job_log(job.id).await?;
    Ok(digest.map(|digest| store.blobs().path(&digest)))
}
