//! JPEG 2000 code streams (ISO/IEC 15444-1), bare or in a JP2 file.

use std::borrow::Cow;

/// What the SIZ segment says.
pub(crate) struct Header {
    pub(crate) width: u64,
    pub(crate) height: u64,
    pub(crate) components: u16,
    /// Bits of a sample of the first component.
    pub(crate) bits: u32,
}

/// Decoded samples: little-endian, components interleaved.
pub(crate) struct Image {
    pub(crate) width: u64,
    pub(crate) height: u64,
    pub(crate) components: u16,
    pub(crate) bytes: Vec<u8>,
}

/// Finds and reads the SIZ segment.
pub(crate) fn header(stream: &[u8]) -> Result<Header, String> {
    let size = stream
        .windows(4)
        .take(4096)
        .position(|window| window == b"\xff\x4f\xff\x51")
        .and_then(|at| stream.get(at + 8..at + 43))
        .ok_or("has no JPEG 2000 header")?;
    let number = |at: usize| {
        let bytes = [size[at], size[at + 1], size[at + 2], size[at + 3]];
        u64::from(u32::from_be_bytes(bytes))
    };
    Ok(Header {
        width: number(0).saturating_sub(number(8)),
        height: number(4).saturating_sub(number(12)),
        components: u16::from_be_bytes([size[32], size[33]]),
        bits: u32::from(size[34] & 0x7f) + 1,
    })
}

/// Decodes a stream whose header claims at most `max_samples`; each sample becomes 1, 2 or 4 bytes.
pub(crate) fn decode(
    stream: &[u8],
    sample_bytes: usize,
    max_samples: u64,
) -> Result<Image, String> {
    let header = header(stream)?;
    let pixels = u128::from(header.width) * u128::from(header.height);
    if pixels * u128::from(header.components) > u128::from(max_samples) {
        return Err(format!(
            "is a JPEG 2000 image of {}×{} pixels and {} components, too large",
            header.width, header.height, header.components
        ));
    }
    let count = usize::try_from(pixels).map_err(|_| "is too large")?;
    let image =
        jpeg2k::Image::from_bytes(stream).map_err(|error| format!("does not decode ({error})"))?;
    let mut planes = Vec::new();
    for component in image.components() {
        let size = [component.width(), component.height()].map(u64::from);
        planes.push(if size == [header.width, header.height] {
            Cow::Borrowed(component.data())
        } else {
            Cow::Owned(stretched(component.data(), size, &header)?)
        });
    }
    if planes.iter().any(|plane| plane.len() < count) {
        return Err("has too few pixels".into());
    }
    let mut bytes = Vec::with_capacity(count * planes.len() * sample_bytes);
    for pixel in 0..count {
        for plane in &planes {
            bytes.extend_from_slice(&plane[pixel].to_le_bytes()[..sample_bytes]);
        }
    }
    Ok(Image {
        width: header.width,
        height: header.height,
        components: u16::try_from(planes.len()).map_err(|_| "has too many components")?,
        bytes,
    })
}

/// Repeats the pixels of a component that was stored with fewer of them.
fn stretched(data: &[i32], [width, height]: [u64; 2], image: &Header) -> Result<Vec<i32>, String> {
    let is_smaller = (1..=image.width).contains(&width) && (1..=image.height).contains(&height);
    if !is_smaller || data.len() as u64 != width * height {
        return Err("has colours of another size".into());
    }
    let mut whole = Vec::new();
    for y in 0..image.height {
        for x in 0..image.width {
            let place = y * height / image.height * width + x * width / image.width;
            whole.push(data[usize::try_from(place).map_err(|_| "is too large")?]);
        }
    }
    Ok(whole)
}
