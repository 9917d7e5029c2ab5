//! Our own API under `/api/gantry/v1/`: what the compatible one has no words for.

use axum::Router;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::events;
use crate::state::AppState;

pub(crate) mod accounts;
pub(crate) mod algorithms;
mod api_page;
pub(crate) mod archives;
pub(crate) mod cases;
mod document;
pub(crate) mod images;
pub(crate) mod jobs;
pub(crate) mod login;
pub(crate) mod members;
pub(crate) mod part;
pub(crate) mod quotas;
pub(crate) mod sockets;
pub(crate) mod versions;

use crate::error::ApiError;
use jiff::Timestamp;
use store::audit::NewAudit;
use store::ids::AccountId;

/// Notes who did what.
///
/// # Errors
/// When the database fails.
pub(crate) async fn note(
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
    let (router, document) = described();
    let page = api_page::router(&document);
    router.merge(page).route(
        "/api/gantry/v1/openapi.json",
        get(async move || axum::Json(document)),
    )
}

fn described() -> (Router<AppState>, serde_json::Value) {
    let described = OpenApiRouter::with_openapi(Document::openapi())
        .merge(login::router())
        .merge(accounts::router())
        .merge(quotas::router())
        .merge(algorithms::router())
        .merge(members::router())
        .merge(versions::router())
        .merge(cases::router())
        .merge(sockets::router())
        .merge(jobs::router())
        .merge(events::router())
        .merge(images::router())
        .merge(archives::router());
    let (router, document) = described.split_for_parts();
    let mut document = serde_json::to_value(&document).expect("a document is plain data");
    document::complete(&mut document);
    (router, document)
}

/// The document, for tests.
#[cfg(test)]
fn document_of_all_routes() -> serde_json::Value {
    described().1
}
