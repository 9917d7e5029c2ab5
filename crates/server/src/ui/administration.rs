//! For administrators: the queue, people, the machine, what was done.

use axum::Router;
use axum::routing::{get, post};

use super::problem::PageError;
use super::visitor::Visitor;
use crate::state::AppState;

mod audit;
mod configuration;
mod machine;
mod password;
mod people;
mod person;
mod queue;
mod running;
mod waiting;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/administration/", get(queue::show))
        .route("/administration/jobs/{id}/cancel/", post(queue::cancel))
        .route(
            "/administration/people/",
            get(people::show).post(people::create),
        )
        .route("/administration/people/{id}/", get(person::show))
        .route(
            "/administration/people/{id}/quota/",
            post(person::set_quota),
        )
        .route("/administration/people/{id}/role/", post(person::set_role))
        .route(
            "/administration/people/{id}/active/",
            post(person::set_active),
        )
        .route(
            "/administration/people/{id}/password/",
            post(person::new_password),
        )
        .route("/administration/machine/", get(machine::show))
        .route("/administration/audit/", get(audit::show))
}

/// Lets administrators pass.
fn require(visitor: &Visitor) -> Result<&store::accounts::Account, PageError> {
    visitor.require()?;
    Ok(visitor.caller.require_administrator()?)
}
