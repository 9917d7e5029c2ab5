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
                text: short_name(name),
                link: format!("/images/{id}/"),
                picture: format!("/images/{id}/view/thumbnail.jpg"),
                ..Cell::default()
            },
        }
    }

    fn of_json(json: &Value) -> Cell {
        let whole = match json {
            Value::String(text) => text.clone(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => json.to_string(),
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
            ..Cell::default()
        }
    }
}

/// A name as it fits below a small picture: many programs call their outputs by long numbers.
fn short_name(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let (start, end) = (letters[..12].iter(), letters[letters.len() - 8..].iter());
    start.chain(&['…']).chain(end).collect()
}

/// Characters of a name below a picture.
const LONGEST_NAME: usize = 30;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn long_names_keep_their_beginning_and_their_end() {
        assert_eq!(short_name("head-mr.mha"), "head-mr.mha");
        let long = short_name("dbaa6001-8391-4563-9322-41a5438bbaa9.mha");
        assert_eq!(long, "dbaa6001-839…baa9.mha");
    }

    #[test]
    fn long_json_is_shortened() {
        let short = Cell::of_json(&json!(1.5));
        assert_eq!((short.text.as_str(), short.whole.as_str()), ("1.5", ""));
        let long = Cell::of_json(&json!("é".repeat(100)));
        assert_eq!(long.text.chars().count(), LONGEST);
        assert_eq!(long.whole.chars().count(), 100);
    }
}
