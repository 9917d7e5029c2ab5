//! Output images: exactly one per folder, whole, with declared values only.

use std::io::Write;

use domain::FailureReason;

use super::{after_good, one_invalid};
use crate::algorithm::{image_of, scan};
use crate::job::{Job, Ran, says};

const ORIGIN: &str = "10 20 30";

/// The job whose mask is these bytes: given as the scan's neighbour, copied by the program.
fn masked(mask: &[u8], more: &str) -> Ran {
    let escaped: String = mask.iter().map(|byte| format!("\\{byte:03o}")).collect();
    Job::with_scan(&format!(
        "printf '{escaped}' > /output/images/mask/mask.mha\n{more}"
    ))
    .run()
}

/// Refused for the mask alone.
fn refused(mask: &[u8], words: &[&str]) {
    let ran = masked(mask, "");
    ran.failed(FailureReason::OutputInvalid);
    let problems = ran.problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(
        (problems[0].1, problems[0].2),
        ("mask", "images/mask/mask.mha")
    );
    says(problems[0].3, words);
    assert_eq!(ran.outputs(), ["count", "results-json-file", "table"]);
}

/// The scan compressed, and cut off after so many bytes of its stream.
fn compressed(keep: usize) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&[0, 1, 0, 1, 1, 0, 1, 0]).unwrap();
    let stream = encoder.finish().unwrap();
    let header = String::from_utf8(image_of(ORIGIN, &[])).unwrap();
    let size = format!(
        "CompressedData = True\nCompressedDataSize = {}",
        stream.len()
    );
    let header = header.replace("CompressedData = False", &size);
    [header.as_bytes(), &stream[..keep.min(stream.len())]].concat()
}

#[test]
fn samples_that_are_cut_off() {
    refused(&image_of(ORIGIN, &[1; 7]), &["expected 8 bytes, found 7"]);
    refused(&scan(ORIGIN)[..100], &["is missing"]);
    refused(b"", &["the file is empty"]);
}

#[test]
fn a_compressed_stream_that_is_cut_off_or_broken() {
    masked(&compressed(usize::MAX), "").succeeded();
    refused(&compressed(8), &["compressed data"]);
    let mut checksum = compressed(usize::MAX);
    *checksum.last_mut().unwrap() ^= 1;
    refused(&checksum, &["compressed data"]);
}

#[test]
fn values_that_no_segment_declares() {
    refused(
        &image_of(ORIGIN, &[0, 1, 2, 7, 0, 0, 0, 0]),
        &["[2, 7]", "expected only [0, 1]"],
    );
    let floats = String::from_utf8(image_of(ORIGIN, &[])).unwrap();
    let floats = floats.replace("MET_UCHAR", "MET_FLOAT");
    refused(
        &[floats.as_bytes(), &[0; 32]].concat(),
        &["could not be determined"],
    );
}

#[test]
fn a_header_that_asks_for_too_much() {
    let huge = String::from_utf8(scan(ORIGIN)).unwrap();
    let huge = huge.replace("2 2 2\nEl", "2000000 2000000 2000000\nEl");
    refused(huge.as_bytes(), &["bytes"]);
    let beside = String::from_utf8(image_of(ORIGIN, &[])).unwrap();
    refused(
        beside.replace("LOCAL", "../../count.json").as_bytes(),
        &["count.json"],
    );
}

#[test]
fn several_in_one_folder() {
    let ran = after_good(
        "mkdir /output/images/mask/b; cp /output/images/mask/mask.mha /output/images/mask/b/c.mha",
    );
    ran.failed(FailureReason::OutputAmbiguous);
    let problems = ran.problems();
    assert_eq!((problems.len(), problems[0].2), (1, "images/mask"));
    says(
        problems[0].3,
        &[
            "holds 2 images",
            "images/mask/b/c.mha",
            "expected exactly 1",
        ],
    );
    assert_eq!(ran.outputs(), ["count", "results-json-file", "table"]);
}

#[test]
fn one_that_is_good_among_others() {
    let ran =
        after_good("echo x > /output/images/mask/b.mha; echo y > /output/images/mask/notes.txt");
    ran.succeeded();
    ran.warned(&["images/mask/b.mha", "is no image and was ignored"]);
    assert_eq!(ran.output("mask").relative_path, "images/mask/mask.mha");
    assert_eq!(
        ran.report.extra_files[0].relative_path,
        "images/mask/notes.txt"
    );
}

#[test]
fn none_at_all() {
    one_invalid(
        "mv /output/images/mask/mask.mha /output/images/mask/mask.nii",
        "mask",
        &["holds no `.mha` or `.tif` image", "images/mask/mask.nii"],
    );
    let ran = after_good("rm /output/images/mask/mask.mha");
    says(
        &ran.failed(FailureReason::OutputMissing).message,
        &["is empty"],
    );
    let ran = after_good("rm -r /output/images");
    says(
        &ran.failed(FailureReason::OutputMissing).message,
        &["socket `mask`", "images/mask"],
    );
}

#[test]
fn a_mask_that_lies_elsewhere_is_told_with_a_remedy() {
    let lost = String::from_utf8(scan("0 0 0")).unwrap();
    let lost = lost.replace("0.5 0.5 2", "1 1 1").into_bytes();
    let ran = masked(&lost, "");
    ran.succeeded();
    ran.warned(&["images/mask/mask.mha", "input `scan`", "CopyInformation"]);
    let geometry = ran.output("mask").geometry.as_ref().unwrap();
    assert!(
        !geometry.aligned && geometry.mistake.is_some(),
        "{geometry:?}"
    );
    assert!(geometry.worst_corner_mm.is_some_and(|mm| mm > 1.0));
}
