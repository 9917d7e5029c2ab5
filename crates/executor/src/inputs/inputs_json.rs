//! `inputs.json`: the list by which a container with several interfaces tells which one it was given.

use domain::{Socket, SuperKind};
use serde_json::{Value, json};

use super::AcceptedInput;
use crate::provision::Content;

/// One element of the list. The socket stands there twice, under its old name `interface` and its new name `socket`.
pub(super) fn entry(socket: &Socket, input: &AcceptedInput) -> Value {
    let declared = declaration(socket);
    let (value, file, image) = match (socket.super_kind(), &input.content) {
        (SuperKind::Value, Content::Json(value)) => (value.clone(), Value::Null, Value::Null),
        (SuperKind::Image, Content::File(source)) => {
            let name = input
                .name
                .clone()
                .unwrap_or_else(|| source.file_name().unwrap_or_default().to_owned());
            (
                Value::Null,
                Value::Null,
                json!({"pk": uuid::Uuid::new_v4(), "name": name}),
            )
        }
        (SuperKind::File, _) => (
            Value::Null,
            json!(format!("/input/{}", socket.relative_path)),
            Value::Null,
        ),
        (SuperKind::Value, Content::File(_)) | (SuperKind::Image, Content::Json(_)) => {
            (Value::Null, Value::Null, Value::Null)
        }
    };
    json!({
        "interface": declared,
        "socket": declared,
        "value": value,
        "file": file,
        "image": image,
        "pk": 0,
    })
}

fn declaration(socket: &Socket) -> Value {
    let super_kind = match socket.super_kind() {
        SuperKind::Value => "Value",
        SuperKind::File => "File",
        SuperKind::Image => "Image",
    };
    json!({
        "title": socket.title,
        "description": socket.description,
        "slug": socket.slug,
        "kind": socket.kind.label(),
        "pk": 0,
        "default_value": socket.default,
        "super_kind": super_kind,
        "relative_path": socket.relative_path,
        "overlay_segments": socket.overlay_segments,
        "look_up_table": null,
    })
}
