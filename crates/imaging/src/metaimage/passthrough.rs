//! Compressed samples that a browser can take as they lie in the file.
//!
//! HTTP's `Content-Encoding: deflate` means a zlib stream, and that is what a compressed MetaImage holds. A file must be
//! exactly that for the bytes to be sent untouched.

use std::io::{BufRead, SeekFrom};

use super::fields::{DataPlace, DataStart, Header};
use super::samples::{Part, buffered};
use crate::error::ReadProblem;
use crate::inflate::{ByteSink, Goal, decoder_for, inflate};
use crate::limits::CheckLimits;
use crate::source::ReadSeek;

/// Where in a file the compressed samples lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ByteRange {
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}

/// The bytes that decode to exactly the samples, little-endian: `None` unless the samples lie in the file itself
/// (`LOCAL`) as one zlib stream (not gzip) of just their length and in little-endian order or of 8 bits. The stream is
/// read to its end, so it is also known to be sound.
///
/// # Errors
/// When the file cannot be read or its samples are damaged.
pub fn deflated_samples(
    file: &mut dyn ReadSeek,
    limits: &CheckLimits,
) -> Result<Option<ByteRange>, ReadProblem> {
    let (header, header_end) = super::read_header(file, limits)?;
    let expected = header.sample_bytes();
    if !is_plain(&header) || expected == 0 || expected > limits.max_voxel_bytes.into() {
        return Ok(None);
    }
    let offset = match header.start {
        DataStart::Natural => header_end,
        DataStart::Byte(byte) => byte,
        DataStart::FromEnd => return Ok(None),
    };
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(offset))?;
    let mut part = Part {
        reader: file,
        label: "data".into(),
        available: length.saturating_sub(offset),
        expected,
    };
    let mut input = buffered(&mut part);
    let start = input.fill_buf()?;
    if start.starts_with(&[0x1f, 0x8b]) {
        return Ok(None);
    }
    let what = "compressed data";
    let mut decoder = decoder_for(start, what)?;
    let goal = Goal {
        what,
        expected,
        max_surplus: 1 << 20,
    };
    let mut nowhere = Nowhere(vec![0; 64 * 1024]);
    let surplus = inflate(&mut decoder, &mut input, &goal, &mut nowhere)?;
    Ok((surplus == 0).then_some(ByteRange {
        offset,
        length: decoder.total_in(),
    }))
}

fn is_plain(header: &Header) -> bool {
    let is_little_endian = !header.big_endian || header.component.bytes() == 1;
    header.place == DataPlace::Local && header.compressed && header.binary && is_little_endian
}

/// Takes decoded bytes and forgets them.
struct Nowhere(Vec<u8>);

impl ByteSink for Nowhere {
    fn space(&mut self) -> &mut [u8] {
        &mut self.0
    }

    fn advance(&mut self, _bytes: usize) {}
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read, Write};

    use flate2::Compression;
    use flate2::read::ZlibDecoder;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    const SAMPLES: [u8; 24] = [7; 24];

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn file(fields: &str, payload: &[u8]) -> Vec<u8> {
        let mut file = format!("NDims = 3\nDimSize = 3 2 2\n{fields}ElementDataFile = LOCAL\n");
        if !fields.contains("ElementType") {
            file = format!(
                "NDims = 3\nDimSize = 3 2 2\nElementType = MET_SHORT\n{fields}ElementDataFile = LOCAL\n"
            );
        }
        [file.as_bytes(), payload].concat()
    }

    fn find(file: &[u8]) -> Result<Option<ByteRange>, ReadProblem> {
        deflated_samples(&mut Cursor::new(file), &CheckLimits::default())
    }

    const PLAIN: &str = "BinaryData = True\nCompressedData = True\n";

    #[test]
    fn the_stream_of_a_usual_file_is_found() {
        let mut bytes = file(PLAIN, &zlib(&SAMPLES));
        let header = bytes.len() - zlib(&SAMPLES).len();
        bytes.extend(b"\n\n");
        let range = find(&bytes).unwrap().unwrap();
        assert_eq!(range.offset, header as u64);
        let first = usize::try_from(range.offset).unwrap();
        let length = usize::try_from(range.length).unwrap();
        let mut decoded = Vec::new();
        ZlibDecoder::new(&bytes[first..first + length])
            .read_to_end(&mut decoded)
            .unwrap();
        assert_eq!(decoded, SAMPLES);
    }

    #[test]
    fn other_files_are_left_to_the_decoder() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&SAMPLES).unwrap();
        let big_endian = format!("{PLAIN}BinaryDataByteOrderMSB = True\n");
        let files = [
            file(PLAIN, &gzip.finish().unwrap()),
            file("BinaryData = True\n", &SAMPLES),
            file(PLAIN, &zlib(&[7; 25])),
            file(&big_endian, &zlib(&SAMPLES)),
        ];
        for bytes in files {
            assert_eq!(find(&bytes).unwrap(), None);
        }
        let bytes = format!("{big_endian}ElementType = MET_UCHAR\n");
        assert!(
            find(&file(&bytes, &zlib(&SAMPLES[..12])))
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn damaged_streams_are_refused() {
        let whole = zlib(&SAMPLES);
        let mut wrong_sum = whole.clone();
        *wrong_sum.last_mut().unwrap() ^= 1;
        for payload in [
            &whole[..whole.len() - 1],
            &wrong_sum,
            &zlib(&SAMPLES[..5]),
            b"no",
        ] {
            assert!(find(&file(PLAIN, payload)).is_err());
        }
    }
}
