//! A reader for the `tar` crate that bounds and remembers the headers in front of an entry.
//!
//! The crate reads long names and extended headers into memory whatever their length, tells an early end and a damaged
//! header by text alone, and splits extended headers at line breaks although their values may hold some. With a watch on
//! what it reads, all three can be put right without a tar reader of our own.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::rc::Rc;

/// Bytes of a tar block.
const BLOCK: u64 = 512;

/// What the guard saw; shared with the reader that the `tar` crate owns.
#[derive(Clone, Default)]
pub(super) struct Guard(Rc<Seen>);

#[derive(Default)]
struct Seen {
    position: Cell<u64>,
    /// The end of the stream was reached.
    ended: Cell<bool>,
    /// Bytes that headers may still take; nothing while content is read.
    header_room: Cell<Option<u64>>,
    overflowed: Cell<bool>,
    headers: RefCell<Vec<u8>>,
}

/// A reader with a guard on it.
pub(super) struct Guarded<R> {
    from: R,
    guard: Guard,
}

impl Guard {
    /// Puts a guard on a reader.
    pub(super) fn watch<R: Read>(from: R) -> (Guarded<R>, Self) {
        let guard = Self::default();
        let guarded = Guarded {
            from,
            guard: guard.clone(),
        };
        (guarded, guard)
    }

    /// From here on headers are read, `limit` bytes at most. The content of the entry before must have been read to its
    /// end.
    pub(super) fn expect_headers(&self, limit: u64) {
        let padding = self.0.position.get().next_multiple_of(BLOCK) - self.0.position.get();
        self.0.header_room.set(Some(limit + padding));
        self.0.headers.borrow_mut().clear();
    }

    /// From here on content is read.
    pub(super) fn expect_content(&self) {
        self.0.header_room.set(None);
    }

    /// The headers were longer than allowed.
    pub(super) fn overflowed(&self) -> bool {
        self.0.overflowed.get()
    }

    /// The stream has ended.
    pub(super) fn ended(&self) -> bool {
        self.0.ended.get()
    }

    /// The extended header (PAX) of the entry whose headers were just read.
    pub(super) fn pax(&self) -> Option<Vec<u8>> {
        let headers = self.0.headers.borrow();
        // What was read first is the padding behind the entry before.
        let mut rest = &headers[headers.len() % 512..];
        while let Some((block, after)) = rest.split_at_checked(512) {
            let header = tar::Header::from_byte_slice(block);
            let kind = header.entry_type();
            if !(kind.is_pax_local_extensions() || kind.is_gnu_longname() || kind.is_gnu_longlink())
            {
                return None;
            }
            let size = usize::try_from(header.entry_size().ok()?).ok()?;
            if kind.is_pax_local_extensions() {
                return after.get(..size).map(<[u8]>::to_vec);
            }
            rest = after.get(size.next_multiple_of(512)..)?;
        }
        None
    }
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let seen = &self.guard.0;
        let count = self.from.read(into)?;
        if count == 0 && !into.is_empty() {
            seen.ended.set(true);
        }
        seen.position.set(seen.position.get() + count as u64);
        if let Some(room) = seen.header_room.get() {
            let Some(left) = room.checked_sub(count as u64) else {
                seen.overflowed.set(true);
                return Err(io::ErrorKind::QuotaExceeded.into());
            };
            seen.header_room.set(Some(left));
            seen.headers.borrow_mut().extend_from_slice(&into[..count]);
        }
        Ok(count)
    }
}

/// The records of an extended header, exactly as they stand: `(key, value)`. A record that is no record ends the list
/// with an error.
pub(super) fn pax_records(
    mut text: &[u8],
) -> impl Iterator<Item = Result<(&[u8], &[u8]), MalformedPax>> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let Some((record, rest)) = split_record(text) else {
            text = &[];
            return Some(Err(MalformedPax));
        };
        text = rest;
        Some(Ok(record))
    })
}

/// An extended header that does not keep to its form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MalformedPax;

type Record<'a> = (&'a [u8], &'a [u8]);

/// `length key=value\n`, where the length counts all of it.
fn split_record(text: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let digits = text.iter().position(|byte| *byte == b' ')?;
    let length: usize = str::from_utf8(&text[..digits]).ok()?.parse().ok()?;
    let (record, rest) = text.split_at_checked(length)?;
    let body = record.get(digits + 1..)?.strip_suffix(b"\n")?;
    let equals = body.iter().position(|byte| *byte == b'=')?;
    Some(((&body[..equals], &body[equals + 1..]), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_may_hold_line_breaks() {
        let text = b"16 path=a\nb/c\nd\n20 SCHILY.xattr.u=\n\n";
        let records: Vec<_> = pax_records(text).collect();
        let expected: [Record<'_>; 2] = [(b"path", b"a\nb/c\nd"), (b"SCHILY.xattr.u", b"\n")];
        assert_eq!(records, expected.map(Ok));
    }

    #[test]
    fn a_wrong_length_is_malformed() {
        for text in [
            &b"99 path=a\n"[..],
            b"x path=a\n",
            b"9 path=ab\n",
            b"8 path a\n",
            b" ",
        ] {
            let last = pax_records(text).last();
            assert_eq!(last, Some(Err(MalformedPax)), "{text:?}");
        }
    }
}
