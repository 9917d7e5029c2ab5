//! Images over another one, named in an address: `overlay=ID,ID&opacity=0.5&outline=1&copied=1&hidden=2,3`.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use imaging::geometry::Geometry;
use imaging::render::{
    ColourTable, HeatLayer, HeatMap, LabelColours, LabelLayer, LabelStyle, Layer, Rgba, Window,
};
use serde::{Deserialize, Deserializer};
use store::ids::ImageId;
use store::images::Image;

use super::prepared::Prepared;
use super::scene::LeftOut;
use super::views::Shown;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::AppState;

/// Images over one another at once.
pub(super) const MOST: usize = 8;

/// How overlays are drawn.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Style {
    /// 0 to 1.
    pub(super) opacity: Option<f64>,
    /// Only the borders of labels.
    #[serde(deserialize_with = "flag")]
    pub(super) outline: bool,
    /// As if the overlay had the geometry of the image below it.
    #[serde(deserialize_with = "flag")]
    pub(super) copied: bool,
    /// Labels that are not drawn, with commas between.
    pub(super) hidden: String,
    /// Colours of a heat map.
    pub(super) table: Option<ColourTable>,
    /// Value of the first colour.
    pub(super) low: Option<f64>,
    /// Value of the last colour.
    pub(super) high: Option<f64>,
    /// Values below this are clear.
    pub(super) threshold: Option<f64>,
}

/// `1` and `true` are yes.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(matches!(text.as_str(), "1" | "true"))
}

impl Style {
    /// The colours of labels.
    pub(super) fn label_colours(&self, default_opacity: f64) -> LabelColours {
        let mut colours = LabelColours {
            opacity: self.opacity.unwrap_or(default_opacity).clamp(0.0, 1.0),
            ..LabelColours::default()
        };
        let hidden = self
            .hidden
            .split(',')
            .filter_map(|label| label.parse().ok());
        let hidden: BTreeSet<i64> = hidden.collect();
        colours
            .chosen
            .extend(hidden.into_iter().map(|label| (label, Rgba::CLEAR)));
        colours
    }

    /// The colours of a heat map, where not said otherwise those of `default`.
    pub(super) fn heat_map(&self, default: &HeatMap) -> HeatMap {
        let half = default.window.width / 2.0;
        let low = self.low.unwrap_or(default.window.center - half);
        let high = self.high.unwrap_or(default.window.center + half);
        HeatMap {
            table: self.table.unwrap_or(default.table),
            window: Window::from_range(low, high),
            threshold: self.threshold.unwrap_or(default.threshold),
            opacity: self.opacity.unwrap_or(default.opacity).clamp(0.0, 1.0),
        }
    }
}

/// Overlays that are there and may be seen.
///
/// # Errors
/// 400 for what is no list of ids, 404 for images that are not there, 422 for those that cannot be read.
pub(super) async fn find(
    state: &AppState,
    caller: &Caller,
    ids: &str,
) -> Result<Vec<Arc<Prepared>>, ApiError> {
    let each = read_each(state, caller, ids).await?;
    each.into_iter().map(|(_, read)| read).collect()
}

/// The same without those that cannot be read.
///
/// # Errors
/// As for [`find`], but never 422.
pub(super) async fn find_readable(
    state: &AppState,
    caller: &Caller,
    ids: &str,
) -> Result<Vec<Arc<Prepared>>, ApiError> {
    Ok(parted(state, caller, ids).await?.0)
}

/// Those that a picture of what is readable leaves out, with the reason.
///
/// # Errors
/// 400 for what is no list of ids, 404 for images that are not there.
pub async fn unreadable(
    state: &AppState,
    caller: &Caller,
    ids: &str,
) -> Result<Vec<LeftOut>, ApiError> {
    Ok(parted(state, caller, ids).await?.1)
}

/// Those that can be read, and the others with the reason.
async fn parted(
    state: &AppState,
    caller: &Caller,
    ids: &str,
) -> Result<(Vec<Arc<Prepared>>, Vec<LeftOut>), ApiError> {
    let (mut readable, mut left_out) = (Vec::new(), Vec::new());
    for (image, read) in read_each(state, caller, ids).await? {
        match read {
            Err(why) if why.status() == StatusCode::UNPROCESSABLE_ENTITY => {
                left_out.push(LeftOut::chosen(&image, &why));
            }
            other => readable.push(other?),
        }
    }
    Ok((readable, left_out))
}

/// Each overlay with what became of reading it.
async fn read_each(
    state: &AppState,
    caller: &Caller,
    ids: &str,
) -> Result<Vec<(Image, Result<Arc<Prepared>, ApiError>)>, ApiError> {
    let mut found = Vec::new();
    for id in ids.split(',').filter(|id| !id.is_empty()) {
        let id: ImageId = id.parse().map_err(|_| {
            let said = format!("`overlay` holds `{id}`, expected ids of images.");
            ApiError::detail(StatusCode::BAD_REQUEST, said)
        })?;
        if found.len() == MOST {
            let said = format!("`overlay` holds more than {MOST} images.");
            return Err(ApiError::detail(StatusCode::BAD_REQUEST, said));
        }
        let shown = Shown::find(state, caller, id).await?;
        let read = state.views().volume(&shown).await;
        found.push((shown.image, read));
    }
    Ok(found)
}

/// An overlay as it is drawn over an image of this geometry: labels where it has few values, else a heat map.
pub(super) fn layer<'a>(
    overlay: &'a Prepared,
    below: &'a Geometry,
    style: &Style,
    time: u64,
) -> Layer<'a> {
    let times: u64 = overlay.volume.geometry.size.iter().skip(3).product();
    let time = if time < times { time } else { 0 };
    let as_if_on = style.copied.then_some(below);
    if overlay.labels.is_some() {
        return Layer::Labels(LabelLayer {
            volume: &overlay.volume,
            time,
            as_if_on,
            colours: style.label_colours(0.5),
            style: if style.outline {
                LabelStyle::Outline { thickness: 2 }
            } else {
                LabelStyle::Fill
            },
        });
    }
    Layer::Heat(HeatLayer {
        volume: &overlay.volume,
        time,
        as_if_on,
        map: style.heat_map(&overlay.heat),
    })
}
