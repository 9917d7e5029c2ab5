//! What is wrong with a socket while it is typed, for the script of the form.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;

use super::typed::{Declared, Typed};
use crate::error::ApiError;
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;

/// The first problem of each field.
pub(super) async fn check(
    State(state): State<AppState>,
    form: Form,
) -> Result<Json<BTreeMap<String, String>>, PageError> {
    form.visitor.require()?;
    form.visitor.caller.require_creator()?;
    let problems = match Typed::of(&form).read() {
        Ok(declared) => taken(&state, &declared).await?,
        Err(problems) => problems,
    };
    let mut first = BTreeMap::new();
    for (field, problem) in problems.all() {
        first
            .entry(field.clone())
            .or_insert_with(|| problem.clone());
    }
    Ok(Json(first))
}

/// Whether its name or its place is another one's.
///
/// # Errors
/// When the database fails.
pub(super) async fn taken(state: &AppState, declared: &Declared) -> Result<Problems, ApiError> {
    let mut problems = Problems::default();
    let socket = &declared.socket;
    let store = state.store();
    if store.socket_by_slug(&socket.slug).await?.is_some() {
        problems.add(
            "slug",
            format!("There is a socket `{}` already.", socket.slug),
        );
    }
    if let Some(owner) = store.socket_by_path(&socket.relative_path).await? {
        let said = format!(
            "The path belongs to the socket `{}`: use that one, or choose another path.",
            owner.socket.slug
        );
        problems.add("path", said);
    }
    Ok(problems)
}
