//! The smallest thing that fills a socket: for templates, example cases and forms.

use serde_json::{Value, json};

use crate::socket::Socket;
use crate::socket_kind::SocketKind;

/// A value that the socket takes; `None` for images and files, and where its schema asks for more than can be guessed.
pub fn example(socket: &Socket) -> Option<Value> {
    let of_schema = |key: &str| {
        socket
            .schema
            .as_ref()
            .and_then(|schema| schema.get(key))
            .cloned()
    };
    let first_of = |key: &str| of_schema(key).and_then(|list| list.get(0).cloned());
    let candidates = [
        socket.default.clone(),
        of_schema("default"),
        first_of("examples"),
        of_schema("const"),
        first_of("enum"),
        of_kind(socket.kind),
        of_schema("minimum"),
        of_schema("maximum"),
        Some(json!([])),
        Some(json!({})),
        Some(json!(0)),
        Some(json!("text")),
        Some(json!(true)),
    ];
    if !socket.kind.is_json() {
        return None;
    }
    candidates
        .into_iter()
        .flatten()
        .find(|value| socket.check_json(value).is_ok())
}

/// A value of a JSON kind without further demands; `None` for images and files.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "annotations are made by one function, images and files have no JSON"
)]
pub fn of_kind(kind: SocketKind) -> Option<Value> {
    Some(match kind {
        SocketKind::String | SocketKind::Choice => json!("text"),
        SocketKind::Integer => json!(3),
        SocketKind::Float => json!(0.5),
        SocketKind::Bool => json!(true),
        SocketKind::Anything => json!({"text": "anything"}),
        SocketKind::MultipleChoice => json!(["text"]),
        SocketKind::Chart => json!({
            "$schema": crate::socket_kind::VEGA_LITE_SCHEMA_URL,
            "data": {"values": [{"name": "a", "value": 1}, {"name": "b", "value": 2}]},
            "mark": "bar",
            "encoding": {
                "x": {"field": "name", "type": "nominal"},
                "y": {"field": "value", "type": "quantitative"},
            },
        }),
        SocketKind::AffineTransformRegistration => json!({
            "3d_affine_transform": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
        }),
        kind => annotation(kind)?,
    })
}

/// An annotation of the kind, in millimetres.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "only annotations are made here"
)]
fn annotation(kind: SocketKind) -> Option<Value> {
    let (list, item) = match kind {
        SocketKind::BoundingBox2d => (None, corners()),
        SocketKind::MultipleBoundingBoxes2d => (Some("boxes"), corners()),
        SocketKind::DistanceMeasurement => (None, ends()),
        SocketKind::MultipleDistanceMeasurements => (Some("lines"), ends()),
        SocketKind::Point => (None, json!({"point": [1, 2, 3]})),
        SocketKind::MultiplePoints => (Some("points"), json!({"point": [1, 2, 3]})),
        SocketKind::Polygon => (None, polygon()),
        SocketKind::MultiplePolygons => (Some("polygons"), polygon()),
        SocketKind::Line => (None, line()),
        SocketKind::MultipleLines => (Some("lines"), line()),
        SocketKind::Angle => (None, angle()),
        SocketKind::MultipleAngles => (Some("angles"), angle()),
        SocketKind::Ellipse => (None, ellipse()),
        SocketKind::MultipleEllipses => (Some("ellipses"), ellipse()),
        SocketKind::ThreePointAngle => (None, three_points()),
        SocketKind::MultipleThreePointAngles => (Some("angles"), three_points()),
        _no_annotation => return None,
    };
    let head =
        json!({"type": kind.label(), "name": "example", "version": {"major": 1, "minor": 0}});
    let Value::Object(mut whole) = head else {
        return None;
    };
    match (list, item) {
        (Some(list), item) => drop(whole.insert(list.to_owned(), json!([item]))),
        (None, Value::Object(members)) => whole.extend(members),
        (None, _) => return None,
    }
    Some(Value::Object(whole))
}

fn corners() -> Value {
    json!({"corners": [[1, 1, 0.5], [9, 1, 0.5], [9, 9, 0.5], [1, 9, 0.5]]})
}

fn ends() -> Value {
    json!({"start": [1, 2, 3], "end": [4, 6, 3]})
}

fn polygon() -> Value {
    json!({
        "seed_point": [2, 2, 0.5], "path_points": [[1, 1, 0.5], [3, 1, 0.5], [2, 3, 0.5]],
        "sub_type": "brush", "groups": [],
    })
}

fn line() -> Value {
    json!({"seed_points": [[1, 1, 0.5]], "path_point_lists": [[[1, 1, 0.5], [3, 1, 0.5]]]})
}

fn angle() -> Value {
    json!({"lines": [[[1, 1, 0.5], [3, 1, 0.5]], [[1, 1, 0.5], [1, 3, 0.5]]]})
}

fn ellipse() -> Value {
    json!({"major_axis": [[1, 2, 0.5], [5, 2, 0.5]], "minor_axis": [[3, 1, 0.5], [3, 3, 0.5]]})
}

fn three_points() -> Value {
    json!({"angle": [[1, 1, 0.5], [3, 1, 0.5], [3, 3, 0.5]]})
}

/// The bytes of a small file of the kind; `None` for JSON and images. Those of the large formats hold little more than what
/// their readers look at first.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "JSON and images have no such file"
)]
pub fn file(kind: SocketKind) -> Option<&'static [u8]> {
    Some(match kind {
        SocketKind::Pdf => PDF,
        SocketKind::Sqreg => b"SQLite format 3\0",
        SocketKind::ThumbnailJpg => JPEG,
        SocketKind::ThumbnailPng => PNG,
        SocketKind::Obj => b"o triangle\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
        SocketKind::Mp4 => b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
        SocketKind::Newick => b"(a:1,(b:1,c:2):1);\n",
        SocketKind::Biom => b"\x89HDF\r\n\x1a\n",
        SocketKind::Csv => b"name,value\na,1\n",
        // An archive with nothing in it is its closing record alone (APPNOTE 4.3.16).
        SocketKind::Zip => b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        _json_or_image => return None,
    })
}

/// One empty page.
const PDF: &[u8] = b"%PDF-1.1\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\n\
trailer<</Root 1 0 R>>\n%%EOF\n";

/// One grey pixel.
const PNG: &[u8] = include_bytes!("example/grey.png");

/// One grey pixel.
const JPEG: &[u8] = include_bytes!("example/grey.jpg");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_kind;
    use crate::schema::Schema;

    #[test]
    fn every_kind_has_an_example_that_it_takes() {
        for kind in SocketKind::ALL.iter().copied() {
            if kind.is_json() {
                let value = of_kind(kind).unwrap_or_else(|| panic!("{kind:?} has none"));
                if let Some(schema) = Schema::of_kind(kind) {
                    assert_eq!(schema.check(&value), Ok(()), "{kind:?}: {value}");
                }
            } else if !kind.is_image() {
                let bytes = file(kind).unwrap_or_else(|| panic!("{kind:?} has none"));
                let head = &bytes[..bytes.len().min(file_kind::HEAD)];
                assert_eq!(file_kind::check_head(kind, head), Ok(()), "{kind:?}");
            }
        }
    }

    #[test]
    fn a_schema_is_fulfilled_where_it_can_be_guessed() {
        let socket = |schema: Value| Socket {
            slug: crate::Slug::new("a").unwrap(),
            title: "A".to_owned(),
            description: String::new(),
            kind: SocketKind::Float,
            relative_path: crate::RelativePath::new("a.json").unwrap(),
            schema: Some(schema),
            default: None,
            overlay_segments: Vec::new(),
            store_in_database: true,
        };
        assert_eq!(example(&socket(json!({"minimum": 7}))), Some(json!(7)));
        assert_eq!(example(&socket(json!({"enum": [4.5]}))), Some(json!(4.5)));
        assert_eq!(
            example(&socket(
                json!({"multipleOf": 0.25, "minimum": 5.1, "maximum": 5.3})
            )),
            None
        );
    }
}
