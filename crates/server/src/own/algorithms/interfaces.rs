//! What an algorithm takes and gives: interfaces added and taken away.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{Interface, Slug};
use serde::{Deserialize, Serialize};
use store::algorithms::ChangeInterfacesError;
use store::ids::InterfaceId;
use store::interfaces::StoredInterface;
use utoipa::ToSchema;

use super::{changeable, visible};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::own::note;
use crate::own::sockets::{ShownSocket, shown as shown_socket};
use crate::state::AppState;

/// Short names of sockets.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct WantedInterface {
    /// What goes in: at least one, and not the inputs of another interface of the algorithm.
    #[schema(min_items = 1)]
    pub(crate) inputs: BTreeSet<String>,
    /// What comes out: at least one, none of the inputs.
    #[schema(min_items = 1)]
    pub(crate) outputs: BTreeSet<String>,
}

/// An interface with its sockets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FullInterface {
    /// UUID.
    pub(crate) id: String,
    /// What goes in.
    pub(crate) inputs: Vec<ShownSocket>,
    /// What comes out.
    pub(crate) outputs: Vec<ShownSocket>,
}

/// The interfaces of an algorithm, with all that is known of their sockets.
#[utoipa::path(
    get, path = "/api/gantry/v1/algorithms/{slug}/interfaces/", tag = "algorithms", params(("slug" = String, Path)),
    operation_id = "list_interfaces", responses((status = 200, body = Vec<FullInterface>), (status = 404))
)]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<Json<Vec<FullInterface>>, ApiError> {
    let algorithm = visible(&state, &caller, &slug).await?;
    Ok(Json(algorithm.interfaces.iter().map(full).collect()))
}

/// Adds an interface of sockets that there are; editors of the algorithm.
#[utoipa::path(
    post, path = "/api/gantry/v1/algorithms/{slug}/interfaces/", tag = "algorithms", params(("slug" = String, Path)),
    request_body = WantedInterface, operation_id = "add_interface",
    responses((status = 201, body = FullInterface), (status = 400), (status = 401), (status = 403), (status = 404))
)]
pub(super) async fn add(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    crate::json::Json(wanted): crate::json::Json<WantedInterface>,
) -> Result<(StatusCode, Json<FullInterface>), ApiError> {
    let made = add_to(&state, &caller, &slug, &wanted).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Adds an interface.
///
/// # Errors
/// 404, 403 for who may not change the algorithm, 400 when it breaks a rule (`grand-challenge.md` section 1.2).
pub(crate) async fn add_to(
    state: &AppState,
    caller: &Caller,
    slug: &str,
    wanted: &WantedInterface,
) -> Result<FullInterface, ApiError> {
    let algorithm = changeable(state, caller, slug).await?;
    let interface = Interface {
        inputs: slugs("inputs", &wanted.inputs)?,
        outputs: slugs("outputs", &wanted.outputs)?,
    };
    let store = state.store();
    let made = store.add_interface(algorithm.id, &interface).await;
    let made = made.map_err(refusal)?;
    let by = caller.require()?.id;
    let object = format!("algorithm {} interface {made}", algorithm.id);
    note(state, by, "algorithm.interface.add", &object).await?;
    let found = store.interface(made).await?;
    Ok(full(&found.ok_or_else(ApiError::not_found)?))
}

/// Takes an interface away; jobs that were submitted with it keep it, and the last one stays.
#[utoipa::path(
    delete, path = "/api/gantry/v1/algorithms/{slug}/interfaces/{id}/", tag = "algorithms",
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)), operation_id = "remove_interface",
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404))
)]
pub(super) async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    let id: InterfaceId = id.parse().map_err(|_| ApiError::not_found())?;
    let removed = state.store().remove_interface(algorithm.id, id).await;
    if !removed.map_err(refusal)? {
        return Err(ApiError::not_found());
    }
    let by = caller.require()?.id;
    let object = format!("algorithm {} interface {id}", algorithm.id);
    note(&state, by, "algorithm.interface.remove", &object).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn slugs(field: &str, words: &BTreeSet<String>) -> Result<BTreeSet<Slug>, ApiError> {
    let read = words.iter().map(|word| Slug::new(word.as_str()));
    let read: Result<BTreeSet<Slug>, _> = read.collect();
    read.map_err(|problem| ApiError::field(field, problem.to_string()))
}

fn refusal(problem: ChangeInterfacesError) -> ApiError {
    match problem {
        ChangeInterfacesError::Store(problem) => problem.into(),
        ChangeInterfacesError::Gone(_) => ApiError::not_found(),
        ChangeInterfacesError::NoSocket(_) | ChangeInterfacesError::Invalid(_) => {
            ApiError::invalid(problem.to_string())
        }
    }
}

fn full(interface: &StoredInterface) -> FullInterface {
    FullInterface {
        id: interface.id.to_string(),
        inputs: interface.inputs.iter().map(shown_socket).collect(),
        outputs: interface.outputs.iter().map(shown_socket).collect(),
    }
}
