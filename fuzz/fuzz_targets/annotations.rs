//! Judges the points of a JSON document against the geometry that stands beside them.
#![no_main]

use imaging::{Geometry, annotations, geometry};
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let numbers = |key: &str| -> Vec<f64> {
        let list = document[key].as_array().into_iter().flatten();
        list.filter_map(Value::as_f64).collect()
    };
    let size = document["size"].as_array().into_iter().flatten();
    let image = Geometry {
        size: size.filter_map(Value::as_u64).collect(),
        spacing: numbers("spacing"),
        origin: numbers("origin"),
        direction: numbers("direction"),
    };
    let points = document["points"].as_array().into_iter().flatten();
    let points: Vec<[f64; 3]> = points
        .map(|point| [0, 1, 2].map(|axis| point[axis].as_f64().unwrap_or(f64::NAN)))
        .collect();
    drop(annotations::check(&points, &image));
    let mut moved = image.clone();
    if let Some(point) = points.first() {
        moved.origin = point[..moved.origin.len().min(3)].to_vec();
    }
    drop(geometry::compare(&moved, &image));
});
