//! Earlier images to choose from, by name.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use store::images::Image;
use store::{StoreError, Viewer};

use crate::state::AppState;
use crate::ui::page;
use crate::ui::problem::PageError;
use crate::ui::quantity::{Moment, bytes};
use crate::ui::visitor::Visitor;

/// Images that are shown.
const MOST: u32 = 12;

/// An image that may be chosen.
pub(super) struct Found {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) about: String,
    pub(super) is_chosen: bool,
}

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    input: String,
    search: String,
    chosen: String,
}

/// The list alone, for the script of the form.
#[derive(Template)]
#[template(path = "try_it/images.html")]
struct Images {
    field: Input,
    search: String,
    found: Vec<Found>,
}

/// The input that the list is for, as the form calls it.
struct Input {
    slug: String,
}

/// The visitor's images with a text in their names, newest first; the chosen one comes first whatever it is called.
pub(super) async fn find(
    state: &AppState,
    viewer: Viewer,
    (search, chosen): (&str, &str),
) -> Result<Vec<Found>, StoreError> {
    let store = state.store();
    let mut all = Vec::new();
    if let Ok(id) = chosen.parse()
        && store.may_view_image(viewer, id).await?
    {
        all.extend(store.image(id).await?.map(|image| found(image, true)));
    }
    for image in store.own_images(viewer, search, (None, MOST)).await? {
        if image.id.to_string() != chosen {
            all.push(found(image, false));
        }
    }
    Ok(all)
}

fn found(image: Image, is_chosen: bool) -> Found {
    let at = Moment::from(image.created_at);
    let modality = if image.modality.is_empty() {
        String::new()
    } else {
        format!("{}, ", image.modality)
    };
    Found {
        id: image.id.to_string(),
        name: image.name,
        about: format!(
            "{modality}{}, {}",
            bytes(image.size),
            at.text.get(..10).unwrap_or_default()
        ),
        is_chosen,
    }
}

pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(_): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    visitor.require()?;
    let search = (asked.search.trim(), asked.chosen.as_str());
    let list = Images {
        found: find(&state, visitor.caller.viewer, search).await?,
        search: asked.search.trim().to_owned(),
        field: Input { slug: asked.input },
    };
    Ok(page::part(&list)?)
}
