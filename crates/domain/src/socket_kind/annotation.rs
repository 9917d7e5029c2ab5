//! JSON Schemas of the annotation kinds. All coordinates are millimetres in patient space: x, y, z (LPS, as ITK).

use serde_json::{Map, Value, json};

use super::SocketKind;

/// One kind of annotation: its own fields, and how a list of them is called if it is a *Multiple* kind.
struct Shape {
    /// Label of the single kind, which items of a list may carry as `type`.
    single: SocketKind,
    /// Field of the list; `None` for a single annotation.
    list: Option<&'static str>,
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule for a few of the forty kinds; the rest share one answer"
)]
fn shape(kind: SocketKind) -> Option<Shape> {
    use SocketKind as K;
    let (single, list) = match kind {
        K::BoundingBox2d
        | K::DistanceMeasurement
        | K::Point
        | K::Polygon
        | K::Line
        | K::Angle
        | K::Ellipse
        | K::ThreePointAngle => (kind, None),
        K::MultipleBoundingBoxes2d => (K::BoundingBox2d, Some("boxes")),
        K::MultipleDistanceMeasurements => (K::DistanceMeasurement, Some("lines")),
        K::MultiplePoints => (K::Point, Some("points")),
        K::MultiplePolygons => (K::Polygon, Some("polygons")),
        K::MultipleLines => (K::Line, Some("lines")),
        K::MultipleAngles => (K::Angle, Some("angles")),
        K::MultipleEllipses => (K::Ellipse, Some("ellipses")),
        K::MultipleThreePointAngles => (K::ThreePointAngle, Some("angles")),
        _no_annotation => return None,
    };
    Some(Shape { single, list })
}

/// The fields that make a single annotation what it is; all are required.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule for a few of the forty kinds; the rest share one answer"
)]
fn fields(single: SocketKind) -> Vec<(&'static str, Value)> {
    use SocketKind as K;
    match single {
        K::BoundingBox2d => vec![("corners", exactly(4, point()))],
        K::DistanceMeasurement => vec![("start", point()), ("end", point())],
        K::Point => vec![("point", point())],
        K::Polygon => vec![
            ("seed_point", point()),
            ("path_points", list_of(point())),
            ("sub_type", json!({"type": "string"})),
            ("groups", list_of(json!({"type": "string"}))),
        ],
        K::Line => vec![
            ("seed_points", list_of(point())),
            ("path_point_lists", list_of(list_of(point()))),
        ],
        K::Angle => vec![("lines", exactly(2, exactly(2, point())))],
        K::Ellipse => vec![
            ("major_axis", exactly(2, point())),
            ("minor_axis", exactly(2, point())),
        ],
        K::ThreePointAngle => vec![("angle", exactly(3, point()))],
        _other => vec![],
    }
}

/// The schema of an annotation kind; `None` for other kinds.
pub(super) fn schema(kind: SocketKind) -> Option<Value> {
    let Shape { single, list } = shape(kind)?;
    let own = fields(single);
    let mut required: Vec<(&'static str, Value)> = vec![
        ("version", version()),
        ("type", json!({"const": kind.label()})),
    ];
    let optional = match list {
        None => {
            required.extend(own);
            vec![("name", text()), ("probability", probability())]
        }
        Some(name) => {
            let item_type = ("type", json!({"const": single.label()}));
            let item = object(
                own,
                vec![("name", text()), item_type, ("probability", probability())],
            );
            required.push((name, list_of(item)));
            vec![("name", text())]
        }
    };
    Some(object(required, optional))
}

fn object(required: Vec<(&'static str, Value)>, optional: Vec<(&'static str, Value)>) -> Value {
    let names: Vec<&str> = required.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> = required
        .into_iter()
        .chain(optional)
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    json!({"type": "object", "required": names, "properties": properties, "additionalProperties": false})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn probability() -> Value {
    json!({"type": "number", "minimum": 0, "maximum": 1})
}

fn point() -> Value {
    exactly(3, json!({"type": "number"}))
}

fn version() -> Value {
    let number = json!({"type": "number", "minimum": 0, "multipleOf": 1});
    object(vec![("major", number.clone()), ("minor", number)], vec![])
}

fn list_of(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

fn exactly(count: usize, items: Value) -> Value {
    json!({"type": "array", "items": items, "minItems": count, "maxItems": count})
}
