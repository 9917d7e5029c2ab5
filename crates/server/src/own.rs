//! Our own API under `/api/gantry/v1/`: what the compatible one has no words for.

use axum::Router;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::events;
use crate::state::AppState;

mod accounts;
mod algorithms;
mod archives;
mod jobs;
mod login;
mod members;
mod versions;

use crate::error::ApiError;
use jiff::Timestamp;
use store::audit::NewAudit;
use store::ids::AccountId;

/// Notes who did what.
async fn note(
    state: &AppState,
    account: AccountId,
    action: &str,
    object: &str,
) -> Result<(), ApiError> {
    let record = NewAudit {
        account: Some(account),
        action,
        object,
        detail: &serde_json::Value::Null,
    };
    Ok(state.store().note_audit(record, Timestamp::now()).await?)
}

/// The document's head.
#[derive(OpenApi)]
#[openapi(info(
    title = "Gantry",
    description = "Algorithms, jobs, archives and accounts of a Gantry server. Calls carry `Authorization: Bearer TOKEN`; times are RFC 3339."
))]
struct Document;

/// All routes, and the OpenAPI document that describes them.
pub fn router() -> Router<AppState> {
    let described = OpenApiRouter::with_openapi(Document::openapi())
        .merge(login::router())
        .merge(accounts::router())
        .merge(algorithms::router())
        .merge(members::router())
        .merge(versions::router())
        .merge(archives::router())
        .merge(jobs::router())
        .merge(events::router());
    let (router, document) = described.split_for_parts();
    let document = serde_json::to_value(&document).expect("a document is plain data");
    router.route(
        "/api/gantry/v1/openapi.json",
        get(async move || axum::Json(document)),
    )
}
