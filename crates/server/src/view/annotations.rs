//! Annotations as paths in mm, in one form for all their kinds, judged against the image that they lie on.

use axum::Json;
use axum::extract::{Path, State};
use domain::SocketKind;
use imaging::Geometry;
use serde::Serialize;
use serde_json::Value;
use store::ids::{ImageId, ValueId};
use store::values::{Content, StoredValue};

use super::views::Shown;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::AppState;

mod measure;
mod read;

pub use read::Item;

/// Bytes of JSON that are read.
const MOST_BYTES: u64 = 64 << 20;

/// Items that a page lists without scripts.
const LISTED: usize = 50;

/// The annotations of one value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Set {
    /// For people: of the socket.
    pub title: String,
    /// Slug of the socket.
    pub socket: String,
    /// Label of the socket's kind.
    pub kind: &'static str,
    /// How many there are.
    pub count: usize,
    /// Each of them; empty where they are too many for a page, which `url` says.
    pub items: Vec<Item>,
    /// Where all of them are.
    pub url: Option<String>,
    /// What is odd about where they lie, as lower-case fragments.
    pub warnings: Vec<String>,
}

/// True for the kinds whose values are drawn on an image.
#[must_use]
pub fn is_annotation(kind: SocketKind) -> bool {
    read::shape(kind).is_some()
}

impl Set {
    /// The annotations of a value over an image with this geometry; `None` for other kinds of values.
    ///
    /// # Errors
    /// When its file cannot be read or is too large.
    pub async fn of_value(
        state: &AppState,
        value: &StoredValue,
        geometry: &Geometry,
    ) -> Result<Option<Set>, ApiError> {
        let kind = value.socket.socket.kind;
        if !is_annotation(kind) {
            return Ok(None);
        }
        let json = match &value.content {
            Content::Json(json) => json.clone(),
            Content::File { blob, size, .. } if *size <= MOST_BYTES => {
                let path = state.store().blobs().path(blob);
                let read = tokio::task::spawn_blocking(move || fs_err::read(path)).await;
                let text = read
                    .map_err(|problem| ApiError::internal(&problem))?
                    .map_err(|problem| ApiError::internal(&problem))?;
                serde_json::from_slice(&text).unwrap_or(Value::Null)
            }
            Content::File { .. } | Content::Image(..) => return Ok(None),
        };
        let items = read::items(kind, &json);
        let points: Vec<[f64; 3]> = items.iter().flat_map(Item::points).collect();
        Ok(Some(Set {
            title: value.socket.socket.title.clone(),
            socket: value.socket.socket.slug.to_string(),
            kind: kind.label(),
            count: items.len(),
            warnings: imaging::annotations::check(&points, geometry),
            items,
            url: None,
        }))
    }

    /// Those that a page lists without scripts.
    #[must_use]
    pub fn first_items(&self) -> &[Item] {
        self.items.get(..LISTED).unwrap_or(&self.items)
    }

    /// Leaves the items out where they are more than `most`.
    pub(super) fn within(mut self, most: usize, url: String) -> Set {
        if self.items.len() > most {
            self.items = Vec::new();
            self.url = Some(url);
        }
        self
    }
}

/// Address of the annotations of a value over an image.
pub(super) fn address(image: ImageId, value: ValueId) -> String {
    format!("/images/{image}/view/annotations/{}", value.0)
}

pub(super) async fn annotations(
    State(state): State<AppState>,
    caller: Caller,
    Path((image, value)): Path<(String, String)>,
) -> Result<Json<Set>, ApiError> {
    let image = image.parse().map_err(|_| ApiError::not_found())?;
    let value = ValueId(value.parse().map_err(|_| ApiError::not_found())?);
    let shown = Shown::find(&state, &caller, image).await?;
    let store = state.store();
    if !store.may_view_value(caller.viewer, value).await? {
        return Err(ApiError::not_found());
    }
    let value = store.value(value).await?.ok_or_else(ApiError::not_found)?;
    let set = Set::of_value(&state, &value, &shown.summary.geometry).await?;
    set.map(Json).ok_or_else(ApiError::not_found)
}
