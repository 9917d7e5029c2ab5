//! A whole slide in one picture: its size, means of its colours, labels that are never mixed.

use imaging::ComponentType;

use super::drawn::jpeg;
use super::{colours, image, labels, open, written};

#[test]
fn colours_are_means_of_what_they_cover() {
    let (image, samples) = colours();
    let mut slide = open(written(&image, &samples));
    let picture = slide.thumbnail(110).unwrap();
    assert_eq!(picture.media_type, "image/jpeg");
    let (size, pixels) = jpeg(&picture.bytes);
    assert_eq!(size, [110, 51]);
    // Ten pixels of the slide each, whose colour is a fifth of their place.
    for (at, pixel) in pixels.iter().enumerate() {
        let expected = u8::try_from(at % 110 * 2 + 1).unwrap();
        assert!(
            pixel.iter().all(|value| value.abs_diff(expected) <= 5),
            "{at}: {pixel:?}, expected {expected}"
        );
    }
}

#[test]
fn nothing_grows_and_no_side_is_0() {
    let wide = image(600, 3, 1, ComponentType::Uint8);
    let grey = [0, 255].repeat(900);
    for (edge, size) in [(1000, [600, 3]), (60, [60, 1]), (0, [1, 1])] {
        let mut slide = open(written(&wide, &grey));
        slide.style.labels = Some(false);
        let (found, pixels) = jpeg(&slide.thumbnail(edge).unwrap().bytes);
        assert_eq!(found, size);
        if edge < 1000 {
            // Black and white in turns.
            assert!(
                pixels
                    .iter()
                    .flatten()
                    .all(|value| value.abs_diff(128) <= 3)
            );
        }
    }
}

#[test]
fn labels_are_picked_and_never_mixed() {
    let (image, samples) = labels();
    let picture = open(written(&image, &samples)).thumbnail(70).unwrap();
    assert_eq!(picture.media_type, "image/png");
    let mut decoder = png::Decoder::new(std::io::Cursor::new(&picture.bytes));
    decoder.set_transformations(png::Transformations::IDENTITY);
    let mut reader = decoder.read_info().unwrap();
    assert_eq!(reader.info().size(), (70, 60));
    let mut places = vec![0; 70 * 60];
    reader.next_frame(&mut places).unwrap();
    for (at, found) in places.iter().enumerate() {
        // The middle of five pixels of the second level, of which each is every second of the first.
        let (x, y) = (at % 70 * 5 + 2, at / 70 * 5 + 2);
        assert_eq!(*found, samples[2 * y * 700 + 2 * x], "{x}, {y}");
    }
}
