//! The description of a slide, and of a flat image that is shown like one.

use std::collections::BTreeMap;

use imaging::render::HeatMap;
use serde::Serialize;
use serde_json::Value;

use super::Common;
use super::colours::{ShownHeat, label_colours, tables};
use crate::error::ApiError;
use crate::state::AppState;
use crate::view::answer::VERSION;
use crate::view::prepared::Numbers;
use crate::view::views::Shown;

#[derive(Debug, Serialize)]
struct Slide {
    kind: &'static str,
    #[serde(flatten)]
    common: Common,
    /// Pixels across and down of the largest level.
    size: [u64; 2],
    /// mm across and down of one of its pixels; 1 where the file states nothing.
    pixel_mm: [f64; 2],
    /// Largest first.
    levels: Vec<Level>,
    is_labels: bool,
    /// Of the smallest level; only for numbers of one channel that are no labels.
    numbers: Option<Numbers>,
    heat: Option<ShownHeat>,
    tables: BTreeMap<&'static str, String>,
    label_colours: String,
    /// Address of the tiles; `&level=…&column=…&row=…` is added.
    tiles: String,
}

#[derive(Debug, Serialize)]
struct Level {
    /// Pixels across and down.
    size: [u64; 2],
    /// Pixels of a tile.
    tile: [u64; 2],
    /// Tiles across and down.
    grid: [u64; 2],
}

/// What is known of the numbers of a slide.
struct Found {
    levels: Vec<Level>,
    pixel_mm: [f64; 2],
    is_labels: bool,
    heat: Option<(Numbers, HeatMap)>,
}

pub(super) async fn describe(state: &AppState, shown: &Shown) -> Result<Value, ApiError> {
    let is_one = shown.summary.channels == 1;
    let found = state.views().slide((shown, false), move |slide| {
        let is_labels = slide.is_labels()?;
        let heat = if is_one && !is_labels {
            let statistics = slide.statistics()?;
            Some((Numbers::of(&statistics), HeatMap::for_values(&statistics)))
        } else {
            None
        };
        let levels = slide.levels().iter().map(|level| Level {
            size: [level.width, level.height],
            tile: [level.tile_width.into(), level.tile_height.into()],
            grid: [level.columns, level.rows],
        });
        Ok(Found {
            levels: levels.collect(),
            pixel_mm: slide.pixel_size().0,
            is_labels,
            heat,
        })
    });
    tell(shown, found.await?)
}

/// A flat image as one tile.
pub(super) async fn describe_flat(state: &AppState, shown: &Shown) -> Result<Value, ApiError> {
    let prepared = state.views().volume(shown).await?;
    let geometry = &prepared.volume.geometry;
    let side = |axis: usize| geometry.size.get(axis).copied().unwrap_or(1);
    let size = [side(0), side(1)];
    let spacing = |axis: usize| geometry.spacing.get(axis).copied().unwrap_or(1.0);
    let is_labels = prepared.labels.is_some();
    let is_heat = !is_labels && shown.summary.channels == 1;
    let found = Found {
        levels: vec![Level {
            size,
            tile: size,
            grid: [1, 1],
        }],
        pixel_mm: [spacing(0), spacing(1)],
        is_labels,
        heat: is_heat.then(|| (prepared.numbers.clone(), prepared.heat.clone())),
    };
    tell(shown, found)
}

fn tell(shown: &Shown, found: Found) -> Result<Value, ApiError> {
    let common = Common::of(shown);
    let size = found.levels.first().map_or([0, 0], |level| level.size);
    let heat = found.heat.as_ref().map(|(_, map)| ShownHeat::from(map));
    let slide = Slide {
        kind: "slide",
        common,
        size,
        pixel_mm: found.pixel_mm,
        levels: found.levels,
        is_labels: found.is_labels,
        numbers: found.heat.map(|(numbers, _)| numbers),
        heat,
        tables: tables(),
        label_colours: label_colours(),
        tiles: format!("/images/{}/view/tile?v={VERSION}", shown.image.id),
    };
    serde_json::to_value(slide).map_err(|problem| ApiError::internal(&problem))
}
