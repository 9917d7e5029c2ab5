//! Versions of an algorithm: container images, imported in the background from uploaded archives.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::algorithm_images::{Activation, AlgorithmImage, ImportState, NewVersion};
use store::algorithm_versions::RemoveVersionError;
use store::cases::CasesState;
use store::ids::{AccountId, AlgorithmImageId, UploadId};
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

/// Characters of a comment.
const LONGEST_COMMENT: usize = 10_000;

/// An uploaded archive that becomes a version.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Pushed {
    /// UUID of a completed upload. Container images: what `docker save` writes, or an OCI layout, plain, gzip, xz or zstd;
    /// weights: `.tar.gz`.
    pub(crate) upload: String,
    /// For people.
    #[serde(default)]
    #[schema(max_length = 10000)]
    pub(crate) comment: String,
}

/// A note.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Noted {
    /// For people.
    #[schema(max_length = 10000)]
    pub(crate) comment: String,
}

impl Noted {
    /// The note, if it is not too long.
    ///
    /// # Errors
    /// 400 when it is.
    pub(crate) fn checked(&self) -> Result<&str, ApiError> {
        checked(&self.comment)
    }
}

pub(crate) fn checked(comment: &str) -> Result<&str, ApiError> {
    let length = comment.chars().count();
    if length > LONGEST_COMMENT {
        let problem =
            format!("The comment has {length} characters, expected at most {LONGEST_COMMENT}.");
        return Err(ApiError::field("comment", problem));
    }
    Ok(comment)
}

/// A version.
#[derive(Debug, Serialize, ToSchema)]
struct ShownVersion {
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
    /// What is known of it and the test cases of its algorithm: `none`, `queued`, `running`, `passed`, `failed` or `stuck`.
    cases: String,
    /// Why the test cases could not be run; else empty.
    cases_problem: String,
    /// When it was pushed.
    created_at: String,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, push))
        .routes(routes!(change, remove))
        .routes(routes!(activate))
}

/// The versions of an algorithm, oldest first; at most 1000.
#[utoipa::path(
    get, path = "/api/gantry/v1/algorithms/{slug}/images/", tag = "algorithms",
    params(("slug" = String, Path)), responses((status = 200, body = Vec<ShownVersion>), (status = 404))
)]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<Json<Vec<ShownVersion>>, ApiError> {
    let algorithm = visible(&state, &caller, &slug).await?;
    let found = state
        .store()
        .algorithm_images(Viewer::SYSTEM, Some(algorithm.id), Page::ALL);
    let found = found.await?;
    let there = found.items.iter();
    let there = there.filter(|version| version.import_state != ImportState::Removed);
    Ok(Json(there.map(shown).collect()))
}

/// Adds a version. It is imported in the background, held against the test cases if there are any, and becomes active when
/// that went well; test cases that are not required do not delay this.
#[utoipa::path(
    post, path = "/api/gantry/v1/algorithms/{slug}/images/", tag = "algorithms", params(("slug" = String, Path)),
    request_body = Pushed, responses((status = 202, body = ShownVersion), (status = 400), (status = 403), (status = 404))
)]
async fn push(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    crate::json::Json(pushed): crate::json::Json<Pushed>,
) -> Result<(StatusCode, Json<ShownVersion>), ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    let account = caller.require()?.id;
    let store = state.store();
    let upload = completed_upload(&state, account, &pushed).await?;
    let new = NewVersion {
        algorithm: algorithm.id,
        creator: Some(account),
        upload: Some(upload),
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

/// The upload, if it is a completed one of the caller and its note is not too long.
///
/// # Errors
/// 400 otherwise.
pub(crate) async fn completed_upload(
    state: &AppState,
    account: AccountId,
    pushed: &Pushed,
) -> Result<UploadId, ApiError> {
    checked(&pushed.comment)?;
    let found = match pushed.upload.parse::<UploadId>() {
        Ok(id) => state.store().upload(id).await?,
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
    Ok(upload.id)
}

/// Changes the note of a version.
#[utoipa::path(
    patch, path = "/api/gantry/v1/algorithms/{slug}/images/{id}/", tag = "algorithms", request_body = Noted,
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)), operation_id = "change_version",
    responses((status = 200, body = ShownVersion), (status = 400), (status = 401), (status = 403), (status = 404))
)]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
    crate::json::Json(noted): crate::json::Json<Noted>,
) -> Result<Json<ShownVersion>, ApiError> {
    let version = found(&state, &caller, (&slug, &id)).await?;
    let store = state.store();
    store
        .set_algorithm_image_comment(version.id, noted.checked()?)
        .await?;
    let by = caller.require()?.id;
    note(
        &state,
        by,
        "algorithm_image.comment",
        &format!("algorithm_image {}", version.id),
    )
    .await?;
    let now = store.algorithm_image(version.id).await?;
    Ok(Json(shown(&now.ok_or_else(ApiError::not_found)?)))
}

/// Takes a version away that is not active and that no job waits for; its layers go where no other version has them.
#[utoipa::path(
    delete, path = "/api/gantry/v1/algorithms/{slug}/images/{id}/", tag = "algorithms",
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)), operation_id = "remove_version",
    responses(
        (status = 204), (status = 401), (status = 403), (status = 404),
        (status = 409, description = "it is active, being imported, or in use"),
    )
)]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let version = found(&state, &caller, (&slug, &id)).await?;
    let removed = state.store().remove_algorithm_image(version.id).await;
    if let Some(digest) = removed.map_err(removal)? {
        drop_layers(&state, digest).await;
    }
    let by = caller.require()?.id;
    note(
        &state,
        by,
        "algorithm_image.remove",
        &format!("algorithm_image {}", version.id),
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an imported container image away. Where that fails it only takes room, so the log says it.
pub(crate) async fn drop_layers(state: &AppState, digest: String) {
    let folder = state.worker().settings().home.join("images");
    let removing = tokio::task::spawn_blocking(move || {
        let images = container::image::Store::open(folder).map_err(|error| error.to_string())?;
        images.remove(&digest).map_err(|error| error.to_string())
    });
    let removed = removing
        .await
        .unwrap_or_else(|error| Err(error.to_string()));
    if let Err(problem) = removed {
        tracing::warn!(%problem, "the layers of a version could not be taken away");
    }
}

/// A version that cannot be taken away.
pub(crate) fn removal(problem: RemoveVersionError) -> ApiError {
    match problem {
        RemoveVersionError::Store(problem) => problem.into(),
        RemoveVersionError::Gone => ApiError::not_found(),
        RemoveVersionError::Active
        | RemoveVersionError::Importing
        | RemoveVersionError::InUse(_) => {
            ApiError::detail(StatusCode::CONFLICT, problem.to_string())
        }
    }
}

/// A version of an algorithm that the caller may change.
pub(super) async fn found(
    state: &AppState,
    caller: &Caller,
    (slug, id): (&str, &str),
) -> Result<AlgorithmImage, ApiError> {
    let algorithm = changeable(state, caller, slug).await?;
    let id: AlgorithmImageId = id.parse().map_err(|_| ApiError::not_found())?;
    let found = state.store().algorithm_image(id).await?;
    found
        .filter(|version| {
            version.algorithm == algorithm.id && version.import_state != ImportState::Removed
        })
        .ok_or_else(ApiError::not_found)
}

/// New jobs run this version from now on.
#[utoipa::path(
    post, path = "/api/gantry/v1/algorithms/{slug}/images/{id}/activate/", tag = "algorithms",
    params(("slug" = String, Path), ("id" = String, Path, format = Uuid)),
    responses((status = 200, body = ShownVersion), (status = 403), (status = 404), (status = 409, description = "it is not imported, or has not passed the test cases that are required"))
)]
async fn activate(
    State(state): State<AppState>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Json<ShownVersion>, ApiError> {
    let id = found(&state, &caller, (&slug, &id)).await?.id;
    let store = state.store();
    if let Some(problem) = refusal(store.activate_algorithm_image(id).await?) {
        return Err(ApiError::detail(StatusCode::CONFLICT, problem));
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

/// Why a version was not activated.
pub(crate) fn refusal(activation: Activation) -> Option<String> {
    match activation {
        Activation::Done => None,
        Activation::NotImported => {
            Some("The version is not imported, so no job can run it.".to_owned())
        }
        Activation::NotPassed(state) => {
            let state = match state {
                CasesState::None => "they were not run with it",
                CasesState::Queued => "they wait to be run",
                CasesState::Running => "they are being run",
                CasesState::Passed | CasesState::Failed => "it failed one",
                CasesState::Stuck => "they could not be run",
            };
            Some(format!(
                "Versions of this algorithm must pass its test cases first: {state}."
            ))
        }
    }
}

fn shown(image: &AlgorithmImage) -> ShownVersion {
    ShownVersion {
        id: image.id.to_string(),
        import_state: image.import_state.word().to_owned(),
        problem: image.problem.clone(),
        digest: image.digest.clone(),
        is_active: image.is_active,
        comment: image.comment.clone(),
        size: image.size,
        cases: image.cases.word().to_owned(),
        cases_problem: image.cases_problem.clone(),
        created_at: image.created_at.to_string(),
    }
}
