//! Sockets, which the client calls component interfaces. Everybody sees them; their numbers are small.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;
use store::ids::SocketId;

use super::page::Asked;
use super::shapes;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::path::Id;
use crate::state::AppState;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/components/interfaces/", get(list))
        .route("/api/v1/components/interfaces/{id}/", get(detail))
}

async fn list(
    State(state): State<AppState>,
    _caller: Caller,
    asked: Asked,
) -> Result<Json<Value>, ApiError> {
    let found = state
        .store()
        .sockets(asked.page, asked.text("slug"))
        .await?;
    Ok(asked.answer_with(&found, shapes::socket))
}

async fn detail(
    State(state): State<AppState>,
    _caller: Caller,
    Id(id): Id<i64>,
) -> Result<Json<Value>, ApiError> {
    let found = state.store().socket(SocketId(id)).await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    Ok(Json(shapes::socket(&found)))
}
