//! What the samples of a file are: size, bits, colour; judged before any of them is read.

use super::data_set::{DataSet, refused, shortened};
use super::parse::PixelElement;
use super::tag;
use crate::error::ReadProblem;
use crate::summary::ComponentType;

/// What the stored numbers mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Photometric {
    /// Grey; true when low values are bright.
    Grey {
        inverted: bool,
    },
    Palette,
    Rgb,
    YbrFull,
    YbrFull422,
    /// The colour transforms of JPEG 2000, which its decoder undoes.
    YbrJpeg2000,
}

/// How a number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Unsigned,
    Signed,
    Float,
}

/// The image attributes, all checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pixels {
    pub(super) columns: u64,
    pub(super) rows: u64,
    pub(super) frames: u64,
    /// Stored samples per pixel: 1 or 3.
    pub(super) samples: u64,
    /// Bits per sample: 1, 8, 16, 32 or 64.
    pub(super) allocated: u32,
    pub(super) stored: u32,
    pub(super) high: u32,
    pub(super) encoding: Encoding,
    pub(super) photometric: Photometric,
    /// Colour by colour instead of interleaved.
    pub(super) planar: bool,
}

impl Pixels {
    pub(super) fn of(set: &DataSet, element: PixelElement) -> Result<Pixels, ReadProblem> {
        let columns = nonzero(set, tag::COLUMNS)?;
        let rows = nonzero(set, tag::ROWS)?;
        let samples = set.unsigned(tag::SAMPLES_PER_PIXEL).unwrap_or(1);
        if samples != 1 && samples != 3 {
            return Err(refused(
                tag::SAMPLES_PER_PIXEL,
                "1 or 3",
                &samples.to_string(),
            ));
        }
        let photometric = photometric(set, samples)?;
        let (allocated, stored, high, encoding) = bits(set, element)?;
        Ok(Pixels {
            columns,
            rows,
            frames: frames(set)?,
            samples,
            allocated,
            stored,
            high,
            encoding,
            photometric,
            planar: samples > 1 && set.unsigned(tag::PLANAR) == Some(1),
        })
    }

    pub(super) fn per_frame(&self) -> u64 {
        self.columns * self.rows
    }

    /// True for MONOCHROME1.
    pub(super) fn is_inverted(&self) -> bool {
        self.photometric == Photometric::Grey { inverted: true }
    }

    /// Bits of one frame as it is stored without compression.
    pub(super) fn frame_bits(&self) -> u128 {
        let samples = if self.photometric == Photometric::YbrFull422 {
            2
        } else {
            self.samples
        };
        u128::from(self.per_frame()) * u128::from(samples) * u128::from(self.allocated)
    }

    /// Bytes of one frame as the decoders give it: interleaved, colour not subsampled, at least one byte a sample.
    pub(super) fn decoded_bytes(&self) -> u128 {
        u128::from(self.per_frame()) * u128::from(self.samples) * u128::from(self.sample_bytes())
    }

    pub(super) fn sample_bytes(&self) -> u64 {
        u64::from(self.allocated.div_ceil(8))
    }

    /// The type that holds the stored values.
    pub(super) fn component(&self) -> ComponentType {
        match (self.encoding, self.allocated) {
            (Encoding::Float, 32) => ComponentType::Float32,
            (Encoding::Float, _) => ComponentType::Float64,
            (Encoding::Signed, 1 | 8) => ComponentType::Int8,
            (Encoding::Signed, 16) => ComponentType::Int16,
            (Encoding::Signed, 32) => ComponentType::Int32,
            (Encoding::Signed, _) => ComponentType::Int64,
            (Encoding::Unsigned, 1 | 8) => ComponentType::Uint8,
            (Encoding::Unsigned, 16) => ComponentType::Uint16,
            (Encoding::Unsigned, 32) => ComponentType::Uint32,
            (Encoding::Unsigned, _) => ComponentType::Uint64,
        }
    }

    /// Smallest and largest value that the stored bits can hold.
    pub(super) fn range(&self) -> (i128, i128) {
        let bits = self.stored;
        if self.encoding == Encoding::Signed {
            (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
        } else {
            (0, (1i128 << bits) - 1)
        }
    }
}

fn nonzero(set: &DataSet, tag: tag::Tag) -> Result<u64, ReadProblem> {
    match set.required(tag)? {
        0 => Err(refused(tag, "at least 1", "0")),
        size => Ok(size),
    }
}

fn frames(set: &DataSet) -> Result<u64, ReadProblem> {
    let Some(frames) = set.whole(tag::FRAMES)? else {
        return Ok(1);
    };
    u64::try_from(frames)
        .ok()
        .filter(|frames| *frames > 0)
        .ok_or_else(|| refused(tag::FRAMES, "at least 1", &frames.to_string()))
}

fn photometric(set: &DataSet, samples: u64) -> Result<Photometric, ReadProblem> {
    let Some(text) = set.text(tag::PHOTOMETRIC) else {
        return Ok(if samples == 3 {
            Photometric::Rgb
        } else {
            Photometric::Grey { inverted: false }
        });
    };
    let (found, needs) = match text.as_str() {
        "MONOCHROME1" => (Photometric::Grey { inverted: true }, 1),
        "MONOCHROME2" => (Photometric::Grey { inverted: false }, 1),
        "PALETTE COLOR" => (Photometric::Palette, 1),
        "RGB" => (Photometric::Rgb, 3),
        "YBR_FULL" => (Photometric::YbrFull, 3),
        "YBR_FULL_422" => (Photometric::YbrFull422, 3),
        "YBR_RCT" | "YBR_ICT" => (Photometric::YbrJpeg2000, 3),
        _ => {
            return Err(refused(
                tag::PHOTOMETRIC,
                "MONOCHROME1, MONOCHROME2, PALETTE COLOR, RGB, YBR_FULL, YBR_FULL_422, YBR_RCT or YBR_ICT",
                &shortened(&text),
            ));
        }
    };
    if samples != needs {
        return Err(refused(
            tag::SAMPLES_PER_PIXEL,
            &format!("{needs} for {text}"),
            &samples.to_string(),
        ));
    }
    Ok(found)
}

fn bits(set: &DataSet, element: PixelElement) -> Result<(u32, u32, u32, Encoding), ReadProblem> {
    match element.tag {
        tag::FLOAT_PIXELS => return Ok((32, 32, 31, Encoding::Float)),
        tag::DOUBLE_PIXELS => return Ok((64, 64, 63, Encoding::Float)),
        _ => {}
    }
    let allocated = set.required(tag::BITS_ALLOCATED)?;
    let allocated = u32::try_from(allocated)
        .ok()
        .filter(|bits| matches!(bits, 1 | 8 | 16 | 32 | 64))
        .ok_or_else(|| {
            refused(
                tag::BITS_ALLOCATED,
                "1, 8, 16, 32 or 64",
                &allocated.to_string(),
            )
        })?;
    let within = |tag, default: u64, least: u64, most: u64| {
        let value = set.unsigned(tag).unwrap_or(default);
        u32::try_from(value)
            .ok()
            .filter(|_| (least..=most).contains(&value))
            .ok_or_else(|| refused(tag, &format!("{least} to {most}"), &value.to_string()))
    };
    let stored = within(tag::BITS_STORED, allocated.into(), 1, allocated.into())?;
    let high = within(
        tag::HIGH_BIT,
        u64::from(stored) - 1,
        u64::from(stored) - 1,
        u64::from(allocated) - 1,
    )?;
    let encoding = match set.unsigned(tag::PIXEL_REPRESENTATION).unwrap_or(0) {
        0 => Encoding::Unsigned,
        1 if allocated > 1 => Encoding::Signed,
        found => {
            return Err(refused(
                tag::PIXEL_REPRESENTATION,
                if allocated == 1 { "0" } else { "0 or 1" },
                &found.to_string(),
            ));
        }
    };
    Ok((allocated, stored, high, encoding))
}
