//! Slices and thumbnails as pictures: for pages before their scripts run, without them, and for other programs.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use imaging::render::{
    ColourTable, LabelSlice, Plane, RenderError, SlicePosition, SliceRequest, Window, composite,
    label_slice, slice,
};
use serde::Deserialize;
use store::ids::ImageId;

use super::answer::{Keep, Sent, answer, known, tag};
use super::asked::Asked;
use super::overlays::{self, Style};
use super::prepared::Prepared;
use super::views::{Shown, refused_drawing};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::path::Id;
use crate::state::AppState;

/// Longest side of a picture, pixels.
const MOST_PIXELS: u32 = 4096;
/// Quality of JPEG.
const QUALITY: u8 = 88;

/// Which slice, and how to draw it.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    #[serde(default = "axial")]
    plane: Plane,
    /// The one in the middle, if not said.
    index: Option<u64>,
    #[serde(default)]
    time: u64,
    center: Option<f64>,
    width: Option<f64>,
    #[serde(default, deserialize_with = "overlays::flag")]
    inverted: bool,
    /// Colours of the image itself; `table` is for overlays.
    #[serde(default)]
    colours: ColourTable,
    /// Longest side, pixels.
    #[serde(default = "large")]
    side: u32,
    /// The image itself is a segmentation.
    #[serde(default, deserialize_with = "overlays::flag")]
    labels: bool,
    /// Ids of images, with commas between.
    #[serde(default)]
    overlay: String,
    /// Overlays that cannot be read are left out; somebody else tells of them.
    #[serde(default, deserialize_with = "overlays::flag")]
    readable: bool,
    // Written out: `flatten` would make a text of every number.
    opacity: Option<f64>,
    #[serde(default, deserialize_with = "overlays::flag")]
    outline: bool,
    #[serde(default, deserialize_with = "overlays::flag")]
    copied: bool,
    #[serde(default)]
    hidden: String,
    table: Option<ColourTable>,
    low: Option<f64>,
    high: Option<f64>,
    threshold: Option<f64>,
}

fn axial() -> Plane {
    Plane::Axial
}

fn large() -> u32 {
    1024
}

impl Which {
    fn request(&self, prepared: &Prepared) -> SliceRequest {
        let stated = self.center.zip(self.width);
        let window = stated.map(|(center, width)| Window::new(center, width));
        // Colours of bytes are shown as they are.
        let own = (prepared.texture.channels == 1).then_some(prepared.window);
        SliceRequest {
            plane: self.plane,
            position: self
                .index
                .map_or(SlicePosition::Middle, SlicePosition::Index),
            time: self.time,
            window: window.or(own),
            inverted: self.inverted,
            table: self.colours,
            max_side: self.side.clamp(1, MOST_PIXELS),
        }
    }

    fn style(&self) -> Style {
        Style {
            opacity: self.opacity,
            outline: self.outline,
            copied: self.copied,
            hidden: self.hidden.clone(),
            table: self.table,
            low: self.low,
            high: self.high,
            threshold: self.threshold,
        }
    }
}

/// `slice.jpg`, and `slice.png` for the exact pixels.
pub(super) async fn picture(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, filename)): Path<(String, String)>,
    Asked(which): Asked<Which>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id: ImageId = id.parse().map_err(|_| ApiError::not_found())?;
    let is_png = match filename.as_str() {
        "slice.jpg" => false,
        "slice.png" => true,
        _ => return Err(ApiError::not_found()),
    };
    let shown = Shown::find(&state, &caller, id).await?;
    let overlays = match which.readable {
        true => overlays::find_readable(&state, &caller, &which.overlay).await?,
        false => overlays::find(&state, &caller, &which.overlay).await?,
    };
    let tag = tag(&shown.image.blob);
    if let Some(answer) = known(&headers, &tag) {
        return Ok(answer);
    }
    if shown.is_slide() {
        return Err(ApiError::not_found());
    }
    let prepared = state.views().volume(&shown).await?;
    let draw = move || -> Result<Sent, RenderError> {
        let request = which.request(&prepared);
        if which.labels && prepared.labels.is_some() {
            return labels(&label_slice(&prepared.volume, &request)?, &which.style());
        }
        let base = slice(&prepared.volume, &request)?;
        let style = which.style();
        let layers: Vec<_> = overlays
            .iter()
            .map(|overlay| overlays::layer(overlay, &prepared.volume.geometry, &style, which.time))
            .collect();
        let picture = if layers.is_empty() {
            base.picture
        } else {
            composite(&base, &layers)?
        };
        let (media_type, bytes) = if is_png {
            ("image/png", picture.to_png()?)
        } else {
            ("image/jpeg", picture.to_jpeg(QUALITY)?)
        };
        Ok(sent(media_type, bytes))
    };
    let made = state.views().draw(draw).await?;
    Ok(answer(
        made.map_err(|problem| refused_drawing(&problem))?,
        &tag,
        Keep::Asking,
    ))
}

/// Labels are a PNG whatever was asked for: a JPEG would give their edges colours of other labels.
fn labels(slice: &LabelSlice, style: &Style) -> Result<Sent, RenderError> {
    let picture = slice.to_indexed(&style.label_colours(1.0));
    Ok(sent("image/png", picture.to_png()?))
}

fn sent(media_type: &'static str, bytes: Vec<u8>) -> Sent {
    Sent {
        media_type,
        encoding: None,
        bytes,
    }
}

/// How large a thumbnail is.
#[derive(Debug, Deserialize)]
pub(super) struct Small {
    #[serde(default = "small")]
    side: u32,
}

fn small() -> u32 {
    256
}

/// The middle axial slice, or the whole slide.
pub(super) async fn thumbnail(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<ImageId>,
    Asked(asked): Asked<Small>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let shown = Shown::find(&state, &caller, id).await?;
    let tag = tag(&shown.image.blob);
    if let Some(answer) = known(&headers, &tag) {
        return Ok(answer);
    }
    let side = asked.side.clamp(16, MOST_PIXELS);
    let made = if shown.is_slide() {
        let tile = state
            .views()
            .slide((&shown, false), move |slide| slide.thumbnail(side));
        let tile = tile.await?;
        sent(tile.media_type, tile.bytes)
    } else {
        let prepared = state.views().volume(&shown).await?;
        let draw = move || {
            let window = (prepared.texture.channels == 1).then_some(prepared.window);
            let request = SliceRequest {
                window,
                max_side: side,
                ..SliceRequest::default()
            };
            slice(&prepared.volume, &request)?.picture.to_jpeg(QUALITY)
        };
        let bytes = state.views().draw(draw).await?;
        sent(
            "image/jpeg",
            bytes.map_err(|problem| refused_drawing(&problem))?,
        )
    };
    Ok(answer(made, &tag, Keep::Asking))
}
