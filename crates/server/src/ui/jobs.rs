//! Jobs: the list, and the page of one from its submission to its result.
//!
//! Reading order: [`list`], then [`page`], which puts together [`live`] (what changes while it goes on), [`failure`],
//! [`value`] (inputs and outputs by kind), [`log`], [`isolation`] and [`resources`]; [`actions`] is what buttons do.

use axum::Router;
use axum::routing::{get, post};

use crate::state::AppState;

mod actions;
mod failure;
mod isolation;
mod list;
mod live;
mod log;
mod page;
mod resources;
mod value;
pub(super) mod waiting;

pub(super) use failure::sentence;
pub(super) use page::limits;
pub(super) use value::MOST_JSON;

/// The pages of jobs.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/jobs/", get(list::show))
        .route("/jobs/{id}/", get(page::show))
        .route("/jobs/{id}/live/", get(live::show))
        .route("/jobs/{id}/log/", get(log::show))
        .route("/jobs/{id}/cancel/", post(actions::cancel))
        .route("/jobs/{id}/retry/", post(actions::retry))
        .route("/jobs/{id}/edit/", post(actions::edit))
        .route("/jobs/{id}/share/", post(actions::share))
        .route("/jobs/{id}/delete/", post(actions::delete))
}
