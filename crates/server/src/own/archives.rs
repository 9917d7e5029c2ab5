//! Archives: made, found, changed; who may use them; their items; runs over all of them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::Slug;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::Page;
use store::archives::{Archive, CreateArchiveError, NewArchive};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) mod items;
pub(crate) mod members;
pub(crate) mod results;
pub(crate) mod runs;

use super::note;
use super::part::{USUAL, bounded};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::query::Query;
use crate::state::AppState;

/// A new archive.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct WantedArchive {
    /// Its short name: lower-case letters, digits and `-`.
    pub(crate) slug: String,
    /// Its name.
    #[schema(min_length = 1, max_length = 255)]
    pub(crate) title: String,
    /// May be empty.
    #[serde(default)]
    #[schema(max_length = 10000)]
    pub(crate) description: String,
    /// Everybody sees it.
    #[serde(default)]
    pub(crate) is_public: bool,
}

/// What changes of an archive; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ArchivePatch {
    /// Its name.
    #[schema(min_length = 1, max_length = 255)]
    pub(crate) title: Option<String>,
    /// May be empty.
    #[schema(max_length = 10000)]
    pub(crate) description: Option<String>,
    /// Everybody sees it.
    pub(crate) is_public: Option<bool>,
}

/// An archive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownArchive {
    /// UUID.
    pub(crate) id: String,
    /// Its short name.
    pub(crate) slug: String,
    /// Its name.
    pub(crate) title: String,
    /// May be empty.
    pub(crate) description: String,
    /// Everybody sees it.
    pub(crate) is_public: bool,
    /// The caller may add and change items.
    pub(crate) may_fill: bool,
    /// The caller may change it.
    pub(crate) may_change: bool,
    /// When it was made.
    pub(crate) created_at: String,
}

/// Which archives.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ArchiveQuery {
    /// What title or description holds.
    pub(crate) search: Option<String>,
    /// How many are left out at the start.
    pub(crate) offset: u64,
    /// At most how many are given; without it, 100.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<u64>,
}

/// A part of a list of archives.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ArchiveList {
    /// How many there are in all.
    pub(crate) count: u64,
    /// Those of the part.
    pub(crate) results: Vec<ShownArchive>,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(detail, change))
        .merge(members::router())
        .merge(items::router())
        .merge(runs::router())
        .merge(results::router())
}

/// Archives that the caller may see, oldest first.
#[utoipa::path(
    get, path = "/api/gantry/v1/archives/", tag = "archives", params(ArchiveQuery), operation_id = "list_archives",
    responses((status = 200, body = ArchiveList), (status = 400))
)]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<ArchiveQuery>,
) -> Result<Json<ArchiveList>, ApiError> {
    Ok(Json(find(&state, &caller, &query).await?))
}

/// The archives that a query is about.
///
/// # Errors
/// 400 when `limit` is out of range.
pub(crate) async fn find(
    state: &AppState,
    caller: &Caller,
    query: &ArchiveQuery,
) -> Result<ArchiveList, ApiError> {
    let page = Page {
        offset: query.offset,
        limit: u64::from(bounded(query.limit.unwrap_or(USUAL))?),
    };
    let search = query.search.as_deref().filter(|text| !text.is_empty());
    let found = state
        .store()
        .search_archives(caller.viewer, (None, search), page)
        .await?;
    let mut results = Vec::with_capacity(found.items.len());
    for one in &found.items {
        results.push(shown(state, caller, one).await?);
    }
    Ok(ArchiveList {
        count: found.count,
        results,
    })
}

/// Makes an empty archive; whoever makes it is its editor.
#[utoipa::path(
    post, path = "/api/gantry/v1/archives/", tag = "archives", request_body = WantedArchive,
    operation_id = "create_archive",
    responses((status = 201, body = ShownArchive), (status = 400), (status = 401), (status = 403), (status = 409))
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    crate::json::Json(wanted): crate::json::Json<WantedArchive>,
) -> Result<(StatusCode, Json<ShownArchive>), ApiError> {
    Ok((
        StatusCode::CREATED,
        Json(make(&state, &caller, wanted).await?),
    ))
}

/// Makes an archive.
///
/// # Errors
/// 403 for who may not make any, 400 by field, 409 when its name is taken.
pub(crate) async fn make(
    state: &AppState,
    caller: &Caller,
    wanted: WantedArchive,
) -> Result<ShownArchive, ApiError> {
    let account = caller.require_creator()?.id;
    let slug = Slug::new(wanted.slug.as_str());
    let slug = slug.map_err(|problem| ApiError::field("slug", problem.to_string()))?;
    check(&wanted.title, &wanted.description)?;
    let new = NewArchive {
        slug,
        title: wanted.title,
        description: wanted.description,
        is_public: wanted.is_public,
    };
    let store = state.store();
    let made = store.create_archive(&new, Some(account), Timestamp::now());
    let id = made.await.map_err(refusal)?;
    note(state, account, "archive.create", &format!("archive {id}")).await?;
    let made = store.archive(id).await?.ok_or_else(ApiError::not_found)?;
    shown(state, caller, &made).await
}

/// An archive by its short name.
#[utoipa::path(
    get, path = "/api/gantry/v1/archives/{slug}/", tag = "archives", params(("slug" = String, Path)),
    operation_id = "archive", responses((status = 200, body = ShownArchive), (status = 404))
)]
async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<Json<ShownArchive>, ApiError> {
    let found = visible(&state, &caller, &slug).await?;
    Ok(Json(shown(&state, &caller, &found).await?))
}

/// Changes an archive; its editors.
#[utoipa::path(
    patch, path = "/api/gantry/v1/archives/{slug}/", tag = "archives", params(("slug" = String, Path)),
    request_body = ArchivePatch, operation_id = "change_archive",
    responses((status = 200, body = ShownArchive), (status = 400), (status = 401), (status = 403), (status = 404))
)]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    crate::json::Json(patch): crate::json::Json<ArchivePatch>,
) -> Result<Json<ShownArchive>, ApiError> {
    edit(&state, &caller, &slug, patch).await?;
    let now = visible(&state, &caller, &slug).await?;
    Ok(Json(shown(&state, &caller, &now).await?))
}

/// Changes an archive.
///
/// # Errors
/// 404, 403 for who may not change it, 400 by field.
pub(crate) async fn edit(
    state: &AppState,
    caller: &Caller,
    slug: &str,
    patch: ArchivePatch,
) -> Result<(), ApiError> {
    let found = changeable(state, caller, slug).await?;
    let new = NewArchive {
        slug: found.slug,
        title: patch.title.unwrap_or(found.title),
        description: patch.description.unwrap_or(found.description),
        is_public: patch.is_public.unwrap_or(found.is_public),
    };
    check(&new.title, &new.description)?;
    let changed = state.store().update_archive(found.id, &new).await;
    changed.map_err(refusal)?;
    let by = caller.require()?.id;
    note(
        state,
        by,
        "archive.change",
        &format!("archive {}", found.id),
    )
    .await
}

fn check(title: &str, description: &str) -> Result<(), ApiError> {
    if title.trim().is_empty() || title.chars().count() > 255 {
        return Err(ApiError::field("title", "A title has 1 to 255 characters."));
    }
    let length = description.chars().count();
    if length > 10_000 {
        let problem = format!("It has {length} characters, expected at most 10000.");
        return Err(ApiError::field("description", problem));
    }
    Ok(())
}

fn refusal(problem: CreateArchiveError) -> ApiError {
    match problem {
        CreateArchiveError::SlugTaken(_) => {
            ApiError::detail(StatusCode::CONFLICT, problem.to_string())
        }
        CreateArchiveError::Store(problem) => problem.into(),
    }
}

/// An archive that the caller may see.
///
/// # Errors
/// 404 for any other.
pub(crate) async fn visible(
    state: &AppState,
    caller: &Caller,
    slug: &str,
) -> Result<Archive, ApiError> {
    let slug = Slug::new(slug).map_err(|_| ApiError::not_found())?;
    let store = state.store();
    let found = store.archive_by_slug(&slug).await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    if !store.may_view_archive(caller.viewer, found.id).await? {
        return Err(ApiError::not_found());
    }
    Ok(found)
}

/// An archive that the caller may change.
///
/// # Errors
/// 404 for who may not see it, 401 and 403 for who may not change it.
pub(crate) async fn changeable(
    state: &AppState,
    caller: &Caller,
    slug: &str,
) -> Result<Archive, ApiError> {
    let found = visible(state, caller, slug).await?;
    caller.require()?;
    if !state
        .store()
        .may_change_archive(caller.viewer, found.id)
        .await?
    {
        return Err(ApiError::forbidden(
            "Only editors of the archive may do this.",
        ));
    }
    Ok(found)
}

/// Everything that is known of an archive, and what the caller may do with it.
///
/// # Errors
/// When the database fails.
pub(crate) async fn shown(
    state: &AppState,
    caller: &Caller,
    archive: &Archive,
) -> Result<ShownArchive, ApiError> {
    let store = state.store();
    Ok(ShownArchive {
        id: archive.id.to_string(),
        slug: archive.slug.to_string(),
        title: archive.title.clone(),
        description: archive.description.clone(),
        is_public: archive.is_public,
        may_fill: store.may_fill_archive(caller.viewer, archive.id).await?,
        may_change: store.may_change_archive(caller.viewer, archive.id).await?,
        created_at: archive.created_at.to_string(),
    })
}
