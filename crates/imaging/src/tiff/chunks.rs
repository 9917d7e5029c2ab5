//! Checks that every strip and tile of a page lies in the file and decodes to its end.

use std::collections::{BTreeSet, HashSet};
use std::io::{BufReader, Read};

use super::decode::{ChunkSink, Codec, decode};
use super::file::TiffFile;
use super::jpeg;
use super::labels::LabelProbe;
use super::page::Page;
use super::tag;
use crate::error::ReadProblem;
use crate::inflate::Goal;
use crate::limits::CheckLimits;

/// Locations read at a time.
const BLOCK: u64 = 4096;
/// Locations remembered, so that a blank tile that many places share is decoded once.
const MAX_REMEMBERED: usize = 65_536;
/// Shared JPEG tables are a few hundred bytes.
const MAX_TABLES: u64 = 64 * 1024;
/// Decoded bytes that a strip or tile may have beyond its pixels.
const MAX_SURPLUS: u64 = 1 << 20;

/// What the check of one page found, beside that it is whole.
#[derive(Debug, Default)]
pub(super) struct PageFindings {
    /// Distinct values of a label mask.
    pub(super) segments: Option<Vec<i64>>,
    /// What is odd.
    pub(super) warnings: BTreeSet<String>,
}

struct Chunk {
    index: u64,
    offset: u64,
    bytes: u64,
    name: String,
}

struct PageCheck<'a> {
    page: &'a Page,
    limits: &'a CheckLimits,
    tables: Vec<u8>,
    labels: Option<LabelProbe>,
    warnings: BTreeSet<String>,
}

/// Checks one page. With `labels` its distinct values are gathered on the way where it can be a label mask.
pub(super) fn check_page(
    file: &mut TiffFile<'_>,
    page: &Page,
    labels: bool,
    limits: &CheckLimits,
) -> Result<PageFindings, ReadProblem> {
    page.require_offsets()?;
    let tables = match &page.jpeg_tables {
        Some(entry) if page.compression == 7 => entry.raw(file, MAX_TABLES)?,
        Some(_) | None => Vec::new(),
    };
    let is_streamed = Codec::of(page.compression).is_some();
    let mut check = PageCheck {
        page,
        limits,
        tables,
        labels: LabelProbe::for_page(page).filter(|_| labels && is_streamed),
        warnings: BTreeSet::new(),
    };
    let count = u64::try_from(page.chunk_count()).unwrap_or(u64::MAX);
    let mut remembered = HashSet::new();
    let mut absent = 0u64;
    for first in (0..count).step_by(usize::try_from(BLOCK).expect("small")) {
        for (step, (offset, bytes)) in page
            .locations(file, first, BLOCK.min(count - first))?
            .into_iter()
            .enumerate()
        {
            if bytes == 0 {
                absent += 1;
                check.labels.iter_mut().for_each(LabelProbe::absent);
                continue;
            }
            let index = first + step as u64;
            let name = page.chunk_name(index);
            file.contains(offset, bytes, &name)?;
            let identity = (offset, bytes, page.visible(index));
            if remembered.contains(&identity) {
                continue;
            }
            if remembered.len() < MAX_REMEMBERED {
                remembered.insert(identity);
            }
            check.chunk(
                file,
                &Chunk {
                    index,
                    offset,
                    bytes,
                    name,
                },
            )?;
        }
    }
    if absent > 0 {
        check.warnings.insert(format!(
            "directory {}: {absent} strips or tiles are not stored and read as 0",
            page.number
        ));
    }
    Ok(PageFindings {
        segments: check.labels.and_then(LabelProbe::segments),
        warnings: check.warnings,
    })
}

impl PageCheck<'_> {
    fn chunk(&mut self, file: &mut TiffFile<'_>, chunk: &Chunk) -> Result<(), ReadProblem> {
        let page = self.page;
        match Codec::of(page.compression) {
            Some(codec) if page.fill_order == 2 && codec.reads_bits() => {
                self.not_decoded("reversed bits")
            }
            Some(codec) => return self.stream(file, chunk, codec),
            None if page.compression == 7 => return self.jpeg(file, chunk),
            None => self.not_decoded(&tag::compression(page.compression)),
        }
        Ok(())
    }

    fn not_decoded(&mut self, what: &str) {
        let number = self.page.number;
        self.warnings.insert(format!(
            "directory {number}: {what} is not decoded, only the place of its data was checked"
        ));
    }

    fn stream(
        &mut self,
        file: &mut TiffFile<'_>,
        chunk: &Chunk,
        codec: Codec,
    ) -> Result<(), ReadProblem> {
        let expected = self.page.chunk_bytes(chunk.index);
        if codec == Codec::None {
            if u128::from(chunk.bytes) < expected {
                return Err(ReadProblem::Short {
                    what: chunk.name.clone(),
                    expected,
                    found: chunk.bytes.into(),
                });
            }
            if self.labels.is_none() {
                return Ok(());
            }
        }
        let goal = Goal {
            what: &chunk.name,
            expected,
            max_surplus: MAX_SURPLUS,
        };
        let reader = file.seek(chunk.offset, chunk.bytes, &chunk.name)?;
        let mut input = BufReader::with_capacity(16 * 1024, reader.take(chunk.bytes));
        match &mut self.labels {
            Some(labels) => {
                labels.start(self.page, chunk.index);
                let mut deliver = |bytes: &[u8]| labels.feed(bytes);
                decode(codec, &mut input, &goal, &mut ChunkSink::new(&mut deliver))
            }
            None => decode(
                codec,
                &mut input,
                &goal,
                &mut ChunkSink::new(&mut |_: &[u8]| {}),
            ),
        }
    }

    fn jpeg(&mut self, file: &mut TiffFile<'_>, chunk: &Chunk) -> Result<(), ReadProblem> {
        let corrupt = |problem: String| ReadProblem::Corrupt {
            what: chunk.name.clone(),
            problem,
        };
        if chunk.bytes > self.limits.max_jpeg_bytes {
            self.not_decoded("a JPEG of this size");
            return Ok(());
        }
        let stored = file.vec(chunk.offset, chunk.bytes, &chunk.name)?;
        // Bytes after the end of the image are padding.
        let jpeg = jpeg::splice(&self.tables, &stored);
        let frame = jpeg::walk(&jpeg).map_err(corrupt)?;
        let (width, height) = self.page.visible(chunk.index);
        if frame.width < width || (frame.height != 0 && frame.height < height) {
            return Err(corrupt(format!(
                "expected at least {width}×{height} pixels, found {}×{}",
                frame.width, frame.height
            )));
        }
        if !frame.is_decodable() {
            self.not_decoded("JPEG of a rare kind (not 8-bit Huffman with 1, 3 or 4 components)");
        } else if frame.bytes() > self.limits.max_jpeg_bytes {
            self.not_decoded("a JPEG of this size");
        } else {
            jpeg::decode(&jpeg).map_err(corrupt)?;
        }
        Ok(())
    }
}
