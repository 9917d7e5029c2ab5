//! A volume in memory, and what its numbers say about how to show it.

use std::sync::Arc;

use camino::Utf8Path;
use imaging::render::presets::{ShowFacts, first_window, looks_like_hounsfield};
use imaging::render::{HeatMap, Window};
use imaging::serve::{Halving, LabelEntry, Statistics, Texture, label_table};
use imaging::{CheckLimits, ImageSummary, ReadImageError, Volume};
use serde::Serialize;

/// Decoded samples of a volume that is shown, bytes; larger ones are refused. Two such volumes may be decoded at once.
const MOST_BYTES: u64 = 4 << 30;
/// Bars of the histogram.
const BARS: usize = 64;

/// A volume that is ready to be shown.
pub(super) struct Prepared {
    pub(super) volume: Arc<Volume>,
    pub(super) numbers: Numbers,
    /// Code of the modality; a guess from the values where the image has none; may be empty.
    pub(super) modality: String,
    /// The window to begin with.
    pub(super) window: Window,
    pub(super) heat: HeatMap,
    pub(super) texture: Texture,
    pub(super) halving: Halving,
    /// Labels of the first time point; `None` for what has too many values.
    pub(super) labels: Option<Vec<LabelEntry>>,
}

/// What is known of all finite samples together.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Numbers {
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) mean: Option<f64>,
    /// The value below which 1 % lie.
    pub(super) low: Option<f64>,
    /// The value below which 99 % lie.
    pub(super) high: Option<f64>,
    /// Counts in 64 bins from minimum to maximum.
    pub(super) histogram: Vec<u64>,
    /// Samples that are infinite or no number.
    pub(super) not_finite: u64,
}

impl Numbers {
    pub(super) fn of(statistics: &Statistics) -> Numbers {
        Numbers {
            minimum: statistics.minimum(),
            maximum: statistics.maximum(),
            mean: statistics.mean(),
            low: statistics.percentile(0.01),
            high: statistics.percentile(0.99),
            histogram: statistics.histogram(BARS),
            not_finite: statistics.not_finite(),
        }
    }
}

impl Prepared {
    /// Reads a volume. Blocks. `known` is what was found when it was checked.
    pub(super) fn read(
        path: &Utf8Path,
        known: &ImageSummary,
        modality: &str,
    ) -> Result<Prepared, ReadImageError> {
        let limits = CheckLimits {
            max_voxel_bytes: MOST_BYTES,
            ..CheckLimits::default()
        };
        let (volume, _) = imaging::read(path, &limits)?;
        let statistics = Statistics::of(&volume.samples);
        let facts = ShowFacts {
            modality: (!modality.is_empty()).then(|| modality.to_owned()),
            ..ShowFacts::from(known)
        };
        let range = (
            statistics.minimum().unwrap_or(0.0),
            statistics.maximum().unwrap_or(0.0),
        );
        let component = volume.samples.component_type();
        let labels = if may_be_labels(known) {
            label_table(&volume, 0).ok().flatten()
        } else {
            None
        };
        let modality = match modality {
            "" if looks_like_hounsfield(&statistics) => "CT",
            known => known,
        };
        Ok(Prepared {
            modality: modality.to_owned(),
            window: first_window(&facts, &statistics),
            heat: HeatMap::for_values(&statistics),
            texture: Texture::of(component, volume.channels, range),
            halving: Halving::for_image(known),
            numbers: Numbers::of(&statistics),
            labels,
            volume: Arc::new(volume),
        })
    }

    /// Bytes in memory.
    pub(super) fn bytes(&self) -> u64 {
        bytes(&self.volume)
    }
}

/// True for whole numbers of one channel: any of them may be a segmentation in somebody's eyes.
fn may_be_labels(known: &ImageSummary) -> bool {
    known.channels == 1 && known.segments.is_some()
}

/// Bytes of the samples of a volume.
pub(super) fn bytes(volume: &Volume) -> u64 {
    volume.samples.len() as u64 * volume.samples.component_type().bytes()
}
