//! What the header of a `.mha` says beside geometry and samples, as far as grand-challenge.org keeps it.
//!
//! Source of the fields and of what they may hold: the MetaImage builder of panimg 0.18. A field that does not hold what
//! it may makes that builder refuse the file: it is left out here, with a warning. Fields that name a patient or a study
//! are not among them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::dicom::{DicomFacts, Window};

mod pattern;
mod range;

use pattern::Holds;
pub(crate) use range::PixelRange;

const CENTER: &str = "WindowCenter";
const WIDTH: &str = "WindowWidth";
const SMALLEST: &str = "SmallestImagePixelValue";
const LARGEST: &str = "LargestImagePixelValue";

/// Fields that are kept, and what they hold.
const KEPT: [(&str, Holds); 10] = [
    ("ContentTimes", Holds::Times),
    ("Exposures", Holds::Numbers),
    ("Laterality", Holds::Text),
    (LARGEST, Holds::Number),
    (SMALLEST, Holds::Number),
    ("SliceThickness", Holds::Number),
    (CENTER, Holds::NumberOrArray),
    (WIDTH, Holds::NumberOrArray),
    ("t0", Holds::Number),
    ("t1", Holds::Number),
];

/// Fields by which the platform knows a patient and a study.
pub(crate) const IDENTIFYING: [&str; 10] = [
    "PatientAge",
    "PatientBirthDate",
    "PatientID",
    "PatientName",
    "PatientSex",
    "SeriesDescription",
    "SeriesInstanceUID",
    "StudyDate",
    "StudyDescription",
    "StudyInstanceUID",
];

/// Header fields that the platform keeps, each with a value that it takes. None identifies a patient.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// True when no field is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Value of a field (`WindowCenter`) as text.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// All fields in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(field, value)| (field.as_str(), value.as_str()))
    }

    /// The windows that the header states.
    #[must_use]
    pub fn windows(&self) -> Vec<Window> {
        let numbers = |field| pattern::numbers(self.get(field).unwrap_or_default());
        numbers(CENTER)
            .into_iter()
            .zip(numbers(WIDTH))
            .filter(|(_, width)| *width > 0.0)
            .map(|(center, width)| Window {
                center,
                width,
                name: None,
            })
            .collect()
    }

    /// Keeps of these fields those that the platform knows and takes. `size` is that of the image: x, y, z, t.
    pub(crate) fn of_fields<'a>(
        fields: impl Iterator<Item = (&'a str, &'a str)>,
        size: &[u64],
        warnings: &mut Vec<String>,
    ) -> Metadata {
        let mut metadata = Metadata::default();
        for (field, value) in fields {
            let Some((_, holds)) = KEPT.iter().find(|(kept, _)| *kept == field) else {
                continue;
            };
            match holds.check(value, timepoints(size)) {
                Ok(()) => {
                    metadata.0.insert(field.to_owned(), value.to_owned());
                }
                Err(expected) => warnings.push(refusal(field, &expected, value)),
            }
        }
        metadata.match_windows(warnings);
        metadata
    }

    /// What the platform keeps of a DICOM image.
    #[must_use]
    pub fn of_dicom(facts: &DicomFacts, size: &[u64]) -> Metadata {
        let windows = facts.windows.get(..16).unwrap_or(&facts.windows);
        let array = |numbers: Vec<String>| match numbers.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let centers = windows.iter().map(|window| number(window.center));
        let widths = windows.iter().map(|window| number(window.width));
        let times: Vec<&str> = facts
            .content_times
            .iter()
            .map(|time| milliseconds(time))
            .collect();
        let exposures: Vec<String> = facts.exposures.iter().copied().map(number).collect();
        let fields = [
            (CENTER, array(centers.collect())),
            (WIDTH, array(widths.collect())),
            (
                "SliceThickness",
                facts.slice_thickness.map(number).unwrap_or_default(),
            ),
            ("Laterality", facts.laterality.clone().unwrap_or_default()),
            ("Exposures", exposures.join(" ")),
            ("ContentTimes", times.join(" ")),
        ];
        let present = fields
            .iter()
            .map(|(field, value)| (*field, value.as_str()))
            .filter(|(_, value)| !matches!(*value, "" | "[]"));
        // What DICOM allows and the platform does not is left out: the converted file is taken without it.
        Metadata::of_fields(present, size, &mut Vec::new())
    }

    /// Adds the smallest and the largest value of the samples, unless the header states both.
    pub(crate) fn add_range(&mut self, range: &PixelRange) {
        if self.get(SMALLEST).is_some() && self.get(LARGEST).is_some() {
            return;
        }
        if let Some((smallest, largest)) = range.text() {
            self.0.insert(SMALLEST.into(), smallest);
            self.0.insert(LARGEST.into(), largest);
        }
    }

    /// For a file that goes to others: text that could be anything is kept only where it is a code.
    pub(crate) fn without_free_text(mut self) -> Metadata {
        self.0.retain(|field, value| {
            field != "Laterality"
                || value.len() <= 16 && value.bytes().all(|byte| byte.is_ascii_uppercase())
        });
        self
    }

    fn match_windows(&mut self, warnings: &mut Vec<String>) {
        let count = |field| {
            self.get(field)
                .filter(|value| value.starts_with('['))
                .map(|value| value.split(',').count())
        };
        let (centers, widths) = (count(CENTER), count(WIDTH));
        if centers == widths {
            return;
        }
        warnings.push(format!(
            "header fields `{CENTER}` and `{WIDTH}`: expected two numbers or two lists of the same length, found `{}` and `{}`; grand-challenge.org refuses such a file",
            self.get(CENTER).unwrap_or("nothing"),
            self.get(WIDTH).unwrap_or("nothing"),
        ));
        self.0.remove(CENTER);
        self.0.remove(WIDTH);
    }
}

fn refusal(field: &str, expected: &str, value: &str) -> String {
    let shown: String = value.chars().take(80).collect();
    format!(
        "header field `{field}`: expected {expected}, found `{shown}`; grand-challenge.org refuses such a file"
    )
}

fn timepoints(size: &[u64]) -> u64 {
    size.get(3).copied().unwrap_or(1)
}

/// As text that reads back as the same number.
fn number(number: f64) -> String {
    let magnitude = number.abs();
    if magnitude == 0.0 || (1e-5..1e16).contains(&magnitude) {
        format!("{}", number + 0.0)
    } else {
        format!("{number:e}")
    }
}

/// A DICOM time cut to milliseconds, or to seconds where it has fewer digits.
fn milliseconds(time: &str) -> &str {
    time.get(..10).or_else(|| time.get(..6)).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(fields: &[(&str, &str)], size: &[u64]) -> (Metadata, Vec<String>) {
        let mut warnings = Vec::new();
        let metadata = Metadata::of_fields(fields.iter().copied(), size, &mut warnings);
        (metadata, warnings)
    }

    #[test]
    fn windows_are_numbers_or_lists_of_one_length() {
        for (center, width, count) in [
            ("20.5", "200.5", 1),
            ("[20.5]", "[200.5]", 1),
            ("[10.5, 20.5]", "[100.5,200.5]", 2),
        ] {
            let (metadata, warnings) = kept(&[(CENTER, center), (WIDTH, width)], &[3, 4]);
            assert_eq!(metadata.windows().len(), count, "{center}");
            assert_eq!(warnings, Vec::<String>::new());
        }
        for (center, width) in [
            ("[10.5]", "[100.5, 200.5]"),
            ("[]", "[]"),
            ("[10.5]", "100.5"),
            ("20.5", "[200.5]"),
            ("5.", "x"),
        ] {
            let (metadata, warnings) = kept(&[(CENTER, center), (WIDTH, width)], &[3, 4]);
            assert!(metadata.is_empty() && !warnings.is_empty(), "{center}");
        }
        let (metadata, warnings) = kept(&[(CENTER, "40")], &[3]);
        assert_eq!((metadata.get(CENTER), warnings.len()), (Some("40"), 0));
    }

    #[test]
    fn lists_have_one_value_for_each_time_point() {
        let fields = [
            ("Exposures", "1 2e-5"),
            ("ContentTimes", "000000 235959.999"),
        ];
        let (metadata, warnings) = kept(&fields, &[1, 1, 1, 2]);
        assert_eq!((metadata.iter().count(), warnings.len()), (2, 0));
        let (metadata, warnings) = kept(&fields, &[1, 1, 2]);
        assert!(metadata.is_empty());
        assert_eq!(
            warnings[0],
            "header field `Exposures`: expected 1 number, one for each time point, found `1 2e-5`; grand-challenge.org refuses such a file"
        );
    }

    #[test]
    fn dicom_facts_become_fields_without_anything_else() {
        let window = |center, width| Window {
            center,
            width,
            name: Some("BONE".into()),
        };
        let facts = DicomFacts {
            modality: Some("CT".into()),
            windows: vec![window(40.0, 400.0), window(-600.0, 1e-7)],
            slice_thickness: Some(2.5),
            laterality: Some("L".into()),
            exposures: vec![100.0],
            content_times: vec!["101112.123456".into()],
        };
        let metadata = Metadata::of_dicom(&facts, &[3, 2, 1]);
        let fields: Vec<(&str, &str)> = metadata.iter().collect();
        assert_eq!(
            fields,
            [
                ("ContentTimes", "101112.123"),
                ("Exposures", "100"),
                ("Laterality", "L"),
                ("SliceThickness", "2.5"),
                (CENTER, "[40, -600]"),
                (WIDTH, "[400, 1e-7]"),
            ]
        );
    }
}
