//! Tiles of slides: as they are stored where a browser takes them, else drawn. Flat images are one tile.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use imaging::render::{
    ColourTable, HeatMap, Picture, PixelFormat, Plane, RenderError, SliceRequest, label_slice,
    slice,
};
use imaging::slide::Tile;
use serde::Deserialize;
use store::ids::ImageId;

use super::answer::{Keep, Sent, answer, known, tag};
use super::asked::Asked;
use super::overlays::Style;
use super::prepared::Prepared;
use super::views::{Shown, refused_drawing};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::path::Id;
use crate::state::AppState;

/// Quality of JPEG.
const QUALITY: u8 = 85;

/// What the numbers of a tile are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    /// Colours or grey values, or labels where the file says so.
    #[default]
    Image,
    Labels,
    Heat,
}

/// Which tile, and how to draw it.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    level: usize,
    #[serde(default)]
    column: u64,
    #[serde(default)]
    row: u64,
    #[serde(default)]
    role: Role,
    /// Labels that are not drawn, with commas between.
    #[serde(default)]
    hidden: String,
    table: Option<ColourTable>,
    low: Option<f64>,
    high: Option<f64>,
    threshold: Option<f64>,
}

impl Which {
    /// The viewer itself makes overlays see-through.
    fn style(&self) -> Style {
        Style {
            opacity: Some(1.0),
            hidden: self.hidden.clone(),
            table: self.table,
            low: self.low,
            high: self.high,
            threshold: self.threshold,
            ..Style::default()
        }
    }
}

pub(super) async fn tile(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<ImageId>,
    Asked(which): Asked<Which>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let shown = Shown::find(&state, &caller, id).await?;
    let tag = tag(&shown.image.blob);
    if let Some(answer) = known(&headers, &tag) {
        return Ok(answer);
    }
    let made = if shown.is_slide() {
        let place = (which.level, which.column, which.row);
        let has_place = move |slide: &imaging::slide::Slide| {
            let level = slide.levels().get(place.0);
            level.is_some_and(|level| place.1 < level.columns && place.2 < level.rows)
        };
        let is_labels = which.role == Role::Labels;
        let draw = move |slide: &mut imaging::slide::Slide| {
            if !has_place(slide) {
                return Ok(None);
            }
            slide.style.colours = which.style().label_colours(1.0);
            match which.role {
                Role::Heat => {
                    let map = which.style().heat_map(&HeatMap::default());
                    slide.heat_tile(place, &map).map(Some)
                }
                Role::Image | Role::Labels => slide.tile(place.0, place.1, place.2).map(Some),
            }
        };
        state.views().slide((&shown, is_labels), draw).await?
    } else {
        let prepared = state.views().volume(&shown).await?;
        let drawn = state.views().draw(move || flat(&prepared, &which)).await?;
        Some(drawn.map_err(|problem| refused_drawing(&problem))?)
    };
    let tile = made.ok_or_else(ApiError::not_found)?;
    let sent = Sent {
        media_type: tile.media_type,
        encoding: None,
        bytes: tile.bytes,
    };
    Ok(answer(sent, &tag, Keep::Forever))
}

/// A flat image in one tile, as its samples lie: the first row is the upper one, whatever its direction.
fn flat(prepared: &Prepared, which: &Which) -> Result<Tile, RenderError> {
    let mut volume = (*prepared.volume).clone();
    volume.geometry = imaging::Geometry::identity(volume.geometry.size);
    let request = SliceRequest {
        plane: Plane::Axial,
        window: (prepared.texture.channels == 1).then_some(prepared.window),
        max_side: 1 << 14,
        ..SliceRequest::default()
    };
    let png = |bytes| Tile {
        media_type: "image/png",
        bytes,
    };
    match which.role {
        Role::Labels => {
            let colours = which.style().label_colours(1.0);
            label_slice(&volume, &request)?
                .to_indexed(&colours)
                .to_png()
                .map(png)
        }
        Role::Heat => {
            let map = which.style().heat_map(&prepared.heat);
            let pixels = volume.samples.to_f64().into_iter();
            let colours = pixels
                .step_by(volume.channels as usize)
                .map(|value| map.colour(value))
                .flat_map(|colour| [colour.red, colour.green, colour.blue, colour.alpha]);
            let side = |axis: usize| {
                let side = volume.geometry.size.get(axis).copied().unwrap_or(1);
                u32::try_from(side).unwrap_or(u32::MAX)
            };
            let picture = Picture {
                width: side(0),
                height: side(1),
                format: PixelFormat::Rgba,
                pixels: colours.collect(),
            };
            picture.to_png().map(png)
        }
        Role::Image => {
            let bytes = slice(&volume, &request)?.picture.to_jpeg(QUALITY)?;
            Ok(Tile {
                media_type: "image/jpeg",
                bytes,
            })
        }
    }
}
