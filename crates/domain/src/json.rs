//! Reading JSON that a container wrote: strict about what it is, lenient about the numbers that Python writes.

use serde_json::Value;

/// Brackets inside each other.
const MAX_DEPTH: usize = 100;

/// Commas, colons and opening brackets, which together bound the values. In memory each takes some dozen bytes, however few it takes
/// in the text: without a bound, half a gigabyte of `0,0,0` would take the memory of the whole server.
const MAX_PARTS: usize = 10_000_000;

/// JSON that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedJson {
    /// The value.
    pub value: Value,
    /// How many `NaN`, `Infinity` and `-Infinity` became `null`.
    pub replaced_non_finite: usize,
}

/// Bytes that are no JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseJsonError {
    /// Nothing there.
    #[error("is empty, expected JSON")]
    Empty,
    /// Another encoding.
    #[error("is not UTF-8: byte {offset} cannot be decoded")]
    NotUtf8 {
        /// Where, from 0.
        offset: usize,
    },
    /// Deeper than anything sensible.
    #[error("has brackets more than {MAX_DEPTH} deep")]
    TooDeep,
    /// More than fits into memory beside everything else.
    #[error("has more than {MAX_PARTS} commas, colons and brackets")]
    TooMany,
    /// Not JSON.
    #[error("is not valid JSON: {message}")]
    Syntax {
        /// What is wrong, with line and column.
        message: String,
    },
}

/// Reads JSON as UTF-8, with or without byte order mark; numbers that are not finite become `null`.
///
/// # Errors
/// When it is no JSON.
pub fn parse(bytes: &[u8]) -> Result<ParsedJson, ParseJsonError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| ParseJsonError::NotUtf8 {
        offset: error.valid_up_to(),
    })?;
    if text.trim().is_empty() {
        return Err(ParseJsonError::Empty);
    }
    if depth(text) > MAX_DEPTH {
        return Err(ParseJsonError::TooDeep);
    }
    if parts(text) > MAX_PARTS {
        return Err(ParseJsonError::TooMany);
    }
    let (text, replaced_non_finite) = without_non_finite(text);
    match serde_json::from_str(&text) {
        Ok(value) => Ok(ParsedJson {
            value,
            replaced_non_finite,
        }),
        Err(error) => Err(ParseJsonError::Syntax {
            message: error.to_string(),
        }),
    }
}

/// Hands over what stands outside of strings, piece by piece, and the strings themselves as they are.
fn outside_strings(text: &str, mut outside: impl FnMut(&str), mut string: impl FnMut(&str)) {
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        outside(&rest[..start]);
        let mut escaped = false;
        let inner = rest[start + 1..].bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let end = inner.map_or(rest.len(), |length| start + length + 2);
        string(&rest[start..end]);
        rest = &rest[end..];
    }
    outside(rest);
}

fn parts(text: &str) -> usize {
    let is_part = |byte: &u8| matches!(byte, b',' | b':' | b'[' | b'{');
    let mut found = 0;
    let mut count =
        |piece: &str| found += piece.as_bytes().iter().filter(|byte| is_part(byte)).count();
    outside_strings(text, &mut count, |_| {});
    found
}

fn depth(text: &str) -> usize {
    let (mut now, mut deepest) = (0_usize, 0);
    let mut count = |piece: &str| {
        for byte in piece.bytes() {
            match byte {
                b'[' | b'{' => now += 1,
                b']' | b'}' => now = now.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(now);
        }
    };
    outside_strings(text, &mut count, |_| {});
    deepest
}

/// Replaces the three words that Python's `json` writes for numbers that JSON does not have; lines and columns after them
/// move, but only in texts that are otherwise broken.
fn without_non_finite(text: &str) -> (std::borrow::Cow<'_, str>, usize) {
    if !(text.contains("NaN") || text.contains("Infinity")) {
        return (text.into(), 0);
    }
    let out = std::cell::RefCell::new(String::with_capacity(text.len()));
    let mut count = 0;
    outside_strings(
        text,
        |piece| {
            let mut piece = piece.to_owned();
            for word in ["-Infinity", "Infinity", "NaN"] {
                count += piece.matches(word).count();
                piece = piece.replace(word, "null");
            }
            out.borrow_mut().push_str(&piece);
        },
        |string| out.borrow_mut().push_str(string),
    );
    (out.into_inner().into(), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_values_than_memory_holds_are_refused_before_they_are_read() {
        let list = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert_eq!(
            parse(list(MAX_PARTS + 1).as_bytes()),
            Err(ParseJsonError::TooMany)
        );
        let text = format!("\"{}\"", ",".repeat(MAX_PARTS + 1));
        assert!(parse(text.as_bytes()).is_ok(), "it is one text");
        let parsed = parse(list(1000).as_bytes()).unwrap();
        assert_eq!(parsed.value.as_array().unwrap().len(), 1000);
    }
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn reads_what_python_writes() {
        let parsed =
            parse(br#"{"a": NaN, "b": [Infinity, -Infinity], "c": "NaN \" Infinity", "d": 1}"#)
                .unwrap();
        assert_eq!(parsed.replaced_non_finite, 3);
        assert_eq!(
            parsed.value,
            json!({"a": null, "b": [null, null], "c": "NaN \" Infinity", "d": 1})
        );
        assert_eq!(parse(b"\xEF\xBB\xBF[1]").unwrap().value, json!([1]));
        assert_eq!(
            parse(br#"{"a": 1, "a": 2}"#).unwrap().value,
            json!({"a": 2}),
            "the last one wins, as in Python"
        );
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(
            parse(b"{\"a\": \"\xe4\"}"),
            Err(ParseJsonError::NotUtf8 { offset: 7 })
        );
        assert_eq!(parse(b" \n"), Err(ParseJsonError::Empty));
        assert_eq!(
            parse("[".repeat(100_000).as_bytes()),
            Err(ParseJsonError::TooDeep)
        );
        let message = parse(b"{\n  'a': 1}").unwrap_err().to_string();
        assert!(message.contains("line 2 column 3"), "{message}");
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn strings_are_never_changed(text: String) {
            let written = serde_json::to_vec(&json!({ "a": text })).unwrap();
            prop_assert_eq!(parse(&written).unwrap().value, json!({ "a": text }));
        }
    }
}
