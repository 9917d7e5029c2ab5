//! One stored frame to little-endian, interleaved samples of whole bytes, in RGB where it is in colour.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jpeg_decoder::{ColorTransform, Decoder};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::pixel::{Photometric, Pixels};
use super::rle;
use super::syntax::Coding;

/// Samples as a decoder gives them.
struct Decoded {
    bytes: Vec<u8>,
    /// Bytes of one sample.
    sample_bytes: usize,
    is_ybr: bool,
}

/// Decodes one frame; the answer has exactly [`Pixels::decoded_bytes`].
pub(super) fn decode(stored: Vec<u8>, coding: Coding, pixels: &Pixels) -> Result<Vec<u8>, String> {
    let decoded = match coding {
        Coding::Native => native(stored, pixels),
        Coding::Rle => Decoded {
            bytes: rle::decode(&stored, pixels)?,
            sample_bytes: bytes_of(pixels),
            is_ybr: is_ybr(pixels),
        },
        Coding::Jpeg => guarded(|| jpeg(&stored, pixels))?,
        Coding::Jpeg2000 => guarded(|| jpeg2000(&stored, pixels))?,
    };
    let mut bytes = decoded.bytes;
    if decoded.sample_bytes < bytes_of(pixels) {
        bytes = widened(&bytes, decoded.sample_bytes, bytes_of(pixels));
    }
    if bytes.len() as u128 != pixels.decoded_bytes() {
        return Err(format!(
            "expected {} bytes of samples, found {}",
            pixels.decoded_bytes(),
            bytes.len()
        ));
    }
    if decoded.is_ybr && pixels.allocated == 8 {
        for pixel in bytes.as_chunks_mut::<3>().0 {
            *pixel = rgb(*pixel);
        }
    }
    Ok(bytes)
}

fn bytes_of(pixels: &Pixels) -> usize {
    usize::try_from(pixels.sample_bytes()).expect("at most 8")
}

fn is_ybr(pixels: &Pixels) -> bool {
    matches!(
        pixels.photometric,
        Photometric::YbrFull | Photometric::YbrFull422
    )
}

/// The decoders are written by others and read bytes that nobody checked: a panic of theirs is a broken frame.
fn guarded<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err("does not decode (the decoder gave up)".into()))
}

fn native(stored: Vec<u8>, pixels: &Pixels) -> Decoded {
    let sample_bytes = bytes_of(pixels);
    let bytes = match pixels.photometric {
        Photometric::YbrFull422 => upsampled(&stored),
        Photometric::Grey { .. }
        | Photometric::Palette
        | Photometric::Rgb
        | Photometric::YbrFull
        | Photometric::YbrJpeg2000
            if pixels.planar =>
        {
            interleaved(&stored, sample_bytes)
        }
        Photometric::Grey { .. }
        | Photometric::Palette
        | Photometric::Rgb
        | Photometric::YbrFull
        | Photometric::YbrJpeg2000 => stored,
    };
    Decoded {
        bytes,
        sample_bytes,
        is_ybr: is_ybr(pixels),
    }
}

/// Two pixels share their colour: Y Y Cb Cr.
fn upsampled(stored: &[u8]) -> Vec<u8> {
    stored
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|[first, second, blue, red]| [*first, *blue, *red, *second, *blue, *red])
        .collect()
}

/// Three planes to pixels.
fn interleaved(planes: &[u8], sample_bytes: usize) -> Vec<u8> {
    let plane = planes.len() / 3;
    (0..plane / sample_bytes)
        .flat_map(|pixel| (0..3).map(move |colour| colour * plane + pixel * sample_bytes))
        .flat_map(|at| planes[at..at + sample_bytes].iter().copied())
        .collect()
}

fn widened(bytes: &[u8], from: usize, to: usize) -> Vec<u8> {
    let mut wide = vec![0; bytes.len() / from * to];
    for (sample, out) in bytes.chunks_exact(from).zip(wide.chunks_exact_mut(to)) {
        out[..from].copy_from_slice(sample);
    }
    wide
}

/// PS3.3 C.7.6.3.1.2, in the fixed-point numbers of libjpeg.
fn rgb([y, blue, red]: [u8; 3]) -> [u8; 3] {
    let (y, blue, red) = (i32::from(y), i32::from(blue) - 128, i32::from(red) - 128);
    const HALF: i32 = 1 << 15;
    let clamp = |value: i32| u8::try_from(value.clamp(0, 255)).expect("clamped");
    [
        clamp(y + ((91_881 * red + HALF) >> 16)),
        clamp(y + ((-22_554 * blue - 46_802 * red + HALF) >> 16)),
        clamp(y + ((116_130 * blue + HALF) >> 16)),
    ]
}

/// What the frame header of a JPEG stream says.
struct JpegFrame {
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
    let mut frame: Option<JpegFrame> = None;
    let (mut adobe, mut is_jfif) = (None, false);
    loop {
        while stream.get(at) == Some(&0xff) && stream.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let Some([0xff, marker, high, low]) = stream.get(at..at + 4) else {
            return Err("has no frame header".into());
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let segment = stream
            .get(at + 4..at + 2 + length.max(2))
            .ok_or("ends inside a marker")?;
        match (*marker, segment) {
            (0xee, [b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform, ..]) => {
                adobe = Some(*transform);
            }
            (0xe0, [b'J', b'F', b'I', b'F', ..]) => is_jfif = true,
            (
                kind @ (0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf),
                [precision, h1, h0, w1, w0, _, components @ ..],
            ) => {
                frame = Some(JpegFrame {
                    kind,
                    precision: *precision,
                    height: u16::from_be_bytes([*h1, *h0]).into(),
                    width: u16::from_be_bytes([*w1, *w0]).into(),
                    components: components.chunks_exact(3).map(|part| part[0]).collect(),
                    adobe: None,
                    is_jfif: false,
                });
            }
            (0xda, _) => {
                return frame
                    .map(|frame| JpegFrame {
                        adobe,
                        is_jfif,
                        ..frame
                    })
                    .ok_or_else(|| "has no frame header".into());
            }
            _ => {}
        }
        at += 2 + length.max(2);
    }
}

fn same_size(pixels: &Pixels, width: u64, height: u64, samples: u64) -> Result<(), String> {
    if (width, height, samples) == (pixels.columns, pixels.rows, pixels.samples) {
        return Ok(());
    }
    Err(format!(
        "expected {} × {} pixels of {} samples, found {width} × {height} of {samples}",
        pixels.columns, pixels.rows, pixels.samples
    ))
}

fn jpeg(stream: &[u8], pixels: &Pixels) -> Result<Decoded, String> {
    if !stream.starts_with(b"\xff\xd8") {
        return Err("does not start with a JPEG marker".into());
    }
    let frame = jpeg_frame(stream)?;
    same_size(
        pixels,
        frame.width,
        frame.height,
        frame.components.len() as u64,
    )?;
    let is_ybr = pixels.samples == 3
        && match frame.adobe {
            Some(transform) => transform == 1,
            None if frame.kind == 0xc3 => is_ybr(pixels),
            None => {
                frame.is_jfif
                    || frame.components != *b"RGB" && pixels.photometric != Photometric::Rgb
            }
        };
    let (bytes, sample_bytes) = match (frame.kind, frame.precision) {
        (0xc3, _) => lossless(stream, &frame)?,
        (0xc0..=0xc2, 8) => (lossy(stream)?, 1),
        (0xc0..=0xc2, bits) => {
            return Err(format!("is a JPEG of {bits} bits, which is not read"));
        }
        (kind, _) => return Err(format!("is a JPEG of kind {kind:#04x}, which is not read")),
    };
    if sample_bytes > bytes_of(pixels) {
        return Err(format!(
            "expected samples of {} bits, found {}",
            pixels.allocated, frame.precision
        ));
    }
    Ok(Decoded {
        bytes,
        sample_bytes,
        is_ybr,
    })
}

fn lossless(stream: &[u8], frame: &JpegFrame) -> Result<(Vec<u8>, usize), String> {
    let mut decoder = Decoder::new(stream);
    decoder.set_color_transform(ColorTransform::None);
    let mut bytes = decoder
        .decode()
        .map_err(|error| format!("does not decode ({error})"))?;
    let sample_bytes = if frame.precision > 8 { 2 } else { 1 };
    if sample_bytes == 2 && cfg!(target_endian = "big") {
        super::parse::swap(&mut bytes, 2);
    }
    Ok((bytes, sample_bytes))
}

/// The samples as stored: the colours are turned by us.
fn lossy(stream: &[u8]) -> Result<Vec<u8>, String> {
    let message = |error: &dyn std::fmt::Display| format!("does not decode ({error})");
    let mut headers = JpegDecoder::new(ZCursor::new(stream));
    headers.decode_headers().map_err(|error| message(&error))?;
    let stored = headers.input_colorspace().unwrap_or(ColorSpace::Luma);
    let options = DecoderOptions::default().jpeg_set_out_colorspace(stored);
    JpegDecoder::new_with_options(ZCursor::new(stream), options)
        .decode()
        .map_err(|error| message(&error))
}

fn jpeg2000(stream: &[u8], pixels: &Pixels) -> Result<Decoded, String> {
    let size = stream
        .windows(4)
        .take(4096)
        .position(|window| window == b"\xff\x4f\xff\x51")
        .and_then(|at| stream.get(at + 8..at + 42))
        .ok_or("has no JPEG 2000 header")?;
    let number = |at: usize| {
        u64::from(u32::from_be_bytes([
            size[at],
            size[at + 1],
            size[at + 2],
            size[at + 3],
        ]))
    };
    let components = u64::from(u16::from_be_bytes([size[32], size[33]]));
    let width = number(0).saturating_sub(number(8));
    let height = number(4).saturating_sub(number(12));
    same_size(pixels, width, height, components)?;
    let image =
        jpeg2k::Image::from_bytes(stream).map_err(|error| format!("does not decode ({error})"))?;
    let count = usize::try_from(pixels.per_frame()).map_err(|_| "is too large")?;
    let mut planes = Vec::new();
    for component in image.components() {
        if u64::from(component.width()) * u64::from(component.height()) != count as u64 {
            return Err("has colours of another size".into());
        }
        planes.push(component.data());
    }
    let sample_bytes = bytes_of(pixels).min(4);
    let mut bytes = Vec::with_capacity(count * planes.len() * sample_bytes);
    for pixel in 0..count {
        for plane in &planes {
            bytes.extend_from_slice(&plane[pixel].to_le_bytes()[..sample_bytes]);
        }
    }
    Ok(Decoded {
        bytes,
        sample_bytes,
        is_ybr: pixels.photometric == Photometric::YbrFull,
    })
}
