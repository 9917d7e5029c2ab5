//! Images: found, to be used again, and taken away.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::ids::ImageId;
use store::images::{DeleteImageError, Image};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::note;
use super::part::{USUAL, bounded};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::path::Id;
use crate::query::Query;
use crate::state::AppState;

/// Which images.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImageQuery {
    /// What the name holds.
    pub(crate) search: String,
    /// Where the part begins: `next` of the part before.
    #[param(format = Uuid)]
    pub(crate) after: Option<String>,
    /// At most how many are given; without it, 100.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<u64>,
}

/// A part of a list of images.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageList {
    /// Where the next part begins; null after the last one.
    pub(crate) next: Option<String>,
    /// Those of the part.
    pub(crate) results: Vec<ShownImage>,
}

/// A medical image.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownImage {
    /// UUID.
    pub(crate) id: String,
    /// Name of the uploaded file, or of the output.
    pub(crate) name: String,
    /// `mha` or `tif`.
    pub(crate) extension: String,
    /// Bytes of its file.
    pub(crate) bytes: u64,
    /// Path of its file on this server.
    pub(crate) file: String,
    /// Such as `CT`; may be empty.
    pub(crate) modality: String,
    /// It is the output of a job.
    pub(crate) is_output: bool,
    /// What is known of it, as `gantry inspect --json` says it.
    #[schema(value_type = Object)]
    pub(crate) summary: Value,
    /// When it came.
    pub(crate) created_at: String,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(detail, delete))
}

/// The caller's images, newest first: what they uploaded and what their jobs gave. Administrators see all.
#[utoipa::path(
    get, path = "/api/gantry/v1/images/", tag = "images", params(ImageQuery), operation_id = "list_images",
    responses((status = 200, body = ImageList), (status = 400), (status = 401))
)]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<ImageQuery>,
) -> Result<Json<ImageList>, ApiError> {
    Ok(Json(find(&state, &caller, &query).await?))
}

/// The images that a query is about.
///
/// # Errors
/// 401 when nobody is logged in, 400 for what is no part of the list.
pub(crate) async fn find(
    state: &AppState,
    caller: &Caller,
    query: &ImageQuery,
) -> Result<ImageList, ApiError> {
    caller.require()?;
    let limit = bounded(query.limit.unwrap_or(USUAL))?;
    let after = match &query.after {
        None => None,
        Some(text) => Some(text.parse::<ImageId>().map_err(|_| {
            ApiError::field("after", format!("`{text}` is no `next` of this list."))
        })?),
    };
    let found = state
        .store()
        .own_images(caller.viewer, &query.search, (after, limit + 1))
        .await?;
    let is_more = found.len() > limit as usize;
    let page = &found[..found.len().min(limit as usize)];
    let next = page.last().filter(|_| is_more);
    Ok(ImageList {
        next: next.map(|image| image.id.to_string()),
        results: page.iter().map(shown).collect(),
    })
}

/// What is known of an image.
#[utoipa::path(
    get, path = "/api/gantry/v1/images/{id}/", tag = "images", params(("id" = String, Path, format = Uuid)),
    operation_id = "image", responses((status = 200, body = ShownImage), (status = 404))
)]
async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<ImageId>,
) -> Result<Json<ShownImage>, ApiError> {
    Ok(Json(shown(&visible(&state, &caller, id).await?)))
}

/// Takes an image away that no job and no archive uses; whoever it belongs to, and administrators.
#[utoipa::path(
    delete, path = "/api/gantry/v1/images/{id}/", tag = "images", params(("id" = String, Path, format = Uuid)),
    operation_id = "delete_image",
    responses(
        (status = 204), (status = 401), (status = 403), (status = 404),
        (status = 409, description = "a job or an archive uses it"),
    )
)]
async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<ImageId>,
) -> Result<StatusCode, ApiError> {
    remove(&state, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an image away.
///
/// # Errors
/// 404, 403 for who may not, 409 when a job or an archive uses it.
pub(crate) async fn remove(state: &AppState, caller: &Caller, id: ImageId) -> Result<(), ApiError> {
    let image = visible(state, caller, id).await?;
    let account = caller.require()?;
    if image.account != Some(account.id) && !account.is_administrator() {
        return Err(ApiError::forbidden(
            "Only whoever it belongs to may delete it.",
        ));
    }
    let deleted = state.store().delete_image(id).await;
    deleted.map_err(|problem| match problem {
        DeleteImageError::Store(problem) => problem.into(),
        DeleteImageError::Gone(_) => ApiError::not_found(),
        DeleteImageError::InUse(_) => ApiError::detail(StatusCode::CONFLICT, problem.to_string()),
    })?;
    note(state, account.id, "image.delete", &format!("image {id}")).await
}

/// An image that the caller may see.
///
/// # Errors
/// 404 for any other.
pub(crate) async fn visible(
    state: &AppState,
    caller: &Caller,
    id: ImageId,
) -> Result<Image, ApiError> {
    let store = state.store();
    if !store.may_view_image(caller.viewer, id).await? {
        return Err(ApiError::not_found());
    }
    store.image(id).await?.ok_or_else(ApiError::not_found)
}

/// As it is shown.
pub(crate) fn shown(image: &Image) -> ShownImage {
    let extension = image.extension.as_str();
    ShownImage {
        id: image.id.to_string(),
        name: image.name.clone(),
        extension: extension.to_owned(),
        bytes: image.size,
        file: format!("/files/images/{0}/{0}.{extension}", image.id),
        modality: image.modality.clone(),
        is_output: image.import.is_none(),
        summary: image.summary.clone(),
        created_at: image.created_at.to_string(),
    }
}
