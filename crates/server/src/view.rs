//! Images for eyes: what the viewers in pages ask for, and what pages show without them.
//!
//! Below `/images/{id}/view/`, for whoever may see the image:
//!
//! | address | gives |
//! |---|---|
//! | `image.json` | size, place, range, windows, levels, labels: everything but the samples |
//! | `slice.jpg`, `slice.png` | one slice in one of three planes, with a window and overlays |
//! | `thumbnail.jpg` | a small picture of a volume or a slide |
//! | `voxels` | some slices of one time point, at full or at a smaller resolution |
//! | `tile` | one tile of a slide, as it is stored or drawn |
//! | `annotations/{value}` | annotations as paths in mm, judged against the image |
//!
//! A [`Scene`] says what is shown together: an image, what lies over it, and how well it lies there. Pages make one with
//! [`Scene::of_image`] or [`Scene::of_job`] and put it into a viewer as JSON.
//!
//! Volumes are decoded once and kept in memory within bounds ([`Views`]); everything blocks on threads of its own.

use axum::Router;
use axum::routing::get;

use crate::state::AppState;

pub mod annotations;
mod answer;
mod asked;
mod cache;
mod describe;
mod overlays;
mod pictures;
mod prepared;
pub mod scene;
mod slides;
mod tiles;
mod views;
mod voxels;

pub use overlays::unreadable;
pub use scene::Scene;
pub use views::Views;

/// The routes of viewers.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/images/{id}/view/image.json", get(describe::describe))
        .route("/images/{id}/view/thumbnail.jpg", get(pictures::thumbnail))
        .route("/images/{id}/view/voxels", get(voxels::voxels))
        .route("/images/{id}/view/tile", get(tiles::tile))
        .route(
            "/images/{id}/view/annotations/{value}",
            get(annotations::annotations),
        )
        .route("/images/{id}/view/{filename}", get(pictures::picture))
}
