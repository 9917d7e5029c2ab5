//! Logging in and out.

use askama::Template;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use store::accounts::Account;
use store::sessions::NewSession;

use super::form::{Form, check_origin};
use super::page::{self, Frame, Section};
use super::problem::PageError;
use super::visitor::Visitor;
use crate::auth::{SESSION_COOKIE, cookie, digest, new_secret};
use crate::error::ApiError;
use crate::login;
use crate::state::AppState;

/// How long a login lasts.
const DAYS: i64 = 14;

/// Where the login leads.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Next {
    next: String,
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    next: String,
    username: String,
    problem: Option<String>,
}

/// The form of the login.
pub(super) async fn show(
    visitor: Visitor,
    Query(asked): Query<Next>,
) -> Result<Response, PageError> {
    let next = own_path(&asked.next);
    if visitor.caller.account.is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    page::show(&LoginPage {
        frame: Frame::new(&visitor, Section::Elsewhere, "Log in"),
        next: next.to_owned(),
        username: String::new(),
        problem: None,
    })
}

/// Begins a login, or says why not.
pub(super) async fn log_in(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<std::net::SocketAddr>,
    form: Form,
) -> Result<Response, PageError> {
    let next = own_path(form.get("next"));
    let username = form.get("username").trim();
    match login::check(&state, username, form.get("password"), address.ip()).await {
        Ok(account) => Ok((begin(&state, &account).await?, Redirect::to(next)).into_response()),
        Err(refused) if refused.status() == StatusCode::INTERNAL_SERVER_ERROR => {
            Err(refused.into())
        }
        Err(refused) => {
            let shown = LoginPage {
                frame: Frame::new(&form.visitor, Section::Elsewhere, "Log in"),
                next: next.to_owned(),
                username: username.to_owned(),
                problem: Some(refused.text()),
            };
            Ok(page::draw(refused.status(), &shown)?)
        }
    }
}

/// A login of this browser: the cookie that stands for it.
///
/// # Errors
/// When the database fails.
pub(super) async fn begin(state: &AppState, account: &Account) -> Result<HeaderMap, ApiError> {
    let secret = new_secret();
    let now = Timestamp::now();
    let session = NewSession {
        digest: digest(&secret),
        account: account.id,
        csrf: new_secret(),
        expires_at: now + (DAYS * 24).hours(),
    };
    state.store().create_session(&session, now).await?;
    let seconds = DAYS * 24 * 3600;
    set_cookie(&format!(
        "{SESSION_COOKIE}={secret}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Lax"
    ))
}

/// Ends the login of this browser.
pub(super) async fn log_out(
    State(state): State<AppState>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    check_origin(&headers)?;
    drop(form);
    if let Some(secret) = cookie(&headers, SESSION_COOKIE) {
        state.store().delete_session(&digest(secret)).await?;
    }
    let gone = format!("{SESSION_COOKIE}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax");
    Ok((set_cookie(&gone)?, Redirect::to("/")).into_response())
}

fn set_cookie(text: &str) -> Result<HeaderMap, ApiError> {
    let value = HeaderValue::from_str(text).map_err(|problem| ApiError::internal(&problem))?;
    Ok(HeaderMap::from_iter([(SET_COOKIE, value)]))
}

/// A path of this server; anything else leads home. Browsers drop tabs and line ends before they read an address, and take
/// a backslash for a slash.
fn own_path(next: &str) -> &str {
    let is_odd = |letter: char| letter == '\\' || letter.is_control();
    let is_own = next.starts_with('/') && !next.starts_with("//") && !next.contains(is_odd);
    if is_own { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_never_leads_to_another_site() {
        assert_eq!(own_path("/jobs/?state=failed"), "/jobs/?state=failed");
        for foreign in [
            "",
            "https://there/",
            "//there/",
            "/\\there",
            "/\t/there",
            "/\n/there",
            "jobs/",
        ] {
            assert_eq!(own_path(foreign), "/", "{foreign}");
        }
    }
}
