//! Images of a scene that nobody can see, and why: a scene that just lacks an overlay looks like one without findings.

use serde::Serialize;
use store::images::Image;
use store::values::StoredValue;

use crate::error::ApiError;

/// An image that is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// For people.
    pub title: String,
    /// Slug of the socket that it fills.
    pub socket: Option<String>,
    /// Id of the image.
    pub image: String,
    /// Why, as a sentence.
    pub reason: String,
}

impl LeftOut {
    /// An image that somebody chose.
    pub(in crate::view) fn chosen(image: &Image, why: &ApiError) -> LeftOut {
        LeftOut {
            title: image.name.clone(),
            socket: None,
            image: image.id.to_string(),
            reason: why.text(),
        }
    }

    /// The image in a value.
    pub(super) fn value(value: &StoredValue, image: &str, why: &ApiError) -> LeftOut {
        let socket = &value.socket.socket;
        LeftOut {
            title: socket.title.clone(),
            socket: Some(socket.slug.to_string()),
            image: image.to_owned(),
            reason: why.text(),
        }
    }
}
