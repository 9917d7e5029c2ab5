//! Windows and tables of colours in the form in which viewers take them.

use std::collections::BTreeMap;

use imaging::render::presets::presets;
use imaging::render::window::VoiFunction;
use imaging::render::{ColourTable, HeatMap, LabelColours, Window};
use serde::Serialize;

/// Centre and width as people name them, and the values of black and white.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct ShownWindow {
    center: f64,
    width: f64,
    /// Black.
    low: f64,
    /// White.
    high: f64,
}

impl From<Window> for ShownWindow {
    fn from(window: Window) -> ShownWindow {
        // The linear function of DICOM is made for whole numbers: half a number to the left, and one narrower.
        let (middle, width) = match window.function {
            VoiFunction::Linear if window.width > 1.0 => (window.center - 0.5, window.width - 1.0),
            VoiFunction::Linear | VoiFunction::LinearExact | VoiFunction::Sigmoid => {
                (window.center, window.width)
            }
        };
        ShownWindow {
            center: window.center,
            width: window.width,
            low: middle - width / 2.0,
            high: middle + width / 2.0,
        }
    }
}

/// A window with a name.
#[derive(Debug, Serialize)]
pub(super) struct ShownPreset {
    name: &'static str,
    #[serde(flatten)]
    window: ShownWindow,
}

/// The windows of a modality.
pub(super) fn presets_of(modality: &str) -> Vec<ShownPreset> {
    let presets = presets(modality).iter();
    presets
        .map(|preset| ShownPreset {
            name: preset.name,
            window: preset.window.into(),
        })
        .collect()
}

/// How values become the colours of a heat map.
#[derive(Debug, Serialize)]
pub(super) struct ShownHeat {
    table: ColourTable,
    low: f64,
    high: f64,
    threshold: f64,
    opacity: f64,
}

impl From<&HeatMap> for ShownHeat {
    fn from(map: &HeatMap) -> ShownHeat {
        let window = ShownWindow::from(map.window);
        ShownHeat {
            table: map.table,
            low: window.low,
            high: window.high,
            threshold: map.threshold,
            opacity: map.opacity,
        }
    }
}

/// All tables by name: 256 colours, six hexadecimal digits each.
pub(super) fn tables() -> BTreeMap<&'static str, String> {
    [
        ("grey", ColourTable::Grey),
        ("inverted_grey", ColourTable::InvertedGrey),
        ("hot", ColourTable::Hot),
        ("viridis", ColourTable::Viridis),
        ("pet", ColourTable::Pet),
    ]
    .into_iter()
    .map(|(name, table)| (name, crate::auth::hex(&table.bytes())))
    .collect()
}

/// The colours of labels 0 to 255, six hexadecimal digits each; a label beyond has that of `(label - 1) mod 255 + 1`.
pub(super) fn label_colours() -> String {
    let palette = LabelColours::default().palette();
    let bytes: Vec<u8> = palette.iter().flat_map(|colour| colour.rgb()).collect();
    crate::auth::hex(&bytes)
}
