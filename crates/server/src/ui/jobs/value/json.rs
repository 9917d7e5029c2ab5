//! JSON as indented text, folded, and cut where it is too long for a page.

use serde_json::{Number, Value};

/// Bytes of JSON on a page.
const MOST: usize = 100_000;
/// Lines beyond which it is folded at first.
const OPEN: usize = 12;

/// JSON on a page.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::ui::jobs) struct Folded {
    pub(in crate::ui::jobs) text: String,
    /// What it is, in a few words.
    pub(in crate::ui::jobs) summary: String,
    pub(in crate::ui::jobs) is_open: bool,
    pub(in crate::ui::jobs) is_cut: bool,
}

impl Folded {
    pub(super) fn of(json: &Value) -> Folded {
        let mut text = serde_json::to_string_pretty(json).expect("JSON is plain data");
        let is_cut = text.len() > MOST;
        if is_cut {
            let end = text[..floor(&text, MOST)].rfind('\n');
            text.truncate(end.unwrap_or_else(|| floor(&text, MOST)));
        }
        Folded {
            summary: summary(json),
            is_open: !is_cut && text.lines().count() <= OPEN,
            is_cut,
            text,
        }
    }
}

/// JSON that may stand in a `<script>` of a page: no text in it can end the script.
pub(super) fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c").replace('&', "\\u0026")
}

/// The largest place up to `most` where a text may be cut.
fn floor(text: &str, most: usize) -> usize {
    (0..=most.min(text.len()))
        .rev()
        .find(|place| text.is_char_boundary(*place))
        .unwrap_or(0)
}

fn summary(json: &Value) -> String {
    match json {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "true or false".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(text) => format!("a text of {} characters", text.chars().count()),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(fields) => {
            let names: Vec<&str> = fields.keys().take(5).map(String::as_str).collect();
            let more = if fields.len() > names.len() {
                ", …"
            } else {
                ""
            };
            let names: String = names.join(", ").chars().take(80).collect();
            format!("{names}{more}")
        }
    }
}

/// A number as it is, or with six digits where it has more than anybody reads.
pub(in crate::ui::jobs) fn number(number: &Number) -> String {
    let exact = number.to_string();
    match number.as_f64() {
        Some(value) if number.is_f64() && exact.len() > 9 => {
            let short = if value.abs() >= 1e-3 && value.abs() < 1e9 {
                let digits = if value.abs() < 10.0 { 6 } else { 3 };
                format!("{value:.digits$}")
            } else {
                format!("{value:.5e}")
            };
            if short.contains('.') && !short.contains('e') {
                short.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                short
            }
        }
        _ => exact,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_json_is_open_and_long_json_is_cut() {
        assert!(Folded::of(&json!({"a": 1})).is_open);
        let long = Folded::of(&json!(vec!["ü"; 50_000]));
        assert!(long.is_cut && !long.is_open && long.text.len() <= MOST);
        assert_eq!(long.summary, "a list of 50000");
    }

    #[test]
    fn numbers_are_short_enough_to_read() {
        let shown = |value: Value| number(value.as_number().unwrap());
        assert_eq!(shown(json!(1_234.567_890_123)), "1234.568");
        assert_eq!(shown(json!(0.1)), "0.1");
        assert_eq!(shown(json!(123_456_789_012_u64)), "123456789012");
        assert_eq!(shown(json!(1.234_567_890_12e-7)), "1.23457e-7");
    }
}
