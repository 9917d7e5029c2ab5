//! Versions of an algorithm: container images, imported in the background from uploaded archives.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::algorithm_images::{AlgorithmImage, NewVersion};
use store::ids::{AlgorithmImageId, UploadId};
use store::uploads::UploadState;
use store::{Page, Viewer};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::algorithms::{changeable, visible};
use super::note;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::AppState;

/// An uploaded archive that becomes a version.
#[derive(Debug, Deserialize, ToSchema)]
struct Pushed {
    /// UUID of a completed upload: what `docker save` writes, or an OCI layout, plain, gzip, xz or zstd.
    upload: String,
    /// For people.
    #[serde(default)]
    comment: String,
}

/// A version.
#[derive(Debug, Serialize, ToSchema)]
struct Shown {
    /// UUID.
    id: String,
    /// `queued`, `started`, `completed` or `failed`.
    import_state: String,
    /// Why the import failed; else empty.
    problem: String,
    /// Digest of the image, once it is imported.
    digest: Option<String>,
    /// New jobs run this one.
    is_active: bool,
    /// For people.
    comment: String,
    /// Unpacked, bytes.
    size: u64,
    /// When it was pushed.
    created_at: String,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, push))
        .routes(routes!(activate))
}

/// The versions of an algorithm, oldest first; at most 1000.
#[utoipa::path(
    get, path = "/api/gantry/v1/algorithms/{slug}/images/", tag = "algorithms",
    params(("slug" = String, Path)), responses((status = 200, body = Vec<Shown>), (status = 404))
)]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<Json<Vec<Shown>>, ApiError> {
    let algorithm = visible(&state, &caller, &slug).await?;
    let found = state
        .store()
        .algorithm_images(Viewer::SYSTEM, Some(algorithm.id), Page::ALL);
    Ok(Json(found.await?.items.iter().map(shown).collect()))
}

/// Adds a version. It is imported in the background, and becomes active when that went well.
#[utoipa::path(
    post, path = "/api/gantry/v1/algorithms/{slug}/images/", tag = "algorithms", params(("slug" = String, Path)),
    request_body = Pushed, responses((status = 202, body = Shown), (status = 400), (status = 403), (status = 404))
)]
async fn push(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    crate::json::Json(pushed): crate::json::Json<Pushed>,
) -> Result<(StatusCode, Json<Shown>), ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    let account = caller.require()?.id;
    let store = state.store();
    let found = match pushed.upload.parse::<UploadId>() {
        Ok(id) => store.upload(id).await?,
        Err(_) => None,
    };
    let is_usable = |one: &store::uploads::Upload| {
        one.account == account && one.state == UploadState::Completed
    };
    let upload = found.filter(is_usable).ok_or_else(|| {
        ApiError::field(
            "upload",
            format!("`{}` is no completed upload of yours.", pushed.upload),
        )
    })?;
    let new = NewVersion {
        algorithm: algorithm.id,
        creator: Some(account),
        upload: Some(upload.id),
        comment: pushed.comment,
    };
    let id = store.create_algorithm_image(&new, Timestamp::now()).await?;
    state.worker().ring_imports();
    note(
        &state,
        account,
        "algorithm_image.create",
        &format!("algorithm_image {id}"),
    )
    .await?;
    let made = store
        .algorithm_image(id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::ACCEPTED, Json(shown(&made))))
}

/// New jobs run this version from now on.
#[utoipa::path(
    post, path = "/api/gantry/v1/algorithms/{slug}/images/{id}/activate/", tag = "algorithms",
    params(("slug" = String, Path), ("id" = String, Path, description = "UUID of the version")),
    responses((status = 200, body = Shown), (status = 403), (status = 404), (status = 409, description = "it is not imported"))
)]
async fn activate(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Json<Shown>, ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    let store = state.store();
    let id: AlgorithmImageId = id.parse().map_err(|_| ApiError::not_found())?;
    let found = store.algorithm_image(id).await?;
    found
        .filter(|image| image.algorithm == algorithm.id)
        .ok_or_else(ApiError::not_found)?;
    if !store.activate_algorithm_image(id).await? {
        let detail = "The version is not imported, so no job can run it.";
        return Err(ApiError::detail(StatusCode::CONFLICT, detail));
    }
    let account = caller.require()?.id;
    note(
        &state,
        account,
        "algorithm_image.activate",
        &format!("algorithm_image {id}"),
    )
    .await?;
    let now = store
        .algorithm_image(id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    Ok(Json(shown(&now)))
}

fn shown(image: &AlgorithmImage) -> Shown {
    Shown {
        id: image.id.to_string(),
        import_state: image.import_state.word().to_owned(),
        problem: image.problem.clone(),
        digest: image.digest.clone(),
        is_active: image.is_active,
        comment: image.comment.clone(),
        size: image.size,
        created_at: image.created_at.to_string(),
    }
}
