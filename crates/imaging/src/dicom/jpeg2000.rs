//! JPEG 2000 frames.

use super::codec::{Decoded, bytes_of, same_size};
use super::pixel::{Photometric, Pixels};

/// Decodes one frame.
pub(super) fn decode(stream: &[u8], pixels: &Pixels) -> Result<Decoded, String> {
    checked(stream, pixels)?;
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

/// Compares the size with the attributes; returns the bits of one sample.
pub(super) fn checked(stream: &[u8], pixels: &Pixels) -> Result<u32, String> {
    let size = stream
        .windows(4)
        .take(4096)
        .position(|window| window == b"\xff\x4f\xff\x51")
        .and_then(|at| stream.get(at + 8..at + 43))
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
    let bits = u32::from(size[34] & 0x7f) + 1;
    if bits > pixels.allocated {
        return Err(format!(
            "expected samples of {} bits, found {bits}",
            pixels.allocated
        ));
    }
    Ok(bits)
}
