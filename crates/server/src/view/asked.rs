//! The query of an address, refused in the shape of every other refusal.

use axum::extract::{FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// The query as a `T`.
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Asked<T>, ApiError> {
        Query::<T>::from_request_parts(parts, state)
            .await
            .map(|Query(asked)| Asked(asked))
            .map_err(|problem| ApiError::detail(StatusCode::BAD_REQUEST, problem.body_text()))
    }
}
