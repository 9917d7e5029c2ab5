//! Compressed streams, told by their first bytes.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use liblzma::stream::{CONCATENATED, Stream};

use super::channel::CHUNK_BYTES;

/// Largest dictionary of an xz stream: `xz -9` needs 65 MiB to decompress.
const XZ_MEMORY: u64 = 80 << 20;
/// Largest window of a zstd stream as a power of two: 128 MiB, what `zstd --long` makes and `zstd -d` takes.
const ZSTD_WINDOW_LOG: u32 = 27;

/// How a stream is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    /// Not at all.
    None,
    /// gzip, of one or more members.
    Gzip,
    /// xz.
    Xz,
    /// Zstandard.
    Zstd,
}

impl fmt::Display for Compression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::None => "uncompressed",
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
        })
    }
}

impl Compression {
    /// From the first bytes of a stream.
    pub(super) fn detect(head: &[u8]) -> Self {
        if head.starts_with(&[0x1f, 0x8b]) {
            Self::Gzip
        } else if head.starts_with(b"\xfd7zXZ\0") {
            Self::Xz
        } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
            || (head.len() >= 4 && head[0] & 0xf0 == 0x50 && head[1..4] == [0x2a, 0x4d, 0x18])
        {
            Self::Zstd
        } else {
            Self::None
        }
    }

    /// The decompressed stream. Damage shows as an error while reading, an early end as
    /// [`io::ErrorKind::UnexpectedEof`].
    pub(super) fn decoder<'a>(self, from: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::None => Box::new(from),
            Self::Gzip => Box::new(GzipMembers::new(BufReader::with_capacity(
                CHUNK_BYTES,
                from,
            ))),
            Self::Xz => {
                let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?;
                Box::new(liblzma::read::XzDecoder::new_stream(from, stream))
            }
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::new(from)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Box::new(decoder)
            }
        })
    }
}

/// What follows the last gzip member is neither a member nor padding.
pub(super) const TRAILING_GARBAGE: &str = "something that is not gzip follows the compressed data";

/// The members of a gzip stream, one after the other. Zeros after the last one are padding, as in `gzip` itself.
struct GzipMembers<R: BufRead> {
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> GzipMembers<R> {
    fn new(from: R) -> Self {
        Self {
            member: Some(GzDecoder::new(from)),
        }
    }

    /// The member after this one, if there is one.
    fn next(mut from: R) -> io::Result<Option<GzDecoder<R>>> {
        loop {
            let ahead = from.fill_buf()?;
            match ahead {
                [] => return Ok(None),
                [0x1f, ..] => return Ok(Some(GzDecoder::new(from))),
                [0, ..] => {
                    let zeros = ahead.iter().take_while(|byte| **byte == 0).count();
                    from.consume(zeros);
                }
                [_, ..] => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, TRAILING_GARBAGE));
                }
            }
        }
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(member) = &mut self.member else {
                return Ok(0);
            };
            let count = member.read(into)?;
            if count > 0 || into.is_empty() {
                return Ok(count);
            }
            let ended = self.member.take().expect("it was just read");
            self.member = Self::next(ended.into_inner())?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn xz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn inflate(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        Compression::detect(bytes)
            .decoder(bytes)?
            .read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn every_kind_is_told_and_read() {
        let text = b"a layer of an image".repeat(1000);
        let streams = [
            (Compression::None, text.clone()),
            (Compression::Gzip, gzip(&text)),
            (Compression::Xz, xz(&text)),
            (Compression::Zstd, zstd::encode_all(&text[..], 1).unwrap()),
        ];
        for (kind, stream) in streams {
            assert_eq!(Compression::detect(&stream), kind);
            assert!(inflate(&stream).unwrap() == text, "{kind}");
            if kind == Compression::None {
                continue;
            }
            let cut = inflate(&stream[..stream.len() - 5]).unwrap_err();
            assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof, "{kind}: {cut}");
        }
    }

    #[test]
    fn gzip_may_have_members_and_padding_but_no_garbage() {
        let mut stream = gzip(b"one ");
        stream.extend(gzip(b"two"));
        stream.extend([0; 700]);
        assert_eq!(inflate(&stream).unwrap(), b"one two");
        stream.push(b'x');
        assert_eq!(inflate(&stream).unwrap_err().to_string(), TRAILING_GARBAGE);
    }
}
