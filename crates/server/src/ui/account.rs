//! The visitor's own account: who they are here, their password, their logins, their tokens.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use jiff::Timestamp;
use store::accounts::{Account, Role};

use super::allowance::Allowance;
use super::page::{self, Frame, Section};
use super::problem::PageError;
use super::problems::Problems;
use super::quantity::Moment;
use super::visitor::Visitor;
use crate::auth::{SESSION_COOKIE, cookie, digest};
use crate::links::Links;
use crate::state::AppState;

mod password;
mod sessions;
mod tokens;

use tokens::{NewSecret, TokenForm, TokenRow};

/// The pages of one's account.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/account/", get(show))
        .route("/account/password/", post(password::change))
        .route("/account/sessions/end/", post(sessions::end_others))
        .route("/account/tokens/", post(tokens::create))
        .route("/account/tokens/{id}/end/", post(tokens::end))
}

#[derive(Template)]
#[template(path = "account/account.html")]
struct AccountPage {
    frame: Frame,
    username: String,
    email: String,
    role: &'static str,
    may: &'static str,
    since: Moment,
    other_logins: u64,
    allowance: Allowance,
    tokens: Vec<TokenRow>,
    token_form: TokenForm,
    /// A token that was just made.
    made: Option<NewSecret>,
    /// Address of the compatible API.
    api: String,
    /// Clients must trust an authority of Gantry's own.
    has_authority: bool,
    problems: Problems,
}

/// What the page shows besides what is always there.
#[derive(Default)]
struct Extra {
    token_form: TokenForm,
    made: Option<NewSecret>,
    problems: Problems,
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    links: Links,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    visitor.require()?;
    draw(&state, (&visitor, &headers), &links, Extra::default()).await
}

/// The page, also after a form that was refused.
async fn draw(
    state: &AppState,
    (visitor, headers): (&Visitor, &HeaderMap),
    links: &Links,
    extra: Extra,
) -> Result<Response, PageError> {
    let account = visitor.require()?;
    if account.must_change_password {
        return password::first(visitor, extra.problems);
    }
    let store = state.store();
    let own = cookie(headers, SESSION_COOKIE)
        .map(digest)
        .unwrap_or_default();
    let other_logins = store
        .count_other_sessions(account.id, &own, Timestamp::now())
        .await?;
    let tokens = store.tokens_of(account.id).await?;
    let status = match (&extra.made, extra.problems.any()) {
        (Some(_), _) => StatusCode::CREATED,
        (None, _) => extra.problems.status(),
    };
    let shown = AccountPage {
        frame: Frame::new(visitor, Section::Elsewhere, "Your account"),
        username: account.username.clone(),
        email: account.email.clone(),
        role: account.role.as_str(),
        may: may(account),
        since: account.created_at.into(),
        other_logins,
        allowance: Allowance::of(state, account.id).await?,
        tokens: tokens.iter().map(TokenRow::from).collect(),
        token_form: extra.token_form,
        made: extra.made,
        api: links.absolute("/api/v1/"),
        has_authority: super::authority::path(state).is_some(),
        problems: extra.problems,
    };
    Ok(page::draw(status, &shown)?)
}

/// What a role is good for.
fn may(account: &Account) -> &'static str {
    match account.role {
        Role::User => "You run the algorithms that others have given you access to.",
        Role::Creator => "You also make algorithms, sockets and archives.",
        Role::Administrator => "You see and change everything on this server.",
    }
}
