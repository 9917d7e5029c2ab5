//! Everything that came out of a job, in one download.

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use store::ids::JobId;
use store::jobs::StoredJob;
use store::values::{Content, StoredValue};

use super::visible;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::path::Id;
use crate::state::AppState;
use crate::zip_stream::{self, Content as Bytes, Member};

/// All outputs of a job that has ended as the container wrote them (`output/`), its log, its report and its rendered result
/// (`gantry/`), as one zip archive.
#[utoipa::path(
    get, path = "/api/gantry/v1/jobs/{id}/outputs.zip", tag = "jobs", operation_id = "job_outputs_zip",
    params(("id" = String, Path, format = Uuid)),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/zip"), (status = 404),
        (status = 409, description = "it has not ended"),
    )
)]
pub(super) async fn outputs_zip(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<JobId>,
) -> Result<Response, ApiError> {
    let job = visible(&state, &caller, id).await?;
    if !job.state.is_final() {
        let problem = format!("The job has not ended: it is `{}`.", job.state.word());
        return Err(ApiError::detail(axum::http::StatusCode::CONFLICT, problem));
    }
    let blobs = state.store().blobs().clone();
    let filename = format!("job-{id}.zip");
    Ok(zip_stream::response(
        blobs,
        &filename,
        async move |members| {
            let found = of_job(&state, &job, "").await;
            match found {
                Ok(all) => {
                    for member in all {
                        if members.send(Ok(member)).await.is_err() {
                            return;
                        }
                    }
                }
                Err(problem) => {
                    // Nobody may be reading any more.
                    let _ = members.send(Err(problem.to_string())).await;
                }
            }
        },
    ))
}

/// The members of one job, below a folder; an empty text is the top.
///
/// # Errors
/// When the database fails.
pub(crate) async fn of_job(
    state: &AppState,
    job: &StoredJob,
    folder: &str,
) -> Result<Vec<Member>, store::StoreError> {
    let store = state.store();
    let at = job.completed_at.unwrap_or(job.created_at);
    let mut members = Vec::new();
    let (_, outputs) = store.job_values(job.id).await?;
    for value in store.values_of(&outputs).await? {
        members.extend(output(state, &value, folder, at).await?);
    }
    let mut add = |name: &str, bytes: Vec<u8>| {
        members.push(Member {
            path: format!("{folder}gantry/{name}"),
            at,
            content: Bytes::Bytes(bytes),
        });
    };
    if let Some(report) = store.job_report(job.id).await? {
        if let Some(result) = &report.result {
            add("result.html", result.html.clone().into_bytes());
        }
        let text = serde_json::to_vec_pretty(&report).expect("a report is plain data");
        add("report.json", text);
    }
    if let Some(digest) = store.job_log(job.id).await? {
        members.push(Member {
            path: format!("{folder}gantry/log.txt"),
            at,
            content: Bytes::Log(digest),
        });
    }
    Ok(members)
}

async fn output(
    state: &AppState,
    value: &StoredValue,
    folder: &str,
    at: Timestamp,
) -> Result<Option<Member>, store::StoreError> {
    let mut path = format!("{folder}output/{}", value.socket.socket.relative_path);
    let content = match &value.content {
        Content::Json(json) => {
            let text = serde_json::to_vec_pretty(json).expect("JSON is plain data");
            Bytes::Bytes(text)
        }
        Content::File { blob, size, .. } => Bytes::Blob(blob.clone(), *size),
        Content::Image(id, name) => {
            let Some(image) = state.store().image(*id).await? else {
                return Ok(None);
            };
            let is_plain =
                !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
            path.push('/');
            if is_plain {
                path.push_str(name);
            } else {
                path += &format!("{id}.{}", image.extension.as_str());
            }
            Bytes::Blob(image.blob, image.size)
        }
    };
    Ok(Some(Member { path, at, content }))
}
