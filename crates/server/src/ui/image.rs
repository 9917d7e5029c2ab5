//! One image: the viewer, what it is, and where it came from.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use store::ids::{ImageId, ValueId};
use store::images::{Image, ImageUse};

use super::page::{self, Frame, Section};
use super::problem::PageError;
use super::visitor::Visitor;
use crate::error::ApiError;
use crate::path::Id;
use crate::state::AppState;
use crate::view::scene::LeftOut;
use crate::view::{self, Scene};

/// Jobs that are listed.
const MOST_USES: u32 = 20;

#[derive(Template)]
#[template(path = "image.html")]
struct ImagePage {
    frame: Frame,
    scene: Scene,
    came: String,
    warnings: Vec<String>,
    over: String,
    uses: Vec<ImageUse>,
}

/// What is laid over the image: ids of images and numbers of values, with commas between.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Over {
    over: String,
    annotations: String,
}

pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Id(id): Id<ImageId>,
    Query(asked): Query<Over>,
) -> Result<Response, PageError> {
    let store = state.store();
    if !store.may_view_image(visitor.caller.viewer, id).await? {
        // Whoever is not logged in may be somebody who may see it.
        visitor.require()?;
        return Err(ApiError::not_found().into());
    }
    let image = store.image(id).await?.ok_or_else(ApiError::not_found)?;
    let over: Vec<ImageId> = parts(&asked.over)?;
    let values: Vec<i64> = parts(&asked.annotations)?;
    let values: Vec<ValueId> = values.into_iter().map(ValueId).collect();
    let scene = Scene::of_chosen(&state, &visitor.caller, id, (&over, &values)).await?;
    let uses = store
        .image_uses(visitor.caller.viewer, id, MOST_USES)
        .await?;
    page::show(&ImagePage {
        frame: Frame::new(&visitor, Section::Images, scene.title.clone()),
        warnings: scene.warnings.clone(),
        over: asked.over,
        scene,
        came: came(&state, &image, &uses).await?,
        uses,
    })
}

/// A page within a page, for those without scripts.
#[derive(Template)]
#[template(path = "over.html")]
struct OverPage {
    frame: Frame,
    left_out: Vec<LeftOut>,
}

/// Ids of images over the image, with commas between.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Drawn {
    overlay: String,
}

/// Which of the images over an image cannot be drawn.
pub(super) async fn told_over(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(asked): Query<Drawn>,
) -> Result<Response, PageError> {
    page::show(&OverPage {
        frame: Frame::new(&visitor, Section::Images, "Over the image"),
        left_out: view::unreadable(&state, &visitor.caller, &asked.overlay).await?,
    })
}

/// The parts of a list; what is no such part stands for nothing.
fn parts<T: std::str::FromStr>(text: &str) -> Result<Vec<T>, ApiError> {
    let parts = text.split(',').filter(|part| !part.is_empty());
    let parts = parts.map(|part| part.trim().parse().map_err(|_| ApiError::not_found()));
    parts.collect()
}

/// Where an image came from, in words.
async fn came(state: &AppState, image: &Image, uses: &[ImageUse]) -> Result<String, ApiError> {
    let at = image.created_at.strftime("%-d %B %Y, %H:%M UTC");
    if let Some(account) = image.account {
        let account = state.store().account(account).await?;
        let name = account.map_or_else(|| "somebody".to_owned(), |account| account.username);
        return Ok(format!("Uploaded by {name} on {at}"));
    }
    Ok(match uses.iter().find(|used| used.is_output) {
        Some(used) => format!("Made by job {} on {at}", used.job),
        None => format!("Made by a job on {at}"),
    })
}
