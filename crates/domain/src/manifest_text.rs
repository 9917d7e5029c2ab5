//! An algorithm as the text of its manifest: the inverse of [`Manifest::parse`](crate::Manifest::parse).

use std::fmt::Write;

use serde_json::Value;

use crate::algorithm::{Algorithm, GeometryRule, Interface};
use crate::limits::{GpuRequest, Limits};
use crate::socket::Socket;

/// The manifest of an algorithm, for people: what has its usual value is left out.
///
/// `result_template_file` names the file of the result template; with it the text of the template itself is left out.
/// TOML has no null: where a schema or a default needs one, it is left out, and a comment says so.
pub fn manifest_text(algorithm: &Algorithm, result_template_file: Option<&str>) -> String {
    let mut text = String::new();
    let mut line = |key: &str, value: &str| {
        let _ = writeln!(text, "{key} = {}", quoted(value));
    };
    line("title", &algorithm.title);
    line("slug", algorithm.slug.as_str());
    if !algorithm.description.is_empty() {
        line("description", &algorithm.description);
    }
    for (key, value) in [("image", &algorithm.image), ("model", &algorithm.model)] {
        if let Some(value) = value {
            line(key, value);
        }
    }
    match (result_template_file, &algorithm.result_template) {
        (Some(file), _) => line("result_template_file", file),
        (None, Some(template)) => line("result_template", template),
        (None, None) => {}
    }
    if algorithm.geometry == GeometryRule::Refuse {
        line("geometry", "refuse");
    }
    limits(&algorithm.limits, &mut text);
    for socket in &algorithm.sockets {
        text.push_str(&socket_text(socket));
    }
    for interface in &algorithm.interfaces {
        text.push_str(&interface_text(interface));
    }
    text
}

/// The table `[limits]` with what differs from the contract.
fn limits(limits: &Limits, text: &mut String) {
    let usual = Limits::default();
    let bytes = |key: &'static str, value: u64, usual: u64| {
        (value != usual).then(|| (key, quoted(&size(value))))
    };
    let number = |key: &'static str, value: u64, usual: u64| {
        (value != usual).then(|| (key, value.to_string()))
    };
    let shm = if limits.shm_bytes == 0 {
        Some(("shm", quoted("0")))
    } else {
        bytes("shm", limits.shm_bytes, usual.shm_bytes)
    };
    let gpu = match &limits.gpu {
        GpuRequest::None => None,
        GpuRequest::Any => Some(("gpu", quoted("any"))),
        GpuRequest::Named(name) => Some(("gpu", quoted(name))),
    };
    let lines = [
        bytes("memory", limits.memory_bytes, usual.memory_bytes),
        (limits.cpu_percent != usual.cpu_percent)
            .then(|| ("cpu", quoted(&format!("{}%", limits.cpu_percent)))),
        number("pids", limits.pids.into(), usual.pids.into()),
        (limits.wall_time_ms != usual.wall_time_ms)
            .then(|| ("time", quoted(&duration(limits.wall_time_ms)))),
        bytes("disk", limits.disk_bytes, usual.disk_bytes),
        bytes("log", limits.log_kept_bytes, usual.log_kept_bytes),
        shm,
        number("open_files", limits.open_files, usual.open_files),
        number("output_files", limits.output_files, usual.output_files),
        bytes("output", limits.output_bytes, usual.output_bytes),
        gpu,
    ];
    let lines: Vec<_> = lines.into_iter().flatten().collect();
    if lines.is_empty() {
        return;
    }
    text.push_str("\n[limits]\n");
    for (key, value) in lines {
        let _ = writeln!(text, "{key} = {value}");
    }
}

fn socket_text(socket: &Socket) -> String {
    let mut text = String::from("\n[[sockets]]\n");
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "{key} = {value}");
    };
    line("slug", quoted(socket.slug.as_str()));
    if socket.title != socket.slug.as_str() {
        line("title", quoted(&socket.title));
    }
    if !socket.description.is_empty() {
        line("description", quoted(&socket.description));
    }
    line("kind", quoted(socket.kind.label()));
    line("relative_path", quoted(socket.relative_path.as_str()));
    if socket.store_in_database != socket.kind.may_store_in_database() {
        line("store_in_database", socket.store_in_database.to_string());
    }
    for (key, value) in [("default", &socket.default), ("schema", &socket.schema)] {
        let Some(value) = value else { continue };
        match inline(value) {
            Some(value) => line(key, value),
            None => line(
                &format!("# `{key}` is left out, TOML has no null; it was"),
                value.to_string(),
            ),
        }
    }
    if !socket.overlay_segments.is_empty() {
        text.push_str("overlay_segments = [\n");
        for segment in &socket.overlay_segments {
            let hidden = if segment.visible {
                ""
            } else {
                ", visible = false"
            };
            let _ = writeln!(
                text,
                "    {{ voxel_value = {}, name = {}{hidden} }},",
                segment.voxel_value,
                quoted(&segment.name)
            );
        }
        text.push_str("]\n");
    }
    text
}

fn interface_text(interface: &Interface) -> String {
    let list = |slugs: &std::collections::BTreeSet<crate::Slug>| {
        let names: Vec<String> = slugs.iter().map(|slug| quoted(slug.as_str())).collect();
        names.join(", ")
    };
    format!(
        "\n[[interfaces]]\ninputs = [{}]\noutputs = [{}]\n",
        list(&interface.inputs),
        list(&interface.outputs)
    )
}

/// A TOML string on one line, which `toml` itself would spread over several where the text has several.
fn quoted(text: &str) -> String {
    if !text.contains(['\n', '\r']) {
        return toml::Value::String(text.to_owned()).to_string();
    }
    // The escapes of JSON are escapes of TOML too; only `DEL` is allowed in one and not in the other.
    let escaped = Value::String(text.to_owned()).to_string();
    escaped.replace('\u{7f}', "\\u007F")
}

/// A value on one line; `None` when it holds null.
fn inline(value: &Value) -> Option<String> {
    if holds_null(value) {
        return None;
    }
    toml::Value::try_from(value)
        .ok()
        .map(|value| value.to_string())
}

fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(holds_null),
        Value::Object(members) => members.values().any(holds_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Bytes in the largest unit that holds them exactly.
fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 6] = [
        ("GiB", 1 << 30),
        ("GB", 1_000_000_000),
        ("MiB", 1 << 20),
        ("MB", 1_000_000),
        ("KiB", 1 << 10),
        ("kB", 1000),
    ];
    let exact = UNITS
        .iter()
        .find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit));
    exact.map_or_else(
        || format!("{bytes}B"),
        |(name, unit)| format!("{}{name}", bytes / unit),
    )
}

fn duration(ms: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("h", 3_600_000), ("m", 60_000), ("s", 1000)];
    let exact = UNITS
        .iter()
        .find(|(_, unit)| ms >= *unit && ms.is_multiple_of(*unit));
    exact.map_or_else(
        || format!("{ms}ms"),
        |(name, unit)| format!("{}{name}", ms / unit),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Manifest;

    const FULL: &str = r#"
title = "A \"title\""
slug = "a"
description = "two\nlines and a \\ backslash"
image = "a.tar"
model = "model"
result_template = "{{ results }}"
geometry = "refuse"
[limits]
memory = "1500MB"
cpu = "150%"
pids = 7
time = "90s"
disk = "1GiB"
log = "1000B"
shm = "0"
open_files = 99
output_files = 5
output = "3kB"
gpu = "nvidia.com/gpu=0"
[[sockets]]
slug = "ct"
title = "CT"
description = "Of the chest."
kind = "Image"
relative_path = "images/ct"
[[sockets]]
slug = "mask"
kind = "SEG"
relative_path = "images/mask"
overlay_segments = [{ voxel_value = 1, name = "lesion" }, { voxel_value = 2, name = "other", visible = false }]
[[sockets]]
slug = "age"
kind = "Float"
relative_path = "age.json"
store_in_database = false
default = 1.5
schema = { type = "number", minimum = 0, enum = [1.5, 2], "with space" = { a = ["x"] } }
[[interfaces]]
inputs = ["ct"]
outputs = ["mask"]
[[interfaces]]
inputs = ["ct", "age"]
outputs = ["mask"]
"#;

    #[test]
    fn what_is_written_is_read_again() {
        let read = Manifest::parse(FULL).unwrap().algorithm;
        let text = manifest_text(&read, None);
        assert_eq!(Manifest::parse(&text).unwrap().algorithm, read, "{text}");
        let file = Manifest::parse(&manifest_text(&read, Some("r.jinja"))).unwrap();
        assert_eq!(file.result_template_file.as_deref(), Some("r.jinja"));
    }

    #[test]
    fn null_is_named_and_left_out() {
        let mut algorithm = Manifest::parse(FULL).unwrap().algorithm;
        algorithm.sockets[2].schema = Some(serde_json::json!({"enum": [null, 1.5]}));
        let text = manifest_text(&algorithm, None);
        assert!(text.contains("# `schema` is left out"), "{text}");
        let read = Manifest::parse(&text).unwrap().algorithm;
        assert_eq!(read.sockets[2].schema, None);
    }
}
