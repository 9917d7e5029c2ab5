//! Everything that the server answers.

use std::any::Any;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;

use crate::error::ApiError;
use crate::state::AppState;
use crate::{gcapi, health, media, own};

/// Bytes of a request's body; the parts of uploads have a bound of their own.
const LARGEST_BODY: usize = 10 << 20;

/// All routes. Unknown paths and methods are answered in the shape of every other refusal; nothing redirects.
pub fn router(state: AppState) -> Router {
    Router::new()
        .merge(gcapi::router())
        .merge(media::router())
        .merge(health::router())
        .merge(own::router())
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || {
            ApiError::detail(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed.")
        })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(TraceLayer::new_for_http())
        .with_state(state)
}

/// A bug of ours; the process goes on.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that the layer wants"
)]
fn panicked(problem: Box<dyn Any + Send + 'static>) -> Response {
    let text = problem
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| problem.downcast_ref::<&str>().copied());
    ApiError::internal(&text.unwrap_or("a panic without a text")).into_response()
}
