//! Compressed samples: one zlib or gzip stream, read to its end and its checksum.
//!
//! ITK 5.4 reports success for truncated, short and corrupt streams and hands out uninitialised memory; every such
//! stream is refused here.

use std::io::BufRead;

use flate2::{Decompress, FlushDecompress, Status};

use super::fields::{DataPlace, Header};
use super::samples::{Part, SampleSink, buffered};
use crate::error::ReadProblem;

/// A stream may go on this far beyond the image before it is refused, bytes.
const MAX_SURPLUS: u64 = 256 << 20;

/// Decodes one part into `sink`.
pub(super) fn inflate(
    part: &mut Part<'_>,
    header: &Header,
    sink: &mut SampleSink<'_>,
    warnings: &mut Vec<String>,
) -> Result<(), ReadProblem> {
    let what = format!("compressed {}", part.label);
    let (label, available, expected) = (part.label.clone(), part.available, part.expected);
    if let Some(stated) = header.compressed_bytes.filter(|stated| *stated > available) {
        return Err(ReadProblem::Short {
            what: format!("{what} (`CompressedDataSize`)"),
            expected: stated.into(),
            found: available.into(),
        });
    }
    let mut input = buffered(part);
    let mut decoder = decoder_for(input.fill_buf()?, &what)?;
    let surplus = run(
        &mut decoder,
        &mut input,
        Goal {
            what: &what,
            expected,
        },
        sink,
    )?;
    let consumed = decoder.total_in();
    if surplus > 0 {
        warnings.push(format!(
            "{what}: {surplus} decoded bytes beyond the image are ignored"
        ));
    }
    match header.compressed_bytes {
        Some(stated) if stated != consumed && !matches!(header.place, DataPlace::List { .. }) => {
            warnings.push(format!(
                "`CompressedDataSize` is {stated}, the stream has {consumed} bytes"
            ));
        }
        None if header.place == DataPlace::Local => {
            warnings.push("no `CompressedDataSize`: ITK up to 5.4 cannot read this file".into());
        }
        Some(_) | None => {}
    }
    if consumed < available {
        warnings.push(format!(
            "{label}: {} bytes after the compressed stream are ignored",
            available - consumed
        ));
    }
    Ok(())
}

/// zlib or gzip by the first two bytes; anything else is refused.
fn decoder_for(start: &[u8], what: &str) -> Result<Decompress, ReadProblem> {
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

struct Goal<'a> {
    what: &'a str,
    expected: u128,
}

impl Goal<'_> {
    fn corrupt(&self, decoder: &Decompress, problem: &str) -> ReadProblem {
        ReadProblem::Corrupt {
            what: self.what.to_owned(),
            problem: format!(
                "{problem}; expected {} bytes of samples, found {}",
                self.expected,
                decoder.total_out()
            ),
        }
    }
}

/// Runs the decoder to the end of its stream; returns the bytes that it gave beyond the image.
fn run(
    decoder: &mut Decompress,
    input: &mut dyn BufRead,
    goal: Goal<'_>,
    sink: &mut SampleSink<'_>,
) -> Result<u128, ReadProblem> {
    let mut scratch = [0u8; 16 * 1024];
    loop {
        let out_before = decoder.total_out();
        let missing = goal.expected.saturating_sub(out_before.into());
        if missing == 0 && u128::from(out_before) - goal.expected > MAX_SURPLUS.into() {
            return Err(goal.corrupt(decoder, "goes on far beyond the image"));
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
        match result {
            Ok(Status::StreamEnd) => break,
            Ok(Status::Ok | Status::BufError) if given == 0 && taken == 0 && at_end => {
                return Err(goal.corrupt(decoder, "is cut off before its end"));
            }
            Ok(Status::Ok | Status::BufError) => {}
            Err(error) => return Err(goal.corrupt(decoder, &format!("does not decode ({error})"))),
        }
    }
    let total = u128::from(decoder.total_out());
    if total < goal.expected {
        return Err(goal.corrupt(decoder, "ends too early"));
    }
    Ok(total - goal.expected)
}
