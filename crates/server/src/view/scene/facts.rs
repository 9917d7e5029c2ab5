//! What an image is, as a list for people.

use imaging::{ImageSummary, SpacingSource};
use serde::Serialize;

use crate::view::views::Shown;

/// A name and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// Such as `Size`.
    pub name: &'static str,
    /// Such as `512 × 512 × 48 voxels`.
    pub value: String,
}

fn fact(name: &'static str, value: impl Into<String>) -> Fact {
    Fact {
        name,
        value: value.into(),
    }
}

/// The facts of an image.
pub(super) fn of(shown: &Shown) -> Vec<Fact> {
    let (image, summary) = (&shown.image, &shown.summary);
    let size: Vec<String> = summary.size.iter().take(3).map(u64::to_string).collect();
    let unit = if summary.size.len() == 2 {
        "pixels"
    } else {
        "voxels"
    };
    let mut facts = vec![fact("Size", format!("{} {unit}", size.join(" × ")))];
    if let Some(times) = summary.size.get(3) {
        facts.push(fact("Time points", times.to_string()));
    }
    let name = if unit == "pixels" {
        "Pixel size"
    } else {
        "Voxel size"
    };
    facts.push(fact(name, spacing(summary, shown.is_slide())));
    if summary.levels > 1 {
        facts.push(fact("Resolutions", summary.levels.to_string()));
    }
    let samples = match summary.channels {
        1 => String::new(),
        3 => ", red, green, blue".to_owned(),
        4 => ", red, green, blue, opacity".to_owned(),
        other => format!(", {other} channels"),
    };
    let component = summary.component_type.map_or_else(
        || "packed bits".to_owned(),
        |component| {
            let json = serde_json::to_value(component).unwrap_or_default();
            json.as_str().unwrap_or_default().to_owned()
        },
    );
    facts.push(fact("Samples", format!("{component}{samples}")));
    if !image.modality.is_empty() {
        facts.push(fact("Modality", image.modality.clone()));
    }
    let format = summary.format.name();
    facts.push(fact("File", format!("{format}, {}", bytes(image.size))));
    facts
}

/// What is odd about the file of an image, as sentences.
pub(super) fn warnings(shown: &Shown) -> Vec<String> {
    let warnings = shown.summary.warnings.iter();
    warnings
        .map(|warning| {
            let mut letters = warning.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            format!("{}{}.", first.collect::<String>(), letters.as_str())
        })
        .collect()
}

fn spacing(summary: &ImageSummary, is_slide: bool) -> String {
    let (factor, unit) = if is_slide {
        (1000.0, "µm")
    } else {
        (1.0, "mm")
    };
    let numbers = summary.geometry.spacing.iter().take(3);
    let numbers: Vec<String> = numbers
        .map(|spacing| significant(spacing * factor))
        .collect();
    let shown = format!("{} {unit}", numbers.join(" × "));
    match summary.spacing_source {
        SpacingSource::Stated => shown,
        SpacingSource::PrintingDefault => {
            format!("{shown}, a printing default that nobody measured")
        }
        SpacingSource::Missing => "not stated".to_owned(),
    }
}

/// Four significant digits, without zeros at the end.
fn significant(number: f64) -> String {
    let decimals = match number.abs() {
        size if size >= 100.0 => 1,
        size if size >= 1.0 => 3,
        _ => 4,
    };
    let text = format!("{number:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[expect(clippy::cast_precision_loss, reason = "a rounded number for people")]
fn bytes(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        few if few < 1e3 => format!("{few} bytes"),
        some if some < 1e6 => format!("{:.1} kB", some / 1e3),
        many if many < 1e9 => format!("{:.1} MB", many / 1e6),
        most => format!("{:.2} GB", most / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [0.25, 0.703_125, 1.0, 2.5, 123.456].map(significant),
            ["0.25", "0.7031", "1", "2.5", "123.5"]
        );
        assert_eq!(
            [12, 1234, 26_214_400].map(bytes),
            ["12 bytes", "1.2 kB", "26.2 MB"]
        );
    }
}
