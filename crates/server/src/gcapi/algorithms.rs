//! Algorithms and the versions of their container images.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;
use store::algorithms::AlgorithmFilter;
use store::ids::{AlgorithmId, AlgorithmImageId};

use super::page::Asked;
use super::shapes;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::links::Links;
use crate::path::Id;
use crate::state::AppState;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/algorithms/", get(list))
        .route("/api/v1/algorithms/images/", get(images))
        .route("/api/v1/algorithms/images/{id}/", get(image))
        .route("/api/v1/algorithms/{id}/", get(detail))
}

async fn list(
    State(state): State<AppState>,
    caller: Caller,
    asked: Asked,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let filter = AlgorithmFilter {
        slug: asked.text("slug").map(str::to_owned),
        ..AlgorithmFilter::default()
    };
    let found = state.store().algorithms(caller.viewer, &filter, asked.page);
    let found = found.await?;
    Ok(asked.answer_with(&found, |one| shapes::algorithm(one, &links)))
}

async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<AlgorithmId>,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let store = state.store();
    if !store.may_view_algorithm(caller.viewer, id).await? {
        return Err(ApiError::not_found());
    }
    let found = store.algorithm(id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(shapes::algorithm(&found, &links)))
}

async fn images(
    State(state): State<AppState>,
    caller: Caller,
    asked: Asked,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let Ok(algorithm) = asked.id("algorithm") else {
        return Ok(asked.nothing());
    };
    let found = state
        .store()
        .algorithm_images(caller.viewer, algorithm, asked.page);
    let found = found.await?;
    Ok(asked.answer_with(&found, |one| shapes::algorithm_image(one, &links)))
}

async fn image(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<AlgorithmImageId>,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let store = state.store();
    let found = store
        .algorithm_image(id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    if !store
        .may_view_algorithm(caller.viewer, found.algorithm)
        .await?
    {
        return Err(ApiError::not_found());
    }
    Ok(Json(shapes::algorithm_image(&found, &links)))
}
