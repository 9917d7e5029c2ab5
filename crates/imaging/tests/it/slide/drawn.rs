//! Tiles that no browser takes as they are stored: planes, palettes, wide numbers, and tiles that are not stored.

use std::io::Cursor;

use imaging::render::Window;
use imaging::slide::{Slide, Tile};

use super::open;
use crate::tiffs::{Layout, grey};

/// Size, and red, green and blue of each pixel; grey ones have three equal numbers.
pub(super) fn jpeg(bytes: &[u8]) -> ([usize; 2], Vec<[u8; 3]>) {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    let pixels = decoder.decode().unwrap();
    let info = decoder.info().unwrap();
    let size = [info.width, info.height].map(usize::from);
    let samples = pixels.len() / (size[0] * size[1]);
    let colour = |pixel: &[u8]| [pixel[0], pixel[samples / 2], pixel[samples - 1]];
    (size, pixels.chunks(samples).map(colour).collect())
}

/// A TIFF of 32 × 16 pixels in two tiles with these bytes, uncompressed unless the layout says otherwise.
fn slide(layout: &Layout, tiles: Vec<Vec<u8>>) -> Slide {
    let mut layout = Layout {
        tile: 16,
        stored: Some(tiles),
        ..layout.clone()
    };
    layout.extra.extend([(256, 4, 32), (257, 4, 16)]);
    open(grey(layout, &[0; 64]))
}

fn layout(extra: &[(u16, u16, u32)]) -> Layout {
    Layout {
        extra: extra.to_vec(),
        ..Layout::default()
    }
}

/// The tile is a JPEG of 16 × 16 pixels of about this colour.
#[track_caller]
fn is_of(tile: &Tile, colour: [u8; 3]) {
    assert_eq!(tile.media_type, "image/jpeg");
    let (size, pixels) = jpeg(&tile.bytes);
    assert_eq!(size, [16, 16]);
    for (found, expected) in pixels.iter().flatten().zip(colour.iter().cycle()) {
        assert!(found.abs_diff(*expected) <= 4, "{found} for {expected}");
    }
}

const RGB: [(u16, u16, u32); 2] = [(262, 3, 2), (277, 3, 3)];

#[test]
fn planes_are_put_together_tile_by_tile() {
    let planes = layout(&[RGB[0], RGB[1], (284, 3, 2)]);
    // All reds, then all greens, then all blues.
    let tiles = [200, 10, 40, 20, 90, 230].map(|value| vec![value; 256]);
    let mut slide = slide(&planes, tiles.to_vec());
    is_of(&slide.tile(0, 0, 0).unwrap(), [200, 40, 90]);
    is_of(&slide.tile(0, 1, 0).unwrap(), [10, 20, 230]);
}

#[test]
fn wide_numbers_of_either_byte_order_and_with_differences_are_the_same() {
    let rows = |bytes: fn(u16) -> [u8; 2], is_difference: bool| {
        let number = move |x: u16| {
            if is_difference && x > 0 { 16 } else { 16 * x }
        };
        let row: Vec<u8> = (0..16).flat_map(|x| bytes(number(x))).collect();
        row.repeat(16)
    };
    let big = |predictor: u16| Layout {
        big_endian: true,
        predictor,
        ..layout(&[(258, 3, 16)])
    };
    for (layout, tile) in [
        (layout(&[(258, 3, 16)]), rows(u16::to_le_bytes, false)),
        (big(1), rows(u16::to_be_bytes, false)),
        (big(2), rows(u16::to_be_bytes, true)),
    ] {
        let mut slide = slide(&layout, vec![tile.clone(), tile]);
        slide.style.labels = Some(false);
        slide.style.window = Some(Window::from_range(0.0, 255.0));
        slide.style.quality = 100;
        let (_, pixels) = jpeg(&slide.tile(0, 1, 0).unwrap().bytes);
        for (at, found) in pixels.iter().enumerate() {
            let expected = u8::try_from(at % 16 * 16).unwrap();
            assert!(found[0].abs_diff(expected) <= 2, "{at}: {found:?}");
        }
    }
}

#[test]
fn places_in_a_palette_stay_places_and_bring_their_colours() {
    let map = (0..768usize).flat_map(|at| {
        let colours = [[1, 2, 3], [200, 40, 90]];
        let colour = colours.get(at % 256).map_or(0, |colour| colour[at / 256]);
        [0, colour]
    });
    let palette = Layout {
        lists: vec![(320, 3, 768, map.collect())],
        ..layout(&[(262, 3, 3)])
    };
    let tile: Vec<u8> = (0..256).map(|at| u8::from(at % 3 == 0)).collect();
    let mut slide = slide(&palette, vec![tile.clone(), vec![0; 256]]);
    let drawn = slide.tile(0, 0, 0).unwrap();
    assert_eq!(drawn.media_type, "image/png");
    let mut decoder = png::Decoder::new(Cursor::new(drawn.bytes));
    decoder.set_transformations(png::Transformations::IDENTITY);
    let mut reader = decoder.read_info().unwrap();
    let colours = reader.info().palette.clone().unwrap();
    assert_eq!(colours[..6], [1, 2, 3, 200, 40, 90]);
    let mut places = vec![0; 256];
    reader.next_frame(&mut places).unwrap();
    assert_eq!(places, tile);
}

#[test]
fn webp_is_passed_on_and_decoded_for_thumbnails_only() {
    let webp = |colour: [u8; 3]| {
        let mut bytes = Vec::new();
        image_webp::WebPEncoder::new(&mut bytes)
            .encode(&colour.repeat(256), 16, 16, image_webp::ColorType::Rgb8)
            .unwrap();
        bytes
    };
    let tiles = vec![webp([200, 40, 90]), webp([10, 20, 230])];
    let stored = Layout {
        compression: 50001,
        ..layout(&RGB)
    };
    let mut slide = slide(&stored, tiles.clone());
    let tile = slide.tile(0, 1, 0).unwrap();
    assert_eq!((tile.media_type, &tile.bytes), ("image/webp", &tiles[1]));
    let (size, pixels) = jpeg(&slide.thumbnail(2).unwrap().bytes);
    assert_eq!(size, [2, 1]);
    // A JPEG of two pixels has one colour difference for both: brightness alone is kept.
    let grey =
        |[r, g, b]: [u8; 3]| (299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b)) / 1000;
    assert!(
        grey(pixels[0]).abs_diff(grey([200, 40, 90])) <= 6,
        "{pixels:?}"
    );
    assert!(
        grey(pixels[1]).abs_diff(grey([10, 20, 230])) <= 6,
        "{pixels:?}"
    );
}

#[test]
fn tiles_that_are_not_stored_are_background() {
    let mut glass = slide(&layout(&RGB), vec![vec![9; 768], vec![]]);
    is_of(&glass.tile(0, 0, 0).unwrap(), [9; 3]);
    is_of(&glass.tile(0, 1, 0).unwrap(), [255; 3]);
    let (_, pixels) = jpeg(&glass.thumbnail(32).unwrap().bytes);
    assert!(pixels[0][0] <= 13 && pixels[31][0] >= 251);
    let mut dark = slide(&Layout::default(), vec![vec![99; 256], vec![]]);
    dark.style.labels = Some(false);
    is_of(&dark.tile(0, 1, 0).unwrap(), [0; 3]);
    let mut mask = slide(&Layout::default(), vec![vec![3; 256], vec![]]);
    let (bytes, size) = (mask.tile(0, 1, 0).unwrap().bytes, 256);
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::IDENTITY);
    let mut places = vec![7; size];
    decoder
        .read_info()
        .unwrap()
        .next_frame(&mut places)
        .unwrap();
    assert_eq!(places, vec![0; size]);
}

#[test]
fn few_bits_cover_the_whole_range() {
    let four_bits = layout(&[RGB[0], RGB[1], (258, 3, 4)]);
    // 15, 0, 5 and so on: two samples a byte.
    let row = [0xf0, 0x5f, 0x05].repeat(8);
    let tile = row.repeat(16);
    let mut slide = slide(&four_bits, vec![tile.clone(), tile]);
    is_of(&slide.tile(0, 0, 0).unwrap(), [255, 0, 85]);
}

#[test]
fn tiles_that_are_larger_than_allowed_are_refused() {
    let mut layout = layout(&RGB);
    layout.extra.extend([(322, 4, 1 << 20), (323, 4, 1 << 20)]);
    let mut slide = slide(&layout, vec![vec![0; 10], vec![0; 10]]);
    let error = slide.tile(0, 0, 0).unwrap_err();
    let claimed = 3u64 << 40;
    assert!(error.to_string().contains(&claimed.to_string()), "{error}");
}
