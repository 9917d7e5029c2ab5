//! The bytes of a file in order, plain or inflated, with skipping.

use std::io::{self, BufReader, Read, SeekFrom};

use flate2::bufread::DeflateDecoder;

use crate::error::ReadProblem;
use crate::source::ReadSeek;

/// DEFLATE cannot do better than 1032 to 1.
const MAX_DEFLATE: u64 = 1032;

enum Bytes<'a> {
    Plain(BufReader<&'a mut dyn ReadSeek>),
    Inflated(Box<DeflateDecoder<BufReader<&'a mut dyn ReadSeek>>>),
    /// Only while one becomes the other.
    Moved,
}

/// A reader that knows where it is and how much there can be.
pub(super) struct Input<'a> {
    bytes: Bytes<'a>,
    position: u64,
    /// Bytes of the file, or the most that its inflated data set can have.
    end: u64,
}

impl<'a> Input<'a> {
    pub(super) fn new(file: &'a mut dyn ReadSeek) -> Result<Input<'a>, ReadProblem> {
        let end = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Input {
            bytes: Bytes::Plain(BufReader::new(file)),
            position: 0,
            end,
        })
    }

    /// From here on the file is one DEFLATE stream without a header.
    pub(super) fn inflate(&mut self) {
        self.bytes = match std::mem::replace(&mut self.bytes, Bytes::Moved) {
            Bytes::Plain(reader) => Bytes::Inflated(Box::new(DeflateDecoder::new(reader))),
            other @ (Bytes::Inflated(_) | Bytes::Moved) => other,
        };
        let stored = self.end.saturating_sub(self.position);
        self.end = stored.saturating_mul(MAX_DEFLATE);
        self.position = 0;
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Bytes that can still come, an upper bound where they are inflated.
    pub(super) fn remaining(&self) -> u64 {
        self.end.saturating_sub(self.position)
    }

    fn reader(&mut self) -> &mut dyn Read {
        match &mut self.bytes {
            Bytes::Plain(reader) => reader,
            Bytes::Inflated(reader) => reader,
            Bytes::Moved => unreachable!("replaced at once"),
        }
    }

    /// Goes to a byte of a plain file.
    pub(super) fn go_to(&mut self, position: u64) -> Result<(), ReadProblem> {
        match &mut self.bytes {
            Bytes::Plain(reader) => {
                let back = i64::try_from(self.position).unwrap_or(i64::MAX);
                let to = i64::try_from(position).unwrap_or(i64::MAX);
                reader.seek_relative(to - back)?;
                self.position = position;
                Ok(())
            }
            Bytes::Inflated(_) | Bytes::Moved => {
                let forward = position.checked_sub(self.position).ok_or_else(|| {
                    ReadProblem::Unsupported(
                        "frames of a deflated file that are not in the order of the volume".into(),
                    )
                })?;
                self.skip(forward, "inflated data set")
            }
        }
    }

    /// Fills the buffer, or says that `what` ran out.
    pub(super) fn fill(&mut self, buffer: &mut [u8], what: &str) -> Result<(), ReadProblem> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader().read(&mut buffer[filled..]) {
                Ok(0) => return Err(short(what, buffer.len() as u64, filled as u64)),
                Ok(bytes) => filled += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.broken(error)),
            }
        }
        self.position += buffer.len() as u64;
        Ok(())
    }

    /// The next bytes, or `None` when there are no more; fewer are refused.
    pub(super) fn next<const N: usize>(
        &mut self,
        what: &str,
    ) -> Result<Option<[u8; N]>, ReadProblem> {
        let mut buffer = [0; N];
        let first = loop {
            match self.reader().read(&mut buffer[..1]) {
                Ok(bytes) => break bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.broken(error)),
            }
        };
        if first == 0 {
            return Ok(None);
        }
        self.position += 1;
        self.fill(&mut buffer[1..], what)?;
        Ok(Some(buffer))
    }

    /// A value of this many bytes, compared with what there can be before memory is taken.
    pub(super) fn take(&mut self, length: u64, what: &str) -> Result<Vec<u8>, ReadProblem> {
        self.promise(length, what)?;
        let mut value = Vec::new();
        let given = Read::take(self.reader(), length)
            .read_to_end(&mut value)
            .map_err(|error| self.broken(error))? as u64;
        self.position += given;
        if given < length {
            return Err(short(what, length, given));
        }
        Ok(value)
    }

    /// Passes over bytes.
    pub(super) fn skip(&mut self, length: u64, what: &str) -> Result<(), ReadProblem> {
        self.promise(length, what)?;
        if let Bytes::Plain(reader) = &mut self.bytes {
            reader.seek_relative(i64::try_from(length).unwrap_or(i64::MAX))?;
            self.position += length;
            return Ok(());
        }
        let given = io::copy(&mut Read::take(self.reader(), length), &mut io::sink())
            .map_err(|error| self.broken(error))?;
        self.position += given;
        if given < length {
            return Err(short(what, length, given));
        }
        Ok(())
    }

    /// Refuses a length that goes beyond the end.
    pub(super) fn promise(&self, length: u64, what: &str) -> Result<(), ReadProblem> {
        if length > self.remaining() {
            return Err(short(what, length, self.remaining()));
        }
        Ok(())
    }

    fn broken(&self, error: io::Error) -> ReadProblem {
        match self.bytes {
            Bytes::Inflated(_) => ReadProblem::Corrupt {
                what: "deflated data set".into(),
                problem: format!("does not decode ({error})"),
            },
            Bytes::Plain(_) | Bytes::Moved => error.into(),
        }
    }
}

fn short(what: &str, expected: u64, found: u64) -> ReadProblem {
    ReadProblem::Short {
        what: what.to_owned(),
        expected: expected.into(),
        found: found.into(),
    }
}
