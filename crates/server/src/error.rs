//! Refusals: a status and a JSON body in the shapes that clients of Grand Challenge know.
//!
//! `{"detail": "…"}` for what concerns the whole request, `{"FIELD": ["…"]}` for a field of its body, and
//! `{"non_field_errors": ["…"]}` for a body that is wrong as a whole (`gcapi.md` section 2).

use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use store::blobs::BlobError;
use store::{Failing, StoreError};
use tracing::error;

/// After how long a client may try again when the database was busy, seconds.
const BUSY_S: u64 = 5;

/// A request that is not answered as it wished.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    body: Value,
    retry_after_s: Option<u64>,
}

impl ApiError {
    /// Any status, with one sentence.
    pub fn detail(status: StatusCode, detail: impl Into<String>) -> ApiError {
        ApiError {
            status,
            body: json!({"detail": detail.into()}),
            retry_after_s: None,
        }
    }

    /// 404: it does not exist, or whoever asks may not see it.
    #[must_use]
    pub fn not_found() -> ApiError {
        ApiError::detail(StatusCode::NOT_FOUND, "Not found.")
    }

    /// 401: nobody has said who asks.
    #[must_use]
    pub fn unauthenticated() -> ApiError {
        ApiError::detail(
            StatusCode::UNAUTHORIZED,
            "Authentication credentials were not provided.",
        )
    }

    /// 401: a token that is malformed, unknown or has ended.
    #[must_use]
    pub fn invalid_token() -> ApiError {
        ApiError::detail(StatusCode::UNAUTHORIZED, "Invalid token.")
    }

    /// 403: they may see it but not do this.
    pub fn forbidden(why: impl Into<String>) -> ApiError {
        ApiError::detail(StatusCode::FORBIDDEN, why)
    }

    /// 400 about one field of the body.
    pub fn field(field: &str, problem: impl Into<String>) -> ApiError {
        ApiError::bad(json!({field: [problem.into()]}))
    }

    /// 400 about several fields of the body.
    #[must_use]
    pub fn fields(problems: &BTreeMap<String, Vec<String>>) -> ApiError {
        ApiError::bad(json!(problems))
    }

    /// 400 about the body as a whole.
    pub fn invalid(problem: impl Into<String>) -> ApiError {
        ApiError::bad(json!({"non_field_errors": [problem.into()]}))
    }

    /// 400 with any body.
    #[must_use]
    pub fn bad(body: Value) -> ApiError {
        ApiError {
            status: StatusCode::BAD_REQUEST,
            body,
            retry_after_s: None,
        }
    }

    /// 429: too much of something; nothing was done.
    pub fn too_many(why: impl Into<String>, retry_after_s: u64) -> ApiError {
        ApiError {
            retry_after_s: Some(retry_after_s),
            ..ApiError::detail(StatusCode::TOO_MANY_REQUESTS, why)
        }
    }

    /// 500: our fault; the reason goes to the log, not to the client.
    pub fn internal(problem: &dyn std::fmt::Display) -> ApiError {
        error!(%problem, "a request failed");
        ApiError::detail(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The server could not do this; its log says why.",
        )
    }

    /// What it says, without the shape: one sentence for people. Fields are named before what is wrong with them.
    #[must_use]
    pub fn text(&self) -> String {
        let Value::Object(fields) = &self.body else {
            return self.body.to_string();
        };
        let said = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Array(texts) => {
                let texts = texts.iter().map(|text| {
                    text.as_str()
                        .map_or_else(|| text.to_string(), str::to_owned)
                });
                texts.collect::<Vec<_>>().join(" ")
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
        };
        let texts = fields.iter().map(|(name, value)| match name.as_str() {
            "detail" | "non_field_errors" => said(value),
            field => format!("`{field}`: {}", said(value)),
        });
        texts.collect::<Vec<_>>().join(" ")
    }

    /// What it says of each field, in its order; what concerns the whole request stands under the empty name.
    #[must_use]
    pub fn by_field(&self) -> Vec<(String, String)> {
        let Value::Object(fields) = &self.body else {
            return vec![(String::new(), self.text())];
        };
        let about = |name: &str| match name {
            "detail" | "non_field_errors" => String::new(),
            field => field.to_owned(),
        };
        let said = fields.iter().map(|(name, value)| {
            let name = about(name);
            let shown = json!({"detail": value});
            let one = ApiError::bad(shown);
            (name, one.text())
        });
        said.collect()
    }

    /// 500: stored bytes are gone or not what they were; the log says which.
    pub fn damaged(problem: &BlobError) -> ApiError {
        error!(%problem, "stored bytes are damaged; `gantry verify` lists all that are");
        ApiError::detail(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The stored file is damaged. The operator of the server finds it with `gantry verify`.",
        )
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<StoreError> for ApiError {
    fn from(problem: StoreError) -> ApiError {
        match problem.failing() {
            Some(Failing::Disk) => {
                error!(%problem, "a request failed: the disk is full or cannot be written");
                ApiError::detail(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "The disk of the server is full. Nothing was changed.",
                )
            }
            Some(Failing::Busy) => {
                error!(%problem, "a request failed: another process holds the database");
                ApiError {
                    retry_after_s: Some(BUSY_S),
                    ..ApiError::detail(
                        StatusCode::SERVICE_UNAVAILABLE,
                        "The database is busy. Nothing was changed; try again.",
                    )
                }
            }
            None => ApiError::internal(&problem),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
