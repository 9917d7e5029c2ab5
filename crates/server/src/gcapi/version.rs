//! What the client asks before anything else, and the root of the API.

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::auth::Caller;
use crate::error::ApiError;
use crate::links::Links;
use crate::state::AppState;

/// The client that this API was probed with.
const LATEST: &str = "0.16.1";
/// Older ones lack keys that models have now.
const LOWEST: &str = "0.16.0";

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/", get(root))
        .route("/api/v1/gcapi/", get(version))
}

/// No login is needed: the client asks before it knows its token.
async fn version() -> Json<Value> {
    Json(json!({"latest_version": LATEST, "lowest_supported_version": LOWEST}))
}

async fn root(_caller: Caller, links: Links) -> Result<Json<Value>, ApiError> {
    let collections = [
        "algorithms",
        "algorithms/images",
        "algorithms/jobs",
        "archives",
        "archives/items",
        "cases/images",
        "cases/upload-sessions",
        "components/interfaces",
        "uploads",
    ];
    let addresses = collections.map(|name| {
        let address = links.absolute(&format!("/api/v1/{name}/"));
        (name.to_owned(), Value::String(address))
    });
    Ok(Json(Value::Object(addresses.into_iter().collect())))
}
