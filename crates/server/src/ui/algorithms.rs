//! An algorithm, tab by tab; and making and changing one by forms.
//!
//! [`head`] is what all tabs have above them. Everybody who sees the algorithm sees [`information`]; the other tabs are for
//! its editors.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::state::AppState;

mod access;
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
mod size_text;
pub(super) mod socket_view;
mod statistics;
mod template;
mod version_forms;
mod versions;

pub(super) use draft::slug_of;

/// The pages about algorithms.
pub(super) fn router() -> Router<AppState> {
    let files = || DefaultBodyLimit::disable();
    Router::new()
        .route(
            "/algorithms/create/",
            get(create::show).post(create::create).layer(files()),
        )
        .route(
            "/algorithms/create/manifest/",
            get(manifest::show_new)
                .post(manifest::create)
                .layer(files()),
        )
        .route("/algorithms/{slug}/", get(information::show))
        .route("/algorithms/{slug}/access/", post(access::ask))
        .route(
            "/algorithms/{slug}/edit/",
            get(edit::show).post(edit::change).layer(files()),
        )
        .route(
            "/algorithms/{slug}/edit/manifest/",
            get(manifest::show_change)
                .post(manifest::change)
                .layer(files()),
        )
        .route(
            "/algorithms/{slug}/versions/",
            get(versions::show).post(versions::push).layer(files()),
        )
        .route(
            "/algorithms/{slug}/versions/{id}/activate/",
            post(versions::activate),
        )
        .route(
            "/algorithms/{slug}/versions/{id}/comment/",
            post(versions::comment),
        )
        .route(
            "/algorithms/{slug}/versions/{id}/remove/",
            post(versions::remove),
        )
        .route(
            "/algorithms/{slug}/models/",
            get(models::show).post(models::push).layer(files()),
        )
        .route(
            "/algorithms/{slug}/models/deactivate/",
            post(models::deactivate),
        )
        .route(
            "/algorithms/{slug}/models/{id}/activate/",
            post(models::activate),
        )
        .route(
            "/algorithms/{slug}/models/{id}/comment/",
            post(models::comment),
        )
        .route(
            "/algorithms/{slug}/models/{id}/remove/",
            post(models::remove),
        )
        .route(
            "/algorithms/{slug}/models/{id}/model.tar.gz",
            get(models::file),
        )
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
        .route("/algorithms/{slug}/statistics/", get(statistics::show))
}
