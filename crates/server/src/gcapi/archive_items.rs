//! Cases of an archive: made empty, then filled. PATCH replaces values socket by socket, PUT also removes the others.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use domain::Slug;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use store::archives::{ArchiveItem, CreateItemError};
use store::ids::{ArchiveId, ArchiveItemId};

use super::page::Asked;
use super::shapes;
use super::value_source::{SentValue, read_all};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::fill::{FillError, Replace, accept, fill};
use crate::links::Links;
use crate::path::Id;
use crate::state::AppState;

/// A new case.
#[derive(Debug, Deserialize)]
struct SentItem {
    archive: String,
    #[serde(default)]
    title: String,
    values: Option<Vec<SentValue>>,
}

/// A change of a case.
#[derive(Debug, Deserialize)]
struct SentChange {
    title: Option<String>,
    values: Option<Vec<SentValue>>,
}

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/archives/items/", get(list).post(create))
        .route(
            "/api/v1/archives/items/{id}/",
            get(detail).patch(merge).put(replace),
        )
}

async fn list(
    State(state): State<AppState>,
    caller: Caller,
    asked: Asked,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let Ok(archive) = asked.id("archive") else {
        return Ok(asked.nothing());
    };
    let found = state
        .store()
        .archive_items(caller.viewer, archive, asked.page)
        .await?;
    Ok(asked.answer_with(&found, |one| shape(one, &links)))
}

async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<ArchiveItemId>,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let store = state.store();
    let found = store
        .archive_item(id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    if !store.may_view_archive(caller.viewer, found.archive).await? {
        return Err(ApiError::not_found());
    }
    Ok(Json(shape(&found, &links)))
}

async fn create(
    State(state): State<AppState>,
    caller: Caller,
    links: Links,
    crate::json::Json(sent): crate::json::Json<SentItem>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    caller.require()?;
    if sent.values.is_some_and(|values| !values.is_empty()) {
        return Err(ApiError::field(
            "values",
            "Values can only be added to an item that exists.",
        ));
    }
    let store = state.store();
    let archive = links.id_of::<ArchiveId>(&sent.archive, "archives");
    let archive = archive.ok_or_else(no_archive)?;
    may_fill(&state, &caller, archive).await?;
    let id = store
        .create_archive_item(archive, checked_title(&sent.title)?, Timestamp::now())
        .await
        .map_err(refusal)?;
    let made = store
        .archive_item(id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::CREATED, Json(written(&made, &links))))
}

async fn merge(
    state: State<AppState>,
    caller: Caller,
    id: Id<ArchiveItemId>,
    links: Links,
    sent: crate::json::Json<SentChange>,
) -> Result<Json<Value>, ApiError> {
    change((state, caller, id), links, sent, Replace::Named).await
}

async fn replace(
    state: State<AppState>,
    caller: Caller,
    id: Id<ArchiveItemId>,
    links: Links,
    sent: crate::json::Json<SentChange>,
) -> Result<Json<Value>, ApiError> {
    change((state, caller, id), links, sent, Replace::All).await
}

async fn change(
    (State(state), caller, Id(id)): (State<AppState>, Caller, Id<ArchiveItemId>),
    links: Links,
    crate::json::Json(sent): crate::json::Json<SentChange>,
    which: Replace,
) -> Result<Json<Value>, ApiError> {
    caller.require()?;
    let store = state.store();
    let item = store
        .archive_item(id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    if !store.may_view_archive(caller.viewer, item.archive).await? {
        return Err(ApiError::not_found());
    }
    may_fill(&state, &caller, item.archive).await?;
    let values: Option<Vec<(Slug, _)>> = match &sent.values {
        Some(values) => Some(read_all(values, "values", &links)?),
        None => None,
    };
    // Everything is judged before anything is changed.
    let accepted = match values {
        Some(values) => {
            let judged = accept(state.worker(), caller.viewer, &values).await;
            Some(judged.map_err(refused_values)?)
        }
        None => None,
    };
    if let Some(title) = &sent.title {
        let title = checked_title(title)?;
        let place = (item.archive, id);
        store
            .set_archive_item_title(place, title)
            .await
            .map_err(refusal)?;
    }
    if let Some(accepted) = accepted {
        fill(state.worker(), caller.viewer, (&item, which), accepted).await?;
    }
    let changed = store
        .archive_item(id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    Ok(Json(written(&changed, &links)))
}

/// 404 for who may not see the archive, 403 for who may not fill it.
async fn may_fill(state: &AppState, caller: &Caller, archive: ArchiveId) -> Result<(), ApiError> {
    let store = state.store();
    if !store.may_view_archive(caller.viewer, archive).await? {
        return Err(no_archive());
    }
    if store.may_fill_archive(caller.viewer, archive).await? {
        return Ok(());
    }
    Err(ApiError::forbidden("You may not add to this archive."))
}

fn no_archive() -> ApiError {
    ApiError::field("archive", "Invalid hyperlink - Object does not exist.")
}

fn checked_title(title: &str) -> Result<&str, ApiError> {
    let length = title.chars().count();
    if length > 255 {
        let problem = format!("The title has {length} characters, expected at most 255.");
        return Err(ApiError::field("title", problem));
    }
    Ok(title)
}

fn refusal(problem: CreateItemError) -> ApiError {
    match problem {
        CreateItemError::TitleTaken(_) => ApiError::field("title", problem.to_string()),
        CreateItemError::Store(problem) => problem.into(),
    }
}

fn refused_values(problem: FillError) -> ApiError {
    match problem {
        FillError::Values(problems) => {
            let problems: Vec<Value> = problems
                .into_iter()
                .map(|(socket, complaints)| json!({socket: complaints}))
                .collect();
            ApiError::bad(json!({"values": problems}))
        }
        FillError::Store(problem) => problem.into(),
    }
}

/// `ArchiveItem`.
fn shape(item: &ArchiveItem, links: &Links) -> Value {
    let values = item.values.iter().map(|value| shapes::value(value, links));
    with_values(item, values.collect(), links)
}

/// `ArchiveItemPost`.
fn written(item: &ArchiveItem, links: &Links) -> Value {
    let values = item
        .values
        .iter()
        .map(|value| shapes::written_value(value, links));
    with_values(item, values.collect(), links)
}

fn with_values(item: &ArchiveItem, values: Vec<Value>, links: &Links) -> Value {
    json!({
        "pk": item.id,
        "api_url": links.api("archives/items", item.id),
        "archive": links.api("archives", item.archive),
        "title": item.title,
        "values": values,
        "hanging_protocol": null,
        "optional_hanging_protocols": [],
        "view_content": {},
    })
}
