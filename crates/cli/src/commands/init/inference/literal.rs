//! Values as Python writes them.

use std::fmt::Write;

use serde_json::Value;

/// A string.
pub(super) fn text(text: &str) -> String {
    // JSON's escapes are Python's too.
    Value::String(text.to_owned()).to_string()
}

/// Any JSON value.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(string) => text(string),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(self::value).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(key, member)| format!("{}: {}", text(key), self::value(member)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}

/// Bytes.
pub(super) fn bytes(content: &[u8]) -> String {
    let mut text = String::from("b\"");
    for byte in content {
        let _ = match byte {
            b'\n' => write!(text, "\\n"),
            b'"' | b'\\' => write!(text, "\\{}", char::from(*byte)),
            b' '..=b'~' => write!(text, "{}", char::from(*byte)),
            other => write!(text, "\\x{other:02x}"),
        };
    }
    text + "\""
}

/// Text that may stand between three quotes.
pub(super) fn docstring(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "'")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_pythons() {
        let told = value(&json!({"a": [true, null, 1.5, "x\"\n"]}));
        assert_eq!(told, r#"{"a": [True, None, 1.5, "x\"\n"]}"#);
        assert_eq!(bytes(b"a\"\n\x00\\"), r#"b"a\"\n\x00\\""#);
    }
}
