//! Does an overlay lie where its image lies? In words for people.

use imaging::geometry::GridRelation;
use imaging::{ImageSummary, compare_images};
use serde::Serialize;

/// How an overlay lies on an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// Exactly where the image lies.
    pub aligned: bool,
    /// Certainly in the wrong place.
    pub wrong: bool,
    /// One sentence.
    pub sentence: String,
    /// What differs, a lower-case fragment.
    pub details: String,
    /// How far the worst corner is off, mm.
    pub mm: Option<f64>,
    /// The line of SimpleITK code that mends it.
    pub fix: Option<String>,
    /// Whether it can be shown as if it had the geometry of the image: both have the same size.
    pub can_copy: bool,
}

/// Compares two images.
pub(super) fn judge(overlay: &ImageSummary, image: &ImageSummary) -> Verdict {
    let verdict = compare_images(overlay, image);
    let wrong = verdict.is_wrong();
    let off = verdict
        .worst_corner_mm
        .filter(|mm| *mm > 0.0)
        .map(|mm| format!("{} mm", short(mm)));
    let sentence = match (verdict.relation, wrong) {
        (GridRelation::SameGrid, _) => "It lies exactly where the image lies.".to_owned(),
        (GridRelation::SameRegion, _) if verdict.aligned => {
            "It covers what the image covers, at another resolution.".to_owned()
        }
        (GridRelation::Unknown, _) => "Where it lies cannot be told.".to_owned(),
        (GridRelation::Apart, _) => match off {
            Some(off) => format!("It is not on the image at all: it is off by {off}."),
            None => "It is not on the image at all.".to_owned(),
        },
        (_, true) => match off {
            Some(off) => {
                format!("It is drawn in the wrong place: its worst corner is off by {off}.")
            }
            None => "It is drawn in the wrong place.".to_owned(),
        },
        (_, false) => "It does not cover exactly what the image covers.".to_owned(),
    };
    let side = |summary: &ImageSummary, axis: usize| {
        let size = &summary.geometry.size;
        size.get(axis).copied().unwrap_or(1)
    };
    Verdict {
        aligned: verdict.aligned,
        wrong,
        sentence,
        details: verdict.message,
        mm: verdict.worst_corner_mm,
        fix: verdict.fix,
        can_copy: !verdict.aligned && (0..3).all(|axis| side(overlay, axis) == side(image, axis)),
    }
}

fn short(mm: f64) -> String {
    if mm < 10.0 {
        format!("{mm:.2}")
    } else {
        format!("{mm:.1}")
    }
}
