//! The authority that clients must trust, where Gantry made it: public, as every certificate is.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use camino::Utf8PathBuf;

use crate::error::ApiError;
use crate::state::AppState;

/// The file, if Gantry made it.
pub(super) fn path(state: &AppState) -> Option<Utf8PathBuf> {
    let is_given = state.config().tls.certificate.is_some();
    let path = state.worker().settings().home.join("tls/ca.pem");
    (!is_given && path.exists()).then_some(path)
}

/// Hands the certificate out.
pub(super) async fn file(State(state): State<AppState>) -> Result<Response, ApiError> {
    let path = path(&state).ok_or_else(ApiError::not_found)?;
    let pem = tokio::fs::read(&path)
        .await
        .map_err(|problem| ApiError::internal(&format!("`{path}`: {problem}")))?;
    let headers = [
        (header::CONTENT_TYPE, "application/x-pem-file"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"gantry-ca.pem\"",
        ),
    ];
    Ok((headers, pem).into_response())
}
