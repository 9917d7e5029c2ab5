//! A value in the cell of a table: text, a picture, or a file to download.

use serde_json::Value;
use store::values::{Content, StoredValue};

use super::quantity::bytes;

/// Characters of JSON in a cell.
const LONGEST: usize = 60;

/// What a cell shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// Short text; the name of an image or a file.
    pub text: String,
    /// All of it, where the text was shortened.
    pub whole: String,
    /// Where it leads; empty: nowhere.
    pub link: String,
    /// A small picture; empty: none.
    pub picture: String,
    /// A number, to stand at the right.
    pub is_number: bool,
}

impl Cell {
    /// The cell of a value.
    #[must_use]
    pub fn of(value: &StoredValue) -> Cell {
        match &value.content {
            Content::Json(json) => Cell::of_json(json),
            Content::File { filename, size, .. } => Cell {
                text: format!("{filename} ({})", bytes(*size)),
                link: format!(
                    "/files/values/{}/{}",
                    value.id.0,
                    crate::links::escaped(filename)
                ),
                ..Cell::default()
            },
            Content::Image(id, name) => Cell {
                text: name.clone(),
                link: format!("/images/{id}/"),
                picture: format!("/images/{id}/view/thumbnail.jpg"),
                ..Cell::default()
            },
        }
    }

    fn of_json(json: &Value) -> Cell {
        let whole = match json {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let is_short = whole.chars().count() <= LONGEST;
        Cell {
            text: if is_short {
                whole.clone()
            } else {
                let start: String = whole.chars().take(LONGEST - 1).collect();
                start + "…"
            },
            whole: if is_short { String::new() } else { whole },
            is_number: json.is_number(),
            ..Cell::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn long_json_is_shortened() {
        let short = Cell::of_json(&json!(1.5));
        assert_eq!((short.text.as_str(), short.is_number), ("1.5", true));
        let long = Cell::of_json(&json!("é".repeat(100)));
        assert_eq!(long.text.chars().count(), LONGEST);
        assert_eq!(long.whole.chars().count(), 100);
    }
}
