//! Numbers of a pixel as a pyramid takes them: grey from black to white, or red, green and blue.

use crate::summary::ComponentType;
use crate::tiff::colour::{Colour, rgb_of_cmyk, rgb_of_ycbcr};
use crate::tiff::meaning::Meaning;

/// How one pixel turns into another.
#[derive(Debug, Clone, PartialEq)]
enum Brush {
    /// As it is.
    Keep,
    /// Numbers of few bits over the whole range of a byte; the number is the largest.
    Stretch(u16),
    /// 0 is white: the largest number less the first of each pixel.
    Invert(u64),
    /// Both, of few bits.
    InvertStretched(u16),
    Palette(Vec<[u8; 3]>),
    Ycbcr,
    Cmyk,
}

/// Turns samples as they are stored into samples of a pyramid.
pub(super) struct Paint {
    brush: Brush,
    /// Bytes of a pixel as it comes in, and of one of its samples.
    pixel_bytes: usize,
    sample_bytes: usize,
    /// Type of one sample as it goes out.
    pub(super) component: ComponentType,
    /// Samples of a pixel as it goes out.
    pub(super) channels: u16,
    /// Red, green and blue come first in what goes out.
    pub(super) is_rgb: bool,
    /// The start of a pixel whose rest has not come yet.
    rest: Vec<u8>,
    painted: Vec<u8>,
}

impl Paint {
    /// `labels` keeps numbers as they are. The error says what cannot become grey or red, green, blue.
    pub(super) fn of(meaning: &Meaning, labels: bool) -> Result<Paint, String> {
        let component = meaning
            .component
            .ok_or_else(|| format!("samples of {} bits are of no common type", meaning.bits))?;
        let is_byte = component == ComponentType::Uint8;
        let brush = brush(meaning, labels)?;
        let needs_bytes = matches!(brush, Brush::Palette(_) | Brush::Ycbcr | Brush::Cmyk);
        if needs_bytes && !is_byte {
            return Err(format!(
                "`{}` of {} bits cannot be turned into red, green and blue; expected 8 bits",
                meaning.colour_space.as_deref().unwrap_or("none"),
                meaning.bits
            ));
        }
        let sample_bytes = usize::try_from(component.bytes()).expect("at most 8");
        Ok(Paint {
            pixel_bytes: usize::from(meaning.samples) * sample_bytes,
            sample_bytes,
            component,
            channels: if needs_bytes { 3 } else { meaning.samples },
            is_rgb: needs_bytes || meaning.colour == Colour::Rgb,
            brush,
            rest: Vec::new(),
            painted: Vec::new(),
        })
    }

    /// The numbers of a pixel stay what they are, and so does what a colour profile says about them.
    pub(super) fn keeps_numbers(&self) -> bool {
        matches!(self.brush, Brush::Keep)
    }

    /// Takes the next samples, cut anywhere; returns the pixels that are whole.
    pub(super) fn pixels<'a>(&'a mut self, samples: &'a [u8]) -> &'a [u8] {
        if self.brush == Brush::Keep {
            return samples;
        }
        self.painted.clear();
        let missing = (self.pixel_bytes - self.rest.len()) % self.pixel_bytes;
        let (end, samples) = samples.split_at(missing.min(samples.len()));
        self.rest.extend_from_slice(end);
        if self.rest.len() == self.pixel_bytes {
            let pixel = std::mem::take(&mut self.rest);
            self.put(&pixel);
        }
        let pixels = samples.chunks_exact(self.pixel_bytes);
        self.rest.extend_from_slice(pixels.remainder());
        for pixel in pixels {
            self.put(pixel);
        }
        &self.painted
    }

    fn put(&mut self, pixel: &[u8]) {
        let colour = match &self.brush {
            Brush::Keep => return self.painted.extend_from_slice(pixel),
            Brush::Stretch(most) => {
                let stretched = pixel.iter().map(|value| stretch(*value, *most));
                return self.painted.extend(stretched);
            }
            Brush::InvertStretched(most) => {
                self.painted.push(255 - stretch(pixel[0], *most));
                return self.painted.extend_from_slice(&pixel[1..]);
            }
            Brush::Invert(most) => {
                let (first, others) = pixel.split_at(self.sample_bytes);
                let mut number = [0; 8];
                number[..first.len()].copy_from_slice(first);
                let inverted = most.saturating_sub(u64::from_le_bytes(number));
                self.painted
                    .extend_from_slice(&inverted.to_le_bytes()[..first.len()]);
                return self.painted.extend_from_slice(others);
            }
            Brush::Palette(colours) => colours
                .get(usize::from(pixel[0]))
                .copied()
                .unwrap_or_default(),
            Brush::Ycbcr => rgb_of_ycbcr([pixel[0], pixel[1], pixel[2]]),
            Brush::Cmyk => rgb_of_cmyk([pixel[0], pixel[1], pixel[2], pixel[3]]),
        };
        self.painted.extend_from_slice(&colour);
    }
}

fn brush(meaning: &Meaning, labels: bool) -> Result<Brush, String> {
    let most = || u64::MAX >> (64 - u32::from(meaning.bits.clamp(1, 64)));
    let is_unsigned = matches!(
        meaning.component,
        Some(
            ComponentType::Uint8
                | ComponentType::Uint16
                | ComponentType::Uint32
                | ComponentType::Uint64
        )
    );
    if labels {
        return Ok(Brush::Keep);
    }
    let space = meaning.colour_space.as_deref();
    match meaning.colour {
        Colour::Palette => Ok(Brush::Palette(meaning.palette.clone())),
        Colour::Ycbcr => Ok(Brush::Ycbcr),
        Colour::Cmyk => Ok(Brush::Cmyk),
        Colour::InvertedGrey if is_unsigned && meaning.bits < 8 => {
            Ok(Brush::InvertStretched((1 << meaning.bits) - 1))
        }
        Colour::InvertedGrey if is_unsigned => Ok(Brush::Invert(most())),
        Colour::Grey if !matches!(space, None | Some("min_is_black" | "rgb" | "ycbcr")) => {
            Err(format!(
                "`{}` cannot be turned into grey or red, green and blue",
                space.unwrap_or("none")
            ))
        }
        Colour::Grey | Colour::Rgb if is_unsigned && meaning.bits < 8 => {
            Ok(Brush::Stretch((1 << meaning.bits) - 1))
        }
        Colour::Grey | Colour::Rgb => Ok(Brush::Keep),
        Colour::InvertedGrey => Err(
            "`min_is_white` with numbers below 0 or fractions has no largest number that would be black".into(),
        ),
    }
}

fn stretch(value: u8, most: u16) -> u8 {
    u8::try_from(u16::from(value).min(most) * 255 / most).expect("at most 255")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(colour: Colour, bits: u16, samples: u16) -> Meaning {
        Meaning {
            colour,
            colour_space: None,
            bits,
            component: Some(if bits <= 8 {
                ComponentType::Uint8
            } else {
                ComponentType::Uint16
            }),
            samples,
            is_lossless: true,
            has_label_range: false,
            palette: vec![[1, 2, 3], [4, 5, 6]],
            profile: None,
        }
    }

    fn painted(meaning: &Meaning, samples: &[u8]) -> Vec<u8> {
        let mut whole = Paint::of(meaning, false).unwrap();
        let expected = whole.pixels(samples).to_vec();
        for cut in 1..samples.len() {
            let mut paint = Paint::of(meaning, false).unwrap();
            let found: Vec<u8> = samples
                .chunks(cut)
                .flat_map(|piece| paint.pixels(piece).to_vec())
                .collect();
            assert_eq!(found, expected, "pieces of {cut}");
        }
        expected
    }

    #[test]
    fn pixels_become_grey_or_red_green_blue() {
        let palette = meaning(Colour::Palette, 8, 1);
        assert_eq!(painted(&palette, &[1, 0, 7]), [4, 5, 6, 1, 2, 3, 0, 0, 0]);
        let cmyk = meaning(Colour::Cmyk, 8, 5);
        assert_eq!(
            painted(&cmyk, &[0, 0, 0, 0, 9, 255, 0, 0, 0, 9]),
            [255, 255, 255, 0, 255, 255]
        );
        let ycbcr = meaning(Colour::Ycbcr, 8, 3);
        assert_eq!(
            painted(&ycbcr, &[255, 128, 128, 76, 85, 255]),
            [255, 255, 255, 254, 0, 0]
        );
        let four_bits = meaning(Colour::Rgb, 4, 3);
        assert_eq!(painted(&four_bits, &[0, 15, 5]), [0, 255, 85]);
    }

    #[test]
    fn white_at_0_is_turned_round_within_its_bits() {
        assert_eq!(
            painted(&meaning(Colour::InvertedGrey, 8, 2), &[0, 7, 255, 8]),
            [255, 7, 0, 8]
        );
        assert_eq!(
            painted(&meaning(Colour::InvertedGrey, 12, 1), &[0, 0, 0xff, 0x0f]),
            [0xff, 0x0f, 0, 0]
        );
        assert_eq!(
            painted(&meaning(Colour::InvertedGrey, 1, 1), &[0, 1]),
            [255, 0]
        );
        let signed = Meaning {
            component: Some(ComponentType::Int16),
            ..meaning(Colour::InvertedGrey, 16, 1)
        };
        assert!(Paint::of(&signed, false).is_err());
    }

    #[test]
    fn colours_that_nobody_can_turn_are_refused_by_name() {
        let lab = Meaning {
            colour_space: Some("cielab".into()),
            ..meaning(Colour::Grey, 8, 3)
        };
        let problem = Paint::of(&lab, false).err().unwrap();
        assert!(problem.contains("`cielab`"), "{problem}");
        let wide = Meaning {
            colour_space: Some("cmyk".into()),
            ..meaning(Colour::Cmyk, 16, 4)
        };
        let problem = Paint::of(&wide, false).err().unwrap();
        assert!(problem.contains("`cmyk` of 16 bits"), "{problem}");
    }
}
