//! An algorithm, tab by tab; and making and changing one by forms.
//!
//! [`head`] is what all tabs have above them. Everybody who sees the algorithm sees [`information`]; the other tabs are for
//! its editors.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::state::AppState;

mod access;
mod cases;
mod create;
mod draft;
mod edit;
mod gather;
mod head;
mod information;
mod limits;
mod logo;
mod manifest;
mod models;
mod people;
mod requests;
pub(super) mod size_text;
pub(super) mod socket_view;
mod statistics;
mod template;
mod version_forms;
mod versions;

pub(super) use draft::slug_of;

/// The pages about algorithms.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/algorithms/{slug}/", get(information::show))
        .route("/algorithms/{slug}/access/", post(access::ask))
        .route(
            "/algorithms/{slug}/limits/",
            get(limits::show).post(limits::change),
        )
        .route(
            "/algorithms/{slug}/template/",
            get(template::show).post(template::change),
        )
        .route(
            "/algorithms/{slug}/template/preview/",
            post(template::preview),
        )
        .route("/algorithms/{slug}/statistics/", get(statistics::show))
        .merge(forms())
        .merge(version_pages())
        .merge(people_pages())
}

/// Forms that make and change algorithms; their files have a bound of their own.
fn forms() -> Router<AppState> {
    Router::new()
        .route(
            "/algorithms/create/",
            get(create::show).post(create::create),
        )
        .route(
            "/algorithms/create/manifest/",
            get(manifest::show_new).post(manifest::create),
        )
        .route(
            "/algorithms/{slug}/edit/",
            get(edit::show).post(edit::change),
        )
        .route(
            "/algorithms/{slug}/edit/manifest/",
            get(manifest::show_change).post(manifest::change),
        )
        .layer(DefaultBodyLimit::disable())
}

/// Container images and weights.
fn version_pages() -> Router<AppState> {
    let images = "/algorithms/{slug}/versions/";
    let tarballs = "/algorithms/{slug}/models/";
    let of = |list: &str, rest: &str| format!("{list}{{id}}/{rest}");
    Router::new()
        .route(images, get(versions::show).post(versions::push))
        .route(tarballs, get(models::show).post(models::push))
        .route("/algorithms/{slug}/cases/", post(cases::give))
        .layer(DefaultBodyLimit::disable())
        .route("/algorithms/{slug}/cases/require/", post(cases::require))
        .route("/algorithms/{slug}/cases/remove/", post(cases::remove))
        .route(&of(images, "cases/"), post(cases::run))
        .route(&of(images, "activate/"), post(versions::activate))
        .route(&of(images, "comment/"), post(versions::comment))
        .route(&of(images, "remove/"), post(versions::remove))
        .route(&format!("{tarballs}deactivate/"), post(models::deactivate))
        .route(&of(tarballs, "activate/"), post(models::activate))
        .route(&of(tarballs, "comment/"), post(models::comment))
        .route(&of(tarballs, "remove/"), post(models::remove))
        .route(&of(tarballs, "model.tar.gz"), get(models::file))
}

/// Who may do what, and who asks for it.
fn people_pages() -> Router<AppState> {
    Router::new()
        .route("/algorithms/{slug}/people/", get(people::show))
        .route("/algorithms/{slug}/people/add/", post(people::add))
        .route("/algorithms/{slug}/people/remove/", post(people::remove))
        .route(
            "/algorithms/{slug}/people/visibility/",
            post(people::visibility),
        )
        .route("/algorithms/{slug}/requests/", get(requests::show))
        .route(
            "/algorithms/{slug}/requests/{id}/accept/",
            post(requests::accept),
        )
        .route(
            "/algorithms/{slug}/requests/{id}/reject/",
            post(requests::reject),
        )
}
