//! Compressed samples: one zlib or gzip stream, read to its end and its checksum.
//!
//! ITK 5.4 reports success for truncated, short and corrupt streams and hands out uninitialised memory; every such
//! stream is refused here.

use std::io::BufRead;

use super::fields::{DataPlace, Header};
use super::samples::{Part, SampleSink, buffered};
use crate::error::ReadProblem;
use crate::inflate::{Goal, decoder_for, inflate};

/// A stream may go on this far beyond the image before it is refused, bytes.
const MAX_SURPLUS: u64 = 256 << 20;

/// Decodes one part into `sink`.
pub(super) fn decode(
    part: &mut Part<'_>,
    header: &Header,
    sink: &mut SampleSink<'_>,
    warnings: &mut Vec<String>,
) -> Result<(), ReadProblem> {
    let what = format!("compressed {}", part.label);
    let (label, available, expected) = (part.label.clone(), part.available, part.expected);
    // The number says nothing about the single files of a list.
    let is_list = matches!(header.place, DataPlace::List { .. });
    let stated = header.compressed_bytes.filter(|_| !is_list);
    if let Some(stated) = stated.filter(|stated| *stated > available) {
        return Err(ReadProblem::Short {
            what: format!("{what} (`CompressedDataSize`)"),
            expected: stated.into(),
            found: available.into(),
        });
    }
    let mut input = buffered(part);
    let mut decoder = decoder_for(input.fill_buf()?, &what)?;
    let goal = Goal {
        what: &what,
        expected,
        max_surplus: MAX_SURPLUS,
    };
    let surplus = inflate(&mut decoder, &mut input, &goal, sink)?;
    let consumed = decoder.total_in();
    if surplus > 0 {
        warnings.push(format!(
            "{what}: {surplus} decoded bytes beyond the image are ignored"
        ));
    }
    match stated {
        Some(stated) if stated != consumed => {
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
