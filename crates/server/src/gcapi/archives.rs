//! Archives: named sets of cases.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use store::archives::Archive;
use store::ids::ArchiveId;

use super::page::Asked;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::links::Links;
use crate::path::Id;
use crate::state::AppState;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/archives/", get(list))
        .route("/api/v1/archives/{id}/", get(detail))
}

async fn list(
    State(state): State<AppState>,
    caller: Caller,
    asked: Asked,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let found = state
        .store()
        .archives(caller.viewer, asked.text("slug"), asked.page);
    let found = found.await?;
    Ok(asked.answer_with(&found, |one| shape(one, &links)))
}

async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<ArchiveId>,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let store = state.store();
    if !store.may_view_archive(caller.viewer, id).await? {
        return Err(ApiError::not_found());
    }
    let found = store.archive(id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(shape(&found, &links)))
}

fn shape(archive: &Archive, links: &Links) -> Value {
    json!({
        "pk": archive.id,
        "api_url": links.api("archives", archive.id),
        "url": links.absolute(&format!("/archives/{}/", archive.slug)),
        "slug": archive.slug,
        "title": archive.title,
        "description": archive.description,
        "logo": "",
    })
}
