//! The description of a volume.

use std::collections::BTreeMap;

use imaging::geometry::{Affine, Geometry};
use imaging::serve::{LabelEntry, Texture, TextureType, half_geometry};
use serde::Serialize;
use serde_json::Value;

use super::Common;
use super::colours::{ShownHeat, ShownPreset, ShownWindow, label_colours, presets_of, tables};
use crate::error::ApiError;
use crate::state::AppState;
use crate::view::answer::VERSION;
use crate::view::prepared::Numbers;
use crate::view::views::{MOST_HALVINGS, Shown};

/// Bytes of one answer with voxels, before they are compressed.
const SLAB: u64 = 2 << 20;

#[derive(Debug, Serialize)]
struct Volume {
    kind: &'static str,
    #[serde(flatten)]
    common: Common,
    /// Voxels along x, y, z.
    size: [u64; 3],
    /// Time points.
    times: u64,
    /// mm along x, y, z.
    spacing: [f64; 3],
    /// Index to LPS mm: three rows of four.
    matrix: [f64; 12],
    numbers: Numbers,
    window: ShownWindow,
    presets: Vec<ShownPreset>,
    heat: ShownHeat,
    tables: BTreeMap<&'static str, String>,
    label_colours: String,
    labels: Option<Vec<LabelEntry>>,
    /// Type of the numbers that are sent.
    texture: TextureType,
    /// Numbers of a voxel that are sent.
    texture_channels: u32,
    /// Full resolution first, each next one halved.
    levels: Vec<Level>,
    /// Address of the voxels; `&level=…&time=…&slab=…` is added.
    voxels: String,
}

#[derive(Debug, Serialize)]
struct Level {
    size: [u64; 3],
    matrix: [f64; 12],
    /// Bytes of one time point.
    bytes: u64,
    /// Slices of one answer.
    slab: u64,
    /// Answers of one time point.
    slabs: u64,
}

pub(super) async fn describe(state: &AppState, shown: &Shown) -> Result<Value, ApiError> {
    let prepared = state.views().volume(shown).await?;
    let geometry = &prepared.volume.geometry;
    let volume = Volume {
        kind: "volume",
        common: Common::of(shown),
        size: size_of(geometry),
        times: geometry.size.iter().skip(3).product(),
        spacing: std::array::from_fn(|axis| geometry.spacing.get(axis).copied().unwrap_or(1.0)),
        matrix: rows(&geometry.affine()),
        numbers: prepared.numbers.clone(),
        window: prepared.window.into(),
        presets: presets_of(&prepared.modality),
        heat: (&prepared.heat).into(),
        tables: tables(),
        label_colours: label_colours(),
        labels: prepared.labels.clone(),
        texture: prepared.texture.number,
        texture_channels: prepared.texture.channels,
        levels: levels(geometry, &prepared.texture),
        voxels: format!("/images/{}/view/voxels?v={VERSION}", shown.image.id),
    };
    serde_json::to_value(volume).map_err(|problem| ApiError::internal(&problem))
}

/// Slices that go into one answer.
pub(in crate::view) fn slab_slices(size: [u64; 3], voxel_bytes: u64) -> u64 {
    (SLAB / (size[0] * size[1] * voxel_bytes).max(1)).clamp(1, size[2].max(1))
}

fn size_of(geometry: &Geometry) -> [u64; 3] {
    std::array::from_fn(|axis| geometry.size.get(axis).copied().unwrap_or(1))
}

fn levels(geometry: &Geometry, texture: &Texture) -> Vec<Level> {
    let mut geometry = geometry.clone();
    let mut levels = Vec::new();
    for _ in 0..=MOST_HALVINGS {
        let size = size_of(&geometry);
        let slab = slab_slices(size, texture.voxel_bytes());
        levels.push(Level {
            size,
            matrix: rows(&geometry.affine()),
            bytes: size.iter().product::<u64>() * texture.voxel_bytes(),
            slab,
            slabs: size[2].div_ceil(slab),
        });
        if size.iter().all(|side| *side <= 32) {
            break;
        }
        geometry = half_geometry(&geometry);
    }
    levels
}

fn rows(affine: &Affine) -> [f64; 12] {
    std::array::from_fn(|place| match place % 4 {
        3 => affine.offset[place / 4],
        column => affine.matrix[place / 4][column],
    })
}

#[cfg(test)]
mod tests {
    use imaging::ComponentType;

    use super::*;

    #[test]
    fn levels_halve_until_they_are_small() {
        let geometry = Geometry::identity(vec![256, 256, 200]);
        let texture = Texture::of(ComponentType::Int16, 1, (-1024.0, 3000.0));
        let levels = levels(&geometry, &texture);
        let sizes: Vec<[u64; 3]> = levels.iter().map(|level| level.size).collect();
        assert_eq!(
            sizes,
            [[256, 256, 200], [128, 128, 100], [64, 64, 50], [32, 32, 25]]
        );
        assert_eq!((levels[0].slab, levels[0].slabs), (16, 13));
        assert_eq!(levels[0].bytes, 26_214_400);
        // The outer edge stays where it is: the first centre moves inwards.
        assert_eq!(
            levels[1].matrix,
            [2.0, 0.0, 0.0, 0.5, 0.0, 2.0, 0.0, 0.5, 0.0, 0.0, 2.0, 0.5]
        );
    }

    #[test]
    fn a_slice_larger_than_an_answer_goes_alone() {
        assert_eq!(slab_slices([4096, 4096, 7], 4), 1);
        assert_eq!(slab_slices([1, 1, 7], 1), 7);
    }
}
