//! Slides that the crate writes are read back: levels, tiles as they are stored, labels, and broken bytes.

use std::io::Cursor;

use imaging::slide::{PyramidImage, PyramidWriter, Slide};
use imaging::{CheckLimits, ComponentType, SpacingSource, platform_requirements};

mod drawn;
mod thumbnail;

fn image(width: u32, height: u32, channels: u16, component: ComponentType) -> PyramidImage {
    PyramidImage {
        width,
        height,
        channels,
        component,
        pixel_mm: Some([0.000_25, 0.000_5]),
        labels: false,
        quality: Some(80),
    }
}

fn written(image: &PyramidImage, samples: &[u8]) -> Vec<u8> {
    let mut writer = PyramidWriter::new(Cursor::new(Vec::new()), image).unwrap();
    // Pieces end anywhere.
    for piece in samples.chunks(1001) {
        writer.feed(piece).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn open(bytes: Vec<u8>) -> Slide {
    Slide::from_file(
        Box::new(Cursor::new(bytes)),
        "slide",
        &CheckLimits::default(),
    )
    .unwrap()
}

/// Indices and palette of a PNG.
fn png(bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::IDENTITY);
    let mut reader = decoder.read_info().unwrap();
    let is_indexed = reader.info().color_type == png::ColorType::Indexed;
    let mut pixels = vec![0; 512 * 512];
    reader.next_frame(&mut pixels).unwrap();
    (pixels, is_indexed)
}

fn labels() -> (PyramidImage, Vec<u8>) {
    let mut labels = image(700, 600, 1, ComponentType::Uint8);
    labels.labels = true;
    let samples = (0..700 * 600)
        .map(|at| [0, 3, 5][at % 700 / 2 % 3])
        .collect();
    (labels, samples)
}

fn colours() -> (PyramidImage, Vec<u8>) {
    let samples = (0..1100 * 513 * 3)
        .map(|at| u8::try_from(at / 3 % 1100 / 5).unwrap())
        .collect();
    (image(1100, 513, 3, ComponentType::Uint8), samples)
}

#[test]
fn colours_are_passed_through_as_jpeg() {
    let (image, samples) = colours();
    let bytes = written(&image, &samples);
    let summary = imaging::check_bytes(&bytes).unwrap();
    assert_eq!((summary.levels, summary.channels), (3, 3));
    assert_eq!(summary.size, [1100, 513]);
    assert_eq!(summary.warnings, Vec::<String>::new());
    assert_eq!(platform_requirements(&summary), Vec::<String>::new());
    let mut slide = open(bytes.clone());
    let ([x, y], source) = slide.pixel_size();
    assert!((x - 0.000_25).abs() < 1e-12 && (y - 0.000_5).abs() < 1e-12);
    assert_eq!(source, SpacingSource::Stated);
    let sizes: Vec<_> = slide
        .levels()
        .iter()
        .map(|level| (level.width, level.height, level.columns, level.rows))
        .collect();
    assert_eq!(
        sizes,
        [(1100, 513, 3, 2), (550, 257, 2, 1), (275, 129, 1, 1)]
    );
    assert!((slide.levels()[1].scale - 0.5).abs() < 1e-12);
    let tile = slide.tile(0, 2, 1).unwrap();
    assert_eq!(tile.media_type, "image/jpeg");
    assert!(
        bytes
            .windows(tile.bytes.len())
            .any(|stored| stored == tile.bytes),
        "a tile must be what is stored"
    );
    for (level, column, row) in [(0, 3, 0), (0, 0, 2), (3, 0, 0), (1, u64::MAX, u64::MAX)] {
        assert!(slide.tile(level, column, row).is_err());
    }
}

#[test]
fn labels_are_never_mixed_and_never_a_jpeg() {
    let (image, samples) = labels();
    let bytes = written(&image, &samples);
    let summary = imaging::check_bytes(&bytes).unwrap();
    assert_eq!(summary.segments, Some(vec![0, 3, 5]));
    assert_eq!(summary.levels, 2);
    let mut slide = open(bytes);
    let first = slide.tile(0, 1, 1).unwrap();
    assert_eq!(first.media_type, "image/png");
    let (pixels, is_indexed) = png(&first.bytes);
    assert!(is_indexed);
    for (at, found) in pixels.iter().enumerate() {
        let (x, y) = (512 + at % 512, 512 + at / 512);
        let is_inside = x < 700 && y < 600;
        let expected = if is_inside { samples[y * 700 + x] } else { 0 };
        assert_eq!(*found, expected, "{x}, {y}");
    }
    let (pixels, _) = png(&slide.tile(1, 0, 0).unwrap().bytes);
    assert!((0..350).all(|x| pixels[x] == samples[2 * x]));
}

#[test]
fn wide_numbers_keep_their_values_and_are_shown_through_a_window() {
    for component in [ComponentType::Uint16, ComponentType::Float32] {
        let image = image(600, 20, 1, component);
        let samples: Vec<u8> = (0..600u16 * 20)
            .flat_map(|at| {
                if component == ComponentType::Uint16 {
                    at.to_le_bytes().to_vec()
                } else {
                    f32::from(at).to_le_bytes().to_vec()
                }
            })
            .collect();
        let bytes = written(&image, &samples);
        let summary = imaging::check_bytes(&bytes).unwrap();
        assert_eq!(
            (summary.component_type, summary.levels),
            (Some(component), 2)
        );
        assert_eq!(open(bytes).tile(0, 0, 0).unwrap().media_type, "image/jpeg");
    }
}

#[test]
fn samples_must_be_as_many_as_the_image_has() {
    let (image, samples) = labels();
    for found in [&samples[1..], &[&samples[..], &[1]].concat()] {
        let mut writer = PyramidWriter::new(Cursor::new(Vec::new()), &image).unwrap();
        writer.feed(found).unwrap();
        assert!(writer.finish().is_err());
    }
}

#[test]
fn broken_bytes_get_an_answer() {
    let (coloured, colour_samples) = colours();
    let (mask, mask_samples) = labels();
    for bytes in [
        written(&coloured, &colour_samples),
        written(&mask, &mask_samples),
    ] {
        let directories =
            usize::try_from(u64::from_le_bytes(bytes[8..16].try_into().unwrap())).unwrap();
        for at in (0..16).chain((directories..bytes.len()).step_by(3)) {
            for flip in [0x01, 0xff] {
                let mut broken = bytes.clone();
                broken[at] ^= flip;
                let limits = CheckLimits {
                    max_jpeg_bytes: 4 << 20,
                    ..CheckLimits::default()
                };
                if let Ok(mut slide) =
                    Slide::from_file(Box::new(Cursor::new(broken)), "slide", &limits)
                {
                    let last = slide.levels().len() - 1;
                    let _ = slide.tile(last, 0, 0);
                }
            }
        }
    }
}
