//! What viewers and the platform want to know beside geometry and samples. Nothing that identifies a patient.

use serde::{Deserialize, Serialize};

use super::data_set::DataSet;
use super::pixel::Pixels;
use super::tag;
use super::values::Rescale;

/// A window as the maker of the image meant it to be looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Middle of the window, in the units of the values that are handed out.
    pub center: f64,
    /// Width of the window, same units; above zero.
    pub width: f64,
    /// What it is for, where the file says it ("BONE").
    pub name: Option<String>,
}

/// Attributes of a DICOM image that are kept for viewers and for the platform. Those of patient and study are not among
/// them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DicomFacts {
    /// `CT`, `MR`, ...
    pub modality: Option<String>,
    /// Windows of the first slice.
    pub windows: Vec<Window>,
    /// mm; says nothing about the distance between slices.
    pub slice_thickness: Option<f64>,
    /// `L`, `R` or `B`.
    pub laterality: Option<String>,
    /// `Exposure` of every time point, mAs; empty unless all state it.
    pub exposures: Vec<f64>,
    /// `ContentTime` of every time point, `HHMMSS.FFFFFF`; empty unless all state it.
    pub content_times: Vec<String>,
}

impl DicomFacts {
    /// The facts of one file. What cannot be understood is left out: none of it is needed to read the image.
    pub(super) fn of(set: &DataSet, pixels: &Pixels, rescale: Rescale) -> DicomFacts {
        let groups = set
            .items(tag::FRAME_GROUPS)
            .first()
            .into_iter()
            .chain(set.items(tag::SHARED_GROUPS).first());
        let grouped = |sequence| {
            groups
                .clone()
                .find_map(|group| group.items(sequence).first())
        };
        let plain = |text: &String| text.len() <= 16 && text.is_ascii();
        DicomFacts {
            modality: set.text(tag::MODALITY).filter(plain),
            windows: windows(grouped(tag::FRAME_WINDOW).unwrap_or(set), pixels, rescale),
            slice_thickness: set
                .decimal(tag::SLICE_THICKNESS)
                .ok()
                .flatten()
                .or_else(|| {
                    grouped(tag::PIXEL_MEASURES)?
                        .decimal(tag::SLICE_THICKNESS)
                        .ok()?
                })
                .filter(|thickness| *thickness > 0.0),
            laterality: set
                .text(tag::LATERALITY)
                .or_else(|| set.text(tag::IMAGE_LATERALITY))
                .filter(|side| matches!(side.as_str(), "L" | "R" | "B" | "U")),
            exposures: set
                .decimal(tag::EXPOSURE)
                .ok()
                .flatten()
                .into_iter()
                .collect(),
            content_times: set
                .text(tag::CONTENT_TIME)
                .filter(|time| plain(time) && time.bytes().all(|c| c.is_ascii_digit() || c == b'.'))
                .into_iter()
                .collect(),
        }
    }

    /// The facts of a series from those of the first slice of every time point.
    pub(super) fn of_times(times: &[&DicomFacts]) -> DicomFacts {
        let mut facts = times
            .first()
            .map_or_else(DicomFacts::default, |first| (*first).clone());
        facts.exposures = times
            .iter()
            .flat_map(|time| time.exposures.clone())
            .collect();
        facts.content_times = times
            .iter()
            .flat_map(|time| time.content_times.clone())
            .collect();
        if facts.exposures.len() != times.len() {
            facts.exposures.clear();
        }
        if facts.content_times.len() != times.len() {
            facts.content_times.clear();
        }
        facts
    }
}

fn windows(set: &DataSet, pixels: &Pixels, rescale: Rescale) -> Vec<Window> {
    let numbers = |tag| set.decimals(tag).ok().flatten().unwrap_or_default();
    let names = set.text(tag::WINDOW_NAMES).unwrap_or_default();
    let mut names = names.split('\\').map(|name| name.trim().to_owned());
    numbers(tag::WINDOW_CENTER)
        .into_iter()
        .zip(numbers(tag::WINDOW_WIDTH))
        .map(|(center, width)| Window {
            center: if pixels.is_inverted() {
                turned(center, pixels, rescale)
            } else {
                center
            },
            width,
            name: names.next().filter(|name| !name.is_empty()),
        })
        .filter(|window| window.width > 0.0)
        .collect()
}

/// The values of MONOCHROME1 were turned around: so is the window.
fn turned(center: f64, pixels: &Pixels, rescale: Rescale) -> f64 {
    let (low, high) = pixels.range();
    rescale.apply(low as f64) + rescale.apply(high as f64) - center
}
