//! One DEFLATE stream, read to its end and its checksum, into a sink of constant size.

use std::io::BufRead;

use flate2::{Decompress, FlushDecompress, Status};

use crate::error::ReadProblem;

/// Takes decoded bytes without a buffer of the size of the image.
pub(crate) trait ByteSink {
    /// Free space, never empty.
    fn space(&mut self) -> &mut [u8];
    /// Says that this many bytes of the free space have been filled.
    fn advance(&mut self, bytes: usize);
}

/// What a stream must give.
pub(crate) struct Goal<'a> {
    /// Which stream, for messages.
    pub(crate) what: &'a str,
    /// Decoded bytes that belong to the image.
    pub(crate) expected: u128,
    /// Decoded bytes beyond the image after which the stream is refused.
    pub(crate) max_surplus: u64,
}

impl Goal<'_> {
    /// A refusal that tells what was expected and how far the decoder came.
    pub(crate) fn corrupt(&self, problem: &str, found: u128) -> ReadProblem {
        ReadProblem::Corrupt {
            what: self.what.to_owned(),
            problem: format!(
                "{problem}; expected {} bytes of samples, found {found}",
                self.expected
            ),
        }
    }
}

/// zlib or gzip by the first two bytes; anything else, raw DEFLATE included, is refused.
pub(crate) fn decoder_for(start: &[u8], what: &str) -> Result<Decompress, ReadProblem> {
    match start {
        [0x1f, 0x8b, ..] => Ok(Decompress::new_gzip(15)),
        [method, flags, ..]
            if method & 0x0f == 8
                && (u16::from(*method) * 256 + u16::from(*flags)).is_multiple_of(31) =>
        {
            Ok(Decompress::new(true))
        }
        _ => Err(ReadProblem::Corrupt {
            what: what.to_owned(),
            problem: format!(
                "expected a zlib or gzip stream, found bytes {:02x?}",
                &start[..start.len().min(4)]
            ),
        }),
    }
}

/// Runs the decoder to the end of its stream; returns the bytes that it gave beyond the image.
pub(crate) fn inflate(
    decoder: &mut Decompress,
    input: &mut dyn BufRead,
    goal: &Goal<'_>,
    sink: &mut dyn ByteSink,
) -> Result<u128, ReadProblem> {
    let mut scratch = [0u8; 16 * 1024];
    loop {
        let out_before = decoder.total_out();
        let missing = goal.expected.saturating_sub(out_before.into());
        if missing == 0 && u128::from(out_before) - goal.expected > goal.max_surplus.into() {
            return Err(goal.corrupt("goes on far beyond the image", out_before.into()));
        }
        let bytes = input.fill_buf()?;
        let at_end = bytes.is_empty();
        let in_before = decoder.total_in();
        let result = if missing > 0 {
            let space = sink.space();
            let wanted = usize::try_from(missing)
                .unwrap_or(usize::MAX)
                .min(space.len());
            decoder.decompress(bytes, &mut space[..wanted], FlushDecompress::None)
        } else {
            decoder.decompress(bytes, &mut scratch, FlushDecompress::None)
        };
        let given = usize::try_from(decoder.total_out() - out_before)
            .expect("fits the buffer it was written to");
        let taken = usize::try_from(decoder.total_in() - in_before)
            .expect("fits the buffer it was read from");
        input.consume(taken);
        if missing > 0 {
            sink.advance(given);
        }
        let found = u128::from(decoder.total_out());
        match result {
            Ok(Status::StreamEnd) if found < goal.expected => {
                return Err(goal.corrupt("ends too early", found));
            }
            Ok(Status::StreamEnd) => return Ok(found - goal.expected),
            Ok(Status::Ok | Status::BufError) if given == 0 && taken == 0 && at_end => {
                return Err(goal.corrupt("is cut off before its end", found));
            }
            Ok(Status::Ok | Status::BufError) => {}
            Err(error) => return Err(goal.corrupt(&format!("does not decode ({error})"), found)),
        }
    }
}
