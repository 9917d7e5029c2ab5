//! Samples written as text (`BinaryData = False`): numbers separated by blanks.

use std::io::BufRead;

use super::samples::{Part, SampleSink, buffered};
use crate::error::ReadProblem;
use crate::inflate::ByteSink;
use crate::summary::ComponentType;

/// No number needs more characters than this.
const MAX_WORD: usize = 64;

/// Reads as many numbers as expected; a warning for more.
pub(super) fn parse(
    part: &mut Part<'_>,
    component: ComponentType,
    sink: &mut SampleSink<'_>,
    warnings: &mut Vec<String>,
) -> Result<(), ReadProblem> {
    let label = part.label.clone();
    let expected = part.expected / u128::from(component.bytes());
    let mut input = buffered(part);
    for found in 0..expected {
        let Some(word) = next_word(&mut input, &label)? else {
            return Err(ReadProblem::Short {
                what: format!("{label}, read as {expected} numbers"),
                expected: expected * u128::from(component.bytes()),
                found: found * u128::from(component.bytes()),
            });
        };
        let bytes = encode(&word, component).ok_or_else(|| ReadProblem::Corrupt {
            what: label.clone(),
            problem: format!(
                "number {}: expected {component:?}, found `{word}`",
                found + 1
            ),
        })?;
        for byte in bytes
            .into_iter()
            .take(usize::try_from(component.bytes()).expect("at most 8"))
        {
            sink.space()[0] = byte;
            sink.advance(1);
        }
    }
    if next_word(&mut input, &label).is_ok_and(|word| word.is_some()) {
        warnings.push(format!("{label}: text after the last sample is ignored"));
    }
    Ok(())
}

fn next_word(input: &mut dyn BufRead, label: &str) -> Result<Option<String>, ReadProblem> {
    let mut word = String::new();
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            return Ok((!word.is_empty()).then_some(word));
        }
        let mut used = 0;
        for byte in bytes {
            used += 1;
            if !byte.is_ascii_whitespace() {
                word.push(char::from(*byte));
            } else if !word.is_empty() {
                input.consume(used);
                return Ok(Some(word));
            }
            if word.len() > MAX_WORD {
                return Err(ReadProblem::Corrupt {
                    what: label.to_owned(),
                    problem: format!("expected numbers separated by blanks, found `{word}`"),
                });
            }
        }
        input.consume(used);
    }
}

/// The little-endian bytes of a number, padded to eight; `None` when it does not fit the type.
fn encode(word: &str, component: ComponentType) -> Option<[u8; 8]> {
    let integer = || {
        word.parse::<i128>().ok().or_else(|| {
            let number = word.parse::<f64>().ok()?;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "whole numbers below 2^63 only"
            )]
            (number.fract() == 0.0 && number.abs() < 9.2e18).then_some(number as i128)
        })
    };
    match component {
        ComponentType::Int8 => i8::try_from(integer()?).ok().map(|v| pad(v.to_le_bytes())),
        ComponentType::Uint8 => u8::try_from(integer()?).ok().map(|v| pad(v.to_le_bytes())),
        ComponentType::Int16 => i16::try_from(integer()?).ok().map(|v| pad(v.to_le_bytes())),
        ComponentType::Uint16 => u16::try_from(integer()?).ok().map(|v| pad(v.to_le_bytes())),
        ComponentType::Int32 => i32::try_from(integer()?).ok().map(|v| pad(v.to_le_bytes())),
        ComponentType::Uint32 => u32::try_from(integer()?).ok().map(|v| pad(v.to_le_bytes())),
        ComponentType::Int64 => i64::try_from(integer()?).ok().map(|v| pad(v.to_le_bytes())),
        ComponentType::Uint64 => u64::try_from(integer()?).ok().map(|v| pad(v.to_le_bytes())),
        ComponentType::Float32 => word.parse::<f32>().ok().map(|v| pad(v.to_le_bytes())),
        ComponentType::Float64 => word.parse::<f64>().ok().map(|v| pad(v.to_le_bytes())),
        ComponentType::Float16 => None,
    }
}

fn pad<const N: usize>(bytes: [u8; N]) -> [u8; 8] {
    let mut padded = [0; 8];
    padded[..N].copy_from_slice(&bytes);
    padded
}
