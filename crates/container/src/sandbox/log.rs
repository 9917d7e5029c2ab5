//! The framed log of a container: bytes of both streams in the order in which they came, each piece stamped.
//!
//! One frame is 16 bytes and a payload, all numbers little-endian: microseconds since the program started (u64), stream
//! (u8: 1 stdout, 2 stderr, 3 a gap), three zero bytes, payload length (u32). A gap's payload is the stream (u8) and the
//! number of bytes that were not kept (u64). The file only ever grows, so a reader may follow it while it is written.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom, Write};

use camino::Utf8Path;
use fs_err::File;
use serde::{Deserialize, Serialize};

const HEADER: usize = 16;
/// Larger payloads are never written, so a larger length means a damaged file.
const MAX_PAYLOAD: usize = 1 << 20;

/// Which stream bytes came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Stream {
    fn number(self) -> u8 {
        match self {
            Self::Stdout => 1,
            Self::Stderr => 2,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Stdout),
            2 => Some(Self::Stderr),
            _ => None,
        }
    }
}

/// A piece of log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogChunk {
    /// Bytes as the program wrote them; lines may be split between chunks.
    Bytes {
        /// Microseconds since the program started.
        at_us: u64,
        /// Where they were written.
        stream: Stream,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Bytes of a stream that were not kept.
    Gap {
        /// The stream.
        stream: Stream,
        /// How many.
        bytes: u64,
    },
}

/// A log file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file cannot be read.
    #[error("failed to read the container's log")]
    Read(#[from] io::Error),
    /// The file holds something else than frames.
    #[error("the container's log is damaged at byte {offset}")]
    Damaged {
        /// Where the impossible frame starts.
        offset: u64,
    },
}

/// Reads a log while it grows.
#[derive(Debug)]
pub struct LogReader {
    file: File,
    offset: u64,
}

impl LogReader {
    /// Opens the log at its beginning.
    pub fn open(path: &Utf8Path) -> Result<Self, LogError> {
        Ok(Self {
            file: File::open(path)?,
            offset: 0,
        })
    }

    /// The next complete frame, or `None` when there is none yet.
    pub fn next_chunk(&mut self) -> Result<Option<LogChunk>, LogError> {
        let mut header = [0; HEADER];
        self.file.seek(SeekFrom::Start(self.offset))?;
        if !fill(&mut self.file, &mut header)? {
            return Ok(None);
        }
        let damaged = LogError::Damaged {
            offset: self.offset,
        };
        let length = u32::from_le_bytes(header[12..16].try_into().expect("four bytes"));
        let length = usize::try_from(length).expect("usize has 64 bits here");
        if length > MAX_PAYLOAD {
            return Err(damaged);
        }
        let mut payload = vec![0; length];
        if !fill(&mut self.file, &mut payload)? {
            return Ok(None);
        }
        let chunk = parse(&header, payload).ok_or(damaged)?;
        self.offset += (HEADER + length) as u64;
        Ok(Some(chunk))
    }
}

fn parse(header: &[u8; HEADER], payload: Vec<u8>) -> Option<LogChunk> {
    let at_us = u64::from_le_bytes(header[..8].try_into().expect("eight bytes"));
    if let Some(stream) = Stream::from_number(header[8]) {
        return Some(LogChunk::Bytes {
            at_us,
            stream,
            bytes: payload,
        });
    }
    let (stream, bytes) = payload.split_first()?;
    let stream = Stream::from_number(*stream)?;
    Some(LogChunk::Gap {
        stream,
        bytes: u64::from_le_bytes(bytes.try_into().ok()?),
    })
}

/// Fills the buffer, or says `false` when the file ends before.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes the log of one container within its budget.
pub(super) struct LogWriter {
    file: File,
    kept: u64,
    stdout: StreamLog,
    stderr: StreamLog,
}

/// What was written of one stream, and the latest bytes that wait for the end.
#[derive(Default)]
struct StreamLog {
    total: u64,
    head: u64,
    tail: VecDeque<(u64, Vec<u8>)>,
    tail_bytes: u64,
}

impl LogWriter {
    /// A new log that keeps at most `kept` bytes of each stream: three quarters from its start, the rest from its end.
    pub(super) fn create(path: &Utf8Path, kept: u64) -> io::Result<Self> {
        Ok(Self {
            file: File::create(path)?,
            kept,
            stdout: StreamLog::default(),
            stderr: StreamLog::default(),
        })
    }

    /// Takes bytes that came now; returns the total of that stream so far.
    pub(super) fn write(&mut self, at_us: u64, stream: Stream, bytes: &[u8]) -> io::Result<u64> {
        let head_budget = self.kept - self.kept / 4;
        let log = self.log(stream);
        log.total += bytes.len() as u64;
        let total = log.total;
        let fits = usize::try_from(head_budget.saturating_sub(log.head))
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        log.head += fits as u64;
        let (head, tail) = bytes.split_at(fits);
        if !head.is_empty() {
            self.frame(at_us, stream.number(), head)?;
        }
        if !tail.is_empty() {
            self.keep_for_the_end(at_us, stream, tail);
        }
        Ok(total)
    }

    fn keep_for_the_end(&mut self, at_us: u64, stream: Stream, bytes: &[u8]) {
        let budget = self.kept / 4;
        let log = self.log(stream);
        log.tail.push_back((at_us, bytes.to_vec()));
        log.tail_bytes += bytes.len() as u64;
        while log.tail_bytes > budget {
            let Some((_, oldest)) = log.tail.front_mut() else {
                break;
            };
            let surplus = usize::try_from(log.tail_bytes - budget).unwrap_or(usize::MAX);
            if surplus >= oldest.len() {
                log.tail_bytes -= oldest.len() as u64;
                log.tail.pop_front();
            } else {
                oldest.drain(..surplus);
                log.tail_bytes = budget;
            }
        }
    }

    /// Writes what waited for the end, with a gap before it where bytes were dropped.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let dropped = self.dropped(stream);
            let tail = std::mem::take(&mut self.log(stream).tail);
            if dropped > 0 {
                let at = tail.front().map_or(0, |(at, _)| *at);
                let mut gap = vec![stream.number()];
                gap.extend_from_slice(&dropped.to_le_bytes());
                self.frame(at, 3, &gap)?;
            }
            for (at, bytes) in tail {
                self.frame(at, stream.number(), &bytes)?;
            }
        }
        Ok(())
    }

    /// Bytes that the program wrote to a stream.
    pub(super) fn total(&self, stream: Stream) -> u64 {
        match stream {
            Stream::Stdout => self.stdout.total,
            Stream::Stderr => self.stderr.total,
        }
    }

    /// Bytes of a stream that were not kept.
    pub(super) fn dropped(&self, stream: Stream) -> u64 {
        let log = match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        };
        log.total - log.head - log.tail_bytes
    }

    fn log(&mut self, stream: Stream) -> &mut StreamLog {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    fn frame(&mut self, at_us: u64, number: u8, payload: &[u8]) -> io::Result<()> {
        for piece in payload.chunks(MAX_PAYLOAD) {
            let mut frame = Vec::with_capacity(HEADER + piece.len());
            frame.extend_from_slice(&at_us.to_le_bytes());
            frame.extend_from_slice(&[number, 0, 0, 0]);
            frame.extend_from_slice(
                &u32::try_from(piece.len())
                    .expect("at most 1 MiB")
                    .to_le_bytes(),
            );
            frame.extend_from_slice(piece);
            self.file.write_all(&frame)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(path: &Utf8Path) -> Vec<LogChunk> {
        let mut reader = LogReader::open(path).unwrap();
        std::iter::from_fn(|| reader.next_chunk().unwrap()).collect()
    }

    #[test]
    fn keeps_head_and_tail_and_says_what_lies_between() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("log");
        let mut log = LogWriter::create(&path, 16).unwrap();
        log.write(1, Stream::Stdout, b"0123456789").unwrap();
        log.write(2, Stream::Stderr, b"warning").unwrap();
        assert_eq!(log.write(3, Stream::Stdout, b"abcdefghij").unwrap(), 20);
        log.finish().unwrap();
        assert_eq!(log.dropped(Stream::Stdout), 4);
        let bytes = |at_us, stream, bytes: &[u8]| LogChunk::Bytes {
            at_us,
            stream,
            bytes: bytes.to_vec(),
        };
        assert_eq!(
            read_all(&path),
            [
                bytes(1, Stream::Stdout, b"0123456789"),
                bytes(2, Stream::Stderr, b"warning"),
                bytes(3, Stream::Stdout, b"ab"),
                LogChunk::Gap {
                    stream: Stream::Stdout,
                    bytes: 4
                },
                bytes(3, Stream::Stdout, b"ghij"),
            ]
        );
    }

    #[test]
    fn half_a_frame_is_waited_for_and_nonsense_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("log");
        LogWriter::create(&path, 100)
            .unwrap()
            .write(1, Stream::Stdout, b"whole")
            .unwrap();
        let whole = fs_err::read(&path).unwrap();
        fs_err::write(&path, &whole[..whole.len() - 1]).unwrap();
        let mut reader = LogReader::open(&path).unwrap();
        assert_eq!(reader.next_chunk().unwrap(), None);
        fs_err::write(&path, &whole).unwrap();
        assert!(reader.next_chunk().unwrap().is_some());
        fs_err::write(&path, [0xff; 64]).unwrap();
        assert!(matches!(
            LogReader::open(&path).unwrap().next_chunk(),
            Err(LogError::Damaged { offset: 0 })
        ));
    }
}
