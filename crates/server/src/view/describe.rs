//! What a viewer has to know of an image before it asks for its voxels or tiles.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use imaging::SpacingSource;
use serde::{Deserialize, Serialize};
use store::ids::ImageId;

use super::answer::{Keep, Sent, answer, known, tag};
use super::asked::Asked;
use super::views::Shown;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::path::Id;
use crate::state::AppState;

mod colours;
mod slide;
mod volume;

pub(super) use volume::slab_slices;

/// How to describe it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct How {
    /// `slide`: also a flat image that is no slide, for a viewer of slides.
    #[serde(default, rename = "as")]
    form: String,
}

/// What volumes and slides have in common.
#[derive(Debug, Serialize)]
struct Common {
    id: String,
    name: String,
    /// Code such as `CT`; may be empty.
    modality: String,
    /// Name of the format in which it is kept.
    format: &'static str,
    /// Type of one sample as it is stored.
    component: Option<imaging::ComponentType>,
    channels: u32,
    /// Whether the file states the spacing.
    spacing_source: SpacingSource,
    /// Distinct values of whole numbers, where they are few.
    segments: Option<Vec<i64>>,
    /// What is odd about the file.
    warnings: Vec<String>,
}

impl Common {
    fn of(shown: &Shown) -> Common {
        let summary = &shown.summary;
        Common {
            id: shown.image.id.to_string(),
            name: shown.image.name.clone(),
            modality: shown.image.modality.clone(),
            format: summary.format.name(),
            component: summary.component_type,
            channels: summary.channels,
            spacing_source: summary.spacing_source,
            segments: summary.segments.clone(),
            warnings: summary.warnings.clone(),
        }
    }
}

pub(super) async fn describe(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<ImageId>,
    Asked(how): Asked<How>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let shown = Shown::find(&state, &caller, id).await?;
    let tag = tag(&shown.image.blob);
    if let Some(answer) = known(&headers, &tag) {
        return Ok(answer);
    }
    let described = if shown.is_slide() {
        slide::describe(&state, &shown).await?
    } else if how.form == "slide" {
        slide::describe_flat(&state, &shown).await?
    } else {
        volume::describe(&state, &shown).await?
    };
    let sent = Sent {
        media_type: "application/json",
        encoding: None,
        bytes: serde_json::to_vec(&described).map_err(|problem| ApiError::internal(&problem))?,
    };
    Ok(answer(sent, &tag, Keep::Asking))
}
