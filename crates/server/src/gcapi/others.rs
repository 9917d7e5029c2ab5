//! Collections of upstream that Gantry does not have: their lists are empty, so that clients that look are not lost.

use axum::http::StatusCode;
use axum::routing::{MethodRouter, get};
use axum::{Json, Router};
use serde_json::Value;

use super::page::Asked;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::AppState;

/// Lists that are empty.
const EMPTY: [&str; 8] = [
    "reader-studies",
    "reader-studies/display-sets",
    "reader-studies/questions",
    "reader-studies/answers",
    "reader-studies/answers/mine",
    "workstations/sessions",
    "workstations/configs",
    "algorithms/endpoints",
];

pub(super) fn router() -> Router<AppState> {
    let collections = EMPTY.iter().chain(&["algorithms/invocations"]);
    collections.fold(Router::new(), |router, name| {
        let nothing_there: MethodRouter<AppState> = get(nothing).post(refuse);
        router.route(&format!("/api/v1/{name}/"), nothing_there)
    })
}

async fn nothing(_caller: Caller, asked: Asked) -> Json<Value> {
    asked.nothing()
}

async fn refuse(caller: Caller) -> Result<Json<Value>, ApiError> {
    caller.require()?;
    let detail = "Gantry has no reader studies, viewer sessions or endpoints.";
    Err(ApiError::detail(StatusCode::METHOD_NOT_ALLOWED, detail))
}
