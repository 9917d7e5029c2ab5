//! Attributes and their values, as far as they are read.

use std::collections::BTreeMap;

use super::tag::{self, Tag};
use crate::error::ReadProblem;

/// The value of one attribute.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Numbers are little-endian whatever the file is.
    Bytes(Vec<u8>),
    Items(Vec<DataSet>),
}

/// Attributes by tag.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct DataSet(pub(super) BTreeMap<Tag, Value>);

impl DataSet {
    /// The value as it is stored; `None` when absent or empty.
    pub(super) fn bytes(&self, tag: Tag) -> Option<&[u8]> {
        match self.0.get(&tag)? {
            Value::Bytes(bytes) if !bytes.is_empty() => Some(bytes),
            Value::Bytes(_) | Value::Items(_) => None,
        }
    }

    /// The items of a sequence, none when it is absent.
    pub(super) fn items(&self, tag: Tag) -> &[DataSet] {
        match self.0.get(&tag) {
            Some(Value::Items(items)) => items,
            Some(Value::Bytes(_)) | None => &[],
        }
    }

    /// The text without padding; `None` when absent or empty.
    pub(super) fn text(&self, tag: Tag) -> Option<String> {
        let text = String::from_utf8_lossy(self.bytes(tag)?);
        let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The decimal numbers of a text value, separated by backslashes.
    pub(super) fn decimals(&self, tag: Tag) -> Result<Option<Vec<f64>>, ReadProblem> {
        let Some(text) = self.text(tag) else {
            return Ok(None);
        };
        let numbers = text
            .split('\\')
            .map(|part| {
                let part = part.trim_matches(|c: char| c == '\0' || c.is_whitespace());
                part.parse::<f64>().ok().filter(|value| value.is_finite())
            })
            .collect::<Option<Vec<f64>>>();
        numbers
            .map(Some)
            .ok_or_else(|| refused(tag, "decimal numbers", &shortened(&text)))
    }

    /// Exactly `N` decimal numbers.
    pub(super) fn exactly<const N: usize>(
        &self,
        tag: Tag,
    ) -> Result<Option<[f64; N]>, ReadProblem> {
        let Some(numbers) = self.decimals(tag)? else {
            return Ok(None);
        };
        let found = numbers.len();
        numbers
            .try_into()
            .map(Some)
            .map_err(|_| refused(tag, &format!("{N} numbers"), &found.to_string()))
    }

    /// The first decimal number.
    pub(super) fn decimal(&self, tag: Tag) -> Result<Option<f64>, ReadProblem> {
        Ok(self
            .decimals(tag)?
            .and_then(|numbers| numbers.first().copied()))
    }

    /// A whole number written as text.
    pub(super) fn whole(&self, tag: Tag) -> Result<Option<i64>, ReadProblem> {
        let Some(text) = self.text(tag) else {
            return Ok(None);
        };
        text.parse()
            .map(Some)
            .map_err(|_| refused(tag, "a whole number", &shortened(&text)))
    }

    /// An unsigned number of 16 or 32 bits.
    pub(super) fn unsigned(&self, tag: Tag) -> Option<u64> {
        match self.bytes(tag)? {
            [a, b, c, d] => Some(u32::from_le_bytes([*a, *b, *c, *d]).into()),
            [a, b, ..] => Some(u16::from_le_bytes([*a, *b]).into()),
            _ => None,
        }
    }

    /// A signed number of 32 bits.
    pub(super) fn signed(&self, tag: Tag) -> Option<i32> {
        let bytes = self.bytes(tag)?.first_chunk()?;
        Some(i32::from_le_bytes(*bytes))
    }

    /// A 32-bit float.
    pub(super) fn float(&self, tag: Tag) -> Option<f64> {
        let bytes = self.bytes(tag)?.first_chunk()?;
        Some(f64::from(f32::from_le_bytes(*bytes))).filter(|value| value.is_finite())
    }

    /// An unsigned number without which the file has no meaning.
    pub(super) fn required(&self, tag: Tag) -> Result<u64, ReadProblem> {
        self.unsigned(tag)
            .ok_or_else(|| ReadProblem::MissingField(tag::name(tag)))
    }

    /// 16-bit numbers.
    pub(super) fn words(&self, tag: Tag) -> Option<Vec<u16>> {
        let (words, _) = self.bytes(tag)?.as_chunks::<2>();
        Some(words.iter().map(|word| u16::from_le_bytes(*word)).collect())
    }

    /// The first 64-bit float.
    pub(super) fn double(&self, tag: Tag) -> Option<f64> {
        let (doubles, _) = self.bytes(tag)?.as_chunks::<8>();
        doubles
            .first()
            .map(|bytes| f64::from_le_bytes(*bytes))
            .filter(|value| value.is_finite())
    }
}

/// A refusal that names the field.
pub(super) fn refused(tag: Tag, expected: &str, found: &str) -> ReadProblem {
    ReadProblem::Field {
        field: tag::name(tag),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

/// Text of a file for a message: not too long, nothing that disturbs a terminal.
pub(super) fn shortened(text: &str) -> String {
    let start: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
    format!("\"{start}\"")
}
