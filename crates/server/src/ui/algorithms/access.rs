//! A visitor asks for access.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::own::algorithms::access::ask_for;
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::problem::PageError;

/// Asks; granted at once where the algorithm says so.
pub(super) async fn ask(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    let asked = ask_for(&state, &form.visitor.caller, &slug).await?;
    let said = match asked.state.as_str() {
        "accepted" => "You may use the algorithm now.",
        "rejected" => "You have asked before, and were refused.",
        _ => "You have asked. An editor of the algorithm will answer.",
    };
    Ok(notice::redirect(&format!("/algorithms/{slug}/"), said))
}
