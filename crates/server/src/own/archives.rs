//! Archives: made here; filled through the compatible API.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::Slug;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::archives::{CreateArchiveError, NewArchive};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::note;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::AppState;

/// A new archive.
#[derive(Debug, Deserialize, ToSchema)]
struct Wanted {
    /// Its short name: lower-case letters, digits and `-`.
    slug: String,
    /// Its name.
    title: String,
    /// May be empty.
    #[serde(default)]
    description: String,
    /// Everybody sees it.
    #[serde(default)]
    is_public: bool,
}

/// An archive that was made.
#[derive(Debug, Serialize, ToSchema)]
struct Made {
    /// UUID.
    id: String,
    /// Its short name.
    slug: String,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create))
}

/// Makes an empty archive; whoever makes it is its editor.
#[utoipa::path(
    post, path = "/api/gantry/v1/archives/", tag = "archives", request_body = Wanted,
    responses((status = 201, body = Made), (status = 400), (status = 401), (status = 403), (status = 409))
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    crate::json::Json(wanted): crate::json::Json<Wanted>,
) -> Result<(StatusCode, Json<Made>), ApiError> {
    let account = caller.require_creator()?.id;
    let slug =
        Slug::new(&wanted.slug).map_err(|problem| ApiError::field("slug", problem.to_string()))?;
    if wanted.title.trim().is_empty() || wanted.title.chars().count() > 255 {
        return Err(ApiError::field("title", "A title has 1 to 255 characters."));
    }
    let new = NewArchive {
        slug: slug.clone(),
        title: wanted.title,
        description: wanted.description,
        is_public: wanted.is_public,
    };
    let made = state
        .store()
        .create_archive(&new, Some(account), Timestamp::now())
        .await;
    let id = made.map_err(|problem| match problem {
        CreateArchiveError::SlugTaken(_) => {
            ApiError::detail(StatusCode::CONFLICT, problem.to_string())
        }
        CreateArchiveError::Store(problem) => problem.into(),
    })?;
    note(&state, account, "archive.create", &format!("archive {id}")).await?;
    let made = Made {
        id: id.to_string(),
        slug: slug.to_string(),
    };
    Ok((StatusCode::CREATED, Json(made)))
}
