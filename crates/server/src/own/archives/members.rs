//! Who edits, fills and sees an archive.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::Page;
use store::archives::ArchiveRole;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::changeable;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::own::note;
use crate::state::AppState;

/// Somebody with a role.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ArchiveMember)]
pub(crate) struct Member {
    /// The account's name.
    pub(crate) username: String,
    /// `user` sees it, `uploader` also fills it, `editor` also changes it.
    pub(crate) role: String,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, put))
        .routes(routes!(remove))
}

/// Users, uploaders and editors of an archive, at most 1000; for its editors.
#[utoipa::path(
    get, path = "/api/gantry/v1/archives/{slug}/members/", tag = "archives", params(("slug" = String, Path)),
    operation_id = "list_archive_members",
    responses((status = 200, body = Vec<Member>), (status = 401), (status = 403), (status = 404))
)]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<Json<Vec<Member>>, ApiError> {
    let archive = changeable(&state, &caller, &slug).await?;
    let found = state.store().archive_members(archive.id, Page::ALL).await?;
    let members = found.items.into_iter().map(|member| Member {
        username: member.username,
        role: member.role.word().to_owned(),
    });
    Ok(Json(members.collect()))
}

/// Gives somebody a role, in place of the one they have.
#[utoipa::path(
    put, path = "/api/gantry/v1/archives/{slug}/members/", tag = "archives", params(("slug" = String, Path)),
    request_body = Member, operation_id = "set_archive_member",
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404))
)]
async fn put(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    crate::json::Json(member): crate::json::Json<Member>,
) -> Result<StatusCode, ApiError> {
    set(&state, &caller, &slug, &member).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives somebody a role.
///
/// # Errors
/// 404, 403 for who may not change the archive, 400 for an unknown role or account.
pub(crate) async fn set(
    state: &AppState,
    caller: &Caller,
    slug: &str,
    member: &Member,
) -> Result<(), ApiError> {
    let archive = changeable(state, caller, slug).await?;
    let role = ArchiveRole::parse(&member.role).ok_or_else(|| {
        let problem = format!(
            "`{}` is no role, expected `user`, `uploader` or `editor`.",
            member.role
        );
        ApiError::field("role", problem)
    })?;
    let found = state.store().account_by_name(&member.username).await?;
    let (account, _) = found.ok_or_else(|| {
        ApiError::field(
            "username",
            format!("There is no account `{}`.", member.username),
        )
    })?;
    state
        .store()
        .set_archive_role(archive.id, account.id, role)
        .await?;
    let by = caller.require()?.id;
    let object = format!("archive {} account {}", archive.id, account.id);
    note(state, by, "archive.member.set", &object).await
}

/// Takes somebody's role away.
#[utoipa::path(
    delete, path = "/api/gantry/v1/archives/{slug}/members/{username}/", tag = "archives",
    params(("slug" = String, Path), ("username" = String, Path)), operation_id = "remove_archive_member",
    responses((status = 204), (status = 401), (status = 403), (status = 404))
)]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, username)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    take_away(&state, &caller, (&slug, &username)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes somebody's role away.
///
/// # Errors
/// 404, 403 for who may not change the archive.
pub(crate) async fn take_away(
    state: &AppState,
    caller: &Caller,
    (slug, username): (&str, &str),
) -> Result<(), ApiError> {
    let archive = changeable(state, caller, slug).await?;
    let found = state.store().account_by_name(username).await?;
    let (account, _) = found.ok_or_else(ApiError::not_found)?;
    if !state
        .store()
        .remove_archive_role(archive.id, account.id)
        .await?
    {
        return Err(ApiError::not_found());
    }
    let by = caller.require()?.id;
    let object = format!("archive {} account {}", archive.id, account.id);
    note(state, by, "archive.member.remove", &object).await
}
