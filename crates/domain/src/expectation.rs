//! `case.toml`: what a test case of an algorithm expects, and how much its outputs may differ from the recorded ones.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::failure::FailureReason;
use crate::quantity;
use crate::slug::Slug;

mod json_difference;

pub use json_difference::json_differences;

/// What a case expects. Without a file everything has its default: the case succeeds, every output is exactly as recorded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expectation {
    /// What the case is about, for people.
    pub description: String,
    /// The reason for which the case has to fail; `None`: it has to succeed.
    pub failure: Option<FailureReason>,
    /// Longest time that the program may take, milliseconds.
    pub wall_time_ms: Option<u64>,
    /// Highest memory use, bytes.
    pub memory_bytes: Option<u64>,
    /// By output socket; others are compared by [`Tolerance::Exact`].
    pub outputs: BTreeMap<Slug, Tolerance>,
}

/// How an output is compared with the recorded one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(tag = "compare", rename_all = "snake_case", deny_unknown_fields)]
pub enum Tolerance {
    /// JSON: the same value, whatever its spelling. Images: the same samples in the same place. Files: the same bytes.
    #[default]
    Exact,
    /// JSON in which each number may differ by `absolute` or, relative to the recorded one, by `relative`.
    Number {
        /// In the unit of the value.
        #[serde(default)]
        absolute: f64,
        /// Share of the recorded value.
        #[serde(default)]
        relative: f64,
    },
    /// Segmentations whose Dice coefficient is at least this for each label other than 0.
    Dice {
        /// From 0 to 1.
        at_least: f64,
        /// Whether the grids also have to lie in the same place.
        #[serde(default = "yes")]
        geometry: bool,
    },
    /// Images on the same grid of which at most the share `share` of samples differs by more than `difference`.
    Voxels {
        /// In the unit of the samples.
        #[serde(default)]
        difference: f64,
        /// From 0 to 1.
        #[serde(default)]
        share: f64,
        /// Whether the grids also have to lie in the same place.
        #[serde(default = "yes")]
        geometry: bool,
    },
    /// Images that lie in the same place; their samples do not matter.
    Geometry,
    /// It has to be there and valid; no more.
    Ignore,
}

fn yes() -> bool {
    true
}

/// A `case.toml` that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`case.toml` is invalid: {message}")]
pub struct ParseExpectationError {
    message: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseText {
    #[serde(default)]
    description: String,
    failure: Option<FailureReason>,
    #[serde(default)]
    bounds: BoundsText,
    #[serde(default)]
    outputs: BTreeMap<String, Tolerance>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct BoundsText {
    time: Option<String>,
    memory: Option<String>,
}

impl Expectation {
    /// Reads a `case.toml`.
    ///
    /// # Errors
    /// When it is no TOML, has unknown keys, or a number out of its range.
    pub fn parse(text: &str) -> Result<Self, ParseExpectationError> {
        let failed = |message: String| ParseExpectationError {
            message: message.trim().to_owned(),
        };
        let case: CaseText = toml::from_str(text).map_err(|error| failed(error.to_string()))?;
        let quantity = |key: &str, error: quantity::InvalidQuantity| {
            failed(format!("`bounds.{key}`: {error}"))
        };
        let mut outputs = BTreeMap::new();
        for (name, tolerance) in case.outputs {
            tolerance
                .check()
                .map_err(|problem| failed(format!("`outputs.{name}`: {problem}")))?;
            let slug = Slug::new(name).map_err(|error| failed(format!("`outputs`: {error}")))?;
            outputs.insert(slug, tolerance);
        }
        let time = case
            .bounds
            .time
            .as_deref()
            .map(quantity::parse_milliseconds);
        let memory = case.bounds.memory.as_deref().map(quantity::parse_bytes);
        Ok(Self {
            description: case.description,
            failure: case.failure,
            wall_time_ms: time.transpose().map_err(|error| quantity("time", error))?,
            memory_bytes: memory
                .transpose()
                .map_err(|error| quantity("memory", error))?,
            outputs,
        })
    }

    /// How this output is compared.
    pub fn tolerance(&self, output: &Slug) -> Tolerance {
        self.outputs.get(output).cloned().unwrap_or_default()
    }
}

impl Tolerance {
    fn check(&self) -> Result<(), String> {
        let within = |name: &str, value: f64, most: f64| {
            if (0.0..=most).contains(&value) {
                Ok(())
            } else {
                Err(format!(
                    "`{name}` is {value}, expected a number from 0 to {most}"
                ))
            }
        };
        match self {
            Self::Number { absolute, relative } => {
                within("absolute", *absolute, f64::MAX)?;
                within("relative", *relative, f64::MAX)
            }
            Self::Dice { at_least, .. } => within("at_least", *at_least, 1.0),
            Self::Voxels {
                difference, share, ..
            } => {
                within("difference", *difference, f64::MAX)?;
                within("share", *share, 1.0)
            }
            Self::Exact | Self::Geometry | Self::Ignore => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_read() {
        let case = Expectation::parse(
            r#"
            description = "a small head"
            failure = "memory_limit"
            bounds = { time = "10s", memory = "1MB" }
            [outputs.mask]
            compare = "dice"
            at_least = 0.9
            [outputs.volume]
            compare = "number"
            relative = 0.01
            "#,
        )
        .unwrap();
        assert_eq!(case.failure, Some(FailureReason::MemoryLimit));
        assert_eq!(
            (case.wall_time_ms, case.memory_bytes),
            (Some(10_000), Some(1_000_000))
        );
        let mask = case.tolerance(&Slug::new("mask").unwrap());
        assert_eq!(
            mask,
            Tolerance::Dice {
                at_least: 0.9,
                geometry: true
            }
        );
        assert_eq!(
            case.tolerance(&Slug::new("other").unwrap()),
            Tolerance::Exact
        );
        assert_eq!(Expectation::parse("").unwrap(), Expectation::default());
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("failure = \"bad_luck\"", "bad_luck"),
            ("bounds = { time = \"soon\" }", "`bounds.time`: `soon`"),
            (
                "outputs.mask = { compare = \"dice\", at_least = 2.0 }",
                "`at_least` is 2",
            ),
            ("outputs.mask = { compare = \"taste\" }", "taste"),
            ("outputs.mask = { compare = \"dice\" }", "at_least"),
            (
                "outputs.mask = { compare = \"number\", relativ = 1.0 }",
                "relativ",
            ),
            ("outputs.Mask = { compare = \"exact\" }", "Mask"),
            ("tolerances = 1", "tolerances"),
        ] {
            let error = Expectation::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }
}
