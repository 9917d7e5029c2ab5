//! Judging JSON by JSON Schema: offline, with linear-time patterns, and with every complaint named.

use std::sync::{Arc, LazyLock};

use jsonschema::{PatternOptions, Retrieve, Uri, Validator};
use serde_json::Value;

use crate::socket_kind::{SocketKind, VEGA_LITE_SCHEMA_URL};

/// More complaints than this help nobody.
const MAX_COMPLAINTS: usize = 20;
/// A complaint quotes the value; longer ones are cut.
const MAX_COMPLAINT: usize = 300;

/// A schema that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the schema is invalid: {message}")]
pub struct InvalidSchema {
    /// What is wrong with it.
    pub message: String,
}

/// A value that a schema refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("JSON does not fulfil the schema: {}", .complaints.join("; "))]
pub struct SchemaViolation {
    /// Each with the place in the value, as a JSON pointer; at most twenty.
    pub complaints: Vec<String>,
}

/// A compiled schema.
#[derive(Debug, Clone)]
pub struct Schema(Arc<Validator>);

/// Compiled once, on first use: Vega-Lite's schema takes tens of milliseconds.
static CHART: LazyLock<Schema> = LazyLock::new(|| {
    let schema = SocketKind::Chart.schema().expect("charts have a schema");
    Schema::compile(&schema).expect("the bundled schema is valid, as a test shows")
});

impl Schema {
    /// Compiles a schema of Draft 4, 6, 7 or newer, as its `$schema` says (Draft 7 if it says nothing).
    ///
    /// # Errors
    /// When it is no valid schema, or refers to a document that is not bundled.
    pub fn compile(schema: &Value) -> Result<Self, InvalidSchema> {
        let invalid = |message: String| InvalidSchema {
            message: cut(message),
        };
        if let Some(draft) = schema.get("$schema").and_then(Value::as_str)
            && draft.contains("draft-03")
        {
            return Err(invalid(format!(
                "`$schema` is `{draft}`, expected draft 4 or newer"
            )));
        }
        let mut options = jsonschema::options();
        if schema.get("$schema").is_none() {
            options = options.with_draft(jsonschema::Draft::Draft7);
        }
        let validator = options
            .with_retriever(Bundled)
            .with_pattern_options(PatternOptions::regex())
            .build(schema)
            .map_err(|error| invalid(error.to_string()))?;
        Ok(Self(Arc::new(validator)))
    }

    /// The schema of a kind; `None` where anything goes.
    pub fn of_kind(kind: SocketKind) -> Option<Self> {
        if kind == SocketKind::Chart {
            return Some(CHART.clone());
        }
        let schema = kind.schema()?;
        Some(Self::compile(&schema).expect("our own schemas are valid, as a test shows"))
    }

    /// Judges a value.
    ///
    /// # Errors
    /// With every complaint, up to twenty.
    pub fn check(&self, value: &Value) -> Result<(), SchemaViolation> {
        if self.0.is_valid(value) {
            return Ok(());
        }
        let complaint = |error: jsonschema::ValidationError<'_>| {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() {
                "the value".to_owned()
            } else {
                format!("`{place}`")
            };
            cut(format!("{place}: {error}"))
        };
        let mut complaints: Vec<String> = self
            .0
            .iter_errors(value)
            .take(MAX_COMPLAINTS)
            .map(complaint)
            .collect();
        complaints.dedup();
        Err(SchemaViolation { complaints })
    }
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_COMPLAINT {
        let end = (0..=MAX_COMPLAINT)
            .rev()
            .find(|&end| text.is_char_boundary(end))
            .unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Documents that may be referred to: only those that come with the program.
struct Bundled;

impl Retrieve for Bundled {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        if uri.as_str().trim_end_matches('#') == VEGA_LITE_SCHEMA_URL {
            let text = include_str!("../vega-lite/v5.23.0.schema.json");
            return Ok(serde_json::from_str(text)?);
        }
        Err(format!("`$ref` to `{uri}` is refused, expected a reference inside the schema or `{VEGA_LITE_SCHEMA_URL}`").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(kind: SocketKind, value: Value) -> bool {
        Schema::of_kind(kind).is_none_or(|schema| schema.check(&value).is_ok())
    }

    #[test]
    fn simple_kinds_take_what_they_say() {
        use SocketKind as K;
        for (kind, good, bad) in [
            (
                K::String,
                vec![json!(""), json!("a")],
                vec![json!(null), json!(1)],
            ),
            (
                K::Integer,
                vec![json!(42), json!(42.0)],
                vec![json!(42.1), json!("42")],
            ),
            (
                K::Float,
                vec![json!(42), json!(4.2)],
                vec![json!("42"), json!(null)],
            ),
            (K::Bool, vec![json!(true)], vec![json!("True"), json!(1)]),
            (K::Anything, vec![json!(null), json!([]), json!({})], vec![]),
            (K::Choice, vec![json!("a")], vec![json!(1)]),
            (
                K::MultipleChoice,
                vec![json!([]), json!(["a"])],
                vec![json!([1, 2]), json!("a")],
            ),
        ] {
            good.into_iter()
                .for_each(|value| assert!(check(kind, value.clone()), "{kind:?} {value}"));
            bad.into_iter()
                .for_each(|value| assert!(!check(kind, value.clone()), "{kind:?} {value}"));
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a rule for a few of the forty kinds; the rest share one answer"
    )]
    fn one(kind: SocketKind) -> Value {
        use SocketKind as K;
        let p = json!([1.0, 2.0, 3.0]);
        match kind {
            K::BoundingBox2d => json!({"corners": [p, p, p, p]}),
            K::DistanceMeasurement => json!({"start": p, "end": p}),
            K::Point => json!({"point": p}),
            K::Polygon => {
                json!({"seed_point": p, "path_points": [p], "sub_type": "brush", "groups": []})
            }
            K::Line => json!({"seed_points": [p], "path_point_lists": [[p]]}),
            K::Angle => json!({"lines": [[p, p], [p, p]]}),
            K::Ellipse => json!({"major_axis": [p, p], "minor_axis": [p, p]}),
            K::ThreePointAngle => json!({"angle": [p, p, p]}),
            other => panic!("no example for {other:?}"),
        }
    }

    #[test]
    fn annotations_are_strict() {
        use SocketKind as K;
        let pairs = [
            (K::BoundingBox2d, K::MultipleBoundingBoxes2d, "boxes"),
            (
                K::DistanceMeasurement,
                K::MultipleDistanceMeasurements,
                "lines",
            ),
            (K::Point, K::MultiplePoints, "points"),
            (K::Polygon, K::MultiplePolygons, "polygons"),
            (K::Line, K::MultipleLines, "lines"),
            (K::Angle, K::MultipleAngles, "angles"),
            (K::Ellipse, K::MultipleEllipses, "ellipses"),
            (K::ThreePointAngle, K::MultipleThreePointAngles, "angles"),
        ];
        for (single, multiple, list) in pairs {
            let version = json!({"major": 1, "minor": 0});
            let mut value = one(single);
            value["version"] = version.clone();
            value["type"] = json!(single.label());
            value["probability"] = json!(0.5);
            assert!(check(single, value.clone()), "{value}");
            let mut wrong = value.clone();
            wrong["probability"] = json!(1.5);
            assert!(!check(single, wrong));
            let mut wrong = value.clone();
            wrong["extra"] = json!(1);
            assert!(!check(single, wrong));
            let mut wrong = value;
            wrong["type"] = json!("Other");
            assert!(!check(single, wrong));
            let mut item = one(single);
            item["name"] = json!("a");
            item["type"] = json!(single.label());
            let many = json!({"version": version, "type": multiple.label(), list: [item]});
            assert!(check(multiple, many.clone()), "{many}");
            let mut wrong = many.clone();
            wrong["probability"] = json!(0.5);
            assert!(!check(multiple, wrong), "no probability on a list");
            let mut wrong = many.clone();
            wrong[list][0]["version"] = json!({"major": 1, "minor": 0});
            assert!(!check(multiple, wrong), "no version on an item");
            let mut empty = many;
            empty[list] = json!([]);
            assert!(check(multiple, empty));
        }
    }

    #[test]
    fn charts_are_judged_offline() {
        let bar = json!({
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            "data": {"values": [{"a": "A", "b": 28}]},
            "mark": "bar",
            "encoding": {"x": {"field": "a", "type": "nominal"}, "y": {"field": "b", "type": "quantitative"}}
        });
        assert!(check(SocketKind::Chart, bar.clone()));
        let mut wrong = bar;
        wrong["mark"] = json!("hologram");
        assert!(!check(SocketKind::Chart, wrong));
    }

    #[test]
    fn complaints_name_the_place() {
        let schema = Schema::compile(&json!({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"maximum": 1}}})).unwrap();
        let violation = schema.check(&json!({"a": "x", "b": 2})).unwrap_err();
        assert_eq!(violation.complaints.len(), 2);
        assert!(violation.complaints[0].starts_with("`/a`: "), "{violation}");
    }

    #[test]
    fn foreign_and_broken_schemas_are_refused() {
        for (schema, word) in [
            (json!({"$ref": "https://example.org/other.json"}), "refused"),
            (json!({"type": "hologram"}), "hologram"),
            (
                json!({"$schema": "http://json-schema.org/draft-03/schema#"}),
                "draft 4",
            ),
        ] {
            let message = Schema::compile(&schema).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
    }
}
