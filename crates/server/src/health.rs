//! Whether the server lives, and whether it can work; for load balancers and service managers.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::error::ApiError;
use crate::state::AppState;

mod metrics;

/// `/healthz`, `/readyz` and `/metrics`; they tell nothing of anybody's data.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(async || Json(json!({"status": "alive"}))))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// Ready when the database answers and the data folder can be written.
async fn ready(State(state): State<AppState>) -> Result<Response, ApiError> {
    let unready = |what: &str| {
        let body = Json(json!({"status": "not ready", "problem": what}));
        (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
    };
    if state.store().count_accounts().await.is_err() {
        return Ok(unready("the database does not answer"));
    }
    let probe = state.worker().settings().home.join("ready.probe");
    let written = fs_err::write(&probe, b"x");
    // What a full disk left of it goes too.
    let removed = fs_err::remove_file(&probe);
    if written.and(removed).is_err() {
        return Ok(unready("the data folder cannot be written"));
    }
    Ok(Json(json!({"status": "ready"})).into_response())
}

/// Prometheus text, version 0.0.4.
async fn metrics(State(state): State<AppState>) -> Result<Response, ApiError> {
    let text = metrics::text(&state).await?;
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    Ok((kind, text).into_response())
}
