//! Archives: found, made, filled, shared, and run over.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use store::archives::Archive;

use super::problem::PageError;
use super::visitor::Visitor;
use crate::own::archives::{ShownArchive, shown, visible};
use crate::state::AppState;

mod add;
mod item;
mod items;
mod list;
mod run;
mod runs;
mod settings;

pub(super) fn router() -> Router<AppState> {
    let with_files = Router::new()
        .route("/archives/{slug}/add/", get(add::show).post(add::send))
        .route("/archives/{slug}/items/", post(item::create))
        .route(
            "/archives/{slug}/items/{id}/",
            get(item::show).post(item::change),
        )
        .layer(DefaultBodyLimit::disable());
    Router::new()
        .route("/archives/", get(list::show).post(list::create))
        .route("/archives/create/", get(list::form))
        .route("/archives/{slug}/", get(items::show))
        .route("/archives/{slug}/delete-items/", post(items::delete))
        .route("/archives/{slug}/new-item/", get(item::form))
        .route(
            "/archives/{slug}/settings/",
            get(settings::show).post(settings::change),
        )
        .route("/archives/{slug}/members/", post(settings::add_member))
        .route(
            "/archives/{slug}/members/remove/",
            post(settings::remove_member),
        )
        .route("/archives/{slug}/runs/", get(runs::show).post(runs::start))
        .route("/archives/{slug}/runs/new/", get(runs::preview))
        .route("/archives/{slug}/runs/{id}/", get(run::show))
        .route("/archives/{slug}/runs/{id}/cancel/", post(run::cancel))
        .merge(with_files)
}

/// An archive that the visitor may see, and what they may do with it.
async fn open(
    state: &AppState,
    visitor: &Visitor,
    slug: &str,
) -> Result<(Archive, ShownArchive), PageError> {
    let archive = visible(state, &visitor.caller, slug).await?;
    let shown = shown(state, &visitor.caller, &archive).await?;
    Ok((archive, shown))
}
