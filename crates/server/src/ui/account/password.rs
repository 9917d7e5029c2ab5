//! Another password: the old one is asked for, and every other login ends.

use axum::extract::{ConnectInfo, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::{Extra, draw};
use crate::error::ApiError;
use crate::links::Links;
use crate::login;
use crate::own::accounts::hashed;
use crate::own::note;
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::login::begin;
use crate::ui::notice;
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;

/// Changes the password.
pub(super) async fn change(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<std::net::SocketAddr>,
    links: Links,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let account = form.visitor.require()?;
    let (old, new) = (form.get("old"), form.get("new"));
    let mut problems = Problems::default();
    if new != form.get("again") {
        problems.add("again", "The two new passwords are not the same.");
    }
    // Tries at the old password count as tries at the login do.
    let checked = login::check(&state, &account.username, old, address.ip()).await;
    match checked {
        Ok(_) => {}
        Err(refused) if refused.status() == StatusCode::UNAUTHORIZED => {
            problems.add("old", "This is not your password.");
        }
        Err(refused) => problems.add("old", Problems::of(refused)?.at("").unwrap_or_default()),
    }
    if new == old && !new.is_empty() {
        problems.add("new", "The new password is the old one.");
    }
    let hash = match hashed(new.to_owned()).await {
        Ok(hash) => Some(hash),
        Err(refused) => {
            let refused = Problems::of(refused)?;
            problems.add("new", refused.at("password").unwrap_or_default());
            None
        }
    };
    let (false, Some(hash)) = (problems.any(), hash) else {
        let extra = Extra {
            problems,
            ..Extra::default()
        };
        return draw(&state, (&form.visitor, &headers), &links, extra).await;
    };
    state.store().set_password_hash(account.id, &hash).await?;
    note(
        &state,
        account.id,
        "account.password",
        &format!("account {}", account.id),
    )
    .await?;
    let again = begin(&state, account).await?;
    let mut response = notice::redirect(
        "/account/",
        "The password is changed. Every other login has ended; tokens stay.",
    );
    let cookie = again.get(SET_COOKIE).cloned();
    let cookie = cookie.ok_or_else(|| ApiError::internal(&"a login without a cookie"))?;
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}
