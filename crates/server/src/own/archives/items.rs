//! Items of an archive: listed and taken away. They are made and filled through the compatible API.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use store::archives::ArchiveItem;
use store::ids::ArchiveItemId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::visible;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::gcapi::value_shape;
use crate::links::Links;
use crate::own::note;
use crate::own::part::Part;
use crate::query::Query;
use crate::state::AppState;

/// A case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownItem {
    /// UUID.
    pub(crate) id: String,
    /// May be empty.
    pub(crate) title: String,
    /// What it holds, as in the compatible API: `pk`, `socket`, and one of `value`, `file` and `image`.
    #[schema(value_type = Vec<Object>)]
    pub(crate) values: Vec<Value>,
    /// When it was made.
    pub(crate) created_at: String,
}

/// A part of a list of cases.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemList {
    /// How many there are in all.
    pub(crate) count: u64,
    /// Those of the part.
    pub(crate) results: Vec<ShownItem>,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(remove))
}

/// The items of an archive, oldest first.
#[utoipa::path(
    get, path = "/api/gantry/v1/archives/{slug}/items/", tag = "archives", params(("slug" = String, Path), Part),
    operation_id = "list_archive_items",
    responses((status = 200, body = ItemList), (status = 400), (status = 404))
)]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    Query(part): Query<Part>,
    links: Links,
) -> Result<Json<ItemList>, ApiError> {
    let archive = visible(&state, &caller, &slug).await?;
    let found = state
        .store()
        .archive_items(caller.viewer, Some(archive.id), part.page()?)
        .await?;
    Ok(Json(ItemList {
        count: found.count,
        results: found.items.iter().map(|item| shown(item, &links)).collect(),
    }))
}

/// Takes an item away, with those of its values that nothing else uses; editors and uploaders of the archive. Jobs of runs
/// stay, and so do images.
#[utoipa::path(
    delete, path = "/api/gantry/v1/archives/{slug}/items/{id}/", tag = "archives",
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)), operation_id = "delete_archive_item",
    responses((status = 204), (status = 401), (status = 403), (status = 404))
)]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    delete(&state, &caller, (&slug, &id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an item away.
///
/// # Errors
/// 404, 403 for who may not fill the archive.
pub(crate) async fn delete(
    state: &AppState,
    caller: &Caller,
    (slug, id): (&str, &str),
) -> Result<(), ApiError> {
    let archive = visible(state, caller, slug).await?;
    let by = caller.require()?.id;
    let store = state.store();
    if !store.may_fill_archive(caller.viewer, archive.id).await? {
        return Err(ApiError::forbidden(
            "Only editors and uploaders of the archive may do this.",
        ));
    }
    let id: ArchiveItemId = id.parse().map_err(|_| ApiError::not_found())?;
    let found = store.archive_item(id).await?;
    found
        .filter(|item| item.archive == archive.id)
        .ok_or_else(ApiError::not_found)?;
    store.delete_archive_item(id).await?;
    let object = format!("archive {} item {id}", archive.id);
    note(state, by, "archive_item.delete", &object).await
}

/// As it is shown.
pub(crate) fn shown(item: &ArchiveItem, links: &Links) -> ShownItem {
    let values = item.values.iter();
    ShownItem {
        id: item.id.to_string(),
        title: item.title.clone(),
        values: values.map(|value| value_shape(value, links)).collect(),
        created_at: item.created_at.to_string(),
    }
}
