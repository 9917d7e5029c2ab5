//! Uploaded files that become images together: `RawImageUploadSession`.
//!
//! The client only reads them; others may also begin one.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use store::ids::{ImageImportId, UploadId};
use store::image_imports::{ImageImport, ImageImportState, ImportTarget};
use store::uploads::UploadState;

use super::page::Asked;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::links::Links;
use crate::path::Id;
use crate::state::AppState;

/// What begins an import.
#[derive(Debug, Deserialize)]
struct SentSession {
    /// Addresses of completed uploads.
    uploads: Vec<String>,
}

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/cases/upload-sessions/", get(list).post(create))
        .route("/api/v1/cases/upload-sessions/{id}/", get(detail))
}

async fn list(
    State(state): State<AppState>,
    caller: Caller,
    asked: Asked,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let found = state
        .store()
        .image_imports(caller.viewer, asked.page)
        .await?;
    Ok(asked.answer_with(&found, |one| shape(one, &links)))
}

async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<ImageImportId>,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let found = state.store().image_import(id).await?;
    let viewer = caller.viewer;
    let is_theirs = |import: &ImageImport| {
        viewer.is_administrator || (import.account.is_some() && import.account == viewer.account)
    };
    let found = found.filter(is_theirs).ok_or_else(ApiError::not_found)?;
    Ok(Json(shape(&found, &links)))
}

async fn create(
    State(state): State<AppState>,
    caller: Caller,
    links: Links,
    crate::json::Json(sent): crate::json::Json<SentSession>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let account = caller.require()?.id;
    let store = state.store();
    let mut uploads = Vec::new();
    for url in &sent.uploads {
        let id = links.id_of::<UploadId>(url, "uploads");
        let found = match id {
            Some(id) => store.upload(id).await?,
            None => None,
        };
        let usable =
            found.filter(|one| one.account == account && one.state == UploadState::Completed);
        let usable = usable.ok_or_else(|| {
            ApiError::field(
                "uploads",
                format!("`{url}` is no completed upload of yours."),
            )
        })?;
        uploads.push(usable.id);
    }
    if uploads.is_empty() {
        return Err(ApiError::field("uploads", "This list may not be empty."));
    }
    let id = ImageImportId::new();
    let target = ImportTarget::Nowhere {};
    store
        .create_image_import((id, Some(account)), &uploads, target, Timestamp::now())
        .await?;
    state.worker().ring_imports();
    let made = store
        .image_import(id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::CREATED, Json(shape(&made, &links))))
}

fn shape(import: &ImageImport, links: &Links) -> Value {
    let uploads: Vec<String> = import
        .uploads
        .iter()
        .map(|id| links.api("uploads", id))
        .collect();
    let images: Vec<String> = import
        .images
        .iter()
        .map(|id| links.api("cases/images", id))
        .collect();
    let problem = (!import.problem.is_empty()).then_some(&import.problem);
    json!({
        "pk": import.id,
        "api_url": links.api("cases/upload-sessions", import.id),
        "creator": null,
        "status": match import.state {
            ImageImportState::Queued => "Queued",
            ImageImportState::Started => "Started",
            ImageImportState::Succeeded => "Succeeded",
            ImageImportState::Failed => "Failed",
        },
        "error_message": problem,
        "image_set": images,
        "user_uploads": uploads,
        "uploads": uploads,
    })
}
