//! Who may use and change an algorithm, and whether everybody sees it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::Page;
use store::algorithms::{AlgorithmChange, AlgorithmRole};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::algorithms::changeable;
use super::note;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::AppState;

/// Somebody with a role.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AlgorithmMember)]
struct Member {
    /// The account's name.
    username: String,
    /// `user` runs it, `editor` also changes it.
    role: String,
}

/// Who sees an algorithm.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Visibility {
    /// Everybody sees it; only users and editors run it.
    is_public: bool,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, put))
        .routes(routes!(remove))
        .routes(routes!(set_visibility))
}

/// Users and editors of an algorithm; for its editors.
#[utoipa::path(
    get, path = "/api/gantry/v1/algorithms/{slug}/members/", tag = "algorithms", params(("slug" = String, Path)),
    responses((status = 200, body = Vec<Member>), (status = 401), (status = 403), (status = 404))
)]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<Json<Vec<Member>>, ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    let found = state
        .store()
        .algorithm_members(algorithm.id, Page::ALL)
        .await?;
    let members = found.items.into_iter().map(|member| Member {
        username: member.username,
        role: member.role.word().to_owned(),
    });
    Ok(Json(members.collect()))
}

/// Gives somebody a role, in place of the one they have.
#[utoipa::path(
    put, path = "/api/gantry/v1/algorithms/{slug}/members/", tag = "algorithms", params(("slug" = String, Path)),
    request_body = Member, responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404))
)]
async fn put(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    crate::json::Json(member): crate::json::Json<Member>,
) -> Result<StatusCode, ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    let role = AlgorithmRole::parse(&member.role).ok_or_else(|| {
        let problem = format!("`{}` is no role, expected `user` or `editor`.", member.role);
        ApiError::field("role", problem)
    })?;
    let account = account(&state, &member.username).await?;
    state
        .store()
        .set_algorithm_role(algorithm.id, account, role)
        .await?;
    let by = caller.require()?.id;
    let object = format!("algorithm {} account {account}", algorithm.id);
    note(&state, by, "algorithm.member.set", &object).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes somebody's role away.
#[utoipa::path(
    delete, path = "/api/gantry/v1/algorithms/{slug}/members/{username}/", tag = "algorithms",
    params(("slug" = String, Path), ("username" = String, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404))
)]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, username)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    let found = state.store().account_by_name(&username).await?;
    let (account, _) = found.ok_or_else(ApiError::not_found)?;
    if !state
        .store()
        .remove_algorithm_role(algorithm.id, account.id)
        .await?
    {
        return Err(ApiError::not_found());
    }
    let by = caller.require()?.id;
    let object = format!("algorithm {} account {}", algorithm.id, account.id);
    note(&state, by, "algorithm.member.remove", &object).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows an algorithm to everybody, or to its users and editors only.
#[utoipa::path(
    put, path = "/api/gantry/v1/algorithms/{slug}/visibility/", tag = "algorithms", params(("slug" = String, Path)),
    request_body = Visibility, responses((status = 200, body = Visibility), (status = 401), (status = 403), (status = 404))
)]
async fn set_visibility(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    crate::json::Json(wanted): crate::json::Json<Visibility>,
) -> Result<Json<Visibility>, ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    let change = AlgorithmChange {
        is_public: Some(wanted.is_public),
        ..AlgorithmChange::default()
    };
    state
        .store()
        .change_algorithm(algorithm.id, &change, Timestamp::now())
        .await?;
    let by = caller.require()?.id;
    note(
        &state,
        by,
        "algorithm.visibility",
        &format!("algorithm {}", algorithm.id),
    )
    .await?;
    Ok(Json(wanted))
}

async fn account(state: &AppState, username: &str) -> Result<store::ids::AccountId, ApiError> {
    let found = state.store().account_by_name(username).await?;
    let found = found.map(|(account, _)| account.id);
    found.ok_or_else(|| ApiError::field("username", format!("There is no account `{username}`.")))
}
