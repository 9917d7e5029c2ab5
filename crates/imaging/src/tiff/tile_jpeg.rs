//! A JPEG tile as a stream of its own, without decoding it.
//!
//! The colours of a tile are what the TIFF says. A reader that gets the tile alone guesses them from the JFIF and Adobe
//! markers, so these are taken out where they would lead it astray, and an Adobe marker says that the tile is RGB.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::jpeg::{Frame, end_of_scan, next_marker, parse_frame, segment};

/// Adobe marker with transform 0: three components are red, green and blue.
const ADOBE_RGB: &[u8] = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00";
/// More scans than this in one tile are refused: each costs a pass over all pixels.
const MAX_SCANS: usize = 64;

/// A tile that can be shown without the file that it comes from.
pub(super) struct TileJpeg {
    pub(super) bytes: Vec<u8>,
    pub(super) frame: Frame,
}

/// Puts the shared tables (tag 347) and the colours of the TIFF back.
pub(super) fn compose(tables: &[u8], tile: &[u8], is_rgb: bool) -> Result<TileJpeg, String> {
    if !tile.starts_with(b"\xff\xd8") {
        return Err("does not start with a JPEG marker".into());
    }
    let mut bytes = b"\xff\xd8".to_vec();
    if is_rgb {
        bytes.extend_from_slice(ADOBE_RGB);
    }
    if tables.starts_with(b"\xff\xd8") {
        copy_head(tables, is_rgb, &mut bytes)?;
    }
    let (rest, frame) = copy_head(tile, is_rgb, &mut bytes)?;
    bytes.extend_from_slice(&tile[rest..]);
    let frame = frame.ok_or("has no frame header")?;
    Ok(TileJpeg { bytes, frame })
}

/// Copies the segments up to the first scan, and says where it starts and what the frame header says.
fn copy_head(
    jpeg: &[u8],
    drop_colours: bool,
    bytes: &mut Vec<u8>,
) -> Result<(usize, Option<Frame>), String> {
    let (mut at, mut frame) = (2, None);
    loop {
        let start = at;
        if at >= jpeg.len() {
            return Ok((at, frame));
        }
        let marker = next_marker(jpeg, &mut at)?;
        match marker {
            0xd9 => return Ok((at, frame)),
            0x01 | 0xd0..=0xd8 => continue,
            0xda => return Ok((start, frame)),
            _ => {}
        }
        let content = segment(jpeg, at)?;
        at += 2 + content.len();
        match marker {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                frame = Some(parse_frame(marker, content)?);
            }
            // JFIF and Adobe.
            0xe0 | 0xee if drop_colours => continue,
            _ => {}
        }
        bytes.extend_from_slice(&jpeg[start..at]);
    }
}

/// Refuses frames that are larger than the tile, padding to whole blocks aside.
pub(super) fn require_size(jpeg: &TileJpeg, tile: [u32; 2]) -> Result<(), String> {
    let [width, height] = tile.map(|side| u64::from(side).next_multiple_of(32));
    let frame = &jpeg.frame;
    if frame.width == 0 || frame.width > width || frame.height > height {
        return Err(format!(
            "expected at most {width}×{height} pixels, found {}×{}",
            frame.width, frame.height
        ));
    }
    Ok(())
}

/// Width, height, samples of a pixel, and pixels: grey or red, green, blue.
pub(super) fn decode(jpeg: &TileJpeg) -> Result<(usize, usize, u16, Vec<u8>), String> {
    if !jpeg.frame.is_decodable() {
        return Err(
            "is a JPEG of a rare kind: expected 8 bits, Huffman, 1, 3 or 4 components".into(),
        );
    }
    if scans(&jpeg.bytes) > MAX_SCANS {
        return Err(format!("has more than {MAX_SCANS} scans"));
    }
    let (colours, samples) = if jpeg.frame.components == 1 {
        (ColorSpace::Luma, 1)
    } else {
        (ColorSpace::RGB, 3)
    };
    let options = DecoderOptions::default().jpeg_set_out_colorspace(colours);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&jpeg.bytes), options);
    let broken = |error: &dyn std::fmt::Display| format!("does not decode ({error})");
    let pixels = decoder.decode().map_err(|error| broken(&error))?;
    let (width, height) = decoder.dimensions().ok_or("has no frame header")?;
    if pixels.len() != width * height * usize::from(samples) {
        return Err(format!(
            "decodes to {} bytes for {width}×{height} pixels",
            pixels.len()
        ));
    }
    Ok((width, height, samples, pixels))
}

fn scans(jpeg: &[u8]) -> usize {
    let (mut at, mut scans) = (2, 0);
    while let Ok(marker) = next_marker(jpeg, &mut at) {
        match marker {
            0xd9 => break,
            0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let Ok(content) = segment(jpeg, at) else {
            break;
        };
        at += 2 + content.len();
        if marker == 0xda {
            scans += 1;
            at = end_of_scan(jpeg, at);
        }
    }
    scans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rgb_tile_says_so_and_keeps_no_other_colours() {
        let tile = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x08\x08\x00\x10\x00\x20\x03\xff\xda\x00\x02xyz\xff\xd9";
        let tables = b"\xff\xd8\xff\xdb\x00\x03t\xff\xd9";
        let jpeg = compose(tables, tile, true).unwrap();
        let expected = [
            b"\xff\xd8".as_slice(),
            ADOBE_RGB,
            b"\xff\xdb\x00\x03t",
            b"\xff\xc0\x00\x08\x08\x00\x10\x00\x20\x03\xff\xda\x00\x02xyz\xff\xd9",
        ];
        assert_eq!(jpeg.bytes, expected.concat());
        let plain = compose(tables, tile, false).unwrap();
        assert_eq!(
            plain.bytes,
            [&b"\xff\xd8\xff\xdb\x00\x03t"[..], &tile[2..]].concat()
        );
        assert!(require_size(&plain, [32, 16]).is_ok());
        assert!(require_size(&plain, [8, 64]).is_ok());
        assert!(
            require_size(
                &TileJpeg {
                    frame: Frame {
                        width: 33,
                        ..plain.frame
                    },
                    ..plain
                },
                [32, 32]
            )
            .is_err()
        );
    }
}
