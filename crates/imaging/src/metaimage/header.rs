//! The text header: lines of `Key = Value` up to and including `ElementDataFile`.
//!
//! Source of the grammar: MetaIO as SimpleITK 2.5 reads it. Where that reader silently loses a field (a line without a
//! separator swallows the next one, a key in the wrong case is unknown) a warning is given.

use std::io::{BufRead, Read};

use crate::error::ReadProblem;

/// Grand Challenge refuses headers beyond these two numbers; nothing sane comes near them.
const MAX_LINES: usize = 10_000;
const MAX_LINE_BYTES: u64 = 10_000;

/// Keys with a meaning, to tell a wrong case from a key that is merely unknown.
const KNOWN_KEYS: [&str; 21] = [
    "NDims",
    "DimSize",
    "ElementType",
    "ElementSpacing",
    "ElementSize",
    "ElementNumberOfChannels",
    "ElementOrigin",
    "ElementDirection",
    "Offset",
    "Position",
    "Origin",
    "ImagePosition",
    "TransformMatrix",
    "Rotation",
    "Orientation",
    "BinaryData",
    "CompressedData",
    "CompressedDataSize",
    "BinaryDataByteOrderMSB",
    "ElementByteOrderMSB",
    "HeaderSize",
];

/// Keys that cannot be understood before the number of dimensions is known.
const NEEDS_DIMENSIONS: [&str; 13] = [
    "DimSize",
    "ElementSpacing",
    "ElementSize",
    "ElementOrigin",
    "ElementDirection",
    "Offset",
    "Position",
    "Origin",
    "ImagePosition",
    "TransformMatrix",
    "Rotation",
    "Orientation",
    "CenterOfRotation",
];

/// The header as text.
#[derive(Debug, Default)]
pub(super) struct RawHeader {
    fields: Vec<(String, String)>,
    /// Value of `ElementDataFile`.
    pub(super) data_file: String,
    /// First byte after the header.
    pub(super) end: u64,
    /// What is odd.
    pub(super) warnings: Vec<String>,
}

impl RawHeader {
    /// Value of a key; of several lines with the same key the last one counts.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.fields
            .iter()
            .rev()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// All fields; of several lines with the same key the last one counts.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Reads lines until `ElementDataFile`, at most `max_bytes` of them.
    pub(super) fn read(input: &mut dyn BufRead, max_bytes: u64) -> Result<RawHeader, ReadProblem> {
        let mut header = RawHeader::default();
        for number in 1..=MAX_LINES {
            let Some(line) = read_line(input, number)? else {
                return Err(ReadProblem::MissingField("ElementDataFile".into()));
            };
            header.end += line.bytes;
            if header.end > max_bytes {
                return Err(ReadProblem::HeaderLine {
                    line: number,
                    problem: format!("the header is longer than {max_bytes} bytes"),
                });
            }
            if header.take_line(&line.text, number)? {
                return Ok(header);
            }
        }
        Err(ReadProblem::HeaderLine {
            line: MAX_LINES,
            problem: "the header has more lines than this and no `ElementDataFile`".into(),
        })
    }

    /// Understands one line; true when it was the last of the header.
    fn take_line(&mut self, raw: &[u8], number: usize) -> Result<bool, ReadProblem> {
        let raw = if number == 1 {
            raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw)
        } else {
            raw
        };
        let text = String::from_utf8_lossy(raw);
        if matches!(text, std::borrow::Cow::Owned(_)) {
            self.warnings.push(format!(
                "header line {number} is not UTF-8; grand-challenge.org refuses such headers"
            ));
        }
        let line = text.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(false);
        }
        let problem = |problem: String| ReadProblem::HeaderLine {
            line: number,
            problem,
        };
        let Some((key, value)) = line.split_once(['=', ':']) else {
            let shown: String = line.chars().take(40).collect();
            self.warnings.push(format!(
                "header line {number}: expected `Key = Value`, found `{shown}`; ITK loses the next line with it"
            ));
            return Ok(false);
        };
        let (key, value) = (key.trim(), value.trim());
        if key == "ElementDataFile" {
            value.clone_into(&mut self.data_file);
            return Ok(true);
        }
        if NEEDS_DIMENSIONS.contains(&key) && self.get("NDims").is_none() {
            return Err(problem(format!("`{key}` stands before `NDims`")));
        }
        if let Some(meant) = KNOWN_KEYS
            .iter()
            .find(|known| known.eq_ignore_ascii_case(key) && **known != key)
        {
            self.warnings.push(format!(
                "header line {number}: `{key}` is ignored, keys are case-sensitive (`{meant}`)"
            ));
        }
        self.fields.push((key.to_owned(), value.to_owned()));
        Ok(false)
    }
}

struct Line {
    text: Vec<u8>,
    bytes: u64,
}

fn read_line(input: &mut dyn BufRead, number: usize) -> Result<Option<Line>, ReadProblem> {
    let mut text = Vec::new();
    input.take(MAX_LINE_BYTES).read_until(b'\n', &mut text)?;
    let bytes = text.len() as u64;
    if text.last() != Some(&b'\n') && bytes == MAX_LINE_BYTES {
        return Err(ReadProblem::HeaderLine {
            line: number,
            problem: format!("longer than {MAX_LINE_BYTES} bytes"),
        });
    }
    Ok((bytes > 0).then_some(Line { text, bytes }))
}

/// Names that follow an `ElementDataFile = LIST` line, one on each line, up to the end of the file.
pub(super) fn read_names(input: &mut dyn BufRead, wanted: u64) -> Result<Vec<String>, ReadProblem> {
    let mut names = Vec::new();
    for number in 1..=MAX_LINES {
        let Some(line) = read_line(input, number)? else {
            break;
        };
        let name = String::from_utf8_lossy(&line.text).trim().to_owned();
        if !name.is_empty() {
            names.push(name);
        }
        if names.len() as u64 == wanted {
            break;
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<RawHeader, ReadProblem> {
        RawHeader::read(&mut text.as_bytes(), 1 << 20)
    }

    #[test]
    fn separators_blanks_comments_and_line_ends_are_tolerated() {
        let header = parse(
            "\u{feff}NDims=3\r\n\r\n# a comment\n  DimSize :\t1  2 3 \nName = a = b\nElementDataFile = LOCAL  \r\nrest",
        )
        .unwrap();
        assert_eq!(header.get("NDims"), Some("3"));
        assert_eq!(header.get("DimSize"), Some("1  2 3"));
        assert_eq!(header.get("Name"), Some("a = b"));
        assert_eq!(header.data_file, "LOCAL");
        assert!(header.warnings.is_empty());
    }

    #[test]
    fn the_last_of_equal_keys_wins_and_case_matters() {
        let header = parse(
            "NDims = 3\noffset = 1 1 1\nOffset = 2 2 2\nOffset = 3 3 3\nElementDataFile = LOCAL\n",
        )
        .unwrap();
        assert_eq!(header.get("Offset"), Some("3 3 3"));
        assert!(
            header.warnings[0].contains("`offset` is ignored"),
            "{:?}",
            header.warnings
        );
    }

    #[test]
    fn a_line_without_separator_is_left_out() {
        let header = parse("hello\n\nNDims = 3\nElementDataFile = LOCAL\n").unwrap();
        assert_eq!(header.get("NDims"), Some("3"));
        assert!(
            header.warnings[0].starts_with("header line 1: expected `Key = Value`, found `hello`")
        );
    }

    #[test]
    fn headers_that_cannot_be_understood_are_refused() {
        for (text, expected) in [
            (
                "DimSize = 1 1 1\nNDims = 3\n",
                "header line 1: `DimSize` stands before `NDims`",
            ),
            ("NDims = 3\n", "required field `ElementDataFile` is missing"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), expected);
        }
        let endless = format!("NDims = 3\nName = {}\n", "x".repeat(20_000));
        assert!(
            parse(&endless)
                .unwrap_err()
                .to_string()
                .contains("longer than 10000 bytes")
        );
    }
}
