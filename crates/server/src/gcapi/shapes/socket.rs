//! A socket, as the client knows it: `ComponentInterface`.

use domain::SuperKind;
use serde_json::{Value, json};
use store::sockets::StoredSocket;

pub(in crate::gcapi) fn socket(stored: &StoredSocket) -> Value {
    let socket = &stored.socket;
    let segments: Vec<Value> = socket
        .overlay_segments
        .iter()
        .map(|segment| {
            json!({
                "name": segment.name,
                "visible": segment.visible,
                "voxel_value": segment.voxel_value,
            })
        })
        .collect();
    json!({
        "pk": stored.id.0,
        "title": socket.title,
        "description": socket.description,
        "slug": socket.slug,
        "kind": socket.kind.label(),
        "default_value": socket.default,
        "super_kind": match socket.super_kind() {
            SuperKind::Value => "Value",
            SuperKind::File => "File",
            SuperKind::Image => "Image",
        },
        "relative_path": socket.relative_path.as_str(),
        "overlay_segments": segments,
        "look_up_table": null,
        "schema": socket.schema,
        "example_value": stored.example,
    })
}
