//! MetaImage files of every odd kind that exists in the field: what is read, what is refused, and with which words.

use std::io::{self, Cursor};

use imaging::{CheckLimits, ImageSummary, ReadSeek, Samples, Volume};

const HEAD: &str = "NDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementSpacing = 1 1 1\n";
const BYTES: [u8; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [header.as_bytes(), data].concat()
}

fn local(lines: &str, data: &[u8]) -> Vec<u8> {
    file(&format!("{HEAD}{lines}ElementDataFile = LOCAL\n"), data)
}

fn nothing(_: &str) -> io::Result<Box<dyn ReadSeek>> {
    Err(io::ErrorKind::NotFound.into())
}

fn check(bytes: &[u8]) -> Result<ImageSummary, String> {
    imaging::check_bytes(bytes).map_err(|error| error.problem.to_string())
}

fn read(bytes: &[u8]) -> Result<Volume, String> {
    imaging::read_file(
        &mut Cursor::new(bytes),
        "bytes",
        &nothing,
        &CheckLimits::default(),
    )
    .map(|(volume, _)| volume)
    .map_err(|problem| problem.to_string())
}

#[track_caller]
fn refused(bytes: &[u8], words: &str) {
    let checked = check(bytes).expect_err("check must refuse");
    assert!(checked.contains(words), "check says: {checked}");
    let read = read(bytes).expect_err("read must refuse");
    assert!(read.contains(words), "read says: {read}");
}

#[track_caller]
fn warned(bytes: &[u8], words: &str) -> Volume {
    let summary = check(bytes).expect("check must accept");
    assert!(
        summary
            .warnings
            .iter()
            .any(|warning| warning.contains(words)),
        "{:?}",
        summary.warnings
    );
    read(bytes).expect("read must accept")
}

fn zlib(data: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn gzip(data: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn compressed(stream: &[u8]) -> Vec<u8> {
    local(
        &format!(
            "CompressedData = True\nCompressedDataSize = {}\n",
            stream.len()
        ),
        stream,
    )
}

#[test]
fn raw_zlib_and_gzip_hold_the_same_samples() {
    for bytes in [
        local("", &BYTES),
        compressed(&zlib(&BYTES)),
        compressed(&gzip(&BYTES)),
    ] {
        assert_eq!(
            read(&bytes).unwrap().samples,
            Samples::Uint8(BYTES.to_vec())
        );
        let summary = check(&bytes).unwrap();
        assert_eq!(summary.segments, Some((0..8).collect()));
        assert_eq!(summary.warnings, Vec::<String>::new());
    }
}

#[test]
fn the_file_holds_the_transpose_of_the_direction() {
    let volume = read(&local(
        "TransformMatrix = 0 1 0 0 0 1 1 0 0\nOffset = 1 2 3\n",
        &BYTES,
    ))
    .unwrap();
    assert_eq!(
        volume.geometry.direction,
        [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    );
    assert_eq!(volume.geometry.origin, [1.0, 2.0, 3.0]);
}

#[test]
fn negative_spacing_turns_the_axis() {
    let bytes = local(
        "TransformMatrix = 0 1 0 0 0 1 1 0 0\nElementSpacing = -2 3 4\n",
        &BYTES,
    );
    let volume = warned(&bytes, "spacing -2 is negative");
    assert_eq!(volume.geometry.spacing, [2.0, 3.0, 4.0]);
    // Column 0 is turned: what SimpleITK reports for this file.
    assert_eq!(
        volume.geometry.direction,
        [0.0, 0.0, 1.0, -1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    );
}

#[test]
fn synonyms_of_the_origin_have_an_order() {
    for (lines, expected) in [
        ("Position = 7 8 9\nOffset = 4 5 6\n", [4.0, 5.0, 6.0]),
        ("Origin = 1 2 3\nOffset = 4 5 6\n", [1.0, 2.0, 3.0]),
        (
            "ImagePosition = 7 7 7\nOrigin = 1 2 3\nOffset = 4 5 6\n",
            [7.0, 7.0, 7.0],
        ),
    ] {
        assert_eq!(
            warned(&local(lines, &BYTES), "disagree").geometry.origin,
            expected
        );
    }
    assert_eq!(
        warned(&local("ElementOrigin = 1 2 3\n", &BYTES), "unknown to ITK")
            .geometry
            .origin,
        [1.0, 2.0, 3.0]
    );
}

#[test]
fn element_size_is_a_spacing_only_when_there_is_no_other() {
    let only = "NDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementSize = 2 3 4\nElementDataFile = LOCAL\n";
    assert_eq!(
        read(&file(only, &BYTES)).unwrap().geometry.spacing,
        [2.0, 3.0, 4.0]
    );
    assert_eq!(
        read(&local("ElementSize = 2 3 4\n", &BYTES))
            .unwrap()
            .geometry
            .spacing,
        [1.0, 1.0, 1.0]
    );
}

#[test]
fn long_has_four_bytes_and_msb_is_swapped() {
    let header = "NDims = 2\nDimSize = 2 1\nElementType = MET_LONG\nElementSpacing = 1 1\n";
    let big = file(
        &format!("{header}BinaryDataByteOrderMSB = True\nElementDataFile = LOCAL\n"),
        &[0, 0, 0, 1, 255, 255, 255, 254],
    );
    assert_eq!(read(&big).unwrap().samples, Samples::Int32(vec![1, -2]));
    assert_eq!(check(&big).unwrap().segments, Some(vec![-2, 1]));
}

#[test]
fn text_samples_are_read_as_their_type() {
    assert_eq!(
        read(&local("BinaryData = False\n", b"0 1 2\n3 4.0 5 6 255"))
            .unwrap()
            .samples,
        Samples::Uint8(vec![0, 1, 2, 3, 4, 5, 6, 255])
    );
    refused(
        &local("BinaryData = False\n", b"0 1 2 3 4 5 6 7000000"),
        "found `7000000`",
    );
    refused(
        &local("BinaryData = False\n", b"0 1 2 3 4 5 6 7.5"),
        "found `7.5`",
    );
    refused(
        &local("BinaryData = False\n", b"0 1 2 3 4 5             "),
        "expected 8 bytes, found 6",
    );
    warned(
        &local("BinaryData = False\n", b"0 1 2 3 4 5 6 7 8"),
        "after the last sample",
    );
}

#[test]
fn header_size_says_where_the_data_starts() {
    assert_eq!(
        read(&local(
            "HeaderSize = -1\n",
            b"padding\x00\x01\x02\x03\x04\x05\x06\x07"
        ))
        .unwrap()
        .samples,
        Samples::Uint8(BYTES.to_vec())
    );
    let from_zero = read(&local("HeaderSize = 2\n", &BYTES)).unwrap();
    assert_eq!(from_zero.samples, Samples::Uint8(b"ims = 3\n".to_vec()));
    refused(
        &local("HeaderSize = 1000000\n", &BYTES),
        "expected 8 bytes, found 0",
    );
}

#[test]
fn a_stream_that_is_not_whole_is_refused() {
    let whole = zlib(&BYTES);
    let mut wrong_checksum = whole.clone();
    *wrong_checksum.last_mut().unwrap() ^= 1;
    let mut raw_deflate = whole[2..whole.len() - 4].to_vec();
    raw_deflate.extend([0; 6]);
    let two = [zlib(&BYTES[..4]), zlib(&BYTES[4..])].concat();
    refused(
        &compressed(&whole[..whole.len() - 1]),
        "is cut off before its end",
    );
    refused(&compressed(&whole[..6]), "is cut off before its end");
    refused(
        &compressed(&zlib(&BYTES[..7])),
        "ends too early; expected 8 bytes of samples, found 7",
    );
    refused(&compressed(&wrong_checksum), "does not decode");
    refused(&compressed(&raw_deflate), "expected a zlib or gzip stream");
    refused(&compressed(&BYTES), "expected a zlib or gzip stream");
    refused(&compressed(&two), "ends too early");
}

#[test]
fn a_stream_with_too_much_is_accepted_with_a_warning() {
    let stream = zlib(&BYTES);
    let trailing = [stream.as_slice(), b"rest"].concat();
    for (bytes, words) in [
        (
            compressed(&zlib(&[&BYTES[..], &BYTES[..]].concat())),
            "8 decoded bytes beyond the image",
        ),
        (compressed(&trailing), "4 bytes after the compressed stream"),
        (
            local("CompressedData = True\n", &stream),
            "no `CompressedDataSize`",
        ),
        (
            local("CompressedData = True\nCompressedDataSize = 0\n", &stream),
            "no `CompressedDataSize`",
        ),
        (
            local("CompressedData = True\nCompressedDataSize = 5\n", &stream),
            "`CompressedDataSize` is 5",
        ),
    ] {
        assert_eq!(
            warned(&bytes, words).samples,
            Samples::Uint8(BYTES.to_vec())
        );
    }
    refused(
        &local(
            "CompressedData = True\nCompressedDataSize = 5000\n",
            &stream,
        ),
        "(`CompressedDataSize`): expected 5000 bytes",
    );
}

#[test]
fn raw_data_must_be_there() {
    refused(&local("", &BYTES[..7]), "data: expected 8 bytes, found 7");
    warned(&local("", &[0; 9]), "1 bytes after the last sample");
    let huge = "NDims = 3\nDimSize = 2000000 2000000 2000000\nElementType = MET_DOUBLE\nElementDataFile = LOCAL\n";
    refused(
        &file(huge, &BYTES),
        "expected 64000000000000000000 bytes, found 8",
    );
    let huge = huge.replace("ElementData", "CompressedData = True\nElementData");
    refused(
        &file(&huge, &zlib(&BYTES)),
        "cannot hold 64000000000000000000 bytes",
    );
}

#[test]
fn fields_that_cannot_be_right_are_named() {
    for (lines, words) in [
        (
            "DimSize = 2 -2 2\n",
            "field `DimSize`: expected 3 whole numbers",
        ),
        ("DimSize = 2 2\n", "field `DimSize`: expected 3 numbers"),
        ("DimSize = 2.5 2 2\n", "field `DimSize`"),
        (
            "ElementSpacing = 0 1 1\n",
            "field `ElementSpacing`: expected numbers other than 0",
        ),
        (
            "ElementSpacing = 1,1,1\n",
            "field `ElementSpacing`: expected 3 numbers separated by blanks, found `1,1,1`",
        ),
        ("Offset = nan 0 0\n", "field `Offset`"),
        ("TransformMatrix = 1 0 0 1 0 0 0 0 1\n", "singular"),
        ("ElementType = MET_STRING\n", "field `ElementType`"),
        (
            "ElementNumberOfChannels = 0\n",
            "field `ElementNumberOfChannels`",
        ),
        ("NDims = 1\n", "field `NDims`"),
    ] {
        refused(&local(lines, &BYTES), words);
    }
}

#[test]
fn wide_and_empty_images_are_read_with_a_warning() {
    let bytes = local("ElementNumberOfChannels = 5\n", &[0; 40]);
    assert_eq!(warned(&bytes, "refuses more than 4").channels, 5);
    let empty = "NDims = 3\nDimSize = 0 2 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n";
    assert!(
        warned(&file(empty, &[]), "the image is empty")
            .samples
            .is_empty()
    );
}

#[test]
fn only_plain_names_lead_to_another_file() {
    for name in [
        "/etc/passwd",
        "../secret.raw",
        "sub/secret.raw",
        "..",
        "C:\\secret.raw",
    ] {
        refused(
            &file(&format!("{HEAD}ElementDataFile = {name}\n"), &[]),
            "plain name",
        );
        refused(
            &file(
                &format!("{HEAD}ElementDataFile = LIST\n{name}\n{name}\n"),
                &[],
            ),
            "plain name",
        );
    }
    refused(
        &file(
            &format!("{HEAD}ElementDataFile = slice%03d.raw 1 2 0\n"),
            &[],
        ),
        "pattern",
    );
}

#[test]
fn samples_beside_the_header_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let folder = camino::Utf8Path::from_path(folder.path()).unwrap();
    let check = |name: &str| imaging::check(folder.join(name), &CheckLimits::default());
    fs_err::write(folder.join("all.raw"), BYTES).unwrap();
    fs_err::write(folder.join("a.raw"), &BYTES[..4]).unwrap();
    fs_err::write(folder.join("b.raw"), &BYTES[4..]).unwrap();
    fs_err::write(
        folder.join("one.mhd"),
        format!("{HEAD}ElementDataFile = all.raw\n"),
    )
    .unwrap();
    fs_err::write(
        folder.join("list.mhd"),
        format!("{HEAD}ElementDataFile = LIST\na.raw\nb.raw"),
    )
    .unwrap();
    fs_err::write(
        folder.join("short.mhd"),
        format!("{HEAD}ElementDataFile = LIST\na.raw\n"),
    )
    .unwrap();
    fs_err::write(
        folder.join("none.mhd"),
        format!("{HEAD}ElementDataFile = none.raw\n"),
    )
    .unwrap();
    for name in ["one.mhd", "list.mhd"] {
        assert_eq!(check(name).unwrap().segments, Some((0..8).collect()));
        let volume = imaging::metaimage::read(folder.join(name)).unwrap();
        assert_eq!(volume.samples, Samples::Uint8(BYTES.to_vec()));
    }
    let message = check("short.mhd").unwrap_err().to_string();
    assert!(
        message.contains("expected 2 file names after `LIST`, found 1"),
        "{message}"
    );
    let message = check("none.mhd").unwrap_err().to_string();
    assert!(message.contains("data file `none.raw`"), "{message}");
}

#[cfg(unix)]
#[test]
fn a_link_beside_the_header_is_not_followed_out_of_the_folder() {
    let outer = tempfile::tempdir().unwrap();
    let outer = camino::Utf8Path::from_path(outer.path()).unwrap();
    fs_err::create_dir_all(outer.join("inner")).unwrap();
    fs_err::write(outer.join("secret.raw"), BYTES).unwrap();
    fs_err::os::unix::fs::symlink("../secret.raw", outer.join("inner/link.raw")).unwrap();
    fs_err::write(
        outer.join("inner/a.mhd"),
        format!("{HEAD}ElementDataFile = link.raw\n"),
    )
    .unwrap();
    let message = imaging::check(outer.join("inner/a.mhd"), &CheckLimits::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("another folder"), "{message}");
}
