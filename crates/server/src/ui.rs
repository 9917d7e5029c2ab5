//! Pages for people. One page is one struct and one template of the same name; the router is the table of contents.
//!
//! Pages work without JavaScript: plain links and forms, and after a form a redirect. Scripts, which the program carries, only
//! add what comes live. A page shows what the API would show to the same person.

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};

use crate::state::AppState;

mod administration;
mod archives;
pub mod assets;
pub mod cell;
pub mod files;
pub mod form;
mod headers;
mod home;
mod image;
mod images;
pub mod imports;
mod login;
pub mod notice;
pub mod page;
pub mod problem;
pub mod problems;
pub mod quantity;
pub mod visitor;

/// Every page.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/", get(home::show))
        .route("/images/{id}/", get(image::show))
        .route("/login/", get(login::show).post(login::log_in))
        .route("/logout/", post(login::log_out))
        .route("/assets/{name}", get(assets::file))
        .merge(archives::router())
        .merge(images::router())
        .merge(administration::router())
        .layer(middleware::map_response(headers::secure))
}
