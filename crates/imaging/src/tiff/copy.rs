//! Copies the levels of a tiled pyramid, tile by tile as they are stored, and nothing else: no label, no macro image, no
//! description, no private tag.
//!
//! The copy is a BigTIFF in the byte order of the source, levels in the main chain, largest first.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::directory::{Directory, Entry};
use super::file::TiffFile;
use super::page::Page;
use super::{Chunks, levels, read_pages, tag};
use crate::error::ReadProblem;
use crate::limits::CheckLimits;
use crate::source::ReadSeek;

/// Tags that say how pixels are stored and shown. Everything else is left out.
const KEPT: [u16; 18] = [
    tag::BITS_PER_SAMPLE,
    tag::COMPRESSION,
    tag::PHOTOMETRIC,
    tag::ORIENTATION,
    tag::SAMPLES_PER_PIXEL,
    tag::MIN_SAMPLE_VALUE,
    tag::MAX_SAMPLE_VALUE,
    tag::PLANAR_CONFIGURATION,
    tag::PREDICTOR,
    338, // ExtraSamples
    tag::SAMPLE_FORMAT,
    340, // SMinSampleValue
    341, // SMaxSampleValue
    tag::JPEG_TABLES,
    tag::YCBCR_SUBSAMPLING,
    531, // YCbCrPositioning
    532, // ReferenceBlackWhite
    tag::ICC_PROFILE,
];

/// None, LZW, JPEG, deflate (two numbers) and PackBits: every reader of TIFF knows them.
const COMMON_COMPRESSIONS: [u16; 6] = [1, 5, 7, 8, 32946, 32773];

/// Longest value of a tag that is copied, bytes: an ICC profile.
const MAX_VALUE: u64 = 1 << 20;
/// Pixels across and down of the level that is shown first, at most: a viewer asks for all of its tiles.
const LARGEST_OVERVIEW: u64 = 4096;
/// Tiles whose places are read at a time.
const BATCH: u64 = 4096;

/// What speaks against taking the levels as they are: the platform does not take such tiles, or the slide cannot be seen as
/// a whole without reading very much of it. Looks at the levels, not at their tiles.
pub(crate) fn obstacle(
    reader: &mut dyn ReadSeek,
    limits: &CheckLimits,
) -> Result<Option<String>, ReadProblem> {
    let mut file = TiffFile::open(reader)?;
    let (_, pages) = read_pages(&mut file, limits)?;
    let levels = levels::levels(&pages);
    Ok(unlike_the_platform(&levels).or_else(|| without_overview(&levels)))
}

fn unlike_the_platform(levels: &[&Page]) -> Option<String> {
    levels.iter().find_map(|page| {
        if !matches!(page.chunks, Chunks::Tiles { .. }) {
            Some("its pixels are stored in strips; expected tiles".to_owned())
        } else if !COMMON_COMPRESSIONS.contains(&page.compression) {
            Some(format!(
                "its tiles are compressed with `{}`; expected jpeg, lzw, deflate, packbits or none",
                tag::compression(page.compression)
            ))
        } else if !matches!(page.photometric, Some(1 | 2 | 6)) {
            Some(format!(
                "its colour space is `{}`; expected min_is_black, rgb or ycbcr",
                page.photometric.map_or("none".to_owned(), tag::photometric)
            ))
        } else if page.fill_order != 1 {
            Some("its bits are stored in reverse order".to_owned())
        } else if page.planar {
            Some("its samples are stored in planes; expected them pixel by pixel".to_owned())
        } else if !matches!(page.bits, 1 | 8 | 16 | 32 | 64) {
            Some(format!(
                "its samples have {} bits; expected 1, 8, 16, 32 or 64",
                page.bits
            ))
        } else {
            None
        }
    })
}

fn without_overview(levels: &[&Page]) -> Option<String> {
    let smallest = levels.last()?;
    let is_large = smallest.width.max(smallest.height) > LARGEST_OVERVIEW;
    is_large.then(|| {
        format!(
            "its smallest level has {} × {} pixels; expected one of at most {LARGEST_OVERVIEW} each way",
            smallest.width, smallest.height
        )
    })
}

/// Writes the levels with `spacing` (mm along x and y of the largest) as their resolution.
pub(crate) fn levels_only(
    reader: &mut dyn ReadSeek,
    spacing: [f64; 2],
    limits: &CheckLimits,
    output: &mut fs_err::File,
) -> Result<io::Result<()>, ReadProblem> {
    let mut file = TiffFile::open(reader)?;
    let (directories, pages) = read_pages(&mut file, limits)?;
    let mut copy = Copy {
        big_endian: file.big_endian,
        output: io::BufWriter::new(output),
        at: 16,
        copied: HashMap::new(),
        budget: file.length,
    };
    if let Err(error) = copy.output.write_all(&[0; 16]) {
        return Ok(Err(error));
    }
    let mut fields = Vec::new();
    for (index, page) in levels::levels(&pages).into_iter().enumerate() {
        page.require_offsets()?;
        let tiles = match copy.tiles(&mut file, page)? {
            Ok(tiles) => tiles,
            Err(error) => return Ok(Err(error)),
        };
        let mut level = kept(&mut file, &directories[page.number])?;
        level.extend(copy.own_fields(page, &tiles));
        level.extend(copy.resolution(spacing));
        level.push(copy.field(tag::SUBFILE_TYPE, 4, &[u64::from(index > 0)]));
        level.sort_by_key(|field| field.tag);
        fields.push(level);
    }
    Ok(copy.finish(&fields))
}

/// A tag with its values in the byte order of the file.
struct Field {
    tag: u16,
    kind: u16,
    count: u64,
    bytes: Vec<u8>,
}

fn kept(file: &mut TiffFile<'_>, directory: &Directory) -> Result<Vec<Field>, ReadProblem> {
    let mut fields = Vec::new();
    for entry in KEPT
        .iter()
        .filter_map(|kept| directory.entry(*kept).copied())
    {
        let bytes = entry.raw(file, MAX_VALUE + 1)?;
        if bytes.len() as u64 > MAX_VALUE {
            return Err(ReadProblem::Field {
                field: directory.field(entry.tag),
                expected: format!("at most {MAX_VALUE} bytes"),
                found: "more".into(),
            });
        }
        let Entry {
            tag, kind, count, ..
        } = entry;
        fields.push(Field {
            tag,
            kind,
            count,
            bytes,
        });
    }
    Ok(fields)
}

/// Places of the tiles in the copy: offsets and stored bytes.
struct Tiles {
    offsets: Vec<u64>,
    bytes: Vec<u64>,
}

struct Copy<'a> {
    big_endian: bool,
    output: io::BufWriter<&'a mut fs_err::File>,
    /// Where the next byte goes.
    at: u64,
    /// Tiles by their old place: some writers store equal tiles once.
    copied: HashMap<(u64, u64), u64>,
    /// Tiles that do not overlap cannot be longer than the file, bytes.
    budget: u64,
}

impl Copy<'_> {
    fn tiles(
        &mut self,
        file: &mut TiffFile<'_>,
        page: &Page,
    ) -> Result<io::Result<Tiles>, ReadProblem> {
        let mut tiles = Tiles {
            offsets: Vec::new(),
            bytes: Vec::new(),
        };
        let count = u64::try_from(page.chunk_count()).unwrap_or(u64::MAX);
        let mut first = 0;
        while first < count {
            let batch = BATCH.min(count - first);
            for (index, (offset, bytes)) in (first..).zip(page.locations(file, first, batch)?) {
                let place = match self.copied.get(&(offset, bytes)) {
                    Some(place) => *place,
                    // A tile that is not stored is empty.
                    None if bytes == 0 => 0,
                    None => {
                        self.budget = self.budget.checked_sub(bytes).ok_or_else(|| {
                            ReadProblem::Unsupported(format!(
                                "{} overlaps others in the file",
                                page.chunk_name(index)
                            ))
                        })?;
                        let tile = file.seek(offset, bytes, &page.chunk_name(index))?;
                        let place = self.at;
                        if let Err(error) = io::copy(&mut tile.take(bytes), &mut self.output) {
                            return Ok(Err(error));
                        }
                        self.at += bytes;
                        self.copied.insert((offset, bytes), place);
                        place
                    }
                };
                tiles.offsets.push(place);
                tiles.bytes.push(bytes);
            }
            first += batch;
        }
        Ok(Ok(tiles))
    }

    fn own_fields(&self, page: &Page, tiles: &Tiles) -> [Field; 6] {
        let (width, height) = page.chunk_size();
        [
            self.field(tag::WIDTH, 4, &[page.width]),
            self.field(tag::HEIGHT, 4, &[page.height]),
            self.field(tag::TILE_WIDTH, 4, &[width]),
            self.field(tag::TILE_HEIGHT, 4, &[height]),
            self.field(tag::TILE_OFFSETS, 16, &tiles.offsets),
            self.field(tag::TILE_BYTE_COUNTS, 16, &tiles.bytes),
        ]
    }

    /// Every level says the resolution of the largest, as libvips writes it.
    fn resolution(&self, spacing: [f64; 2]) -> [Field; 3] {
        let [across, down] = spacing.map(|mm| fraction(10.0 / mm));
        [
            self.field(tag::X_RESOLUTION, 5, &across),
            self.field(tag::Y_RESOLUTION, 5, &down),
            self.field(tag::RESOLUTION_UNIT, 3, &[3]),
        ]
    }

    /// A field of whole numbers: of 16, 32 or 64 bits, or pairs of 32 bits.
    fn field(&self, tag: u16, kind: u16, numbers: &[u64]) -> Field {
        let width = match kind {
            3 => 2,
            4 | 5 => 4,
            _ => 8,
        };
        let count = numbers.len() as u64;
        Field {
            tag,
            kind,
            count: if kind == 5 { count / 2 } else { count },
            bytes: numbers
                .iter()
                .flat_map(|number| self.number(*number, width))
                .collect(),
        }
    }

    /// The lowest `width` bytes of a number in the byte order of the file.
    fn number(&self, number: u64, width: usize) -> Vec<u8> {
        if self.big_endian {
            number.to_be_bytes()[8 - width..].to_vec()
        } else {
            number.to_le_bytes()[..width].to_vec()
        }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.output.write_all(bytes)
    }

    /// Writes all directories and the file header.
    fn finish(mut self, levels: &[Vec<Field>]) -> io::Result<()> {
        let mut first = 0;
        // Where the offset of the next directory has to be written.
        let mut link = 8;
        for fields in levels {
            let mut entries = Vec::new();
            for field in fields {
                let mut entry = self.number(field.tag.into(), 2);
                entry.extend(self.number(field.kind.into(), 2));
                entry.extend(self.number(field.count, 8));
                if field.bytes.len() <= 8 {
                    entry.extend(&field.bytes);
                    entry.resize(20, 0);
                } else {
                    entry.extend(self.number(self.at, 8));
                    self.put(&field.bytes)?;
                }
                entries.extend(entry);
            }
            let start = self.at;
            let count = self.number(fields.len() as u64, 8);
            self.put(&[count, entries, vec![0; 8]].concat())?;
            let end = self.at;
            if link == 8 {
                first = start;
            } else {
                self.patch(link, start)?;
            }
            link = end - 8;
        }
        self.patch(8, first)?;
        self.output.seek(SeekFrom::Start(0))?;
        let magic = if self.big_endian { b"MM" } else { b"II" };
        let head = [
            magic.to_vec(),
            self.number(43, 2),
            self.number(8, 2),
            vec![0; 2],
        ];
        self.output.write_all(&head.concat())?;
        self.output.flush()
    }

    fn patch(&mut self, at: u64, offset: u64) -> io::Result<()> {
        let bytes = self.number(offset, 8);
        self.output.seek(SeekFrom::Start(at))?;
        self.output.write_all(&bytes)?;
        self.output.seek(SeekFrom::Start(self.at)).map(|_| ())
    }
}

/// A number as two of 32 bits, as exact as these allow.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 32 bits"
)]
fn fraction(number: f64) -> [u64; 2] {
    let most = f64::from(u32::MAX);
    let bottom = (most / number.max(1.0)).clamp(1.0, 1e6).floor();
    [
        (number * bottom).round().clamp(1.0, most) as u64,
        bottom as u64,
    ]
}
