//! Slides whose tiles cannot be copied: the same pixels in a new pyramid, and a warning that says so.

use std::io::Cursor;

use imaging::convert::{ConvertOptions, convert};
use imaging::slide::Slide;
use imaging::tiff::Chunks;
use imaging::uploads::find;
use imaging::{CheckLimits, ImageSummary, Samples, platform_requirements};

use super::{Folder, zstd};
use crate::tiffs::{Layout, grey};

/// The pyramid that a TIFF becomes: bytes, pixels of its largest level, what was said.
fn encoded(tiff: &[u8]) -> (Vec<u8>, Samples, ImageSummary) {
    let folder = Folder::new();
    folder.put("a.tif", tiff);
    let out = Folder::new();
    let options = ConvertOptions::default();
    let done = convert(&folder.image(), &out.path().join("out"), &options).unwrap();
    assert_eq!(done.path, out.path().join("out.tif"));
    assert_eq!(fs_err::read_dir(out.path()).unwrap().count(), 1);
    let bytes = fs_err::read(&done.path).unwrap();
    let summary = imaging::check_bytes(&bytes).unwrap();
    assert_eq!(platform_requirements(&summary), Vec::<String>::new());
    assert_eq!(summary.size, done.summary.size);
    assert!((summary.geometry.spacing[1] - 0.0025).abs() < 1e-12);
    assert!(done.summary.warnings[0].starts_with("encoded anew "));
    let mut found = find(&[out.path().to_owned()], &options.limits);
    let (volume, _) = found.images.remove(0).read(&options.limits).unwrap();
    (bytes, volume.samples, done.summary)
}

fn strips(pixels: &[u8]) -> Vec<u8> {
    let layout = Layout {
        compression: 8,
        resolution: Some((4000, 3)),
        ..Layout::default()
    };
    grey(layout, pixels)
}

#[test]
fn strips_of_any_number_of_rows_become_a_pyramid_of_the_same_pixels() {
    let rows = (1 << 16) + 700;
    let pixels: Vec<u8> = (0..rows * 8)
        .map(|at| u8::try_from(at / 3000).unwrap())
        .collect();
    let (bytes, samples, done) = encoded(&strips(&pixels));
    assert_eq!(
        done.warnings,
        ["encoded anew without loss: its pixels are stored in strips; expected tiles"]
    );
    assert!(samples == Samples::Uint8(pixels));
    let summary = imaging::check_bytes(&bytes).unwrap();
    let levels = summary.tiff.unwrap().levels;
    let sizes: Vec<_> = levels
        .iter()
        .map(|level| (level.width, level.height))
        .collect();
    assert_eq!(sizes, [(8, 66236), (4, 33118), (2, 16559), (1, 8280)]);
    assert!(
        levels
            .iter()
            .all(|level| matches!(level.chunks, Chunks::Tiles { .. }))
    );
}

#[test]
fn a_tiled_slide_that_is_large_gets_smaller_levels() {
    let rows = 4200;
    let pixels: Vec<u8> = (0..rows * 8)
        .map(|at| u8::try_from(at / 200).unwrap())
        .collect();
    let layout = || Layout {
        tile: 16,
        compression: 8,
        resolution: Some((4000, 3)),
        ..Layout::default()
    };
    let (bytes, samples, done) = encoded(&grey(layout(), &pixels));
    assert_eq!(
        done.warnings,
        [
            "encoded anew without loss: its smallest level has 8 × 4200 pixels; expected one of at most 4096 each way"
        ]
    );
    assert!(samples == Samples::Uint8(pixels.clone()));
    let levels = imaging::check_bytes(&bytes).unwrap().tiff.unwrap().levels;
    assert_eq!((levels[1].width, levels[1].height), (4, 2100));
}

#[test]
fn labels_in_strips_stay_labels_in_every_level() {
    let pixels: Vec<u8> = (0..8 * 5000).map(|at| [0, 2, 9][at % 3]).collect();
    let (bytes, samples, done) = encoded(&strips(&pixels));
    assert!(samples == Samples::Uint8(pixels));
    assert_eq!(done.segments, Some(vec![0, 2, 9]));
    let file = Box::new(Cursor::new(bytes));
    let mut slide = Slide::from_file(file, "out", &CheckLimits::default()).unwrap();
    let tile = slide.tile(3, 0, 0).unwrap();
    assert_eq!(tile.media_type, "image/png");
    let mut decoder = png::Decoder::new(Cursor::new(tile.bytes));
    decoder.set_transformations(png::Transformations::IDENTITY);
    let mut places = vec![0; 512 * 512];
    decoder
        .read_info()
        .unwrap()
        .next_frame(&mut places)
        .unwrap();
    // Means of these would give 1, 3 or 4, too.
    assert!(places.iter().all(|place| matches!(place, 0 | 2 | 9)));
    assert!(places.contains(&9));
}

/// A picture of 16 × 16 pixels in one tile of `samples` samples, as it comes out: its numbers and what was said.
fn tile(layout: Layout, samples: u32, tile: &[u8]) -> (Samples, ImageSummary) {
    let mut layout = Layout {
        stored: Some(vec![zstd::encode_all(tile, 3).unwrap()]),
        ..layout
    };
    layout
        .extra
        .extend([(256, 4, 16), (257, 4, 16), (277, 3, samples)]);
    let (_, found, done) = encoded(&grey(layout, &[0; 64]));
    (found, done)
}

/// JPEG may be off by a few.
#[track_caller]
fn near(found: &Samples, pixel: [u8; 3]) {
    let Samples::Uint8(found) = found else {
        panic!("{found:?}");
    };
    assert_eq!(found.len(), 16 * 16 * 3);
    for (found, expected) in found.iter().zip(pixel.iter().cycle()) {
        assert!(found.abs_diff(*expected) <= 3, "{found} for {expected}");
    }
}

#[test]
fn colours_become_a_jpeg_of_red_green_and_blue() {
    let colour = [200, 40, 90];
    let rgb = Layout {
        extra: vec![(262, 3, 2)],
        ..zstd(16)
    };
    let (found, done) = tile(rgb.clone(), 3, &colour.repeat(256));
    near(&found, colour);
    let why = "its tiles are compressed with `zstd`; expected jpeg, lzw, deflate, packbits or none";
    assert_eq!(
        done.warnings,
        [format!("encoded anew as JPEG of quality 90: {why}")]
    );
    let ycbcr = Layout {
        extra: vec![(262, 3, 6)],
        lists: vec![(530, 4, 2, vec![1, 0, 0, 0, 1, 0, 0, 0])],
        ..zstd(16)
    };
    near(&tile(ycbcr, 3, &[76, 85, 255].repeat(256)).0, [254, 0, 0]);
    let cmyk = Layout {
        extra: vec![(262, 3, 5)],
        ..zstd(16)
    };
    near(
        &tile(cmyk, 4, &[255, 0, 55, 0].repeat(256)).0,
        [0, 255, 200],
    );
    // Glass that is not stored is white.
    let mut sparse = rgb.clone();
    sparse.extra.extend([(324, 4, 0), (325, 4, 0)]);
    near(&tile(sparse, 3, &[]).0, [255; 3]);
    let planes = Layout {
        extra: vec![
            (262, 3, 2),
            (284, 3, 2),
            (256, 4, 16),
            (257, 4, 16),
            (277, 3, 3),
        ],
        stored: Some(colour.iter().map(|value| vec![*value; 256]).collect()),
        compression: 1,
        ..zstd(16)
    };
    // The lists of the helper are for as many tiles as it stored.
    let (_, found, done) = encoded(&grey(planes, &[0; 64]));
    near(&found, colour);
    assert!(
        done.warnings[0].contains("in planes"),
        "{:?}",
        done.warnings
    );
}

const JPEG_2000: &str = "ff4fff51002f000000000010000000100000000000000000000000100000001000000000000000000003070101070101070101ff52000c00000001010004040001ff5c00044040ff640025000143726561746564206279204f70656e4a5045472076657273696f6e20322e352e34ff90000a00000000008e0001ff93c7d464115054ad573f907d2b884f95ca440a0000000c2425dd7ac00000018484bbaf580061212f049b0000c2425e00b400018484bfc7d44a14005cafdf46dd680000000c2425dd7ac00309097824d800061212fdbd4c00000c2425ff7fdf810014005cadd225b93e1400000018484bff298980000000018484bb86500061212fffd9";
/// Luma 76 and colour differences 85 and 255 everywhere: red.
const JPEG_2000_YCBCR: &str = "ff4fff51002f000000000010000000100000000000000000000000100000001000000000000000000003070101070101070101ff52000c00000001000004040001ff5c00044040ff640025000143726561746564206279204f70656e4a5045472076657273696f6e20322e352e34ff90000a0000000000500001ff93c7d432115054afdf47b2b70000000061212fdac4400000c2425fff7fc7d432115054aff49cb03c0000000061212fdac4400000c2425fff7fcfb41c14005cafdf1d7fffd9";

fn bytes_of(hex: &str) -> Vec<u8> {
    let (pairs, _) = hex.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.iter().map(byte).collect()
}

#[test]
fn jpeg_2000_keeps_its_colours() {
    let stored = |compression: u16, hex: &str| Layout {
        compression,
        stored: Some(vec![bytes_of(hex)]),
        extra: vec![(262, 3, 2), (256, 4, 16), (257, 4, 16), (277, 3, 3)],
        ..zstd(16)
    };
    let red = stored(33003, JPEG_2000_YCBCR);
    near(&encoded(&grey(red, &[0; 64])).1, [254, 0, 0]);
    for compression in [33005, 34712] {
        let layout = stored(compression, JPEG_2000);
        let (_, found, done) = encoded(&grey(layout, &[0; 64]));
        assert!(done.warnings[0].contains("compressed with `jpeg2000"));
        let Samples::Uint8(found) = found else {
            panic!("{found:?}");
        };
        for (place, expected) in [(0, [200, 40, 90]), (255, [30, 160, 220])] {
            let pixel = &found[place * 3..place * 3 + 3];
            assert!(
                pixel.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 3),
                "{pixel:?}"
            );
        }
    }
}

#[test]
fn wide_numbers_and_channels_that_are_no_colours_are_kept_without_loss() {
    let numbers: Vec<u16> = (0..256).map(|at| at * 255).collect();
    let big_endian = Layout {
        big_endian: true,
        extra: vec![(258, 3, 16)],
        ..zstd(16)
    };
    let stored: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
    assert_eq!(tile(big_endian, 1, &stored).0, Samples::Uint16(numbers));
    let white_at_0: Vec<u8> = (0..=255).collect();
    let inverted = Layout {
        extra: vec![(262, 3, 0)],
        ..zstd(16)
    };
    assert_eq!(
        tile(inverted, 1, &white_at_0).0,
        Samples::Uint8((0..=255).rev().collect())
    );
    // Three dyes: a JPEG would mix them.
    let dyes: Vec<u8> = (0..768u32)
        .map(|at| u8::try_from(at * 89 % 251).unwrap())
        .collect();
    let (found, done) = tile(zstd(16), 3, &dyes);
    assert_eq!(found, Samples::Uint8(dyes));
    assert!(done.warnings[0].contains("without loss"));
}

#[test]
fn a_palette_becomes_colours_unless_its_places_are_labels() {
    let shorts = (0..768u32).flat_map(|at| {
        let value = if at % 256 == 3 {
            [200, 40, 90][at as usize / 256]
        } else {
            0
        };
        [0, value]
    });
    let palette = Layout {
        extra: vec![(262, 3, 3)],
        lists: vec![(320, 3, 768, shorts.collect())],
        ..zstd(16)
    };
    let (found, done) = tile(palette.clone(), 1, &[3; 256]);
    near(&found, [200, 40, 90]);
    assert!(
        done.warnings[1].contains("became colours"),
        "{:?}",
        done.warnings
    );
    let mut labelled = palette;
    labelled.extra.extend([(280, 3, 0), (281, 3, 3)]);
    let (found, done) = tile(labelled, 1, &[3; 256]);
    assert_eq!(found, Samples::Uint8(vec![3; 256]));
    assert_eq!(done.segments, Some(vec![3]));
    assert!(
        done.warnings[1].contains("kept as labels"),
        "{:?}",
        done.warnings
    );
}
