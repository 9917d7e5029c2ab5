//! Weights of an algorithm: tarballs that jobs find unpacked at `/opt/ml/model`, version by version.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use store::algorithm_images::{ImportState, NewVersion};
use store::algorithm_models::AlgorithmModel;
use store::ids::AlgorithmModelId;
use store::{Page, Viewer};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{changeable, visible};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::own::note;
use crate::own::versions::{Noted, Pushed, completed_upload, removal};
use crate::state::AppState;

/// A version of weights.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownModel {
    /// UUID.
    pub(crate) id: String,
    /// `queued`, `started`, `completed` or `failed`.
    pub(crate) import_state: String,
    /// Why the import failed; else empty.
    pub(crate) problem: String,
    /// SHA-256 of the tarball, once it is imported.
    pub(crate) digest: Option<String>,
    /// New jobs use this one.
    pub(crate) is_active: bool,
    /// For people.
    pub(crate) comment: String,
    /// When it was uploaded.
    pub(crate) created_at: String,
}

pub(in crate::own) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, push))
        .routes(routes!(deactivate))
        .routes(routes!(change, remove))
        .routes(routes!(activate))
}

/// The weights of an algorithm, oldest first; at most 1000.
#[utoipa::path(
    get, path = "/api/gantry/v1/algorithms/{slug}/models/", tag = "algorithms", params(("slug" = String, Path)),
    operation_id = "list_models", responses((status = 200, body = Vec<ShownModel>), (status = 404))
)]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<Json<Vec<ShownModel>>, ApiError> {
    Ok(Json(of_algorithm(&state, &caller, &slug).await?))
}

/// The weights of an algorithm.
///
/// # Errors
/// 404 for an algorithm that the caller may not see.
pub(crate) async fn of_algorithm(
    state: &AppState,
    caller: &Caller,
    slug: &str,
) -> Result<Vec<ShownModel>, ApiError> {
    let algorithm = visible(state, caller, slug).await?;
    let found = state
        .store()
        .algorithm_models(Viewer::SYSTEM, Some(algorithm.id), Page::ALL)
        .await?;
    let there = found.items.iter();
    Ok(there
        .filter(|model| model.import_state != ImportState::Removed)
        .map(shown)
        .collect())
}

/// Adds weights: an uploaded `.tar.gz`, imported in the background and active when that went well; editors.
#[utoipa::path(
    post, path = "/api/gantry/v1/algorithms/{slug}/models/", tag = "algorithms", params(("slug" = String, Path)),
    request_body = Pushed, operation_id = "push_model",
    responses((status = 202, body = ShownModel), (status = 400), (status = 401), (status = 403), (status = 404))
)]
async fn push(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    crate::json::Json(pushed): crate::json::Json<Pushed>,
) -> Result<(StatusCode, Json<ShownModel>), ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    let account = caller.require()?.id;
    let upload = completed_upload(&state, account, &pushed).await?;
    let new = NewVersion {
        algorithm: algorithm.id,
        creator: Some(account),
        upload: Some(upload),
        comment: pushed.comment,
    };
    let store = state.store();
    let id = store.create_algorithm_model(&new, Timestamp::now()).await?;
    state.worker().ring_imports();
    note(
        &state,
        account,
        "algorithm_model.create",
        &format!("algorithm_model {id}"),
    )
    .await?;
    let made = store.algorithm_model(id).await?;
    let made = made.ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::ACCEPTED, Json(shown(&made))))
}

/// New jobs use these weights from now on.
#[utoipa::path(
    post, path = "/api/gantry/v1/algorithms/{slug}/models/{id}/activate/", tag = "algorithms",
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)), operation_id = "activate_model",
    responses(
        (status = 200, body = ShownModel), (status = 401), (status = 403), (status = 404),
        (status = 409, description = "they are not imported"),
    )
)]
async fn activate(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Json<ShownModel>, ApiError> {
    let model = found(&state, &caller, (&slug, &id)).await?;
    let store = state.store();
    if !store.activate_algorithm_model(model.id).await? {
        let detail = "The weights are not imported, so no job can use them.";
        return Err(ApiError::detail(StatusCode::CONFLICT, detail));
    }
    let by = caller.require()?.id;
    note(
        &state,
        by,
        "algorithm_model.activate",
        &format!("algorithm_model {}", model.id),
    )
    .await?;
    let now = store.algorithm_model(model.id).await?;
    Ok(Json(shown(&now.ok_or_else(ApiError::not_found)?)))
}

/// New jobs run without weights from now on.
#[utoipa::path(
    post, path = "/api/gantry/v1/algorithms/{slug}/models/deactivate/", tag = "algorithms",
    params(("slug" = String, Path)), operation_id = "deactivate_models",
    responses((status = 204), (status = 401), (status = 403), (status = 404))
)]
async fn deactivate(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<StatusCode, ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    state
        .store()
        .deactivate_algorithm_models(algorithm.id)
        .await?;
    let by = caller.require()?.id;
    note(
        &state,
        by,
        "algorithm_model.deactivate",
        &format!("algorithm {}", algorithm.id),
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the note of weights.
#[utoipa::path(
    patch, path = "/api/gantry/v1/algorithms/{slug}/models/{id}/", tag = "algorithms", request_body = Noted,
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)), operation_id = "change_model",
    responses((status = 200, body = ShownModel), (status = 400), (status = 401), (status = 403), (status = 404))
)]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
    crate::json::Json(noted): crate::json::Json<Noted>,
) -> Result<Json<ShownModel>, ApiError> {
    let model = found(&state, &caller, (&slug, &id)).await?;
    let store = state.store();
    store
        .set_algorithm_model_comment(model.id, noted.checked()?)
        .await?;
    let by = caller.require()?.id;
    note(
        &state,
        by,
        "algorithm_model.comment",
        &format!("algorithm_model {}", model.id),
    )
    .await?;
    let now = store.algorithm_model(model.id).await?;
    Ok(Json(shown(&now.ok_or_else(ApiError::not_found)?)))
}

/// Takes weights away that are not active and that no job waits for.
#[utoipa::path(
    delete, path = "/api/gantry/v1/algorithms/{slug}/models/{id}/", tag = "algorithms",
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)), operation_id = "remove_model",
    responses(
        (status = 204), (status = 401), (status = 403), (status = 404),
        (status = 409, description = "they are active, being imported, or in use"),
    )
)]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let model = found(&state, &caller, (&slug, &id)).await?;
    let removed = state.store().remove_algorithm_model(model.id).await;
    removed.map_err(removal)?;
    let by = caller.require()?.id;
    note(
        &state,
        by,
        "algorithm_model.remove",
        &format!("algorithm_model {}", model.id),
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Weights of an algorithm that the caller may change.
async fn found(
    state: &AppState,
    caller: &Caller,
    (slug, id): (&str, &str),
) -> Result<AlgorithmModel, ApiError> {
    let algorithm = changeable(state, caller, slug).await?;
    let id: AlgorithmModelId = id.parse().map_err(|_| ApiError::not_found())?;
    let found = state.store().algorithm_model(id).await?;
    found
        .filter(|model| {
            model.algorithm == algorithm.id && model.import_state != ImportState::Removed
        })
        .ok_or_else(ApiError::not_found)
}

fn shown(model: &AlgorithmModel) -> ShownModel {
    ShownModel {
        id: model.id.to_string(),
        import_state: model.import_state.word().to_owned(),
        problem: model.problem.clone(),
        digest: model.blob.as_ref().map(ToString::to_string),
        is_active: model.is_active,
        comment: model.comment.clone(),
        created_at: model.created_at.to_string(),
    }
}
