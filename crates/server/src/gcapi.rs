//! The API that the Python client `gcapi` speaks, unchanged, under `/api/v1/`.
//!
//! Wire types (`shapes`) are not rows: every key that the client requires is there, whatever the store looks like. One
//! file for each collection. The facts are those of gcapi 0.16.1 as probed with the real client.

use axum::Router;

use crate::state::AppState;

mod algorithms;
mod archive_items;
mod archives;
mod images;
mod interfaces;
mod jobs;
mod others;
mod page;
mod shapes;
mod upload_sessions;
mod uploads;
mod value_source;
mod version;

pub(crate) use shapes::value as value_shape;
pub use uploads::Signer;
pub(crate) use uploads::{base_name, room_for};

/// All routes.
pub fn router() -> Router<AppState> {
    Router::new()
        .merge(version::router())
        .merge(algorithms::router())
        .merge(jobs::router())
        .merge(interfaces::router())
        .merge(images::router())
        .merge(upload_sessions::router())
        .merge(archives::router())
        .merge(archive_items::router())
        .merge(uploads::router())
        .merge(others::router())
}
