//! JSON bodies of requests.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// What a request says, as JSON. The router bounds its size, `serde_json` its depth (128).
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Json<T>, ApiError> {
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|value| value.to_str().ok()).unwrap_or("");
        let is_json = kind.split(';').next().unwrap_or("").trim() == "application/json";
        if !is_json {
            let detail = format!("Unsupported media type `{kind}`, expected `application/json`.");
            return Err(ApiError::detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|refused| ApiError::detail(refused.status(), refused.body_text()))?;
        read(&body).map(Json)
    }
}

/// Reads JSON; what it cannot be is said as the client knows it.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            ApiError::invalid(error.to_string())
        } else {
            ApiError::detail(
                StatusCode::BAD_REQUEST,
                format!("JSON parse error - {error}"),
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_refused() {
        for body in ["{\"a\": NaN}", "", "[1", "{\"a\": Infinity}"] {
            let refused = read::<serde_json::Value>(body.as_bytes()).unwrap_err();
            assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{body}");
        }
        assert!(read::<serde_json::Value>("[".repeat(200).as_bytes()).is_err());
        assert!(read::<Vec<u8>>(b"{}").is_err());
    }
}
