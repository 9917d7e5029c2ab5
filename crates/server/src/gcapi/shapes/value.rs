//! What fills a socket: once as it is read, once as the answer to a change.

use serde_json::{Value, json};
use store::values::{Content, StoredValue};

use super::socket;
use crate::links::Links;

/// The three places of a value, two of them null.
fn content(stored: &StoredValue, links: &Links) -> (Value, Value, Value) {
    match &stored.content {
        Content::Json(value) => (value.clone(), Value::Null, Value::Null),
        Content::File { filename, .. } => {
            let file = links.value_file(stored.id.0, filename);
            (Value::Null, file.into(), Value::Null)
        }
        Content::Image(image, _) => {
            let image = links.api("cases/images", image);
            (Value::Null, Value::Null, image.into())
        }
    }
}

/// `HyperlinkedComponentInterfaceValue`: clients from 0.16 on read `socket`, older ones `interface`.
pub(crate) fn value(stored: &StoredValue, links: &Links) -> Value {
    let socket = socket(&stored.socket);
    let (value, file, image) = content(stored, links);
    json!({
        "pk": stored.id.0,
        "socket": socket,
        "interface": socket,
        "value": value,
        "file": file,
        "image": image,
    })
}

/// `ComponentInterfaceValuePost`.
pub(in crate::gcapi) fn written_value(stored: &StoredValue, links: &Links) -> Value {
    let (value, file, image) = content(stored, links);
    json!({
        "pk": stored.id.0,
        "interface": stored.socket.socket.slug,
        "value": value,
        "file": file,
        "image": image,
        "image_name": null,
    })
}
