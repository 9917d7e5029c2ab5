//! JPEG 2000 frames.

use super::codec::{Decoded, bytes_of, same_size};
use super::pixel::{Photometric, Pixels};
use crate::jpeg2000;

/// Decodes one frame.
pub(super) fn decode(stream: &[u8], pixels: &Pixels) -> Result<Decoded, String> {
    checked(stream, pixels)?;
    let sample_bytes = bytes_of(pixels).min(4);
    let max_samples = pixels.per_frame().saturating_mul(pixels.samples);
    let image = jpeg2000::decode(stream, sample_bytes, max_samples)?;
    Ok(Decoded {
        bytes: image.bytes,
        sample_bytes,
        is_ybr: pixels.photometric == Photometric::YbrFull,
    })
}

/// Compares the size with the attributes; returns the bits of one sample.
pub(super) fn checked(stream: &[u8], pixels: &Pixels) -> Result<u32, String> {
    let header = jpeg2000::header(stream)?;
    let components = header.components.into();
    same_size(pixels, header.width, header.height, components)?;
    if header.bits > pixels.allocated {
        return Err(format!(
            "expected samples of {} bits, found {}",
            pixels.allocated, header.bits
        ));
    }
    Ok(header.bits)
}
