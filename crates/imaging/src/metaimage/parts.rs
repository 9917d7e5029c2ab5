//! Compressed samples in parts that do not look back into each other, so that all processors write and read them at once.
//!
//! The parts together are one zlib stream like any other (RFC 1950); readers that know nothing of parts read it as it is.
//! Each part holds [`PART`] bytes of samples, the last one the rest. All but the last end with an empty stored block
//! (RFC 1951, 3.2.4), whose four bytes `00 00 ff ff` stand at a byte's border: where a stream has just as many of them as
//! it must, they are taken for the ends of parts. A stream that has them by chance does not pass its checksum.

use std::io::{self, Write};
use std::sync::Mutex;
use std::thread;

use flate2::{Compress, Compression, FlushCompress, Status};
use libdeflater::Decompressor;
use memchr::memmem;

use super::checksum::Sum;
use crate::side_by_side;

/// Bytes of samples in a part.
pub(super) const PART: usize = 1 << 20;

/// Length and complement of an empty stored block, the end of a part.
const END: [u8; 4] = [0, 0, 0xff, 0xff];

/// An empty last block, which makes a part a stream of its own.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// What a zlib stream of 32 KiB window and small effort starts with (RFC 1950, 2.2).
const HEAD: [u8; 2] = [0x78, 0x5e];

/// The effort that ITK takes for a MetaImage. The usual one, 6, takes twice the time and saves 2 % of a CT.
const EFFORT: u32 = 2;

/// Compresses what is written to it. The stream depends on the samples only, not on the machine.
pub(super) struct PartsEncoder<W> {
    output: W,
    /// Samples that are not compressed yet.
    pending: Vec<u8>,
    sum: Sum,
}

impl<W: Write> PartsEncoder<W> {
    pub(super) fn new(mut output: W) -> io::Result<PartsEncoder<W>> {
        output.write_all(&HEAD)?;
        Ok(PartsEncoder {
            output,
            pending: Vec::new(),
            sum: Sum::of_nothing(),
        })
    }

    /// Ends the stream.
    pub(super) fn finish(mut self) -> io::Result<W> {
        let pending = std::mem::take(&mut self.pending);
        self.encode(&pending, FlushCompress::Finish)?;
        self.output.write_all(&self.sum.value().to_be_bytes())?;
        Ok(self.output)
    }

    /// Writes whole parts; the last one ends as `last` says.
    fn encode(&mut self, samples: &[u8], last: FlushCompress) -> io::Result<()> {
        let parts: Vec<&[u8]> = samples.chunks(PART).collect();
        let (last_part, before) = parts.split_last().unwrap_or((&samples, &[]));
        let encoded = thread::scope(|scope| {
            let works: Vec<_> = before
                .iter()
                .map(|part| scope.spawn(|| compress(part, FlushCompress::Sync)))
                .collect();
            let last = compress(last_part, last);
            works
                .into_iter()
                .map(|work| work.join().expect("compressing does not panic"))
                .chain([last])
                .collect::<io::Result<Vec<_>>>()
        })?;
        for bytes in encoded {
            self.output.write_all(&bytes)?;
        }
        self.sum = self.sum.and(Sum::of(samples));
        Ok(())
    }
}

impl<W: Write> Write for PartsEncoder<W> {
    fn write(&mut self, samples: &[u8]) -> io::Result<usize> {
        let batch = PART * side_by_side::threads();
        // The last part is not known before the end, so one byte more than a batch is waited for.
        let taken = samples.len().min(batch + 1 - self.pending.len());
        self.pending.extend_from_slice(&samples[..taken]);
        if self.pending.len() > batch {
            let rest = self.pending.split_off(batch);
            let whole = std::mem::replace(&mut self.pending, rest);
            self.encode(&whole, FlushCompress::Sync)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// DEFLATE data of one part.
fn compress(part: &[u8], flush: FlushCompress) -> io::Result<Vec<u8>> {
    let mut state = Compress::new(Compression::new(EFFORT), false);
    let mut output = Vec::with_capacity(part.len() / 2 + 64);
    loop {
        let taken = usize::try_from(state.total_in()).expect("a part is in memory");
        let status = state
            .compress_vec(&part[taken..], &mut output, flush)
            .map_err(io::Error::other)?;
        let has_room = output.len() < output.capacity();
        let is_last = flush == FlushCompress::Finish;
        if status == Status::StreamEnd || (has_room && !is_last) {
            return Ok(output);
        }
        output.reserve(output.capacity().max(64));
    }
}

/// Decodes DEFLATE data that is in parts into just as many bytes; the checksum of those bytes, `None` when the data is not
/// in parts or not sound.
pub(super) fn decode(deflated: &[u8], target: &mut [u8]) -> Option<u32> {
    let ends = ends(deflated, target.len())?;
    let sums = Mutex::new(vec![Sum::of_nothing(); ends.len()]);
    side_by_side::fill(target, PART, &|number, samples| {
        let start = number.checked_sub(1).map_or(0, |before| ends[before]);
        let part = [&deflated[start..ends[number]], &LAST_BLOCK].concat();
        let given = Decompressor::new()
            .deflate_decompress(&part, samples)
            .ok()?;
        let sum = Sum::of(samples);
        sums.lock().ok()?[number] = sum;
        (given == samples.len()).then_some(())
    })?;
    let sums = sums.into_inner().ok()?;
    Some(sums.into_iter().fold(Sum::of_nothing(), Sum::and).value())
}

/// Where the parts of a stream end that decodes to so many bytes; `None` for other streams, and for those of one part.
fn ends(deflated: &[u8], decoded: usize) -> Option<Vec<usize>> {
    let parts = decoded.div_ceil(PART);
    if parts < 2 {
        return None;
    }
    let found = memmem::find_iter(deflated, &END).take(parts);
    let mut ends: Vec<usize> = found.map(|place| place + END.len()).collect();
    if ends.len() != parts - 1 {
        return None;
    }
    ends.push(deflated.len());
    Some(ends)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::ZlibDecoder;
    use flate2::write::ZlibEncoder;
    use libdeflater::adler32;

    use super::*;

    /// Numbers that compress somewhat.
    fn samples(bytes: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let noise = std::iter::from_fn(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            Some(u8::try_from(state >> 60).unwrap())
        });
        noise.take(bytes).collect()
    }

    fn encoded(samples: &[u8], step: usize) -> Vec<u8> {
        let mut encoder = PartsEncoder::new(Vec::new()).unwrap();
        for piece in samples.chunks(step) {
            encoder.write_all(piece).unwrap();
        }
        encoder.finish().unwrap()
    }

    /// What reads the data between head and checksum, and whether the checksum fits.
    fn in_parts(stream: &[u8], bytes: usize) -> Option<Vec<u8>> {
        let (deflated, sum) = stream.split_at(stream.len() - 4);
        let mut target = vec![0; bytes];
        let found = decode(&deflated[2..], &mut target)?;
        (found.to_be_bytes() == sum).then_some(target)
    }

    #[test]
    fn parts_are_one_stream_for_others_and_many_for_us() {
        for bytes in [PART + 1, 2 * PART, 9 * PART, 9 * PART + 12_345] {
            let samples = samples(bytes);
            let stream = encoded(&samples, 77_777);
            let mut read = Vec::new();
            ZlibDecoder::new(&stream[..])
                .read_to_end(&mut read)
                .unwrap();
            assert!(read == samples, "{bytes}");
            assert!(in_parts(&stream, bytes).unwrap() == samples, "{bytes}");
            assert!(encoded(&samples, bytes) == stream, "{bytes}");
        }
    }

    #[test]
    fn few_samples_are_one_part() {
        for bytes in [0, 1, PART - 1, PART] {
            let samples = samples(bytes);
            let stream = encoded(&samples, 1000);
            let mut read = Vec::new();
            ZlibDecoder::new(&stream[..])
                .read_to_end(&mut read)
                .unwrap();
            assert!(read == samples, "{bytes}");
            assert_eq!(in_parts(&stream, bytes), None);
        }
    }

    #[test]
    fn other_and_damaged_streams_are_not_taken_for_parts() {
        let samples = samples(3 * PART);
        let mut other = ZlibEncoder::new(Vec::new(), Compression::fast());
        other.write_all(&samples).unwrap();
        assert_eq!(in_parts(&other.finish().unwrap(), samples.len()), None);
        let stream = encoded(&samples, samples.len());
        for place in (0..stream.len()).step_by(stream.len() / 97) {
            let mut damaged = stream.clone();
            damaged[place] ^= 0x10;
            let read = in_parts(&damaged, samples.len());
            assert!(
                read.is_none_or(|read| read == samples && place < 2),
                "{place}"
            );
        }
        for wrong in [samples.len() - 1, samples.len() + 1, samples.len() + PART] {
            assert_eq!(in_parts(&stream, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn checksums_join() {
        let samples = samples(200_000);
        for cut in [0, 1, 65_520, 65_521, 65_522, 200_000] {
            let (front, back) = samples.split_at(cut);
            assert_eq!(Sum::of(front).and(Sum::of(back)).value(), adler32(&samples));
        }
    }
}
