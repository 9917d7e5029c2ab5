//! Small TIFF files made byte by byte, each with one thing that readers get wrong.

use imaging::{ComponentType, ImageSummary, SpacingSource};

/// How a generated TIFF is laid out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layout {
    pub(crate) big_endian: bool,
    pub(crate) big: bool,
    /// Side of square tiles; strips of the whole image when 0.
    pub(crate) tile: u32,
    pub(crate) compression: u16,
    pub(crate) predictor: u16,
    /// Further entries: tag, type, value.
    pub(crate) extra: Vec<(u16, u16, u32)>,
    /// Further entries with a list of values beside the directory: tag, type, count, bytes.
    pub(crate) lists: Vec<(u16, u16, u64, Vec<u8>)>,
    /// Pixels for each unit along x and y, and the unit.
    pub(crate) resolution: Option<(u32, u16)>,
    /// Offset of the next directory, when not 0.
    pub(crate) next: u64,
    /// Stored chunks, in place of the encoded pixels.
    pub(crate) stored: Option<Vec<Vec<u8>>>,
}

impl Layout {
    fn number(&self, value: u64, bytes: usize) -> Vec<u8> {
        if self.big_endian {
            value.to_be_bytes()[8 - bytes..].to_vec()
        } else {
            value.to_le_bytes()[..bytes].to_vec()
        }
    }

    fn offset_bytes(&self) -> usize {
        if self.big { 8 } else { 4 }
    }
}

fn encode(layout: &Layout, pixels: &[u8]) -> Vec<u8> {
    match layout.compression {
        5 => weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
            .encode(pixels)
            .unwrap(),
        8 => {
            use std::io::Write;
            let mut encoder =
                flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(pixels).unwrap();
            encoder.finish().unwrap()
        }
        50000 => zstd::encode_all(pixels, 3).unwrap(),
        32773 => pixels
            .chunks(128)
            .flat_map(|run| [&[u8::try_from(run.len() - 1).unwrap()], run].concat())
            .collect(),
        _ => pixels.to_vec(),
    }
}

/// Cuts an 8 pixel wide picture into square tiles, padded with 99.
fn tiles(pixels: &[u8], tile: usize) -> Vec<Vec<u8>> {
    let height = pixels.len() / 8;
    let mut tiles = Vec::new();
    for top in (0..height).step_by(tile) {
        for left in (0..8).step_by(tile) {
            let pixel = |row: usize, column: usize| {
                let is_inside = row < height && column < 8;
                if is_inside {
                    pixels[row * 8 + column]
                } else {
                    99
                }
            };
            tiles.push(
                (0..tile * tile)
                    .map(|index| pixel(top + index / tile, left + index % tile))
                    .collect(),
            );
        }
    }
    tiles
}

/// A grey 8-bit picture of 8 pixels across.
pub(crate) fn grey(layout: Layout, pixels: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = if layout.big_endian {
        b"MM".to_vec()
    } else {
        b"II".to_vec()
    };
    bytes.extend(layout.number(if layout.big { 43 } else { 42 }, 2));
    if layout.big {
        bytes.extend(layout.number(8, 2));
        bytes.extend(layout.number(0, 2));
    }
    let pointer_at = bytes.len();
    let width = layout.offset_bytes();
    bytes.extend(layout.number(0, width));
    let mut entries = pixel_entries(&layout, pixels, &mut bytes);
    entries.extend(resolution_entries(&layout, &mut bytes));
    for (tag, kind, count, values) in &layout.lists {
        let at = bytes.len() as u64;
        bytes.extend(values);
        entries.retain(|entry| entry.tag != *tag);
        entries.push(Entry {
            count: *count,
            ..Entry::one(*tag, *kind, at)
        });
    }
    for (tag, kind, value) in &layout.extra {
        entries.retain(|entry| entry.tag != *tag);
        entries.push(Entry::one(*tag, *kind, (*value).into()));
    }
    entries.sort_unstable_by_key(|entry| entry.tag);
    let directory = bytes.len() as u64;
    bytes.extend(layout.number(entries.len() as u64, if layout.big { 8 } else { 2 }));
    for entry in entries {
        bytes.extend(layout.number(entry.tag.into(), 2));
        bytes.extend(layout.number(entry.kind.into(), 2));
        bytes.extend(layout.number(entry.count, width));
        let inline = match (entry.kind, entry.count) {
            (3, 1) => 2,
            (4, 1) => 4,
            _ => width,
        };
        let mut field = layout.number(entry.value, inline);
        field.resize(width, 0);
        bytes.extend(field);
    }
    bytes.extend(layout.number(layout.next, width));
    bytes[pointer_at..pointer_at + width].copy_from_slice(&layout.number(directory, width));
    bytes
}

/// A directory entry: its value, or the offset of its values.
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    value: u64,
}

impl Entry {
    fn one(tag: u16, kind: u16, value: u64) -> Entry {
        Entry {
            tag,
            kind,
            count: 1,
            value,
        }
    }
}

/// Stores the pixels and the lists of where they are.
fn pixel_entries(layout: &Layout, pixels: &[u8], bytes: &mut Vec<u8>) -> Vec<Entry> {
    let height = (pixels.len() / 8) as u64;
    let locations = store_chunks(layout, pixels, bytes);
    let mut list = |tag: u16, numbers: Vec<u64>| {
        let at = bytes.len() as u64;
        for number in &numbers {
            bytes.extend(layout.number(*number, 4));
        }
        // Two numbers of four bytes fit into an entry of a BigTIFF; the pictures here have one or at least four tiles.
        let value = if let [single] = numbers.as_slice() {
            *single
        } else {
            at
        };
        Entry {
            count: numbers.len() as u64,
            ..Entry::one(tag, 4, value)
        }
    };
    let (offsets_tag, sizes_tag) = if layout.tile > 0 {
        (324, 325)
    } else {
        (273, 279)
    };
    let mut entries = vec![
        list(
            offsets_tag,
            locations.iter().map(|location| location.0).collect(),
        ),
        list(
            sizes_tag,
            locations.iter().map(|location| location.1).collect(),
        ),
    ];
    let cut = if layout.tile > 0 {
        vec![(322, layout.tile.into()), (323, layout.tile.into())]
    } else {
        vec![(278, height)]
    };
    entries.extend(
        cut.into_iter()
            .map(|(tag, value)| Entry::one(tag, 4, value)),
    );
    entries.extend([(256, 8), (257, height)].map(|(tag, value)| Entry::one(tag, 4, value)));
    let shorts = [
        (258, 8),
        (259, layout.compression.max(1)),
        (262, 1),
        (277, 1),
        (317, layout.predictor.max(1)),
    ];
    entries.extend(shorts.map(|(tag, value)| Entry::one(tag, 3, value.into())));
    entries
}

/// Stores strips or tiles; returns offset and length of each.
fn store_chunks(layout: &Layout, pixels: &[u8], bytes: &mut Vec<u8>) -> Vec<(u64, u64)> {
    let chunks = layout.stored.clone().unwrap_or_else(|| {
        let raw = if layout.tile > 0 {
            tiles(pixels, layout.tile as usize)
        } else {
            vec![pixels.to_vec()]
        };
        raw.iter().map(|chunk| encode(layout, chunk)).collect()
    });
    let mut locations = Vec::new();
    for chunk in &chunks {
        locations.push((bytes.len() as u64, chunk.len() as u64));
        bytes.extend(chunk);
    }
    locations
}

/// A fraction lies beside the directory, in a BigTIFF inside the entry: numerator first in either byte order.
fn resolution_entries(layout: &Layout, bytes: &mut Vec<u8>) -> Vec<Entry> {
    let Some((resolution, unit)) = layout.resolution else {
        return Vec::new();
    };
    let at = bytes.len() as u64;
    let fraction = [layout.number(resolution.into(), 4), layout.number(1, 4)].concat();
    bytes.extend(&fraction);
    let fraction: [u8; 8] = fraction.try_into().unwrap();
    let value = match (layout.big, layout.big_endian) {
        (false, _) => at,
        (true, true) => u64::from_be_bytes(fraction),
        (true, false) => u64::from_le_bytes(fraction),
    };
    vec![
        Entry::one(282, 5, value),
        Entry::one(283, 5, value),
        Entry::one(296, 3, unit.into()),
    ]
}

/// One valid file for each compression, byte order and size of offsets.
pub(crate) fn one_of_each() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for compression in [1, 5, 8, 32773, 50000] {
        for (big_endian, big, tile) in [
            (false, false, 0),
            (true, true, 4),
            (false, true, 3),
            (true, false, 16),
        ] {
            let layout = Layout {
                big_endian,
                big,
                tile,
                compression,
                resolution: Some((40_000, 3)),
                ..Layout::default()
            };
            files.push(grey(layout, &picture()));
        }
    }
    files
}

/// 8 × 8 pixels with the values 0, 3, 5.
fn picture() -> Vec<u8> {
    (0..64).map(|index| [0, 3, 5][index * 7 % 11 % 3]).collect()
}

fn check(bytes: &[u8]) -> Result<ImageSummary, String> {
    imaging::check_bytes(bytes).map_err(|error| error.problem.to_string())
}

#[track_caller]
fn refused(bytes: &[u8], words: &str) {
    let message = check(bytes).expect_err("must be refused");
    assert!(message.contains(words), "{message}");
}

#[test]
fn every_layout_gives_the_same_summary() {
    for bytes in one_of_each() {
        let summary = check(&bytes).unwrap();
        assert_eq!(summary.size, [8, 8]);
        assert_eq!(summary.component_type, Some(ComponentType::Uint8));
        assert_eq!((summary.channels, summary.levels), (1, 1));
        assert_eq!(
            summary.segments,
            Some(vec![0, 3, 5]),
            "padding must not count"
        );
        assert_eq!(summary.spacing_source, SpacingSource::Stated);
        assert!((summary.geometry.spacing[0] - 0.000_25).abs() < 1e-12);
        assert_eq!(summary.warnings, Vec::<String>::new());
        assert_eq!(
            summary.tiff.unwrap().photometric.as_deref(),
            Some("min_is_black")
        );
    }
}

#[test]
fn predictor_2_is_undone_before_labels_are_counted() {
    let mut differences = picture();
    for row in differences.chunks_mut(8) {
        for column in (1..8).rev() {
            row[column] = row[column].wrapping_sub(row[column - 1]);
        }
    }
    let layout = Layout {
        compression: 8,
        predictor: 2,
        ..Layout::default()
    };
    assert_eq!(
        check(&grey(layout, &differences)).unwrap().segments,
        Some(vec![0, 3, 5])
    );
}

#[test]
fn every_cut_is_noticed() {
    for bytes in one_of_each() {
        // The directory lies at the end, so a shorter file loses it.
        for length in 0..bytes.len() {
            assert!(check(&bytes[..length]).is_err(), "cut to {length}");
        }
    }
}

#[test]
fn chunks_must_lie_in_the_file_and_be_whole() {
    let layout = |compression: u16, chunk: Vec<u8>| Layout {
        compression,
        stored: Some(vec![chunk]),
        ..Layout::default()
    };
    refused(
        &grey(layout(1, vec![0; 63]), &picture()),
        "strip 0 of directory 0: expected 64 bytes, found 63",
    );
    let whole = encode(&layout(5, vec![]), &picture());
    refused(
        &grey(layout(5, whole[..whole.len() - 4].to_vec()), &picture()),
        "cut off before its end",
    );
    let mut damaged = encode(&layout(8, vec![]), &picture());
    *damaged.last_mut().unwrap() ^= 1;
    refused(&grey(layout(8, damaged), &picture()), "does not decode");
    refused(
        &grey(layout(7, vec![0; 64]), &picture()),
        "strip 0 of directory 0: expected a marker",
    );
    let beyond = Layout {
        extra: vec![(273, 4, 1_000_000)],
        ..Layout::default()
    };
    refused(&grey(beyond, &picture()), "ends beyond the file");
}

#[test]
fn other_codecs_are_named_and_not_decoded() {
    let layout = Layout {
        compression: 34712,
        stored: Some(vec![vec![1, 2, 3]]),
        ..Layout::default()
    };
    let summary = check(&grey(layout, &picture())).unwrap();
    assert!(
        summary
            .warnings
            .iter()
            .any(|w| w.contains("jpeg2000 is not decoded")),
        "{:?}",
        summary.warnings
    );
}

#[test]
fn directories_that_form_a_loop_are_refused() {
    let first = grey(Layout::default(), &picture());
    let directory = u32::from_le_bytes(first[4..8].try_into().unwrap());
    let looped = Layout {
        next: directory.into(),
        ..Layout::default()
    };
    refused(&grey(looped, &picture()), "form a loop");
}

#[test]
fn numbers_that_cannot_be_are_refused_before_anything_is_read() {
    for (tag, value, words) in [
        (
            256,
            0,
            "`ImageWidth of directory 0`: expected 1 to 4294967295, found 0",
        ),
        (258, 65, "`BitsPerSample of directory 0`"),
        (277, 0, "`SamplesPerPixel of directory 0`"),
        (257, 4_000_000_000, "expected 32000000000 bytes, found 64"),
        (
            278,
            1,
            "`StripOffsets of directory 0`: expected 8 numbers, found 1",
        ),
    ] {
        let layout = Layout {
            extra: vec![
                (tag, 4, value),
                (278, 4, if tag == 278 { 1 } else { u32::MAX }),
            ],
            ..Layout::default()
        };
        let bytes = grey(layout, &picture());
        let message = check(&bytes).unwrap_err();
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn the_resolution_becomes_millimetres() {
    for (resolution, expected, source) in [
        (Some((25_400, 2)), 0.001, SpacingSource::Stated),
        (Some((72, 2)), 25.4 / 72.0, SpacingSource::PrintingDefault),
        (Some((300, 1)), 1.0, SpacingSource::Missing),
        (Some((0, 2)), 1.0, SpacingSource::Missing),
        (None, 1.0, SpacingSource::Missing),
    ] {
        let layout = Layout {
            resolution,
            ..Layout::default()
        };
        let summary = check(&grey(layout, &picture())).unwrap();
        assert!(
            (summary.geometry.spacing[1] - expected).abs() < 1e-12,
            "{resolution:?}"
        );
        assert_eq!(summary.spacing_source, source);
    }
}

#[test]
fn sample_value_tags_name_the_segments_of_what_is_not_decoded() {
    let layout = Layout {
        compression: 34712,
        stored: Some(vec![vec![1]]),
        extra: vec![(280, 3, 2), (281, 3, 4)],
        ..Layout::default()
    };
    assert_eq!(
        check(&grey(layout, &picture())).unwrap().segments,
        Some(vec![2, 3, 4])
    );
}
