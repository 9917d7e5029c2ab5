//! A job as it goes on: its states and its log lines, as server-sent events that can be resumed.
//!
//! The id of an event is where the reader stands in both: `STATES.ATTEMPT.LINES`, the number of the last state, and of the
//! last line of the log of an attempt. A browser sends the last one back in `Last-Event-ID`; others may say `?after=`.
//! The database and the log file are the truth; bells only say when to look again.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, KeepAliveStream, Sse};
use serde::Deserialize;
use store::ids::JobId;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::query::Query;
use crate::state::AppState;

mod cursor;
mod follow;

use cursor::Cursor;

/// A comment is sent after so much silence, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Events that may wait for a slow reader; the job does not.
const WAITING: usize = 64;

/// What can be asked.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// The id of the last event that was received; the header `Last-Event-ID` goes before it.
    after: Option<String>,
}

/// One event of the stream.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "the shape of what `follow` sends, for the document"
)]
pub struct ServerEvent {
    /// `state`, `log`, `attempt` or `end`.
    event: String,
    /// Where the reader stands, for `after` and `Last-Event-ID`.
    id: String,
    /// JSON: what happened.
    data: String,
}

/// The route of events.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(job_events))
}

/// States and log lines of a job, from the start or from where the reader stopped, until the job has ended.
///
/// Events: `state` (`number`, `at`, `state`, `detail`), `log` (`number`, `is_stderr`, `seconds` since the start of the
/// program, `text`), `attempt` (a lost run begins again: lines are numbered from 1) and at last `end` (the final state).
#[utoipa::path(
    get, path = "/api/gantry/v1/jobs/{id}/events/", tag = "jobs",
    params(("id" = String, Path, format = Uuid), EventQuery),
    responses(
        (status = 200, description = "server-sent events", content_type = "text/event-stream", body = ServerEvent),
        (status = 400, description = "`after` is no id of an event"),
        (status = 404, description = "no such job, or not for you"),
    )
)]
async fn job_events(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<EventQuery>,
    headers: HeaderMap,
) -> Result<Sse<KeepAliveStream<ReceiverStream<Result<Event, Infallible>>>>, ApiError> {
    let job = id.parse::<JobId>().map_err(|_| ApiError::not_found())?;
    if !state.store().may_view_job(caller.viewer, job).await? {
        return Err(ApiError::not_found());
    }
    let header = headers.get("last-event-id");
    let header = header.and_then(|value| value.to_str().ok());
    let cursor = match header.or(query.after.as_deref()) {
        None | Some("") => Cursor::default(),
        Some(text) => Cursor::read(text).ok_or_else(|| {
            ApiError::field(
                "after",
                format!("`{text}` is no id of an event, expected such as `3.1.27`"),
            )
        })?,
    };
    let (events, stream) = mpsc::channel(WAITING);
    tokio::spawn(follow::follow(state, job, cursor, events));
    Ok(Sse::new(ReceiverStream::new(stream)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
