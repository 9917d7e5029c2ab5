//! The outputs of a run: a table, then what is to be said about geometry.

use std::fmt::Write;

use domain::{OutputValue, RunReport};
use serde_json::Value;

use super::heading;
use crate::quantity;
use crate::terminal::{GOOD, HINT, Table, WARNING, visible};

/// Longer values are shortened in the table; the file has all of it.
const SHOWN_CHARACTERS: usize = 60;

/// The valid outputs and the files that belong to no socket.
pub(super) fn outputs(report: &RunReport, columns: Option<usize>) -> String {
    let mut table = Table::new(&["socket", "kind", "file", "size", "content"]);
    for output in &report.outputs {
        table.row([
            (&output.socket).into(),
            output.kind.as_deref().unwrap_or("-").into(),
            (&output.relative_path).into(),
            quantity::bytes(output.bytes).into(),
            content(output).into(),
        ]);
    }
    for extra in &report.extra_files {
        table.row([
            "(no socket)".into(),
            "-".into(),
            (&extra.relative_path).into(),
            quantity::bytes(extra.bytes).into(),
            "".into(),
        ]);
    }
    let mut text = heading("Outputs");
    if table.is_empty() {
        text.push_str("  none\n");
    } else {
        text.push_str(&table.render(2, columns));
    }
    for output in &report.outputs {
        text.push_str(&geometry(output));
    }
    text
}

fn content(output: &OutputValue) -> String {
    match (&output.image, &output.value) {
        (Some(image), _) => image_content(image),
        (None, Some(value)) => shortened(&json_content(value)),
        (None, None) => String::new(),
    }
}

/// The value itself, or of one that is too long what it is made of.
fn json_content(value: &Value) -> String {
    let whole = value.to_string();
    if whole.chars().count() <= SHOWN_CHARACTERS {
        return whole;
    }
    let part = |(key, value): (&String, &Value)| match value {
        Value::Array(items) => format!("{key} ({})", items.len()),
        Value::Object(_) => format!("{key} {{…}}"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => key.clone(),
    };
    match value {
        Value::Object(members) => members.iter().map(part).collect::<Vec<_>>().join(", "),
        Value::Array(items) => format!("{} items", items.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => whole,
    }
}

/// Size, spacing, type and segments, as far as the summary has them.
fn image_content(image: &Value) -> String {
    let joined = |value: &Value| {
        let numbers: Vec<String> = value.as_array()?.iter().map(rounded).collect();
        (!numbers.is_empty()).then(|| numbers.join("×"))
    };
    let mut parts = Vec::new();
    parts.extend(joined(&image["size"]));
    parts.extend(joined(&image["geometry"]["spacing"]).map(|spacing| format!("{spacing} mm")));
    parts.extend(image["component_type"].as_str().map(str::to_owned));
    if let Some(channels) = image["channels"].as_u64().filter(|channels| *channels > 1) {
        parts.push(format!("{channels} channels"));
    }
    if let Some(segments) = image["segments"].as_array() {
        let values: Vec<String> = segments.iter().map(Value::to_string).collect();
        parts.push(format!("values {}", values.join(" ")));
    }
    shortened(&parts.join(", "))
}

/// Four digits after the point at most; spacings are full of rounding noise.
fn rounded(number: &Value) -> String {
    match (number.as_u64(), number.as_f64()) {
        (Some(whole), _) => whole.to_string(),
        (None, Some(real)) => ((real * 10_000.0).round() / 10_000.0).to_string(),
        (None, None) => number.to_string(),
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= SHOWN_CHARACTERS {
        return text.to_owned();
    }
    let start: String = text.chars().take(SHOWN_CHARACTERS - 1).collect();
    format!("{start}…")
}

fn geometry(output: &OutputValue) -> String {
    let Some(geometry) = &output.geometry else {
        return String::new();
    };
    let (style, sign) = if geometry.aligned {
        (GOOD, "=")
    } else {
        (WARNING, "!")
    };
    let mut text = format!(
        "  {style}{sign}{style:#} {} against {}: {}\n",
        visible(&output.socket),
        visible(&geometry.compared_with),
        visible(&geometry.message),
    );
    if let Some(fix) = &geometry.fix {
        let _ = writeln!(text, "    {HINT}fix:{HINT:#} {}", visible(fix));
    }
    text
}
