//! JPEG 2000 code streams (ISO/IEC 15444-1), bare or in a JP2 file.

use hayro_jpeg2000::{DecodeSettings, DecoderContext};

/// What the SIZ segment says.
pub(crate) struct Header {
    pub(crate) width: u64,
    pub(crate) height: u64,
    pub(crate) components: u16,
    /// Bits of a sample of the first component.
    pub(crate) bits: u32,
    /// Samples of the first component may be negative.
    pub(crate) is_signed: bool,
}

/// Decoded samples: little-endian, components interleaved.
pub(crate) struct Image {
    pub(crate) width: u64,
    pub(crate) height: u64,
    pub(crate) components: u16,
    pub(crate) bytes: Vec<u8>,
}

/// More bits would be rounded by the decoder, which counts in `f32`, whose 24 bits must also hold the wavelet's growth.
const MAX_BITS: u32 = 20;

/// Finds and reads the SIZ segment (A.5.1).
pub(crate) fn header(stream: &[u8]) -> Result<Header, String> {
    header_of(bare(stream)?)
}

/// The code stream without the boxes before it: what they say about colours, TIFF and DICOM say in their own tags.
fn bare(stream: &[u8]) -> Result<&[u8], String> {
    let mut places = stream.windows(4).take(4096);
    let start = places.position(|window| window == b"\xff\x4f\xff\x51");
    Ok(&stream[start.ok_or("has no JPEG 2000 header")?..])
}

fn header_of(bare: &[u8]) -> Result<Header, String> {
    let size = bare.get(8..43).ok_or("has no JPEG 2000 header")?;
    let number = |at: usize| {
        let bytes = [size[at], size[at + 1], size[at + 2], size[at + 3]];
        u64::from(u32::from_be_bytes(bytes))
    };
    Ok(Header {
        width: number(0).saturating_sub(number(8)),
        height: number(4).saturating_sub(number(12)),
        components: u16::from_be_bytes([size[32], size[33]]),
        bits: u32::from(size[34] & 0x7f) + 1,
        is_signed: size[34] & 0x80 != 0,
    })
}

/// Decodes a stream whose header claims at most `max_samples`; each sample becomes 1, 2 or 4 bytes. Components that were
/// stored with fewer pixels are stretched to the size of the image.
pub(crate) fn decode(
    stream: &[u8],
    sample_bytes: usize,
    max_samples: u64,
) -> Result<Image, String> {
    let bare = bare(stream)?;
    let header = header_of(bare)?;
    let pixels = u128::from(header.width) * u128::from(header.height);
    if pixels * u128::from(header.components) > u128::from(max_samples) {
        return Err(format!(
            "is a JPEG 2000 image of {}×{} pixels and {} components, too large",
            header.width, header.height, header.components
        ));
    }
    let count = usize::try_from(pixels).map_err(|_| "is too large")?;
    let planes = planes(bare, &header, count)?;
    let mut bytes = Vec::with_capacity(count * planes.len() * sample_bytes);
    for pixel in 0..count {
        for plane in &planes {
            bytes.extend_from_slice(&plane[pixel].to_le_bytes()[..sample_bytes]);
        }
    }
    Ok(Image {
        width: header.width,
        height: header.height,
        components: header.components,
        bytes,
    })
}

/// The samples of each component, row by row.
fn planes(bare: &[u8], header: &Header, count: usize) -> Result<Vec<Vec<i32>>, String> {
    let failed = |error| format!("does not decode ({error})");
    // Three bytes for each component, of which the first gives bits and sign.
    let mut formats = bare[42..].chunks(3).take(header.components.into());
    if header.bits > MAX_BITS || formats.any(|format| format[0] != bare[42]) {
        return Err(format!(
            "has samples of {} bits or of several formats, expected one format of at most {MAX_BITS} bits",
            header.bits
        ));
    }
    let settings = DecodeSettings {
        strict: true,
        ..DecodeSettings::default()
    };
    let image = hayro_jpeg2000::Image::new(bare, &settings).map_err(failed)?;
    let size = [image.width(), image.height()].map(u64::from);
    if size != [header.width, header.height] {
        return Err("has colours of another size".into());
    }
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(failed)?;
    let components = decoded.components();
    let is_whole = components.len() == usize::from(header.components)
        && components
            .iter()
            .all(|plane| plane.samples().len() == count);
    if !is_whole {
        return Err("has too few pixels".into());
    }
    let planes = components
        .iter()
        .map(|plane| whole_numbers(plane.samples(), header));
    Ok(planes.collect())
}

/// The decoder hands out samples moved up into the positive numbers, whether signed or not.
#[expect(
    clippy::cast_possible_truncation,
    reason = "whole numbers of at most `MAX_BITS`"
)]
fn whole_numbers(samples: &[f32], header: &Header) -> Vec<i32> {
    let half = 1 << (header.bits - 1);
    let down = if header.is_signed { half } else { 0 };
    let number = |sample: &f32| (sample.round_ties_even() as i32).clamp(0, 2 * half - 1) - down;
    samples.iter().map(number).collect()
}
