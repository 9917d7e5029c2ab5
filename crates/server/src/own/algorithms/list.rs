//! Lists of algorithms.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::Page;
use store::algorithms::AlgorithmFilter;
use utoipa::{IntoParams, ToSchema};

use super::{ShownAlgorithm, shown};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::own::part::{USUAL, bounded};
use crate::query::Query;
use crate::state::AppState;

/// Which algorithms.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlgorithmQuery {
    /// What title or description holds.
    pub(crate) search: Option<String>,
    /// Such as `CT`.
    pub(crate) modality: Option<String>,
    /// How many are left out at the start.
    pub(crate) offset: u64,
    /// At most how many are given; without it, 100.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<u64>,
}

/// A part of a list of algorithms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlgorithmList {
    /// How many there are in all.
    pub(crate) count: u64,
    /// Those of the part.
    pub(crate) results: Vec<ShownAlgorithm>,
}

/// Algorithms that the caller may see, oldest first.
#[utoipa::path(
    get, path = "/api/gantry/v1/algorithms/", tag = "algorithms", params(AlgorithmQuery), operation_id = "list_algorithms",
    responses((status = 200, body = AlgorithmList), (status = 400))
)]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<AlgorithmQuery>,
) -> Result<Json<AlgorithmList>, ApiError> {
    Ok(Json(find(&state, &caller, query).await?))
}

/// The algorithms that a query is about.
///
/// # Errors
/// 400 when `limit` is out of range.
pub(crate) async fn find(
    state: &AppState,
    caller: &Caller,
    query: AlgorithmQuery,
) -> Result<AlgorithmList, ApiError> {
    let page = Page {
        offset: query.offset,
        limit: u64::from(bounded(query.limit.unwrap_or(USUAL))?),
    };
    let filter = AlgorithmFilter {
        slug: None,
        search: query.search.filter(|text| !text.is_empty()),
        modality: query.modality.filter(|text| !text.is_empty()),
    };
    let found = state
        .store()
        .algorithms(caller.viewer, &filter, page)
        .await?;
    let mut results = Vec::with_capacity(found.items.len());
    for one in &found.items {
        results.push(shown(state, caller, one).await?);
    }
    Ok(AlgorithmList {
        count: found.count,
        results,
    })
}
