//! What a run over an archive gave: a table, and one download of everything.
//!
//! Editors of an archive see how far runs of others are, but not what came out: results belong to whoever ran them.

use std::collections::{BTreeMap, HashSet};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::archives::{ArchiveRun, RunJob};
use store::ids::{ArchiveRunId, JobId};
use store::values::Content;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::runs::found;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::links::Links;
use crate::own::jobs::zip;
use crate::own::part::{USUAL, bounded};
use crate::query::Query;
use crate::state::AppState;
use crate::zip_stream::{self, Content as Bytes, Member, Members};

/// Jobs that are read in one go.
const BATCH: u32 = 200;

/// Which part of the table.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ResultQuery {
    /// Where the part begins: `next` of the part before.
    pub(crate) after: Option<String>,
    /// At most how many rows are given; without it, 100.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<u64>,
}

/// A part of the table.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResultTable {
    /// Where the next part begins; null after the last one.
    pub(crate) next: Option<String>,
    /// One for each job.
    pub(crate) results: Vec<ResultRow>,
}

/// What one item gave.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResultRow {
    /// UUID of the item; it may be gone by now.
    pub(crate) item: Option<String>,
    /// Its title when the run was started.
    pub(crate) title: String,
    /// UUID of the job.
    pub(crate) job: String,
    /// Where it stands.
    pub(crate) state: String,
    /// Code of the reason of a failure; else null.
    pub(crate) failure: Option<String>,
    /// How long the program ran, seconds.
    pub(crate) run_seconds: Option<f64>,
    /// By the short name of the output socket: JSON, or the address of a file or image.
    #[schema(value_type = Object)]
    pub(crate) outputs: BTreeMap<String, Value>,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(table))
        .routes(routes!(csv))
        .routes(routes!(outputs_zip))
}

/// What came out, item by item; whoever started the run, and administrators.
#[utoipa::path(
    get, path = "/api/gantry/v1/archives/{slug}/runs/{id}/results/", tag = "archives",
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid), ResultQuery), operation_id = "run_results",
    responses((status = 200, body = ResultTable), (status = 400), (status = 401), (status = 403), (status = 404))
)]
async fn table(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
    Query(query): Query<ResultQuery>,
    links: Links,
) -> Result<Json<ResultTable>, ApiError> {
    let run = owned(&state, &caller, (&slug, &id)).await?;
    let after = match &query.after {
        None => None,
        Some(text) => Some(text.parse::<JobId>().map_err(|_| {
            ApiError::field("after", format!("`{text}` is no `next` of this table."))
        })?),
    };
    let limit = bounded(query.limit.unwrap_or(USUAL))?;
    let jobs = state.store().run_jobs(run.id, (after, limit)).await?;
    let next = jobs.last().filter(|_| jobs.len() == limit as usize);
    let next = next.map(|job| job.id.to_string());
    let results = rows(&state, jobs, &links).await?;
    Ok(Json(ResultTable { next, results }))
}

/// The same as a table for spreadsheets: a column for each output.
#[utoipa::path(
    get, path = "/api/gantry/v1/archives/{slug}/runs/{id}/results.csv", tag = "archives",
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)), operation_id = "run_results_csv",
    responses(
        (status = 200, body = String, content_type = "text/csv"), (status = 401), (status = 403), (status = 404),
    )
)]
async fn csv(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
    links: Links,
) -> Result<Response, ApiError> {
    let run = owned(&state, &caller, (&slug, &id)).await?;
    let text = csv_of(&state, &run, &links).await?;
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    let name = format!("attachment; filename=\"run-{}.csv\"", run.id);
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// Everything that came out of a run: a folder for each item, and the table.
#[utoipa::path(
    get, path = "/api/gantry/v1/archives/{slug}/runs/{id}/outputs.zip", tag = "archives",
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)), operation_id = "run_outputs_zip",
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/zip"), (status = 401), (status = 403), (status = 404),
    )
)]
async fn outputs_zip(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
    links: Links,
) -> Result<Response, ApiError> {
    let run = owned(&state, &caller, (&slug, &id)).await?;
    let blobs = state.store().blobs().clone();
    let filename = format!("run-{}.zip", run.id);
    Ok(zip_stream::response(
        blobs,
        &filename,
        async move |members| {
            if let Err(problem) = feed(&state, &run, &links, &members).await {
                // Nobody may be reading any more.
                let _ = members.send(Err(format!("{problem:?}"))).await;
            }
        },
    ))
}

/// A run whose results the caller may see.
///
/// # Errors
/// 404, 403 for whoever has not started it.
pub(crate) async fn owned(
    state: &AppState,
    caller: &Caller,
    place: (&str, &str),
) -> Result<ArchiveRun, ApiError> {
    let (_, run) = found(state, caller, place).await?;
    let account = caller.require()?;
    if run.creator == Some(account.id) || account.is_administrator() {
        return Ok(run);
    }
    Err(ApiError::forbidden(
        "Only whoever started the run sees what came out.",
    ))
}

async fn feed(
    state: &AppState,
    run: &ArchiveRun,
    links: &Links,
    members: &Members,
) -> Result<(), ApiError> {
    let table = Member {
        path: "results.csv".to_owned(),
        at: Timestamp::now(),
        content: Bytes::Bytes(csv_of(state, run, links).await?.into_bytes()),
    };
    if members.send(Ok(table)).await.is_err() {
        return Ok(());
    }
    let mut taken = HashSet::new();
    let mut after = None;
    loop {
        let jobs = next_jobs(state, run.id, &mut after).await?;
        if jobs.is_empty() {
            return Ok(());
        }
        for job in jobs {
            let folder = folder(&job, &mut taken);
            let Some(job) = state.store().job(job.id).await? else {
                continue;
            };
            if !job.state.is_final() {
                continue;
            }
            for member in zip::of_job(state, &job, &folder).await? {
                if members.send(Ok(member)).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

/// A folder for an item: its title as far as it can be a name that nobody else has, else its id.
fn folder(job: &RunJob, taken: &mut HashSet<String>) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || " -_.()".contains(letter);
    let title: String = job
        .title
        .chars()
        .map(|letter| if plain(letter) { letter } else { '_' })
        .take(100)
        .collect();
    let title = title.trim_matches(|letter| letter == '.' || letter == ' ');
    let id = job
        .item
        .map_or_else(|| job.id.to_string(), |id| id.to_string());
    let name = if title.is_empty() || taken.contains(&title.to_lowercase()) {
        id
    } else {
        title.to_owned()
    };
    taken.insert(name.to_lowercase());
    name + "/"
}

async fn next_jobs(
    state: &AppState,
    run: ArchiveRunId,
    after: &mut Option<JobId>,
) -> Result<Vec<RunJob>, ApiError> {
    let jobs = state.store().run_jobs(run, (*after, BATCH)).await?;
    *after = jobs.last().map(|job| job.id).or(*after);
    Ok(jobs)
}

async fn rows(
    state: &AppState,
    jobs: Vec<RunJob>,
    links: &Links,
) -> Result<Vec<ResultRow>, ApiError> {
    let store = state.store();
    let mut rows = Vec::with_capacity(jobs.len());
    for job in jobs {
        let (_, outputs) = store.job_values(job.id).await?;
        let values = store.values_of(&outputs).await?;
        let outputs = values.into_iter().map(|value| {
            let shown = match value.content {
                Content::Json(json) => json,
                Content::File { filename, .. } => links.value_file(value.id.0, &filename).into(),
                Content::Image(id, _) => links.api("cases/images", id).into(),
            };
            (value.socket.socket.slug.to_string(), shown)
        });
        rows.push(ResultRow {
            item: job.item.map(|id| id.to_string()),
            title: job.title,
            job: job.id.to_string(),
            state: job.state,
            failure: job.failure_code,
            run_seconds: job.run_seconds,
            outputs: outputs.collect(),
        });
    }
    Ok(rows)
}

/// The whole table; the columns are the outputs of the algorithm, and those that jobs have besides.
async fn csv_of(state: &AppState, run: &ArchiveRun, links: &Links) -> Result<String, ApiError> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let jobs = next_jobs(state, run.id, &mut after).await?;
        if jobs.is_empty() {
            break;
        }
        all.extend(rows(state, jobs, links).await?);
    }
    let columns: Vec<String> = {
        let names: std::collections::BTreeSet<&String> =
            all.iter().flat_map(|row| row.outputs.keys()).collect();
        names.into_iter().cloned().collect()
    };
    let mut text = String::new();
    let head = ["item", "title", "job", "state", "failure", "run_seconds"];
    line(
        &mut text,
        head.into_iter().chain(columns.iter().map(String::as_str)),
    );
    for row in &all {
        let seconds = row.run_seconds.map(|seconds| seconds.to_string());
        let fixed = [
            row.item.clone().unwrap_or_default(),
            row.title.clone(),
            row.job.clone(),
            row.state.clone(),
            row.failure.clone().unwrap_or_default(),
            seconds.unwrap_or_default(),
        ];
        let outputs = columns.iter().map(|column| match row.outputs.get(column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        });
        let cells: Vec<String> = fixed.into_iter().chain(outputs).collect();
        line(&mut text, cells.iter().map(String::as_str));
    }
    Ok(text)
}

/// One line as RFC 4180 has it. A cell that a spreadsheet would take for a formula gets a `'` in front.
fn line<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            text.push(',');
        }
        let is_formula = cell.starts_with(['=', '+', '@', '\t', '\r'])
            || (cell.starts_with('-') && cell.parse::<f64>().is_err());
        let cell = if is_formula {
            format!("'{cell}")
        } else {
            cell.to_owned()
        };
        if cell.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_are_no_formulas() {
        let mut text = String::new();
        let cells = ["a", "1,5", "say \"x\"", "=1+1", "-3.5", "-x", ""];
        line(&mut text, cells.into_iter());
        assert_eq!(text, "a,\"1,5\",\"say \"\"x\"\"\",'=1+1,-3.5,'-x,\r\n");
    }

    #[test]
    fn folders_are_called_like_items() {
        let mut taken = HashSet::new();
        let job = |title: &str| RunJob {
            id: JobId::new(),
            state: "succeeded".to_owned(),
            failure_code: None,
            item: None,
            title: title.to_owned(),
            run_seconds: None,
        };
        assert_eq!(folder(&job("../a/b"), &mut taken), "_a_b/");
        let (first, second) = (job("Head 1"), job("head 1"));
        assert_eq!(folder(&first, &mut taken), "Head 1/");
        assert_eq!(folder(&second, &mut taken), format!("{}/", second.id));
        let third = job("..");
        assert_eq!(folder(&third, &mut taken), format!("{}/", third.id));
    }
}
