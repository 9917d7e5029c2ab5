//! Requests to use an algorithm: asked by those who see it, answered by its editors.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::algorithms::{AccessAnswer, AccessRequest};
use store::ids::AccessRequestId;
use utoipa::ToSchema;

use super::{changeable, visible};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::own::note;
use crate::own::part::Part;
use crate::query::Query;
use crate::state::AppState;

/// A request to use an algorithm.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownRequest {
    /// UUID.
    pub(crate) id: String,
    /// Name of the account that asks.
    pub(crate) username: String,
    /// `pending`, `accepted` or `rejected`.
    pub(crate) state: String,
    /// Why it was rejected; else empty.
    pub(crate) answer: String,
    /// When it was asked.
    pub(crate) created_at: String,
}

/// A part of a list of requests.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequestList {
    /// How many there are in all.
    pub(crate) count: u64,
    /// Those of the part.
    pub(crate) results: Vec<ShownRequest>,
}

/// An answer.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Answer {
    /// They may use it.
    pub(crate) accept: bool,
    /// Why not, for whoever asked.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub(crate) reason: String,
}

/// Asks to use an algorithm; where it says `accept_all`, that is granted at once. Asking again gives the same request.
#[utoipa::path(
    post, path = "/api/gantry/v1/algorithms/{slug}/access-requests/", tag = "algorithms", params(("slug" = String, Path)),
    operation_id = "ask_access",
    responses(
        (status = 200, body = ShownRequest), (status = 401), (status = 404),
        (status = 409, description = "the caller may use it already"),
    )
)]
pub(super) async fn ask(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<Json<ShownRequest>, ApiError> {
    Ok(Json(ask_for(&state, &caller, &slug).await?))
}

/// Asks to use an algorithm.
///
/// # Errors
/// 401 when nobody is logged in, 404 for an algorithm that they may not see, 409 when they may use it already.
pub(crate) async fn ask_for(
    state: &AppState,
    caller: &Caller,
    slug: &str,
) -> Result<ShownRequest, ApiError> {
    let by = caller.require()?.id;
    let algorithm = visible(state, caller, slug).await?;
    let store = state.store();
    if store.may_run_algorithm(caller.viewer, algorithm.id).await? {
        return Err(ApiError::detail(
            StatusCode::CONFLICT,
            "You may use it already.",
        ));
    }
    let asked = store.ask_access(algorithm.id, by, Timestamp::now()).await?;
    let asked = asked.ok_or_else(ApiError::not_found)?;
    note(
        state,
        by,
        "access_request.create",
        &format!("access_request {}", asked.id),
    )
    .await?;
    Ok(shown(&asked))
}

/// Requests to use an algorithm, oldest first; its editors.
#[utoipa::path(
    get, path = "/api/gantry/v1/algorithms/{slug}/access-requests/", tag = "algorithms",
    params(("slug" = String, Path), Part), operation_id = "list_access_requests",
    responses((status = 200, body = RequestList), (status = 400), (status = 401), (status = 403), (status = 404))
)]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    Query(part): Query<Part>,
) -> Result<Json<RequestList>, ApiError> {
    Ok(Json(of_algorithm(&state, &caller, &slug, &part).await?))
}

/// Requests to use an algorithm.
///
/// # Errors
/// 404, 403 for who may not change the algorithm.
pub(crate) async fn of_algorithm(
    state: &AppState,
    caller: &Caller,
    slug: &str,
    part: &Part,
) -> Result<RequestList, ApiError> {
    let algorithm = changeable(state, caller, slug).await?;
    let found = state
        .store()
        .access_requests(algorithm.id, part.page()?)
        .await?;
    Ok(RequestList {
        count: found.count,
        results: found.items.iter().map(shown).collect(),
    })
}

/// Answers a request; an answer may be changed.
#[utoipa::path(
    patch, path = "/api/gantry/v1/algorithms/{slug}/access-requests/{id}/", tag = "algorithms",
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)), request_body = Answer,
    operation_id = "answer_access",
    responses((status = 200, body = ShownRequest), (status = 400), (status = 401), (status = 403), (status = 404))
)]
pub(super) async fn answer(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
    crate::json::Json(answer): crate::json::Json<Answer>,
) -> Result<Json<ShownRequest>, ApiError> {
    Ok(Json(
        answer_to(&state, &caller, (&slug, &id), answer).await?,
    ))
}

/// Answers a request.
///
/// # Errors
/// 404, 403 for who may not change the algorithm, 400 for a reason that is too long.
pub(crate) async fn answer_to(
    state: &AppState,
    caller: &Caller,
    (slug, id): (&str, &str),
    answer: Answer,
) -> Result<ShownRequest, ApiError> {
    let algorithm = changeable(state, caller, slug).await?;
    let id: AccessRequestId = id.parse().map_err(|_| ApiError::not_found())?;
    let length = answer.reason.chars().count();
    if length > 1000 {
        let problem = format!("The reason has {length} characters, expected at most 1000.");
        return Err(ApiError::field("reason", problem));
    }
    let given = if answer.accept {
        AccessAnswer::Accept
    } else {
        AccessAnswer::Reject(answer.reason)
    };
    let found = state
        .store()
        .answer_access(algorithm.id, id, &given)
        .await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    let by = caller.require()?.id;
    note(
        state,
        by,
        "access_request.answer",
        &format!("access_request {id}"),
    )
    .await?;
    Ok(shown(&found))
}

fn shown(request: &AccessRequest) -> ShownRequest {
    ShownRequest {
        id: request.id.to_string(),
        username: request.username.clone(),
        state: request.state.word().to_owned(),
        answer: request.answer.clone(),
        created_at: request.created_at.to_string(),
    }
}
