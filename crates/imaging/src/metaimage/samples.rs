//! Streams the samples of a MetaImage, whatever they are stored as, in constant memory.

use std::io::{BufRead, BufReader, Read, SeekFrom};

use super::fields::{DataPlace, DataStart, Header, plain_name};
use super::header::read_names;
use super::{ascii, compressed};
use crate::error::ReadProblem;
use crate::inflate::ByteSink;
use crate::source::{OpenBeside, ReadSeek};

/// Bytes handed on at a time: a multiple of every sample size.
const CHUNK: usize = 256 * 1024;
/// More files than this in a `LIST` are refused.
const MAX_LIST: u64 = 10_000;

/// Gathers bytes into whole samples, turns them little-endian, and hands them on.
pub(super) struct SampleSink<'a> {
    buffer: Vec<u8>,
    filled: usize,
    sample_bytes: usize,
    swap: bool,
    deliver: &'a mut dyn FnMut(&[u8]),
}

impl ByteSink for SampleSink<'_> {
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

impl SampleSink<'_> {
    fn flush(&mut self) {
        let samples = &mut self.buffer[..self.filled];
        if self.swap {
            samples
                .chunks_exact_mut(self.sample_bytes)
                .for_each(<[u8]>::reverse);
        }
        if !samples.is_empty() {
            (self.deliver)(samples);
        }
        self.filled = 0;
    }
}

/// The bytes that hold one part of the samples: all of them, or those of one file of a `LIST`.
pub(super) struct Part<'a> {
    pub(super) reader: &'a mut dyn ReadSeek,
    /// For messages: `data` or `data file ...`.
    pub(super) label: String,
    /// Bytes from the start of the data to the end of the file.
    pub(super) available: u64,
    /// Decoded bytes that belong to this part.
    pub(super) expected: u128,
}

/// A header, where it ends, and the way to the files beside it.
pub(super) struct Source<'a> {
    pub(super) header: &'a Header,
    pub(super) header_end: u64,
    pub(super) open_beside: &'a OpenBeside<'a>,
    pub(super) max_bytes: u64,
}

impl Source<'_> {
    /// Hands every sample to `deliver`, little-endian, in file order, in pieces of whole samples. Returns warnings.
    pub(super) fn stream(
        &self,
        file: &mut dyn ReadSeek,
        deliver: &mut dyn FnMut(&[u8]),
    ) -> Result<Vec<String>, ReadProblem> {
        let mut warnings = Vec::new();
        let sample_bytes = usize::try_from(self.header.component.bytes()).expect("at most 8");
        let mut sink = SampleSink {
            buffer: vec![0; CHUNK],
            filled: 0,
            sample_bytes,
            swap: self.header.big_endian && self.header.binary && sample_bytes > 1,
            deliver,
        };
        let expected = self.header.sample_bytes();
        match &self.header.place {
            DataPlace::Local => {
                let label = "data".to_owned();
                self.part(
                    file,
                    (label, self.header_end, expected),
                    &mut sink,
                    &mut warnings,
                )?;
            }
            DataPlace::Beside(name) => {
                let mut beside = self.open(name)?;
                let label = format!("data file `{name}`");
                self.part(&mut *beside, (label, 0, expected), &mut sink, &mut warnings)?;
            }
            DataPlace::List { dimensions } => {
                for (name, expected) in self.list(file, *dimensions)? {
                    let mut beside = self.open(&name)?;
                    let label = format!("data file `{name}`");
                    self.part(&mut *beside, (label, 0, expected), &mut sink, &mut warnings)?;
                }
            }
        }
        sink.flush();
        Ok(warnings)
    }

    /// Names of all files that hold samples, none for those behind the header itself.
    pub(super) fn names_beside(&self, file: &mut dyn ReadSeek) -> Result<Vec<String>, ReadProblem> {
        let names = match &self.header.place {
            DataPlace::Local => Vec::new(),
            DataPlace::Beside(name) => vec![name.clone()],
            DataPlace::List { dimensions } => {
                let listed = self.list(file, *dimensions)?;
                listed.into_iter().map(|(name, _)| name).collect()
            }
        };
        names
            .iter()
            .map(|name| plain_name(name).map(str::to_owned))
            .collect()
    }

    fn open(&self, name: &str) -> Result<Box<dyn ReadSeek>, ReadProblem> {
        (self.open_beside)(plain_name(name)?).map_err(|error| ReadProblem::Beside {
            name: name.to_owned(),
            problem: error.to_string(),
        })
    }

    /// Names of the files of a `LIST` with the decoded bytes that each must hold.
    fn list(
        &self,
        file: &mut dyn ReadSeek,
        dimensions: usize,
    ) -> Result<Vec<(String, u128)>, ReadProblem> {
        let files = self.header.geometry.size[dimensions..]
            .iter()
            .try_fold(1u64, |product, size| product.checked_mul(*size))
            .filter(|files| *files <= MAX_LIST)
            .ok_or_else(|| {
                ReadProblem::Unsupported(format!("`LIST` asks for more than {MAX_LIST} files"))
            })?;
        file.seek(SeekFrom::Start(self.header_end))?;
        let names = read_names(&mut BufReader::new(file), files)?;
        if names.len() as u64 != files {
            return Err(ReadProblem::Field {
                field: "ElementDataFile".into(),
                expected: format!("{files} file names after `LIST`"),
                found: names.len().to_string(),
            });
        }
        let each = self.header.sample_bytes() / u128::from(files.max(1));
        Ok(names.into_iter().map(|name| (name, each)).collect())
    }

    fn part(
        &self,
        reader: &mut dyn ReadSeek,
        (label, natural_start, expected): (String, u64, u128),
        sink: &mut SampleSink<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<(), ReadProblem> {
        let length = reader.seek(SeekFrom::End(0))?;
        let start = match self.header.start {
            DataStart::Natural => natural_start,
            DataStart::Byte(byte) => byte,
            DataStart::FromEnd => u64::try_from(expected)
                .ok()
                .and_then(|bytes| length.checked_sub(bytes))
                .ok_or(ReadProblem::Short {
                    what: label.clone(),
                    expected,
                    found: length.into(),
                })?,
        };
        let mut part = Part {
            available: length.saturating_sub(start),
            reader,
            label,
            expected,
        };
        if expected == 0 {
            return Ok(());
        }
        part.reader.seek(SeekFrom::Start(start))?;
        self.refuse_claims(&part)?;
        if self.header.compressed {
            compressed::decode(&mut part, self.header, sink, warnings)
        } else if self.header.binary {
            copy(&mut part, sink, warnings)
        } else {
            ascii::parse(&mut part, self.header.component, sink, warnings)
        }
    }

    /// Compares what the header claims with what the file can hold, before anything is read or allocated.
    fn refuse_claims(&self, part: &Part<'_>) -> Result<(), ReadProblem> {
        let available = u128::from(part.available);
        let most = if self.header.compressed {
            // DEFLATE cannot do better than 1032 to 1.
            available.saturating_mul(1032)
        } else if self.header.binary {
            available
        } else {
            // A digit and a blank for each sample.
            available.saturating_add(1) / 2 * u128::from(self.header.component.bytes())
        };
        if part.expected > most && self.header.compressed {
            return Err(ReadProblem::Corrupt {
                what: format!("compressed {}", part.label),
                problem: format!(
                    "{available} bytes cannot hold {} bytes of samples",
                    part.expected
                ),
            });
        }
        if part.expected > most {
            return Err(ReadProblem::Short {
                what: part.label.clone(),
                expected: part.expected,
                found: available,
            });
        }
        if self.header.sample_bytes() > u128::from(self.max_bytes) {
            return Err(ReadProblem::TooLarge {
                claimed: self.header.sample_bytes(),
                limit: self.max_bytes,
            });
        }
        Ok(())
    }
}

/// Raw samples: as many bytes as expected, a warning for more.
fn copy(
    part: &mut Part<'_>,
    sink: &mut SampleSink<'_>,
    warnings: &mut Vec<String>,
) -> Result<(), ReadProblem> {
    let mut missing = part.expected;
    while missing > 0 {
        let space = sink.space();
        let wanted = usize::try_from(missing)
            .unwrap_or(usize::MAX)
            .min(space.len());
        match part.reader.read(&mut space[..wanted]) {
            Ok(0) => {
                return Err(ReadProblem::Short {
                    what: part.label.clone(),
                    expected: part.expected,
                    found: part.expected - missing,
                });
            }
            Ok(bytes) => {
                sink.advance(bytes);
                missing -= bytes as u128;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    let surplus = u128::from(part.available) - part.expected;
    if surplus > 0 {
        warnings.push(format!(
            "{}: {surplus} bytes after the last sample are ignored",
            part.label
        ));
    }
    Ok(())
}

/// A buffered reader of a part, for decoders that look at the bytes first.
pub(super) fn buffered<'a>(part: &'a mut Part<'_>) -> impl BufRead + 'a {
    BufReader::with_capacity(CHUNK, &mut *part.reader).take(part.available)
}
