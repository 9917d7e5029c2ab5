//! Everything that the server answers.

use std::any::Any;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use tower_http::trace::TraceLayer;

use crate::error::ApiError;
use crate::state::AppState;
use crate::{gcapi, health, media, own, ui, view};

/// Bytes of a request's body; the parts of uploads have a bound of their own.
const LARGEST_BODY: usize = 10 << 20;

/// All routes. Unknown paths and methods are answered in the shape of every other refusal; nothing redirects.
pub fn router(state: AppState) -> Router {
    let silence = state.config().silence();
    Router::new()
        .merge(gcapi::router())
        .merge(media::router())
        .merge(health::router())
        .merge(own::router())
        .merge(view::router())
        .merge(ui::router())
        .fallback(nothing_here)
        .method_not_allowed_fallback(async || {
            ApiError::detail(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed.")
        })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(RequestBodyTimeoutLayer::new(silence))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(TraceLayer::new_for_http())
        .with_state(state)
}

/// Browsers get a page, clients of the API get JSON.
async fn nothing_here(uri: Uri, headers: HeaderMap) -> Response {
    let accepted = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let is_browser = accepted.is_some_and(|kinds| kinds.contains("text/html"));
    if is_browser && !uri.path().starts_with("/api/") {
        return ui::headers::secure(ui::problem::refusal(&ApiError::not_found())).await;
    }
    ApiError::not_found().into_response()
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
