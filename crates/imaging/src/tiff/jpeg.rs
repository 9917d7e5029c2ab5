//! JPEG inside TIFF: tables shared by all tiles are put back, the structure is walked, and the pixels are decoded.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::options::DecoderOptions;

/// What the frame header of a JPEG says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// Last byte of the start-of-frame marker: 0xC0 baseline, 0xC1 extended, 0xC2 progressive, others rare.
    pub(super) kind: u8,
    pub(super) bits: u8,
    pub(super) width: u64,
    pub(super) height: u64,
    pub(super) components: u8,
}

/// A stream of its own from the shared tables (tag 347) and the bytes of one tile.
pub(super) fn splice(tables: &[u8], tile: &[u8]) -> Vec<u8> {
    let tables = tables.strip_prefix(b"\xff\xd8").unwrap_or(tables);
    let tables = tables.strip_suffix(b"\xff\xd9").unwrap_or(tables);
    let tile_body = tile.strip_prefix(b"\xff\xd8").unwrap_or(tile);
    [b"\xff\xd8", tables, tile_body].concat()
}

/// Walks the markers from start to end of image; says what is wrong where it cannot.
pub(super) fn walk(jpeg: &[u8]) -> Result<Frame, String> {
    if !jpeg.starts_with(b"\xff\xd8") {
        return Err("does not start with a JPEG marker".into());
    }
    let mut frame = None;
    let mut has_scan = false;
    let mut at = 2;
    loop {
        let marker = next_marker(jpeg, &mut at)?;
        match marker {
            0xd9 => break,
            0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let segment = segment(jpeg, at)?;
        at += 2 + segment.len();
        match marker {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                frame = Some(parse_frame(marker, segment)?)
            }
            0xda => {
                has_scan = true;
                at = end_of_scan(jpeg, at);
            }
            _ => {}
        }
    }
    match frame {
        Some(frame) if has_scan => Ok(frame),
        Some(_) => Err("has no pixels (no scan)".into()),
        None => Err("has no frame header".into()),
    }
}

pub(super) fn next_marker(jpeg: &[u8], at: &mut usize) -> Result<u8, String> {
    if jpeg.get(*at).is_some_and(|byte| *byte != 0xff) {
        return Err(format!(
            "expected a marker at byte {at}, found {:#04x}",
            jpeg[*at]
        ));
    }
    while jpeg.get(*at) == Some(&0xff) {
        *at += 1;
    }
    let marker = jpeg
        .get(*at)
        .copied()
        .ok_or("ends without an end-of-image marker")?;
    *at += 1;
    Ok(marker)
}

/// The bytes of a marker segment without its length.
pub(super) fn segment(jpeg: &[u8], at: usize) -> Result<&[u8], String> {
    let length = match jpeg.get(at..at + 2) {
        Some([high, low]) => usize::from(u16::from_be_bytes([*high, *low])),
        Some(_) | None => return Err("ends inside a marker".into()),
    };
    if length < 2 {
        return Err(format!("marker at byte {at} has length {length}"));
    }
    jpeg.get(at + 2..at + length)
        .ok_or_else(|| "ends inside a marker".into())
}

pub(super) fn parse_frame(kind: u8, segment: &[u8]) -> Result<Frame, String> {
    match segment {
        [bits, h1, h0, w1, w0, components, ..] => Ok(Frame {
            kind,
            bits: *bits,
            width: u16::from_be_bytes([*w1, *w0]).into(),
            height: u16::from_be_bytes([*h1, *h0]).into(),
            components: *components,
        }),
        _ => Err("has a frame header that is too short".into()),
    }
}

/// The next marker that is neither a stuffed byte nor a restart.
pub(super) fn end_of_scan(jpeg: &[u8], mut at: usize) -> usize {
    while let Some(pair) = jpeg.get(at..at + 2) {
        if pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff) {
            return at;
        }
        at += 1;
    }
    jpeg.len()
}

impl Frame {
    /// Decoded bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.width * self.height * u64::from(self.components)
    }

    /// True for the kinds that our decoder reads: 8 bits, Huffman, baseline to progressive, 1, 3 or 4 components.
    pub(super) fn is_decodable(&self) -> bool {
        matches!(self.kind, 0xc0..=0xc2) && self.bits == 8 && matches!(self.components, 1 | 3 | 4)
    }
}

/// Decodes the pixels and throws them away.
pub(super) fn decode(jpeg: &[u8]) -> Result<(), String> {
    let options = DecoderOptions::default().set_strict_mode(true);
    JpegDecoder::new_with_options(ZCursor::new(jpeg), options)
        .decode()
        .map(drop)
        .map_err(|error| format!("does not decode ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: &[u8] = b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x10\x00\x20\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x12\xff\x00\x34\xff\xd0\x56\xff\xd9";

    #[test]
    fn the_structure_is_walked_to_its_end() {
        let frame = walk(TINY).unwrap();
        assert_eq!((frame.width, frame.height, frame.components), (32, 16, 1));
        for length in 0..TINY.len() {
            assert!(walk(&TINY[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn shared_tables_lose_their_own_ends() {
        let spliced = splice(b"\xff\xd8\xff\xdb\x00\x02\xff\xd9", TINY);
        assert!(spliced.starts_with(b"\xff\xd8\xff\xdb\x00\x02\xff\xc0"));
        assert_eq!(walk(&spliced), walk(TINY));
    }
}
