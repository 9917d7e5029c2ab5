//! Accounts: found, and made with a password that is shown once.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use store::Page;
use store::accounts::Role;

use super::{password, require};
use crate::error::ApiError;
use crate::first_start;
use crate::own::accounts::{self, WantedAccount};
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::quantity::Moment;
use crate::ui::visitor::Visitor;

/// Accounts of one page.
const ON_A_PAGE: u64 = 50;

/// Who is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    page: u64,
}

/// An account, as a row.
struct PersonRow {
    id: String,
    username: String,
    email: String,
    role: &'static str,
    is_active: bool,
    /// They have not chosen a password of their own yet.
    has_first_password: bool,
    is_self: bool,
    /// Jobs that have not ended.
    jobs: u64,
    created_at: Moment,
}

#[derive(Template)]
#[template(path = "administration/people.html")]
struct PeoplePage {
    frame: Frame,
    tab: &'static str,
    search: String,
    people: Vec<PersonRow>,
    count: u64,
    /// From 0.
    page: u64,
    pages: u64,
    roles: [&'static str; 3],
    /// Jobs that one person may have that have not ended.
    most_active: u64,
    /// What was typed for a new account.
    username: String,
    email: String,
    role: String,
    problems: Problems,
}

/// All accounts.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    require(&visitor)?;
    let page = list(&state, &visitor, asked).await?;
    page::show(&page)
}

async fn list(state: &AppState, visitor: &Visitor, asked: Asked) -> Result<PeoplePage, PageError> {
    let own = require(visitor)?.id;
    let store = state.store();
    let part = Page {
        offset: asked.page.saturating_mul(ON_A_PAGE),
        limit: ON_A_PAGE,
    };
    let found = store.accounts(asked.search.trim(), part).await?;
    let mut people = Vec::new();
    for account in found.items {
        people.push(PersonRow {
            id: account.id.to_string(),
            is_self: account.id == own,
            jobs: store.count_active_jobs(account.id).await?,
            username: account.username,
            email: account.email,
            role: account.role.as_str(),
            is_active: account.is_active,
            has_first_password: account.must_change_password,
            created_at: account.created_at.into(),
        });
    }
    Ok(PeoplePage {
        frame: Frame::new(visitor, Section::Administration, "People"),
        tab: "people",
        search: asked.search,
        people,
        count: found.count,
        page: asked.page,
        pages: found.count.div_ceil(ON_A_PAGE),
        roles: Role::ALL.map(Role::as_str),
        most_active: state.config().jobs.most_active_per_user,
        username: String::new(),
        email: String::new(),
        role: Role::User.as_str().to_owned(),
        problems: Problems::default(),
    })
}

/// Makes an account.
pub(super) async fn create(
    State(state): State<AppState>,
    form: Form,
) -> Result<Response, PageError> {
    require(&form.visitor)?;
    let password = first_start::new_password();
    let wanted = WantedAccount {
        username: form.get("username").trim().to_owned(),
        password: password.clone(),
        email: form.get("email").trim().to_owned(),
        role: Some(form.get("role").to_owned()),
        must_change_password: true,
    };
    match accounts::make(&state, &form.visitor.caller, wanted).await {
        Ok(made) => {
            let (title, is_new) = ("A new account", true);
            password::show(&form.visitor, title, (made.username, password, is_new))
        }
        Err(refused) => {
            let is_taken = refused.status() == StatusCode::CONFLICT;
            let refused = match is_taken {
                true => ApiError::field("username", refused.text()),
                false => refused,
            };
            let shown = PeoplePage {
                username: form.get("username").to_owned(),
                email: form.get("email").to_owned(),
                role: form.get("role").to_owned(),
                problems: Problems::of(refused)?,
                ..list(&state, &form.visitor, Asked::default()).await?
            };
            Ok(page::draw(shown.problems.status(), &shown)?)
        }
    }
}
