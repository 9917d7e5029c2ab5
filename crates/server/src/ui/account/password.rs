//! Another password: every other login ends. The old one is asked for, but not at the first login with a password that
//! somebody else has made: it has just been typed.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use store::accounts::Account;

use super::{Extra, draw};
use crate::error::ApiError;
use crate::links::Links;
use crate::login;
use crate::own::accounts::hashed;
use crate::own::note;
use crate::passwords;
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::login::begin;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::visitor::Visitor;

/// Changes the password.
pub(super) async fn change(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
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
    let is_first = account.must_change_password;
    let is_old = match is_first {
        true => is_present(&state, account, new).await?,
        false => {
            check_old(&state, (account, old), address, &mut problems).await?;
            new == old
        }
    };
    if is_old && !new.is_empty() {
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
        if is_first { "/" } else { "/account/" },
        "The password is changed. Every other login has ended; tokens stay.",
    );
    let cookie = again.get(SET_COOKIE).cloned();
    let cookie = cookie.ok_or_else(|| ApiError::internal(&"a login without a cookie"))?;
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}

/// Holds what was typed as the old password against the account; tries count as tries at the login do.
async fn check_old(
    state: &AppState,
    (account, old): (&Account, &str),
    address: SocketAddr,
    problems: &mut Problems,
) -> Result<(), PageError> {
    match login::check(state, &account.username, old, address.ip()).await {
        Ok(_) => {}
        Err(refused) if refused.status() == StatusCode::UNAUTHORIZED => {
            problems.add("old", "This is not your password.");
        }
        Err(refused) => problems.add("old", Problems::of(refused)?.at("").unwrap_or_default()),
    }
    Ok(())
}

/// Whether this is the password of now.
async fn is_present(
    state: &AppState,
    account: &Account,
    password: &str,
) -> Result<bool, PageError> {
    let found = state.store().account_by_name(&account.username).await?;
    let hash = found.map(|(_, hash)| hash);
    let password = password.to_owned();
    let checking =
        tokio::task::spawn_blocking(move || passwords::is_right(&password, hash.as_deref()));
    Ok(checking
        .await
        .map_err(|problem| ApiError::internal(&problem))?)
}

#[derive(Template)]
#[template(path = "account/new_password.html")]
struct NewPasswordPage {
    frame: Frame,
    username: String,
    problems: Problems,
}

/// The page of somebody whose password somebody else knows; there is nothing else on it.
pub(super) fn first(visitor: &Visitor, problems: Problems) -> Result<Response, PageError> {
    let shown = NewPasswordPage {
        frame: Frame::new(visitor, Section::Elsewhere, "Choose a password"),
        username: visitor.require()?.username.clone(),
        problems,
    };
    Ok(page::draw(shown.problems.status(), &shown)?)
}
