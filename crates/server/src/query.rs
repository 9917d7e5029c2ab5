//! What stands behind the `?` of an address of our own API.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// The query; what it cannot be is refused, with the reason. Keys that nobody knows are ignored.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Query<T>, ApiError> {
        let read = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        let read =
            read.map_err(|refused| ApiError::detail(StatusCode::BAD_REQUEST, refused.body_text()))?;
        Ok(Query(read.0))
    }
}
