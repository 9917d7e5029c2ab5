//! Pages for people. One page is one struct and one template of the same name; the router is the table of contents.
//!
//! Pages work without JavaScript: plain links and forms, and after a form a redirect. Scripts, which the program carries, only
//! add what comes live. A page shows what the API would show to the same person.

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};

use crate::state::AppState;

mod account;
mod administration;
mod algorithms;
mod allowance;
mod archives;
pub mod assets;
mod authority;
pub mod cell;
pub mod files;
mod first_steps;
pub mod form;
pub(crate) mod headers;
mod home;
mod image;
mod images;
pub mod imports;
mod jobs;
mod login;
pub mod notice;
pub mod page;
pub mod problem;
pub mod problems;
pub mod quantity;
mod sockets;
mod try_it;
pub(crate) mod visible;
pub mod visitor;

/// Every page.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/", get(home::show))
        .route("/images/{id}/", get(image::show))
        .route("/images/{id}/over/", get(image::told_over))
        .route("/login/", get(login::show).post(login::log_in))
        .route("/logout/", post(login::log_out))
        .route("/assets/{name}", get(assets::file))
        .route("/ca.pem", get(authority::file))
        .merge(algorithms::router())
        .merge(sockets::router())
        .merge(account::router())
        .merge(jobs::router())
        .merge(try_it::router())
        .merge(archives::router())
        .merge(images::router())
        .merge(administration::router())
        .layer(middleware::map_response(headers::secure))
}
