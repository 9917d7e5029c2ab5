//! Samples as text: numbers, or pairs of hexadecimal digits.

use std::io::{self, BufRead, Read};

use crate::summary::ComponentType;

/// Turns text into little-endian samples.
pub(super) struct Text<R> {
    pub(super) input: R,
    /// Type of the numbers, `None` for hexadecimal bytes.
    pub(super) component: Option<ComponentType>,
    pub(super) pending: Vec<u8>,
}

impl<R: BufRead> Text<R> {
    fn word(&mut self, longest: usize) -> io::Result<String> {
        let mut word = String::new();
        loop {
            let Some(byte) = self.input.fill_buf()?.first().copied() else {
                return Ok(word);
            };
            self.input.consume(1);
            let is_blank = byte.is_ascii_whitespace() || byte == b',';
            if !is_blank {
                word.push(char::from(byte));
            } else if !word.is_empty() && self.component.is_some() {
                return Ok(word);
            }
            if self.component.is_none() && word.len() == longest {
                return Ok(word);
            }
            if word.len() > longest {
                return Err(io::Error::other(format!("`{word}` is no number")));
            }
        }
    }
}

impl<R: BufRead> Read for Text<R> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        if self.pending.is_empty() {
            let word = self.word(if self.component.is_some() { 64 } else { 2 })?;
            if word.is_empty() {
                return Ok(0);
            }
            self.pending = match self.component {
                Some(component) => encode(&word, component),
                None => u8::from_str_radix(&word, 16).ok().map(|byte| vec![byte]),
            }
            .ok_or_else(|| io::Error::other(format!("`{word}` is no such number")))?;
        }
        let given = space.len().min(self.pending.len());
        space[..given].copy_from_slice(&self.pending[..given]);
        self.pending.drain(..given);
        Ok(given)
    }
}

fn encode(word: &str, component: ComponentType) -> Option<Vec<u8>> {
    macro_rules! number {
        ($type:ty) => {
            word.parse::<$type>().ok()?.to_le_bytes().to_vec()
        };
    }
    Some(match component {
        ComponentType::Int8 => number!(i8),
        ComponentType::Uint8 => number!(u8),
        ComponentType::Int16 => number!(i16),
        ComponentType::Uint16 => number!(u16),
        ComponentType::Int32 => number!(i32),
        ComponentType::Uint32 => number!(u32),
        ComponentType::Int64 => number!(i64),
        ComponentType::Uint64 => number!(u64),
        ComponentType::Float16 | ComponentType::Float32 => number!(f32),
        ComponentType::Float64 => number!(f64),
    })
}
