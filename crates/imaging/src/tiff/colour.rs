//! What the numbers of a pixel mean, and how they become red, green and blue.

use super::page::Page;

/// What numbers of a pixel mean, once they are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    /// One grey value (and further samples that are not shown).
    Grey,
    /// One grey value, 0 is white.
    InvertedGrey,
    /// Red, green, blue (and further samples that are not shown).
    Rgb,
    /// Luma and two colour differences, as JPEG has them.
    Ycbcr,
    /// Cyan, magenta, yellow, black.
    Cmyk,
    /// A place in a palette.
    Palette,
}

impl Colour {
    /// Of a page whose codec has done its part: pictures in JPEG, WebP and the JPEG 2000 of Aperio come out as red, green
    /// and blue.
    pub(super) fn of(page: &Page) -> Colour {
        let is_picture = matches!(page.compression, 7 | 33003 | 33005 | 34927 | 50001);
        match (page.photometric, page.samples) {
            (_, 3..) if is_picture => Colour::Rgb,
            (Some(0), _) => Colour::InvertedGrey,
            (Some(3), 1) => Colour::Palette,
            (Some(5), 4..) => Colour::Cmyk,
            (Some(6), 3..) => Colour::Ycbcr,
            (Some(2), 3..) | (None, 3..) => Colour::Rgb,
            _ => Colour::Grey,
        }
    }
}

/// Full-range BT.601, as JFIF has it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped"
)]
pub(crate) fn rgb_of_ycbcr([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f64::from(y), f64::from(cb) - 128.0, f64::from(cr) - 128.0);
    [
        y + 1.402 * cr,
        y - 0.344_136 * cb - 0.714_136 * cr,
        y + 1.772 * cb,
    ]
    .map(|value| value.round().clamp(0.0, 255.0) as u8)
}

/// What is left of white when the inks have taken their shares.
pub(crate) fn rgb_of_cmyk([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    let mix = |ink: u8| {
        u8::try_from(u16::from(255 - ink) * u16::from(255 - black) / 255)
            .expect("a product of two shares")
    };
    [cyan, magenta, yellow].map(mix)
}

/// TIFF keeps all reds, then all greens, then all blues, 16 bits each.
pub(super) fn palette_of(numbers: &[u64]) -> Vec<[u8; 3]> {
    let count = numbers.len() / 3;
    let high_byte = |number: u64| u8::try_from(number.min(0xffff) >> 8).expect("8 bits");
    (0..count)
        .map(|place| [0, 1, 2].map(|channel| high_byte(numbers[channel * count + place])))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_the_standards() {
        for (ycbcr, rgb) in [
            ([0, 128, 128], [0, 0, 0]),
            ([255, 128, 128], [255, 255, 255]),
            ([76, 85, 255], [254, 0, 0]),
            ([29, 255, 107], [0, 0, 254]),
        ] {
            assert_eq!(rgb_of_ycbcr(ycbcr), rgb);
        }
        assert_eq!(rgb_of_cmyk([0, 0, 0, 0]), [255, 255, 255]);
        assert_eq!(rgb_of_cmyk([255, 0, 0, 0]), [0, 255, 255]);
        assert_eq!(rgb_of_cmyk([0, 128, 0, 255]), [0, 0, 0]);
        assert_eq!(
            palette_of(&[0, 0xffff, 0x1234, 0, 0x8000, 0x00ff]),
            [[0, 0x12, 0x80], [255, 0, 0]]
        );
    }
}
