//! Decodes one strip or tile to its end through a buffer of constant size.

use std::io::{BufRead, Read};

use weezl::LzwStatus;
use weezl::decode::Decoder;

use crate::error::ReadProblem;
use crate::inflate::{ByteSink, Goal, decoder_for, inflate};

/// Largest window that a zstd stream may ask for: 2^27 bytes.
const MAX_ZSTD_WINDOW: u32 = 27;
const BUFFER: usize = 64 * 1024;

/// A codec whose output is not bounded by its input, so that it has to be run to know that the data is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    None,
    Lzw,
    Deflate,
    PackBits,
    Zstd,
}

impl Codec {
    /// The codec of a compression number that we decode as a stream.
    pub(super) fn of(compression: u16) -> Option<Codec> {
        match compression {
            1 => Some(Codec::None),
            5 => Some(Codec::Lzw),
            8 | 32946 => Some(Codec::Deflate),
            32773 => Some(Codec::PackBits),
            50000 => Some(Codec::Zstd),
            _ => None,
        }
    }

    /// True when the order of bits in a byte matters to it.
    pub(super) fn reads_bits(self) -> bool {
        self == Codec::Lzw
    }
}

/// Hands decoded bytes on in pieces.
pub(super) struct ChunkSink<'a> {
    buffer: Vec<u8>,
    filled: usize,
    deliver: &'a mut dyn FnMut(&[u8]),
}

impl<'a> ChunkSink<'a> {
    pub(super) fn new(deliver: &'a mut dyn FnMut(&[u8])) -> Self {
        ChunkSink {
            buffer: vec![0; BUFFER],
            filled: 0,
            deliver,
        }
    }

    fn flush(&mut self) {
        (self.deliver)(&self.buffer[..self.filled]);
        self.filled = 0;
    }
}

impl ByteSink for ChunkSink<'_> {
    fn space(&mut self) -> &mut [u8] {
        if self.filled == self.buffer.len() {
            self.flush();
        }
        &mut self.buffer[self.filled..]
    }

    fn advance(&mut self, bytes: usize) {
        self.filled += bytes;
    }
}

/// Decodes the bytes of one strip or tile, and refuses data that gives less than expected.
pub(super) fn decode(
    codec: Codec,
    input: &mut dyn BufRead,
    goal: &Goal<'_>,
    sink: &mut ChunkSink<'_>,
) -> Result<(), ReadProblem> {
    match codec {
        Codec::None => copy(input, goal, sink)?,
        Codec::Lzw => lzw(input, goal, sink)?,
        Codec::PackBits => pack_bits(input, goal, sink)?,
        Codec::Zstd => zstd(input, goal, sink)?,
        Codec::Deflate => {
            let mut decoder = decoder_for(input.fill_buf()?, goal.what)?;
            inflate(&mut decoder, input, goal, sink)?;
        }
    }
    sink.flush();
    Ok(())
}

/// The free space of the sink, at most as much as is missing.
fn room<'a>(sink: &'a mut ChunkSink<'_>, missing: u128) -> &'a mut [u8] {
    let space = sink.space();
    let wanted = usize::try_from(missing)
        .unwrap_or(usize::MAX)
        .min(space.len());
    &mut space[..wanted]
}

fn copy(
    input: &mut dyn Read,
    goal: &Goal<'_>,
    sink: &mut ChunkSink<'_>,
) -> Result<(), ReadProblem> {
    let mut missing = goal.expected;
    while missing > 0 {
        let bytes = input.read(room(sink, missing))?;
        if bytes == 0 {
            return Err(goal.corrupt("is too short", goal.expected - missing));
        }
        sink.advance(bytes);
        missing -= bytes as u128;
    }
    Ok(())
}

/// TIFF 6.0 LZW, and the older form with reversed bits that libtiff calls "compat". The end code may be missing: some
/// writers leave it out, and once all pixels are there nothing is lost.
fn lzw(
    input: &mut dyn BufRead,
    goal: &Goal<'_>,
    sink: &mut ChunkSink<'_>,
) -> Result<(), ReadProblem> {
    let is_old = matches!(input.fill_buf()?, [0, second, ..] if second & 1 == 1);
    let mut decoder = if is_old {
        Decoder::new(weezl::BitOrder::Lsb, 8)
    } else {
        Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
    };
    let mut missing = goal.expected;
    while missing > 0 {
        let bytes = input.fill_buf()?;
        let result = decoder.decode_bytes(bytes, room(sink, missing));
        let stuck = result.consumed_in == 0 && result.consumed_out == 0;
        input.consume(result.consumed_in);
        sink.advance(result.consumed_out);
        missing -= result.consumed_out as u128;
        let found = goal.expected - missing;
        match result.status {
            Ok(LzwStatus::Done) if missing > 0 => return Err(goal.corrupt("ends too early", found)),
            Ok(LzwStatus::Ok | LzwStatus::NoProgress) if stuck => {
                return Err(goal.corrupt("is cut off before its end", found));
            }
            Ok(LzwStatus::Ok | LzwStatus::NoProgress | LzwStatus::Done) => {}
            Err(error) => return Err(goal.corrupt(&format!("does not decode ({error})"), found)),
        }
    }
    Ok(())
}

fn pack_bits(
    input: &mut dyn BufRead,
    goal: &Goal<'_>,
    sink: &mut ChunkSink<'_>,
) -> Result<(), ReadProblem> {
    let mut missing = goal.expected;
    while missing > 0 {
        let cut_off =
            |missing: u128| goal.corrupt("is cut off before its end", goal.expected - missing);
        let head = next_byte(input)?.ok_or_else(|| cut_off(missing))?;
        let (length, is_run) = match head {
            0..=127 => (usize::from(head) + 1, false),
            128 => continue,
            129..=255 => (257 - usize::from(head), true),
        };
        let mut value = 0;
        for index in 0..length {
            if index == 0 || !is_run {
                value = next_byte(input)?.ok_or_else(|| cut_off(missing))?;
            }
            if missing > 0 {
                sink.space()[0] = value;
                sink.advance(1);
                missing -= 1;
            }
        }
    }
    Ok(())
}

fn next_byte(input: &mut dyn BufRead) -> Result<Option<u8>, ReadProblem> {
    let byte = input.fill_buf()?.first().copied();
    if byte.is_some() {
        input.consume(1);
    }
    Ok(byte)
}

fn zstd(
    input: &mut dyn BufRead,
    goal: &Goal<'_>,
    sink: &mut ChunkSink<'_>,
) -> Result<(), ReadProblem> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
    decoder.window_log_max(MAX_ZSTD_WINDOW)?;
    let mut missing = goal.expected;
    while missing > 0 {
        let found = goal.expected - missing;
        match decoder.read(room(sink, missing)) {
            Ok(0) => return Err(goal.corrupt("ends too early", found)),
            Ok(bytes) => {
                sink.advance(bytes);
                missing -= bytes as u128;
            }
            Err(error) => return Err(goal.corrupt(&format!("does not decode ({error})"), found)),
        }
    }
    // One more byte: the decoder only looks at the end of the frame and its checksum when asked to go on.
    let last = decoder.read(&mut [0]);
    last.map(|_| ())
        .map_err(|error| goal.corrupt(&format!("does not decode ({error})"), goal.expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(codec: Codec, bytes: &[u8], expected: u128) -> Result<Vec<u8>, String> {
        let goal = Goal {
            what: "tile",
            expected,
            max_surplus: 0,
        };
        let mut found = Vec::new();
        let mut deliver = |piece: &[u8]| found.extend_from_slice(piece);
        decode(
            codec,
            &mut &*bytes,
            &goal,
            &mut ChunkSink::new(&mut deliver),
        )
        .map_err(|problem| problem.to_string())?;
        Ok(found)
    }

    #[test]
    fn pack_bits_gives_literals_and_runs() {
        let bytes = [2, 1, 2, 3, 128, 254, 9];
        assert_eq!(
            decoded(Codec::PackBits, &bytes, 6),
            Ok(vec![1, 2, 3, 9, 9, 9])
        );
        assert!(
            decoded(Codec::PackBits, &bytes, 7)
                .unwrap_err()
                .contains("cut off")
        );
    }

    #[test]
    fn lzw_may_lack_its_end_code_but_no_pixel() {
        let pixels: Vec<u8> = [0, 30, 60, 90, 120, 150, 180]
            .into_iter()
            .cycle()
            .take(5000)
            .collect();
        let mut encoder = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
        let whole = encoder.encode(&pixels).unwrap();
        assert_eq!(decoded(Codec::Lzw, &whole, 5000).as_ref(), Ok(&pixels));
        assert_eq!(
            decoded(Codec::Lzw, &whole[..whole.len() - 1], 5000).as_ref(),
            Ok(&pixels)
        );
        assert!(
            decoded(Codec::Lzw, &whole[..whole.len() - 9], 5000)
                .unwrap_err()
                .contains("cut off")
        );
        assert!(
            decoded(Codec::Lzw, &whole, 5001)
                .unwrap_err()
                .contains("too early")
        );
    }

    #[test]
    fn zstd_and_deflate_are_read_to_their_end() {
        let pixels = vec![7; 100_000];
        let whole = zstd::encode_all(&*pixels, 3).unwrap();
        assert_eq!(decoded(Codec::Zstd, &whole, 100_000).as_ref(), Ok(&pixels));
        assert!(decoded(Codec::Zstd, &whole[..whole.len() - 1], 100_000).is_err());
        assert!(
            decoded(Codec::Zstd, &whole, 100_001)
                .unwrap_err()
                .contains("too early")
        );
        assert!(
            decoded(Codec::Deflate, &[1, 2, 3], 3)
                .unwrap_err()
                .contains("zlib")
        );
    }
}
