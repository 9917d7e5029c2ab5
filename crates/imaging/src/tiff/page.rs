//! One image of a TIFF: its size, its samples, and how it is cut into strips or tiles.

use super::directory::{Directory, Entry};
use super::file::TiffFile;
use super::{Chunks, tag};
use crate::error::ReadProblem;
use crate::summary::ComponentType;

/// Widths and heights beyond this do not fit a classic TIFF and are no image.
const MAX_SIDE: u64 = u32::MAX as u64;
/// More samples than this for a pixel are refused.
const MAX_SAMPLES: u16 = 1024;

/// What a directory says about its pixels.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// Number of the directory.
    pub(super) number: usize,
    pub(super) is_sub: bool,
    pub(super) subfile_type: u64,
    pub(super) width: u64,
    pub(super) height: u64,
    /// Samples of one pixel.
    pub(super) samples: u16,
    /// Bits of one sample; the largest when they differ.
    pub(super) bits: u16,
    /// Bits of all samples of a pixel.
    pub(super) pixel_bits: u64,
    /// 1 unsigned, 2 signed, 3 float.
    pub(super) sample_format: u16,
    pub(super) compression: u16,
    pub(super) photometric: Option<u16>,
    /// Each sample in planes of its own.
    pub(super) planar: bool,
    pub(super) predictor: u16,
    pub(super) fill_order: u16,
    /// Horizontal and vertical subsampling of uncompressed YCbCr.
    pub(super) subsampling: (u64, u64),
    pub(super) chunks: Chunks,
    offsets: Entry,
    byte_counts: Option<Entry>,
    pub(super) jpeg_tables: Option<Entry>,
}

impl Page {
    /// Understands a directory.
    pub(super) fn read(
        file: &mut TiffFile<'_>,
        directory: &Directory,
    ) -> Result<Page, ReadProblem> {
        let width = side(file, directory, tag::WIDTH)?;
        let height = side(file, directory, tag::HEIGHT)?;
        let chunks = chunks(file, directory, height)?;
        let (offsets_tag, counts_tag) = match chunks {
            Chunks::Tiles { .. } => (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS),
            Chunks::Strips { .. } => (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS),
        };
        // Some writers keep the strip tags for tiles.
        let find =
            |wanted: u16, other: u16| directory.entry(wanted).or(directory.entry(other)).copied();
        let offsets = find(offsets_tag, tag::STRIP_OFFSETS)
            .ok_or_else(|| ReadProblem::MissingField(directory.field(offsets_tag)))?;
        let samples = directory.small(file, tag::SAMPLES_PER_PIXEL)?.unwrap_or(1);
        if samples == 0 || samples > MAX_SAMPLES {
            return Err(ReadProblem::Field {
                field: directory.field(tag::SAMPLES_PER_PIXEL),
                expected: format!("1 to {MAX_SAMPLES}"),
                found: samples.to_string(),
            });
        }
        let bits = bits(file, directory, samples)?;
        let photometric = directory.small(file, tag::PHOTOMETRIC)?;
        let compression = directory.small(file, tag::COMPRESSION)?.unwrap_or(1);
        let subsampling = if photometric == Some(6) && compression != 7 {
            subsampling(file, directory)?
        } else {
            (1, 1)
        };
        Ok(Page {
            number: directory.number,
            is_sub: directory.is_sub,
            subfile_type: directory.integer(file, tag::SUBFILE_TYPE)?.unwrap_or(0),
            width,
            height,
            samples,
            bits: bits.iter().copied().max().unwrap_or(1),
            pixel_bits: bits.iter().map(|bits| u64::from(*bits)).sum(),
            sample_format: directory.small(file, tag::SAMPLE_FORMAT)?.unwrap_or(1),
            compression,
            photometric,
            planar: directory.small(file, tag::PLANAR_CONFIGURATION)? == Some(2) && samples > 1,
            predictor: directory.small(file, tag::PREDICTOR)?.unwrap_or(1),
            fill_order: directory.small(file, tag::FILL_ORDER)?.unwrap_or(1),
            subsampling,
            chunks,
            offsets,
            byte_counts: find(counts_tag, tag::STRIP_BYTE_COUNTS),
            jpeg_tables: directory.entry(tag::JPEG_TABLES).copied(),
        })
    }

    /// Type of one sample, where there is one for its bits.
    pub(super) fn component_type(&self) -> Option<ComponentType> {
        match (self.sample_format, self.bits) {
            (1 | 4, 8) => Some(ComponentType::Uint8),
            (1 | 4, 16) => Some(ComponentType::Uint16),
            (1 | 4, 32) => Some(ComponentType::Uint32),
            (1 | 4, 64) => Some(ComponentType::Uint64),
            (2, 8) => Some(ComponentType::Int8),
            (2, 16) => Some(ComponentType::Int16),
            (2, 32) => Some(ComponentType::Int32),
            (2, 64) => Some(ComponentType::Int64),
            (3, 16) => Some(ComponentType::Float16),
            (3, 32) => Some(ComponentType::Float32),
            (3, 64) => Some(ComponentType::Float64),
            _ => None,
        }
    }

    /// True when the codec keeps every sample as it was.
    pub(super) fn is_lossless(&self) -> bool {
        !matches!(
            self.compression,
            6 | 7 | 33003 | 33005 | 34892 | 50001 | 50002
        )
    }

    /// Width and height of a full strip or tile, pixels.
    pub(super) fn chunk_size(&self) -> (u64, u64) {
        match self.chunks {
            Chunks::Tiles { width, height } => (width.into(), height.into()),
            Chunks::Strips { rows } => (self.width, u64::from(rows).min(self.height)),
        }
    }

    fn across(&self) -> u64 {
        self.width.div_ceil(self.chunk_size().0)
    }

    fn down(&self) -> u64 {
        self.height.div_ceil(self.chunk_size().1)
    }

    /// Strips or tiles of the whole image.
    pub(super) fn chunk_count(&self) -> u128 {
        let planes = if self.planar { self.samples } else { 1 };
        u128::from(self.across()) * u128::from(self.down()) * u128::from(planes)
    }

    /// Pixels of one strip or tile that belong to the image (width, height): less at the right and lower edge.
    pub(super) fn visible(&self, index: u64) -> (u64, u64) {
        let (width, height) = self.chunk_size();
        let (column, row) = (index % self.across(), index / self.across() % self.down());
        (
            (self.width - column * width).min(width),
            (self.height - row * height).min(height),
        )
    }

    /// Rows that are stored for a strip or tile: tiles are padded, the last strip is not.
    pub(super) fn stored_rows(&self, index: u64) -> u64 {
        match self.chunks {
            Chunks::Tiles { height, .. } => height.into(),
            Chunks::Strips { .. } => self.visible(index).1,
        }
    }

    /// Decoded bytes of one row of a strip or tile.
    pub(super) fn row_bytes(&self) -> u128 {
        let width = u128::from(self.chunk_size().0);
        let bits = if self.planar {
            u64::from(self.bits)
        } else {
            self.pixel_bits
        };
        (width * u128::from(bits)).div_ceil(8)
    }

    /// Decoded bytes of one strip or tile.
    pub(super) fn chunk_bytes(&self, index: u64) -> u128 {
        let rows = self.stored_rows(index);
        let (across, down) = self.subsampling;
        if (across, down) == (1, 1) || self.planar {
            return self.row_bytes() * u128::from(rows);
        }
        let blocks =
            u128::from(self.chunk_size().0.div_ceil(across)) * u128::from(rows.div_ceil(down));
        (blocks * u128::from((across * down + 2) * u64::from(self.bits))).div_ceil(8)
    }

    /// Decoded bytes of the whole page, padding included; an upper bound.
    pub(super) fn decoded_bytes(&self) -> u128 {
        self.row_bytes()
            .saturating_mul(self.chunk_size().1.into())
            .saturating_mul(self.chunk_count())
    }

    /// Refuses lists of offsets that are too short for the strips or tiles that the image has.
    pub(super) fn require_offsets(&self) -> Result<(), ReadProblem> {
        let needed = self.chunk_count();
        let counts = self.byte_counts.map_or(u64::MAX, |entry| entry.count);
        for (entry, found) in [
            (self.offsets.tag, self.offsets.count),
            (tag::STRIP_BYTE_COUNTS, counts),
        ] {
            if u128::from(found) < needed {
                return Err(ReadProblem::Field {
                    field: format!("{} of directory {}", tag::name(entry), self.number),
                    expected: format!("{needed} numbers"),
                    found: found.to_string(),
                });
            }
        }
        Ok(())
    }

    /// Offset and stored bytes of `count` strips or tiles from number `first` on.
    pub(super) fn locations(
        &self,
        file: &mut TiffFile<'_>,
        first: u64,
        count: u64,
    ) -> Result<Vec<(u64, u64)>, ReadProblem> {
        let offsets = self.offsets.integers(file, first, count)?;
        let sizes = match &self.byte_counts {
            Some(entry) => entry.integers(file, first, count)?,
            None if self.compression == 1 => (first..first + count)
                .map(|index| u64::try_from(self.chunk_bytes(index)).unwrap_or(u64::MAX))
                .collect(),
            None => {
                let field = format!(
                    "{} of directory {}",
                    tag::name(tag::STRIP_BYTE_COUNTS),
                    self.number
                );
                return Err(ReadProblem::MissingField(field));
            }
        };
        Ok(offsets.into_iter().zip(sizes).collect())
    }

    /// Name of a strip or tile in messages.
    pub(super) fn chunk_name(&self, index: u64) -> String {
        let kind = match self.chunks {
            Chunks::Tiles { .. } => "tile",
            Chunks::Strips { .. } => "strip",
        };
        format!("{kind} {index} of directory {}", self.number)
    }
}

fn side(file: &mut TiffFile<'_>, directory: &Directory, tag: u16) -> Result<u64, ReadProblem> {
    let side = directory
        .integer(file, tag)?
        .ok_or_else(|| ReadProblem::MissingField(directory.field(tag)))?;
    positive(directory, tag, side)
}

fn positive(directory: &Directory, tag: u16, number: u64) -> Result<u64, ReadProblem> {
    if (1..=MAX_SIDE).contains(&number) {
        return Ok(number);
    }
    Err(ReadProblem::Field {
        field: directory.field(tag),
        expected: format!("1 to {MAX_SIDE}"),
        found: number.to_string(),
    })
}

fn chunks(
    file: &mut TiffFile<'_>,
    directory: &Directory,
    height: u64,
) -> Result<Chunks, ReadProblem> {
    let narrow = |number: u64| u32::try_from(number).expect("at most `MAX_SIDE`");
    if let Some(width) = directory.integer(file, tag::TILE_WIDTH)? {
        let tile_height = side(file, directory, tag::TILE_HEIGHT)?;
        return Ok(Chunks::Tiles {
            width: narrow(positive(directory, tag::TILE_WIDTH, width)?),
            height: narrow(tile_height),
        });
    }
    let rows = directory
        .integer(file, tag::ROWS_PER_STRIP)?
        .unwrap_or(MAX_SIDE)
        .min(MAX_SIDE);
    let rows = positive(directory, tag::ROWS_PER_STRIP, rows)?.min(height);
    Ok(Chunks::Strips { rows: narrow(rows) })
}

/// Bits of each sample. One number for several samples counts for all of them.
fn bits(
    file: &mut TiffFile<'_>,
    directory: &Directory,
    samples: u16,
) -> Result<Vec<u16>, ReadProblem> {
    let given = match directory.entry(tag::BITS_PER_SAMPLE) {
        Some(entry) => entry.integers(file, 0, samples.into())?,
        None => vec![1],
    };
    (0..usize::from(samples))
        .map(|index| given.get(index).or(given.last()).copied().unwrap_or(1))
        .map(|bits| {
            u16::try_from(bits)
                .ok()
                .filter(|bits| (1..=64).contains(bits))
                .ok_or_else(|| ReadProblem::Field {
                    field: directory.field(tag::BITS_PER_SAMPLE),
                    expected: "1 to 64".into(),
                    found: bits.to_string(),
                })
        })
        .collect()
}

fn subsampling(file: &mut TiffFile<'_>, directory: &Directory) -> Result<(u64, u64), ReadProblem> {
    let Some(entry) = directory.entry(tag::YCBCR_SUBSAMPLING) else {
        return Ok((2, 2));
    };
    match entry.integers(file, 0, 2)?.as_slice() {
        [across @ (1 | 2 | 4), down @ (1 | 2 | 4)] => Ok((*across, *down)),
        other => Err(ReadProblem::Field {
            field: directory.field(tag::YCBCR_SUBSAMPLING),
            expected: "two of 1, 2, 4".into(),
            found: format!("{other:?}"),
        }),
    }
}
