//! DICOM files made byte by byte: single files.

use imaging::{CheckLimits, ImageSummary, Samples, Volume};
use proptest::prelude::*;

mod made;
mod odd;
mod series;
mod whole_slide;

use made::{
    BIG_ENDIAN, EXPLICIT, Element, IMPLICIT, Is, RLE, Style, file, grey, sequence, text, with, word,
};

/// One slice of a series at this place along z.
pub(crate) fn slice_file(series: &str, z: f64) -> Vec<u8> {
    let elements = with(
        grey(&SIX),
        vec![
            text(0x0008_0018, "UI", &format!("{series}.{z}")),
            text(0x0020_000e, "UI", series),
            text(0x0020_0032, "DS", &format!("0\\0\\{z}")),
        ],
    );
    file(EXPLICIT, &elements)
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

/// `SIX` in 12 bits, encoded by imagecodecs 2026.3: lossless JPEG and JPEG 2000.
const LOSSLESS_JPEG: &str = "ffd8ffc40017000101010100000000000000000000000002010b0cffc3000b0c0002000301001100ffda0008010000060000c002d6bbfec0ffd9";
const JPEG_2000: &str = "ff4fff5100290000000000030000000200000000000000000000000300000002000000000000000000010b0101ff52000c00000001000004040001ff5c00044060ff640025000143726561746564206279204f70656e4a5045472076657273696f6e20322e352e34ff90000a0000000000170001ff93cfe4180889ecff447fffd9";

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap())
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] * 16 + pair[1])
        .collect()
}

/// Two equal frames of 12 bits in fragments.
fn coded(fragments: Vec<Vec<u8>>) -> Vec<Element> {
    with(
        grey(&[]),
        vec![
            text(0x0028_0008, "IS", "2"),
            word(0x0028_0101, 12),
            word(0x0028_0102, 11),
            (0x7fe0_0010, "OB", Is::Fragments(fragments)),
        ],
    )
}

#[test]
fn compressed_frames_are_decoded_whole_or_in_pieces() {
    let expected = Samples::Uint16([SIX, SIX].concat());
    for (syntax, stream) in [
        ("1.2.840.10008.1.2.4.70", unhex(LOSSLESS_JPEG)),
        ("1.2.840.10008.1.2.4.90", unhex(JPEG_2000)),
    ] {
        let even = [stream.as_slice(), &[0][..stream.len() % 2]].concat();
        let whole = vec![even.clone(), even.clone()];
        let pieces = [&even[..30], &even[30..], &even[..40], &even[40..]];
        for fragments in [whole, pieces.map(<[u8]>::to_vec).to_vec()] {
            let bytes = file(syntax, &coded(fragments));
            assert_eq!(samples(&bytes), expected, "{syntax}");
        }
        let message = read(&file(syntax, &coded(vec![even]))).unwrap_err();
        assert!(
            message.contains("`NumberOfFrames`: expected the number of frames in `PixelData`, 1"),
            "{message}"
        );
        let other = with(
            coded(vec![stream.clone(), stream]),
            vec![word(0x0028_0011, 30_000)],
        );
        let message = read(&file(syntax, &other)).unwrap_err();
        assert!(
            message.contains("expected 30000 × 2 pixels of 1 samples, found 3 × 2 of 1"),
            "{message}"
        );
    }
}

#[test]
fn baseline_jpeg_is_decoded_with_and_without_a_colour_transform() {
    let decoded = |photometric: &str, colour: jpeg_encoder::ColorType, pixels: &[u8]| {
        let mut stream = Vec::new();
        jpeg_encoder::Encoder::new(&mut stream, 100)
            .encode(pixels, 8, 8, colour)
            .unwrap();
        let elements = with(
            colour_frame(photometric),
            vec![(0x7fe0_0010, "OB", Is::Fragments(vec![stream]))],
        );
        samples(&file("1.2.840.10008.1.2.4.50", &elements)).to_f64()
    };
    // The encoder writes YCbCr whatever the attributes say: its JFIF marker decides.
    for photometric in ["YBR_FULL_422", "RGB"] {
        let pixels = [200, 30, 90].repeat(64);
        let found = decoded(photometric, jpeg_encoder::ColorType::Rgb, &pixels);
        for (found, expected) in found.iter().zip(&pixels) {
            assert!(
                (found - f64::from(*expected)).abs() <= 3.0,
                "{photometric} {found}"
            );
        }
    }
}

fn colour_frame(photometric: &str) -> Vec<Element> {
    with(
        colour(photometric, 0, &[]),
        vec![word(0x0028_0010, 8), word(0x0028_0011, 8)],
    )
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
