//! From the JSON of the annotation kinds to paths.

use domain::SocketKind;
use serde::Serialize;
use serde_json::Value;

use super::measure;

/// Corners of the polygon by which an ellipse is drawn.
const ELLIPSE_CORNERS: u32 = 64;

/// One annotation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// `point`, `box`, `distance`, `polygon`, `line`, `angle` or `ellipse`.
    pub kind: &'static str,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Whether the last point of each path is joined with the first.
    pub closed: bool,
    /// Points in LPS mm.
    pub paths: Vec<Vec<[f64; 3]>>,
    /// Where to look at it, LPS mm.
    pub at: [f64; 3],
    /// Its length or angle, with unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
}

impl Item {
    /// Where to look at it, for people.
    #[must_use]
    pub fn position(&self) -> String {
        self.at.map(|value| format!("{value:.1}")).join(", ")
    }

    /// All its points, LPS mm.
    pub(super) fn points(&self) -> impl Iterator<Item = [f64; 3]> + '_ {
        self.paths.iter().flatten().copied()
    }
}

/// The shape of a kind, and the field of the list of a *multiple* kind.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule for a few of the forty kinds; the rest are no annotations"
)]
pub(super) fn shape(kind: SocketKind) -> Option<(&'static str, Option<&'static str>)> {
    use SocketKind as K;
    Some(match kind {
        K::Point => ("point", None),
        K::MultiplePoints => ("point", Some("points")),
        K::BoundingBox2d => ("box", None),
        K::MultipleBoundingBoxes2d => ("box", Some("boxes")),
        K::DistanceMeasurement => ("distance", None),
        K::MultipleDistanceMeasurements => ("distance", Some("lines")),
        K::Polygon => ("polygon", None),
        K::MultiplePolygons => ("polygon", Some("polygons")),
        K::Line => ("line", None),
        K::MultipleLines => ("line", Some("lines")),
        K::Angle | K::ThreePointAngle => ("angle", None),
        K::MultipleAngles | K::MultipleThreePointAngles => ("angle", Some("angles")),
        K::Ellipse => ("ellipse", None),
        K::MultipleEllipses => ("ellipse", Some("ellipses")),
        _no_annotation => return None,
    })
}

/// All items of a value. What its schema would refuse is left out.
pub(super) fn items(kind: SocketKind, json: &Value) -> Vec<Item> {
    let Some((shape, list)) = shape(kind) else {
        return Vec::new();
    };
    match list {
        None => item(shape, json).into_iter().collect(),
        Some(field) => {
            let items = json.get(field).and_then(Value::as_array);
            let items = items.into_iter().flatten();
            items.filter_map(|json| item(shape, json)).collect()
        }
    }
}

fn item(kind: &'static str, json: &Value) -> Option<Item> {
    let (paths, closed) = paths(kind, json)?;
    let points: Vec<[f64; 3]> = paths.iter().flatten().copied().collect();
    let measure = match (kind, paths.as_slice()) {
        ("distance", [path]) => measure::length(path),
        ("line", paths) => paths.first().and_then(|path| measure::length(path)),
        ("angle", [path]) => measure::angle_of_three(path),
        ("angle", [one, other]) => measure::angle_between(one, other),
        _ => None,
    };
    Some(Item {
        kind,
        name: text(json, "name"),
        probability: json.get("probability").and_then(Value::as_f64),
        closed,
        at: measure::middle(&points)?,
        paths,
        measure,
    })
}

/// The paths of one item, and whether they are closed.
fn paths(kind: &str, json: &Value) -> Option<(Vec<Vec<[f64; 3]>>, bool)> {
    Some(match kind {
        "point" => (vec![vec![point(json.get("point")?)?]], false),
        "box" => (vec![points(json.get("corners")?)?], true),
        "distance" => {
            let ends = [json.get("start")?, json.get("end")?];
            (vec![ends.into_iter().filter_map(point).collect()], false)
        }
        "polygon" => (vec![points(json.get("path_points")?)?], true),
        "line" => {
            let lists = json.get("path_point_lists")?.as_array()?;
            let paths: Vec<_> = lists.iter().filter_map(points).collect();
            if paths.iter().all(Vec::is_empty) {
                (vec![points(json.get("seed_points")?)?], false)
            } else {
                (paths, false)
            }
        }
        "angle" => match json.get("lines") {
            Some(lines) => {
                let lines = lines.as_array()?;
                (lines.iter().filter_map(points).collect(), false)
            }
            None => (vec![points(json.get("angle")?)?], false),
        },
        "ellipse" => {
            let axis = |name| points(json.get(name)?);
            (
                vec![ellipse(&axis("major_axis")?, &axis("minor_axis")?)?],
                true,
            )
        }
        _ => return None,
    })
}

/// An ellipse from the two ends of both of its axes, as a polygon.
fn ellipse(major: &[[f64; 3]], minor: &[[f64; 3]]) -> Option<Vec<[f64; 3]>> {
    let ([a, b], [c, d]) = (major, minor) else {
        return None;
    };
    let middle = measure::middle(&[*a, *b])?;
    let half = |from: &[f64; 3], to: &[f64; 3]| -> [f64; 3] {
        std::array::from_fn(|axis| (to[axis] - from[axis]) / 2.0)
    };
    let (major, minor) = (half(a, b), half(c, d));
    let corners = (0..ELLIPSE_CORNERS).map(|corner| {
        let turn = f64::from(corner) / f64::from(ELLIPSE_CORNERS) * std::f64::consts::TAU;
        std::array::from_fn(|axis| {
            middle[axis] + turn.cos() * major[axis] + turn.sin() * minor[axis]
        })
    });
    Some(corners.collect())
}

fn points(json: &Value) -> Option<Vec<[f64; 3]>> {
    json.as_array()?.iter().map(point).collect()
}

fn point(json: &Value) -> Option<[f64; 3]> {
    match json.as_array()?.as_slice() {
        [x, y, z] => Some([x.as_f64()?, y.as_f64()?, z.as_f64()?]),
        _ => None,
    }
}

fn text(json: &Value, field: &str) -> Option<String> {
    let text = json.get(field)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_annotation_kind_is_read() {
        let values = [
            (
                SocketKind::Point,
                json!({"point": [1, 2, 3], "name": "a", "probability": 0.5}),
            ),
            (
                SocketKind::MultipleBoundingBoxes2d,
                json!({"boxes": [{"corners": [[0, 0, 5], [4, 0, 5], [4, 2, 5], [0, 2, 5]]}]}),
            ),
            (
                SocketKind::DistanceMeasurement,
                json!({"start": [0, 0, 0], "end": [3, 4, 0]}),
            ),
            (
                SocketKind::Polygon,
                json!({"seed_point": [0, 0, 0], "path_points": [[0, 0, 0], [1, 0, 0], [1, 1, 0]]}),
            ),
            (
                SocketKind::MultipleLines,
                json!({"lines": [{"seed_points": [[0, 0, 0]], "path_point_lists": [[[0, 0, 0], [0, 0, 2]]]}]}),
            ),
            (
                SocketKind::Angle,
                json!({"lines": [[[0, 0, 0], [1, 0, 0]], [[0, 0, 0], [0, 1, 0]]]}),
            ),
            (
                SocketKind::ThreePointAngle,
                json!({"angle": [[1, 0, 0], [0, 0, 0], [0, 1, 0]]}),
            ),
            (
                SocketKind::Ellipse,
                json!({"major_axis": [[-2, 0, 0], [2, 0, 0]], "minor_axis": [[0, -1, 0], [0, 1, 0]]}),
            ),
        ];
        let read: Vec<(&str, usize, bool, Option<String>)> = values
            .iter()
            .map(|(kind, json)| {
                let mut items = items(*kind, json);
                assert_eq!(items.len(), 1, "{kind:?}");
                let item = items.remove(0);
                (item.kind, item.points().count(), item.closed, item.measure)
            })
            .collect();
        let measured = |text: &str| Some(text.to_owned());
        assert_eq!(
            read,
            [
                ("point", 1, false, None),
                ("box", 4, true, None),
                ("distance", 2, false, measured("5.0 mm")),
                ("polygon", 3, true, None),
                ("line", 2, false, measured("2.0 mm")),
                ("angle", 4, false, measured("90.0°")),
                ("angle", 3, false, measured("90.0°")),
                ("ellipse", 64, true, None),
            ]
        );
    }

    #[test]
    fn what_is_no_annotation_is_left_out() {
        assert!(items(SocketKind::Integer, &json!(3)).is_empty());
        assert!(items(SocketKind::Point, &json!({"point": [1, 2]})).is_empty());
        let some = json!({"points": [{"point": [1, 2, 3]}, {"point": "x"}]});
        assert_eq!(items(SocketKind::MultiplePoints, &some).len(), 1);
    }
}
