//! Image file directories: the entries of one, and the chain of all, sub-directories included.
//!
//! Source: the TIFF 6.0 specification with its 1995 and 2002 supplements, and the BigTIFF proposal.

use std::collections::{BTreeMap, HashSet};

use super::file::TiffFile;
use super::tag;
use crate::error::ReadProblem;

/// No directory in the field has more entries.
const MAX_ENTRIES: u64 = 4096;

/// One entry: a tag and where its values are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) tag: u16,
    /// Field type, 1 to 18.
    pub(super) kind: u16,
    /// Number of values.
    pub(super) count: u64,
    /// Where the values start: in the entry itself when they fit.
    pub(super) at: u64,
}

impl Entry {
    /// Bytes of one value; `None` for a field type that does not exist.
    fn value_bytes(&self) -> Option<u64> {
        match self.kind {
            1 | 2 | 6 | 7 => Some(1),
            3 | 8 => Some(2),
            4 | 9 | 11 | 13 => Some(4),
            5 | 10 | 12 | 16 | 17 | 18 => Some(8),
            _ => None,
        }
    }

    fn wrong_type(&self, expected: &str) -> ReadProblem {
        ReadProblem::Field {
            field: tag::name(self.tag),
            expected: expected.into(),
            found: format!("field type {}", self.kind),
        }
    }

    /// `count` unsigned integers from number `first` on, at most as many as the entry has.
    pub(super) fn integers(
        &self,
        file: &mut TiffFile<'_>,
        first: u64,
        count: u64,
    ) -> Result<Vec<u64>, ReadProblem> {
        let width = match self.kind {
            1 | 7 => 1u8,
            3 => 2,
            4 | 13 => 4,
            16 | 18 => 8,
            _ => return Err(self.wrong_type("whole numbers")),
        };
        let count = count.min(self.count.saturating_sub(first));
        let start = self.at.saturating_add(first.saturating_mul(width.into()));
        let bytes = file.vec(
            start,
            count.saturating_mul(width.into()),
            &tag::name(self.tag),
        )?;
        Ok(match width {
            1 => bytes.iter().map(|byte| u64::from(*byte)).collect(),
            2 => bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| file.u16(*b).into())
                .collect(),
            4 => bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| file.u32(*b).into())
                .collect(),
            _ => bytes.as_chunks().0.iter().map(|b| file.u64(*b)).collect(),
        })
    }

    /// The first number, as a fraction where it is one; `None` when its denominator is 0.
    pub(super) fn number(&self, file: &mut TiffFile<'_>) -> Result<Option<f64>, ReadProblem> {
        let what = tag::name(self.tag);
        match self.kind {
            5 => {
                let bytes: [u8; 8] = file.bytes(self.at, &what)?;
                let [a, b, c, d, e, f, g, h] = bytes;
                let (top, bottom) = (file.u32([a, b, c, d]), file.u32([e, f, g, h]));
                Ok((bottom != 0).then(|| f64::from(top) / f64::from(bottom)))
            }
            11 => {
                let bytes = file.bytes(self.at, &what)?;
                Ok(Some(f32::from_bits(file.u32(bytes)).into()))
            }
            12 => {
                let bytes = file.bytes(self.at, &what)?;
                Ok(Some(f64::from_bits(file.u64(bytes))))
            }
            _ => {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "no resolution has more than 53 bits"
                )]
                let number = self
                    .integers(file, 0, 1)?
                    .first()
                    .map(|number| *number as f64);
                Ok(number)
            }
        }
    }

    /// Bytes as they are, at most `limit` of them.
    pub(super) fn raw(&self, file: &mut TiffFile<'_>, limit: u64) -> Result<Vec<u8>, ReadProblem> {
        let bytes = self.value_bytes().ok_or_else(|| self.wrong_type("bytes"))?;
        file.vec(
            self.at,
            self.count.saturating_mul(bytes).min(limit),
            &tag::name(self.tag),
        )
    }
}

/// The entries of one directory by tag; of equal tags the first counts.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// Number in reading order, from 0.
    pub(super) number: usize,
    /// True for a directory that another one lists as its sub-directory.
    pub(super) is_sub: bool,
    entries: BTreeMap<u16, Entry>,
}

impl Directory {
    pub(super) fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.get(&tag)
    }

    /// The first value of a whole-number tag.
    pub(super) fn integer(
        &self,
        file: &mut TiffFile<'_>,
        tag: u16,
    ) -> Result<Option<u64>, ReadProblem> {
        match self.entry(tag) {
            Some(entry) => Ok(entry.integers(file, 0, 1)?.first().copied()),
            None => Ok(None),
        }
    }

    /// The first value of a tag as `u16`; larger ones are refused.
    pub(super) fn small(
        &self,
        file: &mut TiffFile<'_>,
        tag: u16,
    ) -> Result<Option<u16>, ReadProblem> {
        let Some(value) = self.integer(file, tag)? else {
            return Ok(None);
        };
        u16::try_from(value)
            .map(Some)
            .map_err(|_| ReadProblem::Field {
                field: self.field(tag),
                expected: "at most 65535".into(),
                found: value.to_string(),
            })
    }

    /// Name of a tag in this directory, for messages.
    pub(super) fn field(&self, tag: u16) -> String {
        format!("{} of directory {}", tag::name(tag), self.number)
    }

    /// Reads the directory at `at`; returns it with the offset of the next one.
    fn read(
        file: &mut TiffFile<'_>,
        at: u64,
        number: usize,
    ) -> Result<(Directory, u64), ReadProblem> {
        let what = format!("directory {number}");
        let (count, head, width) = if file.big {
            let bytes = file.bytes(at, &what)?;
            (file.u64(bytes), 8, 20u8)
        } else {
            let bytes = file.bytes(at, &what)?;
            (file.u16(bytes).into(), 2, 12)
        };
        if count == 0 || count > MAX_ENTRIES {
            return Err(ReadProblem::Field {
                field: format!("number of entries of {what}"),
                expected: format!("1 to {MAX_ENTRIES}"),
                found: count.to_string(),
            });
        }
        let mut directory = Directory {
            number,
            ..Directory::default()
        };
        let start = at + head;
        for (index, raw) in file
            .vec(start, count * u64::from(width), &what)?
            .chunks_exact(usize::from(width))
            .enumerate()
        {
            let entry_at = start + index as u64 * u64::from(width);
            if let Some(entry) = parse_entry(file, raw, entry_at) {
                directory.entries.entry(entry.tag).or_insert(entry);
            }
        }
        let next = file.offset_at(start + count * u64::from(width), &what)?;
        Ok((directory, next))
    }
}

/// `None` for field types that do not exist: such entries are private and skipped.
fn parse_entry(file: &TiffFile<'_>, raw: &[u8], at: u64) -> Option<Entry> {
    let two = |from: usize| raw.get(from..from + 2)?.try_into().ok();
    let four = |from: usize| raw.get(from..from + 4)?.try_into().ok();
    let eight = |from: usize| raw.get(from..from + 8)?.try_into().ok();
    let (count, inline, offset) = if file.big {
        (file.u64(eight(4)?), 8, file.u64(eight(12)?))
    } else {
        (file.u32(four(4)?).into(), 4, file.u32(four(8)?).into())
    };
    let mut entry = Entry {
        tag: file.u16(two(0)?),
        kind: file.u16(two(2)?),
        count,
        at: offset,
    };
    if entry.value_bytes()?.saturating_mul(count) <= inline {
        entry.at = at + if file.big { 12 } else { 8 };
    }
    Some(entry)
}

/// All directories: each of the main chain followed by its sub-directories. Loops are refused.
pub(super) fn read_all(file: &mut TiffFile<'_>, max: usize) -> Result<Vec<Directory>, ReadProblem> {
    let mut walk = Walk {
        seen: HashSet::new(),
        found: Vec::new(),
        max,
    };
    let mut at = file.first;
    while at != 0 {
        at = walk.visit(file, at, false)?;
        let (subs, number) = match walk.found.last() {
            Some(last) => (last.entry(tag::SUB_IFDS).copied(), last.number),
            None => (None, 0),
        };
        if let Some(subs) = subs {
            if subs.count > max as u64 {
                return Err(walk.too_many(number));
            }
            for sub in subs.integers(file, 0, subs.count)? {
                // A sub-directory may itself be the head of a chain.
                let mut sub = sub;
                while sub != 0 {
                    sub = walk.visit(file, sub, true)?;
                }
            }
        }
    }
    if walk.found.is_empty() {
        return Err(ReadProblem::MissingField("first directory".into()));
    }
    Ok(walk.found)
}

struct Walk {
    seen: HashSet<u64>,
    found: Vec<Directory>,
    max: usize,
}

impl Walk {
    fn visit(
        &mut self,
        file: &mut TiffFile<'_>,
        at: u64,
        is_sub: bool,
    ) -> Result<u64, ReadProblem> {
        let number = self.found.len();
        if !self.seen.insert(at) {
            return Err(ReadProblem::Corrupt {
                what: format!("directory {number}"),
                problem: format!(
                    "points back to the one at offset {at}: the directories form a loop"
                ),
            });
        }
        if number >= self.max {
            return Err(self.too_many(number));
        }
        let (directory, next) = Directory::read(file, at, number)?;
        self.found.push(Directory {
            is_sub,
            ..directory
        });
        Ok(next)
    }

    fn too_many(&self, number: usize) -> ReadProblem {
        ReadProblem::Field {
            field: format!("directories from {number} on"),
            expected: format!("at most {}", self.max),
            found: "more".into(),
        }
    }
}
