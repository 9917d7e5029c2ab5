//! Says what is wrong with an input while it is typed.

use axum::Json;
use axum::extract::{Path, State};
use domain::Slug;
use serde::Serialize;

use super::{algorithm, read};
use crate::error::ApiError;
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::problem::PageError;

/// What is wrong; nothing: it may be sent.
#[derive(Serialize)]
pub(super) struct Checked {
    problems: Vec<String>,
}

/// Checks the text of one input against its kind and its schema.
pub(super) async fn check(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Json<Checked>, PageError> {
    let algorithm = algorithm(&state, &form.visitor, &slug).await?;
    let input = Slug::new(form.get("input")).map_err(|_| ApiError::not_found())?;
    let stored = algorithm
        .socket(&input)
        .ok_or_else(ApiError::not_found)?
        .clone();
    let text = form.get("text").to_owned();
    // The schema of charts takes a while.
    let checking = tokio::task::spawn_blocking(move || read::json(&stored.socket, &text));
    let checked = checking
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    Ok(Json(Checked {
        problems: checked.err().unwrap_or_default(),
    }))
}
