//! One file as an image: its planes in order, decoded one after the other.

use super::codec;
use super::convert::Converter;
use super::data_set::{refused, shortened};
use super::facts::DicomFacts;
use super::file::File;
use super::fragments::{self, Pieces};
use super::parse::swap;
use super::pixel::{Photometric, Pixels};
use super::place;
use super::plane::{Plane, planes};
use super::stack::{Stack, refuse_uneven, stack};
use super::syntax::Coding;
use super::tag;
use super::values;
use super::whole_slide::Matrix;
use crate::error::ReadProblem;
use crate::limits::CheckLimits;
use crate::metadata::Metadata;
use crate::source::ReadSeek;
use crate::summary::{ComponentType, ImageFormat, ImageSummary};

/// Compression better than this is refused; an empty frame of JPEG 2000 reaches about a tenth of it.
const MAX_RATIO: u128 = 50_000;

/// Bytes of a compressed frame that hold its header.
const LOOK_INTO: u64 = 1 << 20;

/// A file whose header was read and compared with its length.
pub(super) struct Image<'a> {
    file: File<'a>,
    pub(super) pixels: Pixels,
    pub(super) planes: Vec<Plane>,
    pub(super) warnings: Vec<String>,
    /// Of a whole slide: what its frames make together.
    pub(super) matrix: Option<Matrix>,
    start: u64,
    /// Pieces of every frame of a compressed file.
    pieces: Option<Vec<Pieces>>,
}

impl<'a> Image<'a> {
    pub(super) fn open(
        file: &'a mut dyn ReadSeek,
        limits: &CheckLimits,
    ) -> Result<Image<'a>, ReadProblem> {
        let mut file = File::open(file)?;
        let pixels = Pixels::of(&file.set, file.pixels)?;
        let matrix = Matrix::of(&file.set, &pixels)?;
        refuse_claims(&file, &pixels, matrix, limits)?;
        let mut pixels = pixels;
        let mut warnings = std::mem::take(&mut file.warnings);
        let start = file.input.position();
        let pieces = if is_coded(&file) {
            let coding = file.syntax.coding;
            let pieces = fragments::frames(&mut file.input, pixels.frames, coding)?;
            look_into(&mut file, &pieces, &mut pixels)?;
            Some(pieces)
        } else {
            surplus(&file, &pixels, &mut warnings);
            None
        };
        if pixels.is_inverted() {
            warnings.push(
                "`PhotometricInterpretation` is MONOCHROME1: values are turned around, so that bright is high".into(),
            );
        }
        if let Some(scaling) = file.set.text(tag::DOSE_SCALING) {
            warnings.push(format!(
                "values are as stored: multiply them by `DoseGridScaling`, {}, for the dose",
                shortened(&scaling)
            ));
        }
        let planes = planes(&file.set, &pixels)?;
        Ok(Image {
            file,
            pixels,
            planes,
            warnings,
            matrix,
            start,
            pieces,
        })
    }

    pub(super) fn set(&self) -> &super::data_set::DataSet {
        &self.file.set
    }

    /// Turns frames to values of this type.
    pub(super) fn converter(&self, component: ComponentType) -> Result<Converter, ReadProblem> {
        let is_coded = self.pieces.is_some() && self.file.syntax.coding != Coding::Rle;
        Converter::new(&self.file.set, &self.pixels, component, is_coded)
    }

    /// Decodes one frame: little-endian, interleaved.
    pub(super) fn frame(&mut self, index: usize) -> Result<Vec<u8>, ReadProblem> {
        let what = || format!("frame {} of `PixelData`", index + 1);
        let (stored, coding) = match &self.pieces {
            Some(pieces) => {
                let mut stored = Vec::new();
                for (at, length) in &pieces[index] {
                    self.file.input.go_to(*at)?;
                    stored.extend(self.file.input.take((*length).into(), &what())?);
                }
                (stored, self.file.syntax.coding)
            }
            None => (self.native(index, &what())?, Coding::Native),
        };
        codec::decode(stored, coding, &self.pixels).map_err(|problem| ReadProblem::Corrupt {
            what: what(),
            problem,
        })
    }

    /// The bytes of a frame that is not compressed, in little-endian order and in whole bytes.
    fn native(&mut self, index: usize, what: &str) -> Result<Vec<u8>, ReadProblem> {
        let bits = self.pixels.frame_bits();
        let (from, to) = (bits * index as u128, bits * (index as u128 + 1));
        let small_words = self.file.pixels.words && self.pixels.allocated <= 8;
        let swaps = self.file.syntax.big_endian && small_words;
        let align: u128 = if swaps { 16 } else { 8 };
        let first = from / align * (align / 8);
        let last = to.div_ceil(align) * (align / 8);
        // Compared with the length of the file before.
        let number = |value: u128| u64::try_from(value).unwrap_or(u64::MAX);
        self.file.input.go_to(self.start + number(first))?;
        let most = self.file.input.remaining();
        let mut bytes = self.file.input.take(number(last - first).min(most), what)?;
        if swaps {
            swap(&mut bytes, 2);
        } else if self.file.syntax.big_endian {
            let word = usize::try_from(self.pixels.sample_bytes()).expect("at most 8");
            swap(&mut bytes, word);
        }
        let skipped = usize::try_from(from - first * 8).expect("less than a word");
        let count = usize::try_from(bits).unwrap_or(usize::MAX);
        Ok(if self.pixels.allocated == 1 {
            (skipped..skipped + count)
                .map(|bit| bytes.get(bit / 8).map_or(0, |byte| byte >> (bit % 8) & 1))
                .collect()
        } else {
            bytes.drain(..skipped / 8);
            bytes.truncate(count / 8);
            bytes
        })
    }
}

/// Reads the header of the first compressed frame: what it says of bits holds, and what no decoder reads is refused.
fn look_into(
    file: &mut File<'_>,
    pieces: &[Pieces],
    pixels: &mut Pixels,
) -> Result<(), ReadProblem> {
    let what = "frame 1 of `PixelData`";
    let mut start = Vec::new();
    for (at, length) in pieces.first().into_iter().flatten() {
        let missing = LOOK_INTO.saturating_sub(start.len() as u64);
        if missing == 0 {
            break;
        }
        file.input.go_to(*at)?;
        start.extend(file.input.take(u64::from(*length).min(missing), what)?);
    }
    codec::look_into(&start, file.syntax.coding, pixels).map_err(|problem| ReadProblem::Corrupt {
        what: what.into(),
        problem,
    })
}

fn is_coded(file: &File<'_>) -> bool {
    file.pixels.length.is_none() && file.syntax.coding != Coding::Native
}

/// Compares what the header claims with the bytes that there are, before anything is read or allocated.
fn refuse_claims(
    file: &File<'_>,
    pixels: &Pixels,
    matrix: Option<Matrix>,
    limits: &CheckLimits,
) -> Result<(), ReadProblem> {
    let available = u128::from(file.input.remaining());
    let claimed = pixels.decoded_bytes().saturating_mul(pixels.frames.into());
    let is_coded = is_coded(file);
    if !is_coded {
        let length = file
            .pixels
            .length
            .ok_or_else(|| refused(tag::PIXELS, "a length", "fragments in an uncompressed file"))?;
        let expected = pixels
            .frame_bits()
            .saturating_mul(pixels.frames.into())
            .div_ceil(8);
        let found = available.min(length.into());
        if expected > found {
            return Err(ReadProblem::Short {
                what: tag::name(file.pixels.tag),
                expected,
                found,
            });
        }
    } else if claimed > available.saturating_mul(MAX_RATIO)
        || u128::from(pixels.frames) > available / 8
    {
        return Err(ReadProblem::Corrupt {
            what: "`PixelData`".into(),
            problem: format!("{available} bytes cannot hold {claimed} bytes of samples"),
        });
    }
    let expands = is_coded || file.syntax.deflated || pixels.allocated == 1;
    if expands && pixels.decoded_bytes() > limits.max_jpeg_bytes.saturating_mul(4).into() {
        return Err(ReadProblem::TooLarge {
            claimed: pixels.decoded_bytes(),
            limit: limits.max_jpeg_bytes.saturating_mul(4),
        });
    }
    let limit = match matrix {
        Some(matrix) => {
            matrix.refuse_claims(pixels, available.saturating_mul(MAX_RATIO), limits)?;
            limits.max_pixel_bytes
        }
        None => limits.max_voxel_bytes,
    };
    if claimed > limit.into() {
        return Err(ReadProblem::TooLarge { claimed, limit });
    }
    refuse_shape(file, pixels)
}

/// Combinations of attributes that mean nothing that we read.
fn refuse_shape(file: &File<'_>, pixels: &Pixels) -> Result<(), ReadProblem> {
    if pixels.photometric == Photometric::YbrFull422
        && (pixels.allocated != 8 || (!is_coded(file) && !pixels.columns.is_multiple_of(2)))
    {
        return Err(refused(
            tag::PHOTOMETRIC,
            "YBR_FULL_422 with 8 bits and an even number of columns",
            &format!("{} bits, {} columns", pixels.allocated, pixels.columns),
        ));
    }
    if pixels.allocated == 1 && (is_coded(file) || pixels.samples != 1) {
        return Err(refused(
            tag::BITS_ALLOCATED,
            "8 or 16 for compressed or coloured images",
            "1",
        ));
    }
    Ok(())
}

/// A warning for bytes after the last sample; one byte of padding is as it should be.
fn surplus(file: &File<'_>, pixels: &Pixels, warnings: &mut Vec<String>) {
    let expected = pixels
        .frame_bits()
        .saturating_mul(pixels.frames.into())
        .div_ceil(8);
    let found = u128::from(file.pixels.length.unwrap_or(0));
    if found > expected.next_multiple_of(2) {
        warnings.push(format!(
            "`PixelData`: {} bytes after the last sample are ignored",
            found - expected
        ));
    }
}

/// Order, type and geometry of one file.
pub(super) struct Arranged {
    pub(super) stack: Stack,
    pub(super) summary: ImageSummary,
}

/// Puts the frames of one file in order.
pub(super) fn arrange(image: &mut Image<'_>) -> Result<Arranged, ReadProblem> {
    let mut stack = stack(&image.planes, false);
    let first = stack.order.first().copied().unwrap_or(0);
    let plane = image.planes[first].clone();
    let (geometry, spacing_source) =
        place::geometry(image.set(), &image.pixels, &plane, &mut stack)?;
    let slices: Vec<_> = image
        .planes
        .iter()
        .map(|plane| (image.pixels, plane.rescale))
        .collect();
    let converter = image.converter(values::component(&slices))?;
    let mut warnings = image.warnings.clone();
    warnings.append(&mut stack.warnings);
    let facts = DicomFacts::of(image.set(), &image.pixels, plane.rescale);
    let metadata = Metadata::of_dicom(&facts, &geometry.size);
    Ok(Arranged {
        summary: ImageSummary {
            format: ImageFormat::Dicom,
            size: geometry.size.clone(),
            geometry,
            spacing_source,
            component_type: Some(converter.component()),
            channels: converter.channels(),
            levels: 1,
            segments: None,
            tiff: None,
            metadata,
            warnings,
        },
        stack,
    })
}

/// Hands the values of one file out in the order of its volume. `allow_uneven`: even where that is no regular grid.
pub(super) fn stream(
    image: &mut Image<'_>,
    allow_uneven: bool,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadProblem> {
    let Arranged { stack, summary } = arrange(image)?;
    if !allow_uneven {
        refuse_uneven(&stack)?;
    }
    let converter = image.converter(summary.component_type.unwrap_or(ComponentType::Float64))?;
    for index in stack.order {
        let frame = image.frame(index)?;
        converter.deliver(&frame, image.planes[index].rescale, deliver);
    }
    Ok(summary)
}
