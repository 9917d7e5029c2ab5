//! PNG pictures: palettes become colours, 1, 2 and 4 bits become 8, as SimpleITK reads them. No PNG states where it lies
//! in a patient: `pHYs` is for printers.

use std::io::{BufReader, SeekFrom};

use png::{BitDepth, Decoder, Limits, Reader, Transformations};

use crate::error::ReadProblem;
use crate::geometry::Geometry;
use crate::limits::CheckLimits;
use crate::metadata::Metadata;
use crate::sample_flow::MAX_DEFLATE_RATIO;
use crate::source::{OpenBeside, ReadSeek};
use crate::summary::{ComponentType, ImageFormat, ImageSummary, SpacingSource};

/// Memory for rows, chunks and palette of one picture, bytes.
const MAX_MEMORY: usize = 256 << 20;
/// An interlaced picture has to be held in memory as a whole, bytes.
const MAX_INTERLACED: u128 = 1 << 30;

type Open<'a> = Reader<BufReader<&'a mut dyn ReadSeek>>;

/// Reads the header only.
pub(crate) fn inspect(
    file: &mut dyn ReadSeek,
    _open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
) -> Result<ImageSummary, ReadProblem> {
    Ok(open(file, limits)?.1)
}

/// Hands every sample to `deliver`, little-endian, x fastest, channels interleaved, in pieces of whole samples.
pub(crate) fn stream(
    file: &mut dyn ReadSeek,
    _open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadProblem> {
    let (mut reader, summary) = open(file, limits)?;
    let is_wide = summary.component_type == Some(ComponentType::Uint16);
    if reader.info().interlaced {
        let mut pixels = vec![0; reader.output_buffer_size().unwrap_or(0)];
        reader.next_frame(&mut pixels).map_err(broken)?;
        give(&mut pixels, is_wide, deliver);
    } else {
        let mut row_bytes = Vec::new();
        for _ in 0..summary.size[1] {
            let row = reader.next_row().map_err(broken)?;
            let row = row.ok_or_else(|| ReadProblem::Corrupt {
                what: "pixels".into(),
                problem: format!("fewer rows than the {} of the header", summary.size[1]),
            })?;
            row_bytes.clear();
            row_bytes.extend_from_slice(row.data());
            give(&mut row_bytes, is_wide, deliver);
        }
    }
    reader.finish().map_err(broken)?;
    Ok(summary)
}

fn give(pixels: &mut [u8], is_wide: bool, deliver: &mut dyn FnMut(&[u8])) {
    if is_wide {
        pixels.chunks_exact_mut(2).for_each(<[u8]>::reverse);
    }
    deliver(pixels);
}

#[expect(clippy::needless_pass_by_value, reason = "made for `map_err`")]
fn broken(error: png::DecodingError) -> ReadProblem {
    ReadProblem::Corrupt {
        what: "PNG stream".into(),
        problem: format!("does not decode ({error})"),
    }
}

fn open<'a>(
    file: &'a mut dyn ReadSeek,
    limits: &CheckLimits,
) -> Result<(Open<'a>, ImageSummary), ReadProblem> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut decoder = Decoder::new_with_limits(BufReader::new(file), Limits { bytes: MAX_MEMORY });
    decoder.set_transformations(Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let reader = decoder.read_info().map_err(broken)?;
    let info = reader.info();
    let size = vec![u64::from(info.width), u64::from(info.height)];
    let (color, depth) = reader.output_color_type();
    let component = match depth {
        BitDepth::Sixteen => ComponentType::Uint16,
        BitDepth::One | BitDepth::Two | BitDepth::Four | BitDepth::Eight => ComponentType::Uint8,
    };
    let channels = color.samples();
    let geometry = Geometry::identity(size.clone());
    let voxels = geometry.voxel_count();
    let claimed = voxels * (channels as u128) * u128::from(component.bytes());
    let mut limit = u128::from(limits.max_voxel_bytes);
    if info.interlaced {
        limit = limit.min(MAX_INTERLACED);
    }
    if claimed > limit {
        return Err(ReadProblem::TooLarge {
            claimed,
            limit: u64::try_from(limit).unwrap_or(u64::MAX),
        });
    }
    let stored = voxels * info.bits_per_pixel() as u128 / 8;
    if stored > u128::from(length) * MAX_DEFLATE_RATIO {
        return Err(ReadProblem::Short {
            what: "file, from width and height".into(),
            expected: stored.div_ceil(MAX_DEFLATE_RATIO),
            found: length.into(),
        });
    }
    let mut warnings = Vec::new();
    if info.is_animated() {
        warnings.push("an animation: only its first picture is read".into());
    }
    let summary = ImageSummary {
        format: ImageFormat::Png,
        size,
        geometry,
        spacing_source: SpacingSource::Missing,
        component_type: Some(component),
        channels: u32::try_from(channels).expect("at most 4"),
        levels: 1,
        segments: None,
        tiff: None,
        metadata: Metadata::default(),
        warnings,
    };
    Ok((reader, summary))
}

#[cfg(test)]
mod tests {
    use crate::check_bytes;

    #[test]
    fn wide_grey_is_read_and_broken_bytes_get_an_answer() {
        let mut good = Vec::new();
        let mut encoder = png::Encoder::new(&mut good, 2, 1);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Sixteen);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[1, 0, 0, 7]).unwrap();
        writer.finish().unwrap();
        assert_eq!(check_bytes(&good).unwrap().segments, Some(vec![7, 256]));
        for at in 0..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 0x55;
            let _ = check_bytes(&bytes);
            assert!(check_bytes(&good[..at]).is_err());
        }
    }
}
