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
    /// The number to its last digit, where the text has fewer.
    pub exact: String,
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
        if let Some(rounded) = rounded(json) {
            return Cell {
                text: rounded,
                exact: whole,
                ..Cell::default()
            };
        }
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

/// A number of many digits with six of them; `None` for what is short anyway.
fn rounded(json: &Value) -> Option<String> {
    let number = json.as_f64().filter(|_| json.is_f64())?;
    let is_plain = (1e-3..1e6).contains(&number.abs());
    if !is_plain || json.to_string().len() <= LONGEST_NUMBER {
        return None;
    }
    let mut decimals = 5;
    while decimals > 0 && number.abs() >= 10_f64.powi(6 - decimals) {
        decimals -= 1;
    }
    let decimals = usize::try_from(decimals).unwrap_or_default();
    Some(format!("{number:.decimals$}"))
}

/// Characters of a number that is shown as it is.
const LONGEST_NUMBER: usize = 9;

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
    fn long_numbers_are_rounded_and_keep_what_they_are() {
        let shown = |number: f64| Cell::of_json(&json!(number)).text;
        assert_eq!(shown(878.169_238_357_543_7), "878.169");
        assert_eq!(shown(13_257.043_200_000_002), "13257.0");
        assert_eq!(shown(-0.123_456_789_01), "-0.12346");
        assert_eq!(shown(0.25), "0.25");
        assert_eq!(
            Cell::of_json(&json!(123_456_789_012_u64)).text,
            "123456789012"
        );
        let cell = Cell::of_json(&json!(878.169_238_357_543_7));
        assert_eq!(
            (cell.exact.as_str(), cell.whole.as_str()),
            ("878.1692383575437", "")
        );
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
