//! Slides in DICOM, which become pyramids before the program sees them.

use super::{listed, paths, seen, teller};

/// Two tiles of 2 × 2 grey pixels, side by side, in explicit VR, little-endian.
fn slide() -> Vec<u8> {
    let elements: [(u32, &[u8; 2], &[u8]); 16] = [
        (0x0008_0008, b"CS", b"ORIGINAL\\PRIMARY\\VOLUME\\NONE "),
        (0x0008_0016, b"UI", b"1.2.840.10008.5.1.4.1.1.77.1.6"),
        (0x0010_0010, b"PN", b"Doe^Jane"),
        (0x0020_000e, b"UI", b"1.2.4\0"),
        (0x0028_0002, b"US", &[1, 0]),
        (0x0028_0004, b"CS", b"MONOCHROME2 "),
        (0x0028_0008, b"IS", b"2 "),
        (0x0028_0010, b"US", &[2, 0]),
        (0x0028_0011, b"US", &[2, 0]),
        (0x0028_0100, b"US", &[8, 0]),
        (0x0028_0103, b"US", &[0, 0]),
        (0x0048_0001, b"FL", &[0, 0, 0x80, 0x3f]),
        (0x0048_0002, b"FL", &[0, 0, 0x80, 0x3f]),
        (0x0048_0006, b"UL", &[4, 0, 0, 0]),
        (0x0048_0007, b"UL", &[2, 0, 0, 0]),
        (0x7fe0_0010, b"OB", &[1, 2, 5, 6, 3, 4, 7, 8]),
    ];
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0");
    for (tag, vr, value) in elements {
        for half in [tag >> 16, tag & 0xffff] {
            bytes.extend(u16::try_from(half).unwrap().to_le_bytes());
        }
        bytes.extend(vr);
        let length = u16::try_from(value.len()).unwrap().to_le_bytes();
        if vr == b"OB" {
            bytes.extend([0; 2]);
            bytes.extend(length);
            bytes.extend([0; 2]);
        } else {
            bytes.extend(length);
        }
        bytes.extend(value);
    }
    bytes
}

#[test]
fn a_slide_in_dicom_becomes_a_pyramid() {
    let job = teller();
    let file = job.file("cells.dcm", &slide());
    let ran = job.given(&[("scan", file.as_str())]).run();
    let image = paths(&ran)[1];
    assert!(image.ends_with(".tif"), "{image}");
    assert!(!seen(&ran, image).windows(3).any(|word| word == b"Doe"));
    let path = format!("{}/seen/{image}", ran.succeeded().files["outputs"]);
    let (volume, summary) = imaging::read(&path, &imaging::CheckLimits::default()).unwrap();
    assert_eq!(summary.size, [4, 2]);
    assert_eq!(summary.geometry.spacing, [0.25, 0.5]);
    assert_eq!(volume.samples, imaging::Samples::Uint8((1..=8).collect()));
    assert_eq!(listed(&ran, "scan")["image"]["name"], "cells.tif");
    let warnings = ran.report.warnings.join("\n");
    assert!(warnings.contains("was converted to `.tif`"), "{warnings}");
    assert!(warnings.contains("encoded anew without loss"), "{warnings}");
}
