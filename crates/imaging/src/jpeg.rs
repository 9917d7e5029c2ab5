//! JPEG pictures of 8 bits, grey or RGB. Nothing in them says where they lie in a patient.
//!
//! Decoded levels differ from those of libjpeg by up to 2, where colours are stored at half the resolution by up to 6 at
//! single edges: both smooth them, but round at other places.

use std::io::{Read, SeekFrom};

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::error::ReadProblem;
use crate::geometry::Geometry;
use crate::limits::CheckLimits;
use crate::metadata::Metadata;
use crate::source::{OpenBeside, ReadSeek};
use crate::summary::{ComponentType, ImageFormat, ImageSummary, SpacingSource};

/// A picture has to be held in memory as a whole, decoded bytes.
const MAX_DECODED: u64 = 512 << 20;
/// Pixels that one byte can hold at most: every block of 8 × 8 samples takes a bit. Eight times that, since a component may
/// have fewer samples than the picture has pixels.
const MAX_PIXELS_PER_BYTE: u128 = 8 * 64 * 8;
/// Longest file, bytes.
const MAX_FILE: u64 = 256 << 20;

/// Reads the header only.
pub(crate) fn inspect(
    file: &mut dyn ReadSeek,
    _open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
) -> Result<ImageSummary, ReadProblem> {
    Ok(open(&load(file)?, limits)?.1)
}

/// Hands every sample to `deliver`, little-endian, x fastest, channels interleaved, in pieces of whole samples.
pub(crate) fn stream(
    file: &mut dyn ReadSeek,
    _open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadProblem> {
    let bytes = load(file)?;
    let (options, summary) = open(&bytes, limits)?;
    let pixels = JpegDecoder::new_with_options(ZCursor::new(&bytes), options)
        .decode()
        .map_err(|error| broken(&error))?;
    let expected = summary.geometry.voxel_count() * u128::from(summary.channels);
    if pixels.len() as u128 != expected {
        return Err(ReadProblem::Short {
            what: "pixels".into(),
            expected,
            found: pixels.len() as u128,
        });
    }
    deliver(&pixels);
    Ok(summary)
}

fn load(file: &mut dyn ReadSeek) -> Result<Vec<u8>, ReadProblem> {
    let length = file.seek(SeekFrom::End(0))?;
    if length > MAX_FILE {
        return Err(ReadProblem::TooLarge {
            claimed: length.into(),
            limit: MAX_FILE,
        });
    }
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn broken(error: &dyn std::fmt::Display) -> ReadProblem {
    ReadProblem::Corrupt {
        what: "JPEG stream".into(),
        problem: format!("does not decode ({error})"),
    }
}

fn open(bytes: &[u8], limits: &CheckLimits) -> Result<(DecoderOptions, ImageSummary), ReadProblem> {
    let limits_of_format = DecoderOptions::default()
        .set_max_width(1 << 16)
        .set_max_height(1 << 16)
        .set_strict_mode(true);
    let mut headers = JpegDecoder::new_with_options(ZCursor::new(bytes), limits_of_format);
    headers.decode_headers().map_err(|error| broken(&error))?;
    let (width, height) = headers
        .dimensions()
        .ok_or_else(|| ReadProblem::MissingField("frame header".into()))?;
    let (colours, channels) = match headers.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, 1u32),
        Some(ColorSpace::YCbCr | ColorSpace::RGB) => (ColorSpace::RGB, 3),
        other => {
            return Err(ReadProblem::Field {
                field: "colours of the JPEG".into(),
                expected: "grey, YCbCr or RGB".into(),
                found: other.map_or("none".into(), |space| format!("{space:?}")),
            });
        }
    };
    let size = vec![width as u64, height as u64];
    let mut geometry = Geometry::identity(size.clone());
    let mut spacing_source = SpacingSource::Missing;
    if let Some((spacing, source)) = density(bytes) {
        geometry.spacing = spacing.to_vec();
        spacing_source = source;
    }
    let claimed = geometry.voxel_count() * u128::from(channels);
    let limit = limits.max_voxel_bytes.min(MAX_DECODED);
    if claimed > limit.into() {
        return Err(ReadProblem::TooLarge { claimed, limit });
    }
    if geometry.voxel_count() > bytes.len() as u128 * MAX_PIXELS_PER_BYTE {
        let what = format!(
            "{} bytes cannot hold {width} × {height} pixels",
            bytes.len()
        );
        return Err(broken(&what));
    }
    let summary = ImageSummary {
        format: ImageFormat::Jpeg,
        size,
        geometry,
        spacing_source,
        component_type: Some(ComponentType::Uint8),
        channels,
        levels: 1,
        segments: None,
        tiff: None,
        metadata: Metadata::default(),
        warnings: Vec::new(),
    };
    Ok((limits_of_format.jpeg_set_out_colorspace(colours), summary))
}

/// Pixel size in mm from the density that a JFIF header states, as ITK takes it.
fn density(bytes: &[u8]) -> Option<([f64; 2], SpacingSource)> {
    let mut at = 2;
    let mut found = None;
    while let [0xff, marker, high, low, rest @ ..] = bytes.get(at..)? {
        if *marker == 0xda {
            break;
        }
        if let (0xe0, [b'J', b'F', b'I', b'F', 0, _, _, unit, x, x2, y, y2, ..]) = (marker, rest) {
            found = Some((*unit, [[*x, *x2], [*y, *y2]].map(u16::from_be_bytes)));
        }
        at += 2 + usize::from(u16::from_be_bytes([*high, *low]));
    }
    let (unit, dots) = found?;
    let unit_mm = match unit {
        1 => 25.4,
        2 => 10.0,
        _ => return None,
    };
    if dots.contains(&0) {
        return None;
    }
    let is_default = unit == 1 && (dots == [72, 72] || dots == [96, 96]);
    let source = if is_default {
        SpacingSource::PrintingDefault
    } else {
        SpacingSource::Stated
    };
    Some((dots.map(|dots| unit_mm / f64::from(dots)), source))
}

#[cfg(test)]
mod tests {
    use crate::check_bytes;
    use crate::summary::SpacingSource;

    #[test]
    fn grey_is_read_and_broken_bytes_get_an_answer() {
        let mut good = Vec::new();
        jpeg_encoder::Encoder::new(&mut good, 100)
            .encode(&[90; 64], 8, 8, jpeg_encoder::ColorType::Luma)
            .unwrap();
        let summary = check_bytes(&good).unwrap();
        assert_eq!((summary.size, summary.channels), (vec![8, 8], 1));
        assert_eq!(summary.segments, Some(vec![90]));
        for at in 0..good.len() {
            let _ = check_bytes(&good[..at]);
            let mut bytes = good.clone();
            bytes[at] ^= 0x55;
            let _ = check_bytes(&bytes);
        }
    }

    #[test]
    fn pixels_that_the_file_cannot_hold_are_refused_before_they_are_decoded() {
        let mut bytes = Vec::new();
        jpeg_encoder::Encoder::new(&mut bytes, 100)
            .encode(&[90; 64], 8, 8, jpeg_encoder::ColorType::Luma)
            .unwrap();
        // As the fuzzer found it: a frame of 65,486 × 192 pixels in a few hundred bytes.
        let frame = bytes.windows(2).position(|at| at == [0xff, 0xc0]).unwrap();
        bytes[frame + 5..frame + 9].copy_from_slice(&[0x00, 0xc0, 0xff, 0xce]);
        let said = check_bytes(&bytes).unwrap_err().to_string();
        assert!(said.contains("cannot hold 65486 × 192 pixels"), "{said}");
    }

    #[test]
    fn densities_become_millimetres() {
        use SpacingSource::{Missing, PrintingDefault, Stated};
        use jpeg_encoder::PixelDensityUnit::{Centimeters, Inches, PixelAspectRatio};
        for (unit, dots, spacing, source) in [
            (PixelAspectRatio, (100, 100), [1.0, 1.0], Missing),
            (Inches, (254, 127), [25.4 / 254.0, 25.4 / 127.0], Stated),
            (
                Inches,
                (72, 72),
                [25.4 / 72.0, 25.4 / 72.0],
                PrintingDefault,
            ),
            (Centimeters, (100, 50), [0.1, 0.2], Stated),
            (Centimeters, (100, 0), [1.0, 1.0], Missing),
        ] {
            let mut bytes = Vec::new();
            let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
            encoder.set_density(jpeg_encoder::PixelDensity {
                density: dots,
                unit,
            });
            encoder
                .encode(&[90; 64], 8, 8, jpeg_encoder::ColorType::Luma)
                .unwrap();
            let summary = check_bytes(&bytes).unwrap();
            assert_eq!(summary.geometry.spacing, spacing, "{unit:?} {dots:?}");
            assert_eq!(summary.spacing_source, source, "{unit:?} {dots:?}");
        }
    }
}
