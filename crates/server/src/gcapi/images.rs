//! Medical images.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;
use store::ids::ImageId;
use store::images::ImageFilter;

use super::page::Asked;
use super::shapes;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::links::Links;
use crate::path::Id;
use crate::state::AppState;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/cases/images/", get(list))
        .route("/api/v1/cases/images/{id}/", get(detail))
}

async fn list(
    State(state): State<AppState>,
    caller: Caller,
    asked: Asked,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let ids = (
        asked.id("job_input"),
        asked.id("job_output"),
        asked.id("archive"),
        asked.id("origin"),
    );
    // There are no reader studies, so none has images.
    let (Ok(job_input), Ok(job_output), Ok(archive), Ok(origin), None) =
        (ids.0, ids.1, ids.2, ids.3, asked.text("reader_study"))
    else {
        return Ok(asked.nothing());
    };
    let filter = ImageFilter {
        name: asked.text("name").map(str::to_owned),
        job_input,
        job_output,
        archive,
        origin,
    };
    let found = state
        .store()
        .images(caller.viewer, &filter, asked.page)
        .await?;
    Ok(asked.answer_with(&found, |one| shapes::image(one, &links)))
}

async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<ImageId>,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let store = state.store();
    if !store.may_view_image(caller.viewer, id).await? {
        return Err(ApiError::not_found());
    }
    let found = store.image(id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(shapes::image(&found, &links)))
}
