//! DICOM files made byte by byte, single and in series.

use camino::Utf8PathBuf;
use imaging::dicom_series::{Uneven, group};
use imaging::{CheckLimits, ComponentType, ImageSummary, Samples, Volume};
use proptest::prelude::*;

const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const IMPLICIT: &str = "1.2.840.10008.1.2";
const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
const RLE: &str = "1.2.840.10008.1.2.5";

/// A value as the test means it; how it is written depends on the transfer syntax.
#[derive(Clone)]
enum Is {
    Text(String),
    Words(Vec<u16>),
    Bytes(Vec<u8>),
    Items(Vec<Vec<Element>>),
    Fragments(Vec<Vec<u8>>),
}

type Element = (u32, &'static str, Is);

fn text(tag: u32, vr: &'static str, value: &str) -> Element {
    (tag, vr, Is::Text(value.to_owned()))
}

fn word(tag: u32, value: u16) -> Element {
    (tag, "US", Is::Words(vec![value]))
}

fn sequence(tag: u32, items: Vec<Vec<Element>>) -> Element {
    (tag, "SQ", Is::Items(items))
}

#[derive(Clone, Copy)]
struct Style {
    explicit: bool,
    big_endian: bool,
}

impl Style {
    fn of(syntax: &str) -> Style {
        Style {
            explicit: syntax != IMPLICIT,
            big_endian: syntax == BIG_ENDIAN,
        }
    }

    fn word(self, value: u16) -> [u8; 2] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    fn long(self, value: u32) -> [u8; 4] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    fn tag(self, tag: u32) -> [u8; 4] {
        let half = |half: u32| self.word(u16::try_from(half).unwrap());
        let ([a, b], [c, d]) = (half(tag >> 16), half(tag & 0xffff));
        [a, b, c, d]
    }

    fn write(self, elements: &[Element], out: &mut Vec<u8>) {
        let mut sorted = elements.to_vec();
        sorted.sort_by_key(|(tag, _, _)| *tag);
        for (tag, vr, value) in &sorted {
            let mut bytes = Vec::new();
            let mut undefined = false;
            match value {
                Is::Text(text) => bytes.extend(text.bytes()),
                Is::Words(words) => bytes.extend(words.iter().flat_map(|word| self.word(*word))),
                Is::Bytes(given) => bytes.clone_from(given),
                Is::Items(items) => {
                    for item in items {
                        bytes.extend(self.tag(0xfffe_e000));
                        bytes.extend(self.long(u32::MAX));
                        self.write(item, &mut bytes);
                        bytes.extend(self.tag(0xfffe_e00d));
                        bytes.extend([0; 4]);
                    }
                }
                Is::Fragments(fragments) => {
                    undefined = true;
                    for fragment in [Vec::new()].iter().chain(fragments) {
                        bytes.extend(self.tag(0xfffe_e000));
                        bytes.extend(self.long(u32::try_from(fragment.len()).unwrap()));
                        bytes.extend(fragment);
                    }
                    bytes.extend(self.tag(0xfffe_e0dd));
                    bytes.extend([0; 4]);
                }
            }
            if bytes.len() % 2 == 1 {
                bytes.push(if matches!(value, Is::Text(_)) {
                    b' '
                } else {
                    0
                });
            }
            let length = if undefined {
                u32::MAX
            } else {
                u32::try_from(bytes.len()).unwrap()
            };
            out.extend(self.tag(*tag));
            if self.explicit {
                out.extend(vr.bytes());
                if matches!(*vr, "OB" | "OW" | "SQ" | "UN") {
                    out.extend([0; 2]);
                    out.extend(self.long(length));
                } else {
                    out.extend(self.word(u16::try_from(length).unwrap()));
                }
            } else {
                out.extend(self.long(length));
            }
            out.extend(bytes);
        }
    }
}

/// A whole file.
fn file(syntax: &str, elements: &[Element]) -> Vec<u8> {
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    Style::of(EXPLICIT).write(
        &[text(0x0002_0010, "UI", &format!("{syntax}\0"))],
        &mut bytes,
    );
    Style::of(syntax).write(elements, &mut bytes);
    bytes
}

/// 3 × 2 pixels of 16 bits, the samples little-endian words.
fn grey(samples: &[u16]) -> Vec<Element> {
    vec![
        text(0x0008_0060, "CS", "CT"),
        text(0x0020_000d, "UI", "1.2.3"),
        text(0x0020_000e, "UI", "1.2.4"),
        text(0x0020_0032, "DS", "-10\\20\\5.5"),
        text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0"),
        word(0x0028_0002, 1),
        text(0x0028_0004, "CS", "MONOCHROME2"),
        word(0x0028_0010, 2),
        word(0x0028_0011, 3),
        text(0x0028_0030, "DS", "0.7\\0.5"),
        word(0x0028_0100, 16),
        word(0x0028_0101, 16),
        word(0x0028_0102, 15),
        word(0x0028_0103, 0),
        (0x7fe0_0010, "OW", Is::Words(samples.to_vec())),
    ]
}

/// The same with some elements replaced or added.
fn with(mut elements: Vec<Element>, changes: Vec<Element>) -> Vec<Element> {
    for change in changes {
        elements.retain(|(tag, _, _)| *tag != change.0);
        elements.push(change);
    }
    elements
}

fn read(bytes: &[u8]) -> Result<(Volume, ImageSummary), String> {
    imaging::read_file(
        &mut std::io::Cursor::new(bytes),
        "a file",
        &imaging::source::nothing_beside,
        &CheckLimits::default(),
    )
    .map_err(|error| error.to_string())
}

fn samples(bytes: &[u8]) -> Samples {
    read(bytes).unwrap().0.samples
}

const SIX: [u16; 6] = [1, 2, 3, 4, 5, 0x0fff];

#[test]
fn samples_and_geometry_are_the_same_in_every_native_syntax() {
    for syntax in [EXPLICIT, IMPLICIT, BIG_ENDIAN] {
        let (volume, summary) = read(&file(syntax, &grey(&SIX))).unwrap();
        assert_eq!(volume.samples, Samples::Uint16(SIX.to_vec()), "{syntax}");
        assert_eq!(summary.geometry.size, [3, 2, 1]);
        // Row spacing comes first in the file and is that of y.
        assert_eq!(summary.geometry.spacing, [0.5, 0.7, 1.0]);
        assert_eq!(summary.geometry.origin, [-10.0, 20.0, 5.5]);
        assert_eq!(summary.warnings, Vec::<String>::new());
    }
}

#[test]
fn files_without_preamble_and_with_zeros_behind_are_read() {
    let whole = file(EXPLICIT, &grey(&SIX));
    let (volume, summary) = read(&whole[132..]).unwrap();
    assert_eq!(volume.samples, Samples::Uint16(SIX.to_vec()));
    assert!(summary.warnings[0].contains("no preamble"));
    let mut bare = Vec::new();
    Style::of(IMPLICIT).write(&grey(&SIX), &mut bare);
    assert_eq!(samples(&bare), Samples::Uint16(SIX.to_vec()));
    let padded = [whole.as_slice(), &[0; 5000]].concat();
    assert_eq!(samples(&padded), Samples::Uint16(SIX.to_vec()));
}

#[test]
fn deflated_data_sets_are_inflated() {
    use std::io::Write;
    let mut data = Vec::new();
    Style::of(EXPLICIT).write(&grey(&SIX), &mut data);
    let mut bytes = file("1.2.840.10008.1.2.1.99", &[]);
    let mut encoder =
        flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&data).unwrap();
    bytes.extend(encoder.finish().unwrap());
    assert_eq!(samples(&bytes), Samples::Uint16(SIX.to_vec()));
}

#[test]
fn bits_beside_the_value_are_masked_and_signs_extended() {
    // 12 bits in the upper part of the word, noise below.
    let stored = [0x800f, 0x7fff, 0x0010, 0, 0xfff0, 0x001f];
    let elements = with(
        grey(&stored),
        vec![
            word(0x0028_0101, 12),
            word(0x0028_0102, 15),
            word(0x0028_0103, 1),
        ],
    );
    assert_eq!(
        samples(&file(EXPLICIT, &elements)),
        Samples::Int16(vec![-2048, 2047, 1, 0, -1, 1])
    );
}

#[test]
fn values_are_rescaled_to_the_smallest_type() {
    let rescaled = |slope: &str, intercept: &str, stored: u16| {
        let elements = with(
            grey(&SIX),
            vec![
                text(0x0028_1052, "DS", intercept),
                text(0x0028_1053, "DS", slope),
                word(0x0028_0101, stored),
                word(0x0028_0102, stored - 1),
            ],
        );
        samples(&file(EXPLICIT, &elements))
    };
    assert_eq!(
        rescaled("1", "-1024", 12),
        Samples::Int16(vec![-1023, -1022, -1021, -1020, -1019, 3071])
    );
    assert_eq!(
        rescaled("1", "-1024", 16),
        Samples::Int32(vec![-1023, -1022, -1021, -1020, -1019, 3071])
    );
    assert_eq!(
        rescaled("0.5", "0", 16),
        Samples::Float64(vec![0.5, 1.0, 1.5, 2.0, 2.5, 2047.5])
    );
}

#[test]
fn monochrome1_is_turned_around_with_a_warning() {
    let elements = with(
        grey(&SIX),
        vec![
            text(0x0028_0004, "CS", "MONOCHROME1"),
            word(0x0028_0101, 12),
            word(0x0028_0102, 11),
        ],
    );
    let (volume, summary) = read(&file(EXPLICIT, &elements)).unwrap();
    assert_eq!(
        volume.samples,
        Samples::Uint16(vec![4094, 4093, 4092, 4091, 4090, 0])
    );
    assert!(summary.warnings[0].contains("MONOCHROME1"));
}

fn colour(photometric: &str, planar: u16, bytes: &[u8]) -> Vec<Element> {
    with(
        grey(&[]),
        vec![
            word(0x0028_0002, 3),
            text(0x0028_0004, "CS", photometric),
            word(0x0028_0006, planar),
            word(0x0028_0010, 1),
            word(0x0028_0011, 2),
            word(0x0028_0100, 8),
            word(0x0028_0101, 8),
            word(0x0028_0102, 7),
            (0x7fe0_0010, "OB", Is::Bytes(bytes.to_vec())),
        ],
    )
}

#[test]
fn colours_become_interleaved_rgb() {
    let rgb = Samples::Uint8(vec![1, 2, 3, 4, 5, 6]);
    assert_eq!(
        samples(&file(EXPLICIT, &colour("RGB", 0, &[1, 2, 3, 4, 5, 6]))),
        rgb
    );
    assert_eq!(
        samples(&file(EXPLICIT, &colour("RGB", 1, &[1, 4, 2, 5, 3, 6]))),
        rgb
    );
    let red = Samples::Uint8(vec![254, 0, 0, 128, 128, 128]);
    let ybr = [76, 85, 255, 128, 128, 128];
    assert_eq!(samples(&file(EXPLICIT, &colour("YBR_FULL", 0, &ybr))), red);
    let half = Samples::Uint8(vec![10, 10, 10, 20, 20, 20]);
    let shared = colour("YBR_FULL_422", 0, &[10, 20, 128, 128]);
    assert_eq!(samples(&file(EXPLICIT, &shared)), half);
}

#[test]
fn palettes_are_looked_up() {
    let table = |low: u16| Is::Words(vec![low << 8, (low + 1) << 8]);
    let elements = with(
        colour("PALETTE COLOR", 0, &[7, 8]),
        vec![
            word(0x0028_0002, 1),
            (0x0028_1101, "US", Is::Words(vec![2, 7, 16])),
            (0x0028_1102, "US", Is::Words(vec![2, 7, 16])),
            (0x0028_1103, "US", Is::Words(vec![2, 7, 16])),
            (0x0028_1201, "OW", table(10)),
            (0x0028_1202, "OW", table(20)),
            (0x0028_1203, "OW", table(30)),
        ],
    );
    assert_eq!(
        samples(&file(EXPLICIT, &elements)),
        Samples::Uint8(vec![10, 20, 30, 11, 21, 31])
    );
}

#[test]
fn rle_frames_are_decoded() {
    // Two segments: high bytes, then low bytes.
    let mut frame = [2u32, 64, 66].map(u32::to_le_bytes).concat();
    frame.resize(64, 0);
    frame.extend([251, 1, 5, 1, 2, 3, 4, 5, 6, 0]);
    let elements = with(
        grey(&[]),
        vec![(0x7fe0_0010, "OB", Is::Fragments(vec![frame]))],
    );
    assert_eq!(
        samples(&file(RLE, &elements)),
        Samples::Uint16(vec![0x101, 0x102, 0x103, 0x104, 0x105, 0x106])
    );
}

#[test]
fn bits_of_a_segmentation_are_unpacked() {
    let elements = with(
        grey(&[]),
        vec![
            text(0x0028_0008, "IS", "2"),
            word(0x0028_0100, 1),
            word(0x0028_0101, 1),
            word(0x0028_0102, 0),
            // 6 bits each, without padding between.
            (0x7fe0_0010, "OB", Is::Bytes(vec![0b1110_0001, 0b0000_1000])),
        ],
    );
    assert_eq!(
        samples(&file(EXPLICIT, &elements)),
        Samples::Uint8(vec![1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1])
    );
}

/// Two frames with functional groups of their own.
fn enhanced(positions: [f64; 2]) -> Vec<Element> {
    let frame = |z: f64| {
        vec![sequence(
            0x0020_9113,
            vec![vec![text(0x0020_0032, "DS", &format!("1\\2\\{z}"))]],
        )]
    };
    with(
        grey(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        vec![
            text(0x0028_0008, "IS", "2"),
            sequence(
                0x5200_9229,
                vec![vec![
                    sequence(
                        0x0028_9110,
                        vec![vec![text(0x0028_0030, "DS", "0.25\\0.125")]],
                    ),
                    sequence(
                        0x0028_9145,
                        vec![vec![
                            text(0x0028_1052, "DS", "10"),
                            text(0x0028_1053, "DS", "1"),
                        ]],
                    ),
                ]],
            ),
            sequence(0x5200_9230, positions.map(frame).to_vec()),
        ],
    )
}

#[test]
fn frames_take_their_place_from_functional_groups() {
    for syntax in [EXPLICIT, IMPLICIT, BIG_ENDIAN] {
        let (volume, summary) = read(&file(syntax, &enhanced([3.0, 5.5]))).unwrap();
        assert_eq!(summary.geometry.size, [3, 2, 2]);
        assert_eq!(summary.geometry.spacing, [0.125, 0.25, 2.5]);
        assert_eq!(summary.geometry.origin, [1.0, 2.0, 3.0]);
        assert_eq!(
            volume.samples,
            Samples::Uint32((11..=22).collect()),
            "{syntax}"
        );
    }
    // The other way round: the order of the file stays, and the axis points down.
    let (_, summary) = read(&file(EXPLICIT, &enhanced([5.5, 3.0]))).unwrap();
    assert_eq!(summary.geometry.origin, [1.0, 2.0, 5.5]);
    assert_eq!(summary.geometry.direction[8], -1.0);
}

#[test]
fn refusals_name_the_field() {
    let cases = [
        (
            vec![text(0x0028_0008, "IS", "1A")],
            "field `NumberOfFrames`: expected a whole number, found \"1A\"",
        ),
        (
            vec![text(0x0028_0008, "IS", "2000000000")],
            "PixelData: expected 24000000000 bytes, found 12",
        ),
        (vec![word(0x0028_0010, 0)], "field `Rows`"),
        (
            vec![text(0x0028_0030, "DS", "0\\1")],
            "field `PixelSpacing`",
        ),
        (
            vec![text(0x0020_0037, "DS", "1\\0\\0\\1\\0\\0")],
            "field `ImageOrientationPatient`",
        ),
        (vec![word(0x0028_0101, 17)], "field `BitsStored`"),
        (
            vec![text(0x0028_0004, "CS", "CMYK")],
            "field `PhotometricInterpretation`",
        ),
    ];
    for (change, words) in cases {
        let message = read(&file(EXPLICIT, &with(grey(&SIX), change))).unwrap_err();
        assert!(message.contains(words), "{message}");
    }
    let message = read(&file("1.2.840.10008.1.2.4.80", &grey(&SIX))).unwrap_err();
    assert!(message.contains("JPEG-LS lossless"), "{message}");
}

#[test]
fn nested_sequences_do_not_exhaust_the_stack() {
    let mut bytes = file(EXPLICIT, &[]);
    for _ in 0..100_000 {
        bytes.extend(b"\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff");
    }
    let message = read(&bytes).unwrap_err();
    assert!(message.contains("sequences inside each other"), "{message}");
}

#[test]
fn claims_of_a_value_are_compared_with_the_file() {
    let mut bytes = file(EXPLICIT, &[]);
    bytes.extend(b"\x08\0\x05\0UN\0\0\xf0\xff\xff\xff12");
    let message = read(&bytes).unwrap_err();
    assert!(
        message.contains("expected 4294967280 bytes, found 2"),
        "{message}"
    );
}

/// Slices in a folder of their own: number, position along z and further changes of each.
fn folder(slices: &[(i64, f64, Vec<Element>)]) -> (tempfile::TempDir, Vec<Utf8PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let paths = slices
        .iter()
        .enumerate()
        .map(|(index, (number, z, changes))| {
            let value = u16::try_from(index).unwrap() * 10;
            let elements = with(
                grey(&[value, value + 1, value + 2, value + 3, value + 4, value + 5]),
                [
                    vec![
                        text(0x0008_0018, "UI", &format!("9.{index}")),
                        text(0x0020_0013, "IS", &number.to_string()),
                        text(0x0020_0032, "DS", &format!("0\\0\\{z}")),
                    ],
                    changes.clone(),
                ]
                .concat(),
            );
            let path = Utf8PathBuf::try_from(folder.path().join(format!("{index}.dcm"))).unwrap();
            fs_err::write(&path, file(EXPLICIT, &elements)).unwrap();
            path
        })
        .collect();
    (folder, paths)
}

fn firsts(volume: &Volume) -> Vec<f64> {
    volume.samples.to_f64().into_iter().step_by(6).collect()
}

#[test]
fn slices_are_sorted_by_their_place_and_not_by_their_number() {
    let limits = CheckLimits::default();
    let (_folder, paths) = folder(&[(1, 9.0, vec![]), (2, 3.0, vec![]), (3, 6.0, vec![])]);
    let grouped = group(&paths, &limits);
    assert_eq!((grouped.series.len(), grouped.refused.len()), (1, 0));
    let (volume, summary) = grouped.series[0].read(&limits, Uneven::Refuse).unwrap();
    assert_eq!(summary.geometry.spacing, [0.5, 0.7, 3.0]);
    assert_eq!(summary.geometry.origin, [0.0, 0.0, 3.0]);
    assert_eq!(firsts(&volume), [10.0, 20.0, 0.0]);
    assert_eq!(summary.component_type, Some(ComponentType::Uint16));
}

#[test]
fn a_missing_slice_is_named_and_refused_unless_allowed() {
    let limits = CheckLimits::default();
    let slices: Vec<_> = [0.0, 3.0, 6.0, 12.0, 15.0]
        .iter()
        .enumerate()
        .map(|(index, z)| (index as i64 + 1, *z, vec![]))
        .collect();
    let (_folder, paths) = folder(&slices);
    let grouped = group(&paths, &limits);
    let series = &grouped.series[0];
    let words = "slices 3 (number 3) and 4 (number 4): 6 mm (1 missing)";
    let summary = series.inspect(&limits).unwrap();
    assert!(
        summary.warnings[0].contains(words),
        "{:?}",
        summary.warnings
    );
    assert_eq!(summary.geometry.spacing[2], 3.0);
    let message = series
        .read(&limits, Uneven::Refuse)
        .unwrap_err()
        .to_string();
    assert!(message.contains(words), "{message}");
    let (volume, _) = series.read(&limits, Uneven::Allow).unwrap();
    assert_eq!(firsts(&volume).len(), 5);
}

#[test]
fn volumes_are_told_apart_by_time() {
    let limits = CheckLimits::default();
    let at = |time: &str| vec![text(0x0018_1060, "DS", time)];
    let (_folder, paths) = folder(&[
        (1, 2.0, at("70")),
        (2, 0.0, at("70")),
        (3, 0.0, at("5")),
        (4, 2.0, at("5")),
    ]);
    let grouped = group(&paths, &limits);
    let (volume, summary) = grouped.series[0].read(&limits, Uneven::Refuse).unwrap();
    assert_eq!(summary.size, [3, 2, 2, 2]);
    assert!(summary.warnings[0].contains("`TriggerTime`"));
    assert_eq!(firsts(&volume), [20.0, 30.0, 10.0, 0.0]);
}

#[test]
fn copies_are_left_out_and_slices_at_one_place_refused() {
    let limits = CheckLimits::default();
    let (_folder, mut paths) = folder(&[(1, 0.0, vec![]), (2, 1.0, vec![])]);
    paths.push(paths[1].clone());
    let grouped = group(&paths, &limits);
    let summary = grouped.series[0].inspect(&limits).unwrap();
    assert_eq!(summary.size, [3, 2, 2]);
    assert!(
        summary.warnings[0].contains("copies"),
        "{:?}",
        summary.warnings
    );

    let (_folder, paths) = folder(&[(1, 0.0, vec![]), (2, 1.0, vec![]), (3, 1.0, vec![])]);
    let grouped = group(&paths, &limits);
    let uneven = grouped.series[0].uneven().unwrap();
    assert!(uneven.contains("same place: 2 (2 times)"), "{uneven}");
}

#[test]
fn tilted_slices_are_reported() {
    let limits = CheckLimits::default();
    let at = |y: f64, z: f64| vec![text(0x0020_0032, "DS", &format!("0\\{y}\\{z}"))];
    let (_folder, paths) = folder(&[
        (1, 0.0, at(0.0, 0.0)),
        (2, 0.0, at(1.0, 3.0)),
        (3, 0.0, at(2.0, 6.0)),
    ]);
    let summary = group(&paths, &limits).series[0].inspect(&limits).unwrap();
    assert!(
        summary.warnings[0].contains("2 mm beside the first, 18.4 degrees"),
        "{:?}",
        summary.warnings
    );
    assert_eq!(summary.geometry.spacing[2], 3.0);
}

#[test]
fn files_that_differ_are_images_of_their_own_and_broken_ones_spoil_nothing() {
    let limits = CheckLimits::default();
    let (folder, mut paths) = folder(&[
        (1, 0.0, vec![]),
        (2, 1.0, vec![]),
        (3, 2.0, vec![text(0x0020_0037, "DS", "0\\1\\0\\0\\0\\-1")]),
        (4, 3.0, vec![text(0x0028_0008, "IS", "1A")]),
    ]);
    let text = Utf8PathBuf::try_from(folder.path().join("notes.txt")).unwrap();
    fs_err::write(&text, "no image").unwrap();
    paths.push(text);
    let grouped = group(&paths, &limits);
    assert_eq!((grouped.series.len(), grouped.refused.len()), (2, 2));
    assert!(grouped.refused[0].to_string().contains("`NumberOfFrames`"));
    let summary = grouped.series[0].inspect(&limits).unwrap();
    assert_eq!(summary.size, [3, 2, 2]);
    assert!(summary.warnings[0].contains("the series holds 2 images"));
}

#[test]
fn facts_hold_windows_and_nothing_of_the_patient() {
    let elements = with(
        grey(&SIX),
        vec![
            text(0x0010_0010, "PN", "Doe^Jane"),
            text(0x0018_0050, "DS", "2.5"),
            text(0x0020_0060, "CS", "L"),
            text(0x0028_1050, "DS", "40\\300"),
            text(0x0028_1051, "DS", "400\\1500"),
        ],
    );
    let bytes = file(EXPLICIT, &elements);
    let facts = imaging::dicom_facts(
        &mut std::io::Cursor::new(bytes),
        "a file",
        &CheckLimits::default(),
    )
    .unwrap();
    assert_eq!(facts.windows.len(), 2);
    assert_eq!(
        (facts.windows[1].center, facts.windows[1].width),
        (300.0, 1500.0)
    );
    assert_eq!(facts.slice_thickness, Some(2.5));
    assert!(!format!("{facts:?}").contains("Doe"));
}

proptest! {
    #[test]
    fn any_change_of_any_byte_gets_an_answer(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        kind in 0usize..5,
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = match kind {
            0 => file(EXPLICIT, &enhanced([3.0, 5.5])),
            1 => file(IMPLICIT, &enhanced([3.0, 5.5])),
            2 => file(BIG_ENDIAN, &grey(&SIX)),
            3 => {
                let frame = [[1u32, 64].map(u32::to_le_bytes).concat(), vec![0; 80]].concat();
                file(RLE, &with(grey(&[]), vec![(0x7fe0_0010, "OB", Is::Fragments(vec![frame]))]))
            }
            _ => file(EXPLICIT, &colour("YBR_FULL_422", 0, &[10, 20, 128, 128])),
        };
        for (place, byte) in changes {
            // Beyond the preamble.
            let at = 128 + place.index(bytes.len() - 128);
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        drop(imaging::check_bytes(&bytes));
    }
}
