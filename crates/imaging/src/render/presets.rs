//! Which window to begin with: the one in the file, the one of the modality, or an automatic one.

use super::window::Window;
use crate::dicom::DicomFacts;
use crate::serve::Statistics;
use crate::summary::ImageSummary;

/// A named window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    /// Lower-case name for a menu.
    pub name: &'static str,
    /// Its window.
    pub window: Window,
}

const fn preset(name: &'static str, center: f64, width: f64) -> Preset {
    Preset {
        name,
        window: Window::new(center, width),
    }
}

/// Windows for Hounsfield units as radiologists commonly set them.
const CT: [Preset; 11] = [
    preset("soft tissue", 40.0, 400.0),
    preset("abdomen", 60.0, 400.0),
    preset("liver", 70.0, 150.0),
    preset("mediastinum", 50.0, 350.0),
    preset("lung", -600.0, 1500.0),
    preset("bone", 400.0, 1800.0),
    preset("brain", 40.0, 80.0),
    preset("stroke", 36.0, 30.0),
    preset("subdural", 75.0, 215.0),
    preset("temporal bone", 600.0, 2800.0),
    preset("angiography", 300.0, 600.0),
];

/// Windows for a modality (DICOM code, `CT`); none for those whose values have no fixed meaning, such as MR, and those
/// whose range depends on the dose, such as PT: there the automatic window serves.
#[must_use]
pub fn presets(modality: &str) -> &'static [Preset] {
    if modality.trim().eq_ignore_ascii_case("CT") {
        &CT
    } else {
        &[]
    }
}

/// What a file says about how to show it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShowFacts {
    /// DICOM code of the modality.
    pub modality: Option<String>,
    /// The window that the file states.
    pub window: Option<Window>,
}

impl From<&DicomFacts> for ShowFacts {
    /// The modality and the first window of a DICOM image.
    fn from(facts: &DicomFacts) -> ShowFacts {
        let window = facts.windows.first();
        ShowFacts {
            modality: facts.modality.clone(),
            window: window.map(|window| Window::new(window.center, window.width)),
        }
    }
}

impl From<&ImageSummary> for ShowFacts {
    /// The first window that the header states. A summary does not tell the modality.
    fn from(summary: &ImageSummary) -> ShowFacts {
        let windows = summary.metadata.windows();
        ShowFacts {
            modality: None,
            window: windows
                .first()
                .map(|window| Window::new(window.center, window.width)),
        }
    }
}

/// The window to begin with: that of the file, else the first preset of the modality (CT also when only the values look
/// like it), else the automatic one.
#[must_use]
pub fn first_window(facts: &ShowFacts, statistics: &Statistics) -> Window {
    let stated = facts.window.filter(|window| {
        window.center.is_finite() && window.width.is_finite() && window.width > 0.0
    });
    let modality = facts.modality.as_deref();
    let is_ct = || modality.is_none() && looks_like_hounsfield(statistics);
    stated
        .or_else(|| {
            let code = modality.unwrap_or(if is_ct() { "CT" } else { "" });
            presets(code).first().map(|preset| preset.window)
        })
        .unwrap_or_else(|| Window::automatic(statistics))
}

/// True for values from air (about −1000) or the padding of scanners below it to bone or metal: a guess for files that
/// name no modality, such as MetaImage.
#[must_use]
pub fn looks_like_hounsfield(statistics: &Statistics) -> bool {
    let Some((low, high)) = statistics.minimum().zip(statistics.maximum()) else {
        return false;
    };
    // Water and soft tissue must be there too, or it is a map of differences.
    let upper = statistics.percentile(0.99).unwrap_or(low);
    (-8192.0..=-900.0).contains(&low) && (200.0..=32_767.0).contains(&high) && upper > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::Samples;

    fn facts(modality: Option<&str>, window: Option<Window>) -> ShowFacts {
        ShowFacts {
            modality: modality.map(str::to_owned),
            window,
        }
    }

    #[test]
    fn the_file_comes_before_the_modality_and_that_before_the_values() {
        let statistics = Statistics::of(&Samples::Int16((-1024..1500).collect()));
        let stated = Window::new(1.0, 2.0);
        let first = |modality, window| first_window(&facts(modality, window), &statistics);
        assert_eq!(first(Some("CT"), Some(stated)), stated);
        assert_eq!(first(Some("ct "), None), Window::new(40.0, 400.0));
        assert_eq!(first(None, None), Window::new(40.0, 400.0));
        assert_eq!(first(Some("MR"), None), Window::automatic(&statistics));
        let broken = Window::new(f64::NAN, 1.0);
        assert_eq!(
            first(Some("MR"), Some(broken)),
            Window::automatic(&statistics)
        );
    }

    #[test]
    fn a_dicom_image_says_how_to_show_it() {
        let window = |center, width| crate::DicomWindow {
            center,
            width,
            name: None,
        };
        let facts = DicomFacts {
            modality: Some("MR".into()),
            windows: vec![window(300.0, 600.0), window(1.0, 2.0)],
            ..DicomFacts::default()
        };
        let statistics = Statistics::of(&Samples::Int16(vec![0, 1]));
        let first = |facts: &DicomFacts| first_window(&facts.into(), &statistics);
        assert_eq!(first(&facts), Window::new(300.0, 600.0));
        let nothing = DicomFacts::default();
        assert_eq!(first(&nothing), Window::automatic(&statistics));
    }

    #[test]
    fn names_are_unique_and_mr_has_no_presets() {
        let names: std::collections::BTreeSet<_> =
            presets("CT").iter().map(|preset| preset.name).collect();
        assert_eq!(names.len(), presets("CT").len());
        assert!(presets("MR").is_empty());
        let mr = Statistics::of(&Samples::Int16((0..1500).collect()));
        assert!(!looks_like_hounsfield(&mr));
    }
}
