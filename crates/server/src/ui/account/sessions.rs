//! Logins in other browsers.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::auth::{SESSION_COOKIE, cookie, digest};
use crate::own::note;
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::problem::PageError;
use crate::ui::quantity::counted;

/// Ends all of them but this one.
pub(super) async fn end_others(
    State(state): State<AppState>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let account = form.visitor.require()?.id;
    let own = cookie(&headers, SESSION_COOKIE)
        .map(digest)
        .unwrap_or_default();
    let ended = state.store().delete_other_sessions(account, &own).await?;
    note(
        &state,
        account,
        "session.end_others",
        &format!("account {account}"),
    )
    .await?;
    let said = format!(
        "{} ended.",
        counted(ended, "other login has", "other logins have")
    );
    Ok(notice::redirect("/account/", &said))
}
