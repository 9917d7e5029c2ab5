//! Annotations as a table: name, probability, where (millimetres in patient space: x, y, z, LPS) and how large.

use domain::SocketKind;
use serde_json::Value;

use super::Table;

/// Annotations that are listed.
const MOST: usize = 200;

/// The annotations of a value; `None` for other kinds, and for what is none.
pub(super) fn table(kind: SocketKind, json: &Value) -> Option<Table> {
    let items: Vec<&Value> = match list(kind)? {
        Some(field) => json.get(field)?.as_array()?.iter().collect(),
        None => vec![json],
    };
    let mut header = vec!["#".to_owned(), "Name".to_owned()];
    let has_probability = items.iter().any(|item| item.get("probability").is_some());
    if has_probability {
        header.push("Probability".to_owned());
    }
    header.extend(["Position (mm)".to_owned(), "Measure".to_owned()]);
    let rows = items.iter().take(MOST).zip(1..).map(|(item, number)| {
        let mut row = vec![
            number.to_string(),
            item.get("name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
        ];
        if has_probability {
            let found = item.get("probability").and_then(Value::as_f64);
            row.push(found.map(|found| format!("{found:.3}")).unwrap_or_default());
        }
        let points = points(item);
        row.push(position(&points));
        row.push(measure(item, &points));
        row
    });
    Some(Table {
        header,
        rows: rows.collect(),
        left_out: (items.len() > MOST).then(|| format!("{MOST} of {} are shown", items.len())),
    })
}

/// The field of a *Multiple* kind that lists the annotations; `None` inside: the value is one itself.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "sixteen of the forty kinds are annotations"
)]
fn list(kind: SocketKind) -> Option<Option<&'static str>> {
    use SocketKind as K;
    Some(match kind {
        K::BoundingBox2d
        | K::DistanceMeasurement
        | K::Point
        | K::Polygon
        | K::Line
        | K::Angle
        | K::Ellipse
        | K::ThreePointAngle => None,
        K::MultipleBoundingBoxes2d => Some("boxes"),
        K::MultipleDistanceMeasurements | K::MultipleLines => Some("lines"),
        K::MultiplePoints => Some("points"),
        K::MultiplePolygons => Some("polygons"),
        K::MultipleAngles | K::MultipleThreePointAngles => Some("angles"),
        K::MultipleEllipses => Some("ellipses"),
        _ => return None,
    })
}

/// Every point of an annotation, in order.
fn points(item: &Value) -> Vec<[f64; 3]> {
    const FIELDS: [&str; 10] = [
        "point",
        "corners",
        "start",
        "end",
        "path_points",
        "path_point_lists",
        "lines",
        "major_axis",
        "minor_axis",
        "angle",
    ];
    let mut found = Vec::new();
    for field in FIELDS {
        if let Some(value) = item.get(field) {
            gather(value, &mut found);
        }
    }
    found
}

fn gather(value: &Value, found: &mut Vec<[f64; 3]>) {
    let Some(items) = value.as_array() else {
        return;
    };
    let numbers: Vec<f64> = items.iter().filter_map(Value::as_f64).collect();
    if let [x, y, z] = numbers.as_slice() {
        found.push([*x, *y, *z]);
        return;
    }
    for item in items {
        gather(item, found);
    }
}

/// The middle of all points.
fn position(points: &[[f64; 3]]) -> String {
    if points.is_empty() {
        return String::new();
    }
    let count = points.len() as f64;
    let middle = |axis: usize| points.iter().map(|point| point[axis]).sum::<f64>() / count;
    format!("{:.1}, {:.1}, {:.1}", middle(0), middle(1), middle(2))
}

/// A length, or how many points there are.
fn measure(item: &Value, points: &[[f64; 3]]) -> String {
    let length = |a: [f64; 3], b: [f64; 3]| {
        let squares = (0..3).map(|axis| (a[axis] - b[axis]).powi(2));
        squares.sum::<f64>().sqrt()
    };
    match points {
        [start, end] if item.get("start").is_some() => {
            format!("{:.1} mm", length(*start, *end))
        }
        [a, b, .., d] if item.get("corners").is_some() => {
            format!("{:.1} × {:.1} mm", length(*a, *b), length(*a, *d))
        }
        [a, b, c, d] if item.get("major_axis").is_some() => {
            format!("{:.1} × {:.1} mm", length(*a, *b), length(*c, *d))
        }
        [] | [_] => String::new(),
        _ => format!("{} points", points.len()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn annotations_are_listed_with_place_and_size() {
        let points = json!({"points": [
            {"point": [1.0, 2.0, 3.0], "name": "<b>a</b>", "probability": 0.5},
            {"point": [4, 5, 6]},
        ]});
        let table = table(SocketKind::MultiplePoints, &points).unwrap();
        assert_eq!(
            table.rows[0],
            ["1", "<b>a</b>", "0.500", "1.0, 2.0, 3.0", ""]
        );
        assert_eq!(table.rows[1][2], "");
        let distance = json!({"start": [0, 0, 0], "end": [3, 4, 0]});
        let table = super::table(SocketKind::DistanceMeasurement, &distance).unwrap();
        assert_eq!(table.rows[0], ["1", "", "1.5, 2.0, 0.0", "5.0 mm"]);
        let corners = json!({"corners": [[0, 0, 1], [2, 0, 1], [2, 3, 1], [0, 3, 1]]});
        let table = super::table(SocketKind::BoundingBox2d, &corners).unwrap();
        assert_eq!(table.rows[0][3], "2.0 × 3.0 mm");
    }

    #[test]
    fn what_is_none_is_no_table() {
        assert_eq!(table(SocketKind::Float, &json!(1)), None);
        assert_eq!(
            table(SocketKind::MultiplePoints, &json!({"points": 3})),
            None
        );
        let many = json!({"points": vec![json!({"point": [0, 0, 0]}); 300]});
        let table = table(SocketKind::MultiplePoints, &many).unwrap();
        assert_eq!(table.left_out.as_deref(), Some("200 of 300 are shown"));
    }
}
