//! JPEG frames: header, lossless and lossy streams; colours stay as stored.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::codec::{Decoded, is_ybr, same_size};
use super::jpeg_lossless;
use super::pixel::{Photometric, Pixels};

/// Passes over one frame; real files have one for each colour, or about ten.
const MAX_SCANS: usize = 100;

/// What the frame header of a JPEG stream says.
pub(super) struct JpegFrame {
    kind: u8,
    precision: u8,
    height: u64,
    width: u64,
    components: Vec<u8>,
    /// Colour transform of an Adobe marker: 0 none, 1 YCbCr.
    adobe: Option<u8>,
    is_jfif: bool,
}

/// Walks the marker segments up to the first scan.
fn jpeg_frame(stream: &[u8]) -> Result<JpegFrame, String> {
    let mut at = 2;
    let mut frame = None;
    let (mut adobe, mut is_jfif) = (None, false);
    loop {
        while stream.get(at..at + 2) == Some(&[0xff, 0xff]) {
            at += 1;
        }
        let Some([0xff, marker, high, low]) = stream.get(at..at + 4) else {
            return Err("has no frame header".into());
        };
        let length = usize::from(u16::from_be_bytes([*high, *low])).max(2);
        let segment = stream
            .get(at + 4..at + 2 + length)
            .ok_or("ends inside a marker")?;
        match *marker {
            0xee if segment.starts_with(b"Adobe") => adobe = segment.get(11).copied(),
            0xe0 if segment.starts_with(b"JFIF") => is_jfif = true,
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                frame = frame_header(*marker, segment);
            }
            0xda => {
                let mut frame = frame.ok_or("has no frame header")?;
                frame.adobe = adobe;
                frame.is_jfif = is_jfif;
                return Ok(frame);
            }
            _ => {}
        }
        at += 2 + length;
    }
}

fn frame_header(kind: u8, segment: &[u8]) -> Option<JpegFrame> {
    let [precision, h1, h0, w1, w0, _, components @ ..] = segment else {
        return None;
    };
    Some(JpegFrame {
        kind,
        precision: *precision,
        height: u16::from_be_bytes([*h1, *h0]).into(),
        width: u16::from_be_bytes([*w1, *w0]).into(),
        components: components.chunks_exact(3).map(|part| part[0]).collect(),
        adobe: None,
        is_jfif: false,
    })
}

/// Decodes one frame.
pub(super) fn decode(stream: &[u8], pixels: &Pixels) -> Result<Decoded, String> {
    if !stream.starts_with(b"\xff\xd8") {
        return Err("does not start with a JPEG marker".into());
    }
    let frame = checked(stream, pixels)?;
    // Each scan visits all blocks, and one without data costs the file only a few bytes.
    let scans = stream.windows(2).filter(|pair| *pair == b"\xff\xda");
    if scans.count() > MAX_SCANS {
        return Err(format!("has more than {MAX_SCANS} scans"));
    }
    let is_ybr = pixels.samples == 3
        && match frame.adobe {
            Some(transform) => transform == 1,
            None if frame.kind == 0xc3 => is_ybr(pixels),
            None => {
                frame.is_jfif
                    || frame.components != *b"RGB" && pixels.photometric != Photometric::Rgb
            }
        };
    let (bytes, sample_bytes) = if frame.kind == 0xc3 {
        lossless(stream, &frame)?
    } else {
        (lossy(stream)?, 1)
    };
    Ok(Decoded {
        bytes,
        sample_bytes,
        is_ybr,
    })
}

/// Little-endian samples and their bytes.
fn lossless(stream: &[u8], frame: &JpegFrame) -> Result<(Vec<u8>, usize), String> {
    let samples = jpeg_lossless::decode(stream)?;
    Ok(if frame.precision > 8 {
        let bytes = samples.iter().flat_map(|sample| sample.to_le_bytes());
        (bytes.collect(), 2)
    } else {
        (
            samples
                .iter()
                .map(|sample| sample.to_le_bytes()[0])
                .collect(),
            1,
        )
    })
}

/// The samples as stored: the colours are turned by us.
fn lossy(stream: &[u8]) -> Result<Vec<u8>, String> {
    let message = |error: &dyn std::fmt::Display| format!("does not decode ({error})");
    let stream = without_application_data(stream);
    let mut headers = JpegDecoder::new(ZCursor::new(&stream));
    headers.decode_headers().map_err(|error| message(&error))?;
    let stored = headers.input_colorspace().unwrap_or(ColorSpace::Luma);
    let options = DecoderOptions::default().jpeg_set_out_colorspace(stored);
    JpegDecoder::new_with_options(ZCursor::new(&stream), options)
        .decode()
        .map_err(|error| message(&error))
}

/// The stream without the markers by which the decoder would choose a colour transform of its own, or refuse it where
/// they are broken.
fn without_application_data(stream: &[u8]) -> Vec<u8> {
    let mut kept = stream[..2].to_vec();
    let mut at = 2;
    while let Some([0xff, marker, high, low]) = stream.get(at..at + 4) {
        let end = at + 2 + usize::from(u16::from_be_bytes([*high, *low])).max(2);
        if *marker == 0xda || end > stream.len() {
            break;
        }
        if !matches!(marker, 0xe0..=0xef) {
            kept.extend_from_slice(&stream[at..end]);
        }
        at = end;
    }
    kept.extend_from_slice(&stream[at..]);
    kept
}

/// The frame header, compared with the attributes and with what the decoder can do.
pub(super) fn checked(stream: &[u8], pixels: &Pixels) -> Result<JpegFrame, String> {
    let frame = jpeg_frame(stream)?;
    same_size(
        pixels,
        frame.width,
        frame.height,
        frame.components.len() as u64,
    )?;
    match (frame.kind, frame.precision) {
        (0xc3, 1..=16) | (0xc0..=0xc2, 8) => {}
        (0xc0..=0xc2, bits) => {
            return Err(format!("is a lossy JPEG of {bits} bits, which is not read"));
        }
        (kind, _) => return Err(format!("is a JPEG of kind {kind:#04x}, which is not read")),
    }
    if u32::from(frame.precision) > pixels.allocated {
        return Err(format!(
            "expected samples of {} bits, found {}",
            pixels.allocated, frame.precision
        ));
    }
    Ok(frame)
}
