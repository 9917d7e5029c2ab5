//! `inputs.json`: the list by which a container with several interfaces tells which one it was given.

use domain::{Socket, SuperKind};
use serde_json::{Value, json};

use super::AcceptedInput;
use crate::provision::Content;

/// One element of the list: a socket with what fills it. `value` is for JSON that is given inline, `image_name` the name of
/// an image as it was uploaded. The socket stands there twice, under its old name `interface` and its new name `socket`.
pub fn describe_input(socket: &Socket, value: Option<&Value>, image_name: &str) -> Value {
    let declared = declaration(socket);
    let (value, file, image) = match socket.super_kind() {
        SuperKind::Value => (value.cloned().unwrap_or_default(), Value::Null, Value::Null),
        SuperKind::Image => (
            Value::Null,
            Value::Null,
            json!({"pk": uuid::Uuid::new_v4(), "name": image_name}),
        ),
        SuperKind::File => (
            Value::Null,
            json!(format!("/input/{}", socket.relative_path)),
            Value::Null,
        ),
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

/// The element of an input that was judged.
pub(super) fn entry(socket: &Socket, input: &AcceptedInput) -> Value {
    let (value, source) = match &input.content {
        Content::Json(value) => (Some(value), None),
        Content::File(source) => (None, source.file_name()),
    };
    let name = input.name.as_deref().or(source).unwrap_or_default();
    describe_input(socket, value, name)
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
