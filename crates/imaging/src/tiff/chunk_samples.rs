//! The samples of one strip or tile, whatever it is compressed with.

use std::io::{BufReader, Read};

use super::colour::rgb_of_ycbcr;
use super::decode::{ChunkSink, Codec, decode};
use super::file::TiffFile;
use super::page::Page;
use super::unfold::Unfold;
use super::{tag, tile_jpeg};
use crate::error::ReadProblem;
use crate::guarded::guarded;
use crate::inflate::Goal;
use crate::jpeg2000;
use crate::limits::CheckLimits;

/// Shared JPEG tables are a few hundred bytes.
const MAX_TABLES: u64 = 64 * 1024;
/// Decoded bytes that a strip or tile may have beyond its pixels.
const MAX_SURPLUS: u64 = 1 << 20;

/// Decodes the strips or tiles of one page.
pub(super) struct ChunkReader<'a> {
    page: &'a Page,
    limits: &'a CheckLimits,
    tables: Vec<u8>,
    pub(super) unfold: Unfold,
}

/// A picture that came out of a codec of its own: rows of whole pixels.
struct Picture {
    width: u64,
    height: u64,
    samples: u16,
    sample_bytes: usize,
    bytes: Vec<u8>,
}

impl<'a> ChunkReader<'a> {
    /// Refuses, by name, what cannot be decoded.
    pub(super) fn new(
        file: &mut TiffFile<'_>,
        page: &'a Page,
        limits: &'a CheckLimits,
    ) -> Result<Self, ReadProblem> {
        let refuse = |what: String| {
            ReadProblem::Unsupported(format!(
                "directory {}: {what} cannot be decoded",
                page.number
            ))
        };
        let is_picture = matches!(page.compression, 7 | 33003 | 33005 | 34712 | 34927 | 50001);
        if Codec::of(page.compression).is_none() && !is_picture {
            return Err(refuse(tag::compression(page.compression)));
        }
        if page.subsampling != (1, 1) && !is_picture && page.samples > 1 {
            return Err(refuse("subsampled colour without JPEG".into()));
        }
        let unfold = Unfold::of(page, file.big_endian).ok_or_else(|| {
            refuse(format!(
                "samples of {} bits with predictor {}",
                page.bits, page.predictor
            ))
        })?;
        let tables = match &page.jpeg_tables {
            Some(entry) if page.compression == 7 => entry.raw(file, MAX_TABLES)?,
            Some(_) | None => Vec::new(),
        };
        Ok(ChunkReader {
            page,
            limits,
            tables,
            unfold,
        })
    }

    /// Hands the samples of the rows of a strip or tile to `deliver`, from the top: rows of its full width, or less where
    /// its codec cuts the padding off. Nothing for one that is not stored.
    pub(super) fn rows(
        &self,
        file: &mut TiffFile<'_>,
        index: u64,
        deliver: &mut dyn FnMut(&[u8]),
    ) -> Result<(), ReadProblem> {
        let name = self.page.chunk_name(index);
        let Some((offset, bytes)) = self.page.locations(file, index, 1)?.first().copied() else {
            return Err(ReadProblem::MissingField(name));
        };
        if bytes == 0 {
            return Ok(());
        }
        match Codec::of(self.page.compression) {
            Some(codec) => {
                let reader = file.seek(offset, bytes, &name)?.take(bytes);
                if self.page.fill_order == 2 {
                    self.stream(index, codec, &mut Reversed(reader), deliver)
                } else {
                    self.stream(index, codec, reader, deliver)
                }
            }
            None => {
                if bytes > self.limits.max_jpeg_bytes {
                    return Err(ReadProblem::TooLarge {
                        claimed: bytes.into(),
                        limit: self.limits.max_jpeg_bytes,
                    });
                }
                let stored = file.vec(offset, bytes, &name)?;
                let picture = guarded(|| self.picture(&stored)).and_then(|picture| {
                    self.fits(&picture, index)?;
                    Ok(picture)
                });
                let picture = picture.map_err(|problem| ReadProblem::Corrupt {
                    what: name,
                    problem,
                })?;
                let row = usize::try_from(picture.width).unwrap_or(usize::MAX)
                    * usize::from(picture.samples)
                    * picture.sample_bytes;
                picture.bytes.chunks_exact(row).for_each(deliver);
                Ok(())
            }
        }
    }

    fn stream(
        &self,
        index: u64,
        codec: Codec,
        reader: impl Read,
        deliver: &mut dyn FnMut(&[u8]),
    ) -> Result<(), ReadProblem> {
        let name = self.page.chunk_name(index);
        let goal = Goal {
            what: &name,
            expected: self.page.chunk_bytes(index),
            max_surplus: MAX_SURPLUS,
        };
        let width = usize::try_from(self.page.chunk_size().0).map_err(std::io::Error::other)?;
        let stored = usize::try_from(self.page.row_bytes()).map_err(std::io::Error::other)?;
        let (mut row, mut samples) = (Vec::new(), Vec::new());
        let mut take = |mut piece: &[u8]| {
            while !piece.is_empty() {
                let (part, rest) = piece.split_at(piece.len().min(stored - row.len()));
                row.extend_from_slice(part);
                piece = rest;
                if row.len() == stored {
                    samples.clear();
                    self.unfold.row(&mut row, width, &mut samples);
                    deliver(&samples);
                    row.clear();
                }
            }
        };
        let mut input = BufReader::with_capacity(64 * 1024, reader);
        decode(codec, &mut input, &goal, &mut ChunkSink::new(&mut take))
    }

    fn picture(&self, stored: &[u8]) -> Result<Picture, String> {
        match self.page.compression {
            7 => self.jpeg(stored),
            34927 | 50001 => webp(stored, self.limits),
            _ => self.jpeg2000(stored),
        }
    }

    fn jpeg2000(&self, stored: &[u8]) -> Result<Picture, String> {
        let sample_bytes = match jpeg2000::header(stored)?.bits {
            1..=8 => 1,
            9..=16 => 2,
            _ => 4,
        };
        let mut image = jpeg2000::decode(stored, sample_bytes, self.limits.max_jpeg_bytes)?;
        // Aperio keeps luma and colour differences in this one, and names the colours otherwise.
        if (self.page.compression, image.components, sample_bytes) == (33003, 3, 1) {
            let (pixels, _) = image.bytes.as_chunks_mut();
            pixels
                .iter_mut()
                .for_each(|pixel| *pixel = rgb_of_ycbcr(*pixel));
        }
        Ok(Picture {
            width: image.width,
            height: image.height,
            samples: image.components,
            sample_bytes,
            bytes: image.bytes,
        })
    }

    fn jpeg(&self, stored: &[u8]) -> Result<Picture, String> {
        let is_rgb = self.page.photometric == Some(2);
        let jpeg = tile_jpeg::compose(&self.tables, stored, is_rgb)?;
        if jpeg.frame.bytes() > self.limits.max_jpeg_bytes {
            return Err(format!(
                "is a JPEG of {}×{} pixels, more than {} bytes",
                jpeg.frame.width, jpeg.frame.height, self.limits.max_jpeg_bytes
            ));
        }
        let (width, height, samples, bytes) = tile_jpeg::decode(&jpeg)?;
        Ok(Picture {
            width: width as u64,
            height: height as u64,
            samples,
            sample_bytes: 1,
            bytes,
        })
    }

    /// A picture must cover what is visible, and have the samples that the directory promises.
    fn fits(&self, picture: &Picture, index: u64) -> Result<(), String> {
        let (width, height) = self.page.visible(index);
        if picture.width < width || picture.height < height {
            return Err(format!(
                "expected at least {width}×{height} pixels, found {}×{}",
                picture.width, picture.height
            ));
        }
        let samples = if self.page.planar {
            1
        } else {
            self.page.samples
        };
        let bytes = self.unfold.sample_bytes();
        if (picture.samples, picture.sample_bytes) != (samples, bytes) {
            return Err(format!(
                "expected {samples} samples of {bytes} bytes in a pixel, found {} of {}",
                picture.samples, picture.sample_bytes
            ));
        }
        Ok(())
    }
}

fn webp(stored: &[u8], limits: &CheckLimits) -> Result<Picture, String> {
    let broken = |error: image_webp::DecodingError| format!("does not decode ({error})");
    let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(stored)).map_err(broken)?;
    let (width, height) = decoder.dimensions();
    let bytes = decoder
        .output_buffer_size()
        .filter(|bytes| *bytes as u64 <= limits.max_jpeg_bytes)
        .ok_or_else(|| format!("is a WebP picture of {width}×{height} pixels, too large"))?;
    let mut pixels = vec![0; bytes];
    let samples = if decoder.has_alpha() { 4 } else { 3 };
    decoder.read_image(&mut pixels).map_err(broken)?;
    Ok(Picture {
        width: width.into(),
        height: height.into(),
        samples,
        sample_bytes: 1,
        bytes: pixels,
    })
}

/// Bytes whose lowest bit comes first (FillOrder 2), turned round.
struct Reversed<R>(R);

impl<R: Read> Read for Reversed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(buffer)?;
        for byte in &mut buffer[..count] {
            *byte = byte.reverse_bits();
        }
        Ok(count)
    }
}
