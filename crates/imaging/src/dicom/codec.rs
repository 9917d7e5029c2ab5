//! One stored frame to little-endian, interleaved samples of whole bytes, in RGB where it is in colour.

use super::pixel::{Photometric, Pixels};
use super::syntax::Coding;
use super::{jpeg, jpeg2000, rle};
use crate::guarded::guarded;

/// Samples as a decoder gives them.
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// Bytes of one sample.
    pub(super) sample_bytes: usize,
    pub(super) is_ybr: bool,
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
        Coding::Jpeg => guarded(|| jpeg::decode(&stored, pixels))?,
        Coding::Jpeg2000 => guarded(|| jpeg2000::decode(&stored, pixels))?,
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

pub(super) fn bytes_of(pixels: &Pixels) -> usize {
    usize::try_from(pixels.sample_bytes()).expect("at most 8")
}

pub(super) fn is_ybr(pixels: &Pixels) -> bool {
    matches!(
        pixels.photometric,
        Photometric::YbrFull | Photometric::YbrFull422
    )
}

/// Reads the header of a frame: refuses what no decoder reads, and takes over the bits of a JPEG 2000 stream.
pub(super) fn look_into(stream: &[u8], coding: Coding, pixels: &mut Pixels) -> Result<(), String> {
    match coding {
        Coding::Native | Coding::Rle => {}
        Coding::Jpeg => drop(jpeg::checked(stream, pixels)?),
        Coding::Jpeg2000 => {
            pixels.stored = jpeg2000::checked(stream, pixels)?;
            pixels.high = pixels.stored - 1;
        }
    }
    Ok(())
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

/// Compares the size of a stream with the attributes.
pub(super) fn same_size(
    pixels: &Pixels,
    width: u64,
    height: u64,
    samples: u64,
) -> Result<(), String> {
    if (width, height, samples) == (pixels.columns, pixels.rows, pixels.samples) {
        return Ok(());
    }
    Err(format!(
        "expected {} × {} pixels of {} samples, found {width} × {height} of {samples}",
        pixels.columns, pixels.rows, pixels.samples
    ))
}
