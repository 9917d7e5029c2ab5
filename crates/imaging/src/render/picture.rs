//! Pictures in memory and their PNG and JPEG bytes.

use super::RenderError;
use super::lookup_table::Rgba;

/// Channels of a pixel, 8 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum PixelFormat {
    Grey,
    Rgb,
    Rgba,
}

impl PixelFormat {
    /// Bytes of one pixel.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// Rows of pixels, the upper left one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Channels.
    pub format: PixelFormat,
    /// `width` × `height` × channels bytes.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// The bytes of one pixel; `None` outside of the picture.
    #[must_use]
    pub fn pixel(&self, column: u32, row: u32) -> Option<&[u8]> {
        let bytes = self.format.bytes();
        let place = place(self.width, column, row)?;
        self.pixels.get(place * bytes..(place + 1) * bytes)
    }

    /// Red, green and blue, with transparent parts over black.
    #[must_use]
    pub fn to_rgb(&self) -> Picture {
        let over_black = |value: u8, alpha: u8| blend(value, 0, f64::from(alpha) / 255.0);
        let pixels = match self.format {
            PixelFormat::Rgb => self.pixels.clone(),
            PixelFormat::Grey => self.pixels.iter().flat_map(|value| [*value; 3]).collect(),
            PixelFormat::Rgba => {
                let (pixels, _) = self.pixels.as_chunks::<4>();
                pixels
                    .iter()
                    .flat_map(|[red, green, blue, alpha]| {
                        [red, green, blue].map(|value| over_black(*value, *alpha))
                    })
                    .collect()
            }
        };
        Picture {
            format: PixelFormat::Rgb,
            pixels,
            ..*self
        }
    }

    /// A PNG file.
    ///
    /// # Errors
    /// When the pixels are not as many as width and height say.
    pub fn to_png(&self) -> Result<Vec<u8>, RenderError> {
        let colour = match self.format {
            PixelFormat::Grey => png::ColorType::Grayscale,
            PixelFormat::Rgb => png::ColorType::Rgb,
            PixelFormat::Rgba => png::ColorType::Rgba,
        };
        encode_png(self.width, self.height, &self.pixels, |encoder| {
            encoder.set_color(colour);
        })
    }

    /// A JPEG file; `quality` from 1 to 100. Never for labels: their edges would get colours of other labels.
    ///
    /// # Errors
    /// When a side is longer than 65 535 pixels or the pixels are not as many as width and height say.
    pub fn to_jpeg(&self, quality: u8) -> Result<Vec<u8>, RenderError> {
        let refused = |problem: String| RenderError::Encode {
            format: "JPEG",
            problem,
        };
        let side = |side: u32| {
            u16::try_from(side)
                .map_err(|_| refused(format!("a side of {side} pixels, at most 65535 fit")))
        };
        let (width, height) = (side(self.width)?, side(self.height)?);
        let (picture, colour) = match self.format {
            PixelFormat::Grey => (None, jpeg_encoder::ColorType::Luma),
            PixelFormat::Rgb => (None, jpeg_encoder::ColorType::Rgb),
            PixelFormat::Rgba => (Some(self.to_rgb()), jpeg_encoder::ColorType::Rgb),
        };
        let pixels = picture.as_ref().map_or(&self.pixels, |rgb| &rgb.pixels);
        let mut bytes = Vec::new();
        jpeg_encoder::Encoder::new(&mut bytes, quality.clamp(1, 100))
            .encode(pixels, width, height, colour)
            .map_err(|error| refused(error.to_string()))?;
        Ok(bytes)
    }
}

/// Rows of palette entries: labels, without a colour of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedPicture {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width` × `height` places in the palette.
    pub indices: Vec<u8>,
    /// Colours, at most 256.
    pub palette: Vec<Rgba>,
}

impl IndexedPicture {
    /// Place in the palette of one pixel; `None` outside of the picture.
    #[must_use]
    pub fn index(&self, column: u32, row: u32) -> Option<u8> {
        self.indices.get(place(self.width, column, row)?).copied()
    }

    /// A PNG file with a palette and its transparency: a browser lays it over the image as it is.
    ///
    /// # Errors
    /// When the pixels are not as many as width and height say.
    pub fn to_png(&self) -> Result<Vec<u8>, RenderError> {
        let used = self
            .indices
            .iter()
            .max()
            .map_or(1, |highest| usize::from(*highest) + 1);
        let palette = &self.palette[..used.min(self.palette.len())];
        let colours: Vec<u8> = palette.iter().flat_map(|colour| colour.rgb()).collect();
        let alpha: Vec<u8> = palette.iter().map(|colour| colour.alpha).collect();
        encode_png(self.width, self.height, &self.indices, |encoder| {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(colours);
            encoder.set_trns(alpha);
        })
    }
}

fn place(width: u32, column: u32, row: u32) -> Option<usize> {
    if column >= width {
        return None;
    }
    usize::try_from(u64::from(row) * u64::from(width) + u64::from(column)).ok()
}

/// `over` with this opacity (0 to 1) on `under`.
pub(super) fn blend(over: u8, under: u8, opacity: f64) -> u8 {
    byte(f64::from(over) * opacity + f64::from(under) * (1.0 - opacity))
}

/// The nearest byte; 0 for what is no number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped before, and the cast turns NaN into 0"
)]
pub(super) fn byte(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

fn encode_png(
    width: u32,
    height: u32,
    pixels: &[u8],
    set_up: impl FnOnce(&mut png::Encoder<'_, &mut Vec<u8>>),
) -> Result<Vec<u8>, RenderError> {
    let refused = |error: png::EncodingError| RenderError::Encode {
        format: "PNG",
        problem: error.to_string(),
    };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    set_up(&mut encoder);
    let mut writer = encoder.write_header().map_err(refused)?;
    writer.write_image_data(pixels).map_err(refused)?;
    writer.finish().map_err(refused)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_their_numbers_and_their_transparency() {
        let palette = vec![
            Rgba::new(0, 0, 0, 0),
            Rgba::new(230, 159, 0, 128),
            Rgba::new(1, 2, 3, 255),
        ];
        let picture = IndexedPicture {
            width: 3,
            height: 1,
            indices: vec![0, 1, 1],
            palette,
        };
        let bytes = picture.to_png().unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(&bytes));
        decoder.set_transformations(png::Transformations::IDENTITY);
        let mut reader = decoder.read_info().unwrap();
        let info = reader.info();
        assert_eq!(info.palette.as_deref(), Some(&[0, 0, 0, 230, 159, 0][..]));
        assert_eq!(info.trns.as_deref(), Some(&[0, 128][..]));
        let mut indices = vec![0; 3];
        reader.next_frame(&mut indices).unwrap();
        assert_eq!(indices, [0, 1, 1]);
    }

    #[test]
    fn transparent_pixels_lie_over_black() {
        let picture = Picture {
            width: 2,
            height: 1,
            format: PixelFormat::Rgba,
            pixels: vec![200, 100, 50, 255, 200, 100, 50, 128],
        };
        assert_eq!(picture.to_rgb().pixels, [200, 100, 50, 100, 50, 25]);
        let jpeg = picture.to_jpeg(90).unwrap();
        assert!(jpeg.starts_with(&[0xff, 0xd8]) && jpeg.ends_with(&[0xff, 0xd9]));
    }

    #[test]
    fn too_few_pixels_are_refused() {
        let picture = Picture {
            width: 70_000,
            height: 1,
            format: PixelFormat::Grey,
            pixels: vec![0; 3],
        };
        assert!(picture.to_png().is_err());
        let refusal = picture.to_jpeg(90).unwrap_err().to_string();
        assert!(refusal.contains("70000 pixels"), "{refusal}");
    }
}
