//! Levels of a slide made of uncompressed tiles.

use super::super::made::{Element, Is, sequence, text, with, word};

const MICROSCOPY: &str = "1.2.840.10008.5.1.4.1.1.77.1.6";
pub(super) const JPEG: &str = "1.2.840.10008.1.2.4.50";
/// Columns and rows of a tile.
const TILE: (usize, usize) = (4, 3);

pub(super) fn long(tag: u32, value: usize) -> Element {
    let value = u32::try_from(value).unwrap();
    (tag, "UL", Is::Bytes(value.to_le_bytes().to_vec()))
}

/// A pixel of the picture that all slides here show: colours change slowly, so that JPEG hardly changes them.
fn colour(x: usize, y: usize) -> [u8; 3] {
    [100 + x * 3, 60 + y * 4, 150].map(|value| u8::try_from(value).unwrap())
}

pub(super) fn picture(width: usize, height: usize) -> Vec<u8> {
    let rows = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    rows.flat_map(|(x, y)| colour(x, y)).collect()
}

/// The pixels of a tile that starts here; what lies beyond the matrix is noise.
pub(super) fn tile((column, row): (usize, usize), (width, height): (usize, usize)) -> Vec<u8> {
    let rows = (row..row + TILE.1).flat_map(|y| (column..column + TILE.0).map(move |x| (x, y)));
    rows.flat_map(|(x, y)| {
        if x < width && y < height {
            colour(x, y)
        } else {
            [7; 3]
        }
    })
    .collect()
}

/// Where tiles start, row by row.
pub(super) fn grid((width, height): (usize, usize)) -> Vec<(usize, usize)> {
    let rows = (0..height).step_by(TILE.1);
    rows.flat_map(|row| (0..width).step_by(TILE.0).map(move |column| (column, row)))
        .collect()
}

/// A level of RGB, uncompressed, with a frame for each of these tiles.
pub(super) fn level(size: (usize, usize), tiles: &[(usize, usize)]) -> Vec<Element> {
    let mut pixels: Vec<u8> = tiles.iter().flat_map(|place| tile(*place, size)).collect();
    pixels.resize(pixels.len().next_multiple_of(2), 0);
    vec![
        text(0x0008_0008, "CS", "ORIGINAL\\PRIMARY\\VOLUME\\NONE"),
        text(0x0008_0016, "UI", MICROSCOPY),
        text(0x0020_000d, "UI", "1.2.3"),
        text(0x0020_000e, "UI", "1.2.4"),
        word(0x0028_0002, 3),
        text(0x0028_0004, "CS", "RGB"),
        word(0x0028_0006, 0),
        text(0x0028_0008, "IS", &tiles.len().to_string()),
        word(0x0028_0010, 3),
        word(0x0028_0011, 4),
        word(0x0028_0100, 8),
        word(0x0028_0101, 8),
        word(0x0028_0102, 7),
        word(0x0028_0103, 0),
        long(0x0048_0006, size.0),
        long(0x0048_0007, size.1),
        measures("0.0005\\0.00025"),
        (0x7fe0_0010, "OB", Is::Bytes(pixels)),
    ]
}

/// Shared functional groups that state the spacing, rows first.
fn measures(spacing: &str) -> Element {
    let spacing = vec![text(0x0028_0030, "DS", spacing)];
    let measures = vec![sequence(0x0028_9110, vec![spacing])];
    sequence(0x5200_9229, vec![measures])
}

/// `TILED_SPARSE`, with the place of every frame, from 0.
pub(super) fn sparse(places: &[(usize, usize)]) -> Vec<Element> {
    let items = places.iter().map(|(column, row)| {
        let place = vec![long(0x0048_021e, column + 1), long(0x0048_021f, row + 1)];
        vec![sequence(0x0048_021a, vec![place])]
    });
    vec![
        text(0x0020_9311, "CS", "TILED_SPARSE"),
        sequence(0x5200_9230, items.collect()),
    ]
}

pub(super) fn full(size: (usize, usize)) -> Vec<Element> {
    let stated = vec![text(0x0020_9311, "CS", "TILED_FULL")];
    with(level(size, &grid(size)), stated)
}

pub(super) const SIZE: (usize, usize) = (10, 5);
