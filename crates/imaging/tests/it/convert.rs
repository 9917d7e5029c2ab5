//! Uploads converted to what the platform takes: the same samples at the same place, and nobody's name.

use camino::{Utf8Path, Utf8PathBuf};
use imaging::convert::{ConvertOptions, Converted, convert};
use imaging::uploads::{UploadedImage, find};
use imaging::{CheckLimits, Geometry, Samples, Volume};

use crate::dicom::slice_file;
use crate::tiffs::{Layout, grey};

mod anew;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.0.path()).unwrap()
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> Utf8PathBuf {
        let path = self.path().join(name);
        fs_err::write(&path, bytes).unwrap();
        path
    }

    fn image(&self) -> UploadedImage {
        let mut found = find(&[self.path().to_owned()], &CheckLimits::default());
        assert!(found.refused.is_empty(), "{:?}", found.refused);
        assert_eq!(found.images.len(), 1);
        found.images.remove(0)
    }
}

fn converted(image: &UploadedImage, keep_identity: bool) -> (Converted, Volume, String) {
    let out = Folder::new();
    let options = ConvertOptions {
        keep_identity,
        ..ConvertOptions::default()
    };
    let done = convert(image, &out.path().join("out"), &options).unwrap();
    assert_eq!(done.path, out.path().join("out.mha"));
    // Nothing else stays behind.
    assert_eq!(fs_err::read_dir(out.path()).unwrap().count(), 1);
    let bytes = fs_err::read(&done.path).unwrap();
    let end = bytes.windows(5).position(|word| word == b"LOCAL").unwrap();
    let header = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let volume = imaging::metaimage::read(&done.path).unwrap();
    (done, volume, header)
}

const HEADER: &str = "NDims = 3\nDimSize = 2 2 1\nElementSpacing = 0.5 0.25 3\nOffset = 1 2 -3\n\
                      ElementType = MET_SHORT\nBinaryDataByteOrderMSB = True\nPatientName = Doe^John\n\
                      Bogus = 12\nWindowCenter = [40, 80]\nWindowWidth = [400, 10]\nLaterality = L\n\
                      SliceThickness = thick\nStudyDate = 20200101\nElementDataFile = a.raw\n";

#[test]
fn a_header_with_samples_beside_becomes_one_file_without_names() {
    let folder = Folder::new();
    folder.put("a.mhd", HEADER);
    folder.put("a.raw", [0, 1, 0xff, 0xfe, 0, 3, 0, 4]);
    let image = folder.image();
    let (done, volume, header) = converted(&image, false);
    assert_eq!(volume, image.read(&CheckLimits::default()).unwrap().0);
    assert_eq!(volume.samples, Samples::Int16(vec![1, -2, 3, 4]));
    assert_eq!(volume.geometry.origin, [1.0, 2.0, -3.0]);
    assert!(
        !header.contains("Doe") && !header.contains("2020"),
        "{header}"
    );
    assert!(
        !header.contains("Bogus") && !header.contains("thick"),
        "{header}"
    );
    for line in [
        "Laterality = L\n",
        "LargestImagePixelValue = 4\n",
        "SmallestImagePixelValue = -2\n",
        "WindowCenter = [40, 80]\n",
        "CompressedData = True\n",
    ] {
        assert!(header.contains(line), "{line} {header}");
    }
    let warnings = done.summary.warnings;
    assert!(warnings[0].contains("`SliceThickness`"), "{warnings:?}");
    assert!(
        warnings[1].contains("`PatientName`, `StudyDate`"),
        "{warnings:?}"
    );
    let (_, same, header) = converted(&image, true);
    assert_eq!(same, volume);
    assert!(
        header.contains("PatientName = Doe^John\n") && header.contains("StudyDate = 20200101\n")
    );
}

#[test]
fn a_series_becomes_one_volume_in_the_order_of_its_slices() {
    let folder = Folder::new();
    for (name, z) in [("a", 4.0), ("b", 0.0), ("c", 2.0)] {
        folder.put(name, slice_file("1.2.3", z));
    }
    let image = folder.image();
    let (_, volume, header) = converted(&image, false);
    assert_eq!(volume, image.read(&CheckLimits::default()).unwrap().0);
    assert_eq!(volume.geometry.spacing, [0.5, 0.7, 2.0]);
    assert!(
        !header.contains("UID") && !header.contains("1.2.3"),
        "{header}"
    );
    let (_, _, header) = converted(&image, true);
    assert!(header.contains("SeriesInstanceUID = 1.2.3\n"), "{header}");
}

#[test]
fn samples_of_every_type_go_through_unchanged() {
    let geometry = Geometry::identity(vec![3, 1]);
    for samples in [
        Samples::Int8(vec![-128, 0, 127]),
        Samples::Uint16(vec![0, 1, u16::MAX]),
        Samples::Int32(vec![i32::MIN, 0, i32::MAX]),
        Samples::Uint64(vec![0, 1, u64::MAX]),
        Samples::Float32(vec![f32::MIN_POSITIVE, -0.1, 3e38]),
        Samples::Float64(vec![f64::INFINITY, 0.1, -1e300]),
    ] {
        let folder = Folder::new();
        let volume = Volume {
            geometry: geometry.clone(),
            channels: 1,
            samples,
        };
        imaging::metaimage::write(folder.path().join("a.mha"), &volume).unwrap();
        let (done, same, _) = converted(&folder.image(), false);
        assert_eq!(same, volume);
        assert_eq!(done.summary.warnings, Vec::<String>::new());
    }
}

#[test]
fn a_file_that_breaks_off_leaves_nothing_behind() {
    let folder = Folder::new();
    folder.put("a.mha", HEADER.replace("a.raw", "LOCAL") + "\0\x01");
    let out = Folder::new();
    let options = ConvertOptions::default();
    let error = convert(&folder.image(), &out.path().join("out"), &options).unwrap_err();
    assert!(
        error.to_string().contains("expected 8 bytes, found 2"),
        "{error}"
    );
    assert!(error.hint().is_some());
    assert_eq!(fs_err::read_dir(out.path()).unwrap().count(), 0);
    // Nor where the folder is not there.
    folder.put("a.mha", HEADER.replace("a.raw", "LOCAL") + "12345678");
    let missing = out.path().join("missing/out");
    let error = convert(&folder.image(), &missing, &options).unwrap_err();
    assert!(error.to_string().contains("cannot be written"), "{error}");
}

/// A directory of one strip behind a little-endian classic TIFF that points to its own end.
fn with_label(mut slide: Vec<u8>) -> Vec<u8> {
    let strip = u32::try_from(slide.len() + 2 + 8 * 12 + 4).unwrap();
    let entries: [(u16, u16, u32); 8] = [
        (254, 4, 1),
        (256, 4, 6),
        (257, 4, 1),
        (258, 3, 8),
        (262, 3, 1),
        (273, 4, strip),
        (278, 4, 1),
        (279, 4, 6),
    ];
    slide.extend(8u16.to_le_bytes());
    for (tag, kind, value) in entries {
        slide.extend(tag.to_le_bytes());
        slide.extend(kind.to_le_bytes());
        slide.extend(1u32.to_le_bytes());
        slide.extend(value.to_le_bytes());
    }
    slide.extend(0u32.to_le_bytes());
    slide.extend(b"SECRET");
    slide
}

fn slide(layout: &Layout) -> Vec<u8> {
    let pixels: Vec<u8> = (0..64).map(|value| value % 7).collect();
    let private = (65_000, 4, 0x5345_4352);
    let layout = Layout {
        tile: 16,
        compression: 8,
        resolution: Some((4000, 3)),
        extra: vec![private, (280, 3, 0), (281, 3, 6)],
        ..layout.clone()
    };
    grey(layout, &pixels)
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

#[test]
fn a_tiled_slide_is_copied_without_label_and_private_tags() {
    let plain = Layout::default();
    let next = slide(&plain).len() as u64;
    let labelled = with_label(slide(&Layout {
        next,
        ..plain.clone()
    }));
    let layouts = [
        labelled,
        slide(&Layout {
            big_endian: true,
            ..plain.clone()
        }),
        slide(&Layout { big: true, ..plain }),
    ];
    for bytes in layouts {
        let folder = Folder::new();
        folder.put("a.tif", &bytes);
        let out = Folder::new();
        let options = ConvertOptions::default();
        let done = convert(&folder.image(), &out.path().join("out"), &options).unwrap();
        assert_eq!(done.path, out.path().join("out.tif"));
        let copy = fs_err::read(&done.path).unwrap();
        assert!(!holds(&copy, b"SECRET") && !holds(&copy, b"RCES") && !holds(&copy, b"SECR"));
        let check = |path: &Utf8Path| imaging::check(path, &CheckLimits::default()).unwrap();
        let (before, after) = (check(&folder.path().join("a.tif")), check(&done.path));
        assert_eq!(after.segments, Some((0..7).collect()));
        assert_eq!(
            (&after.geometry, after.segments),
            (&before.geometry, before.segments)
        );
        let tiff = after.tiff.unwrap();
        assert!(tiff.big && tiff.directories == 1);
        assert_eq!(tiff.levels, before.tiff.unwrap().levels);
        assert_eq!(fs_err::read_dir(out.path()).unwrap().count(), 1);
    }
}

#[test]
fn slides_that_cannot_be_taken_as_they_are_say_why() {
    for (layout, words) in [
        (
            Layout {
                tile: 16,
                ..Layout::default()
            },
            "size of a pixel is not stated",
        ),
        (
            Layout {
                tile: 16,
                compression: 34925,
                resolution: Some((4000, 3)),
                ..Layout::default()
            },
            "compressed with `lzma`; expected jpeg, lzw, deflate, packbits or none, and directory 0: lzma cannot be decoded",
        ),
        (
            Layout {
                extra: vec![(262, 3, 8)],
                ..zstd(8)
            },
            "and `cielab` cannot be turned",
        ),
        (
            Layout {
                extra: vec![(258, 3, 40)],
                ..zstd(8)
            },
            "and samples of 40 bits are of no common type",
        ),
    ] {
        let folder = Folder::new();
        folder.put("a.tif", grey(layout, &[1; 64]));
        let out = Folder::new();
        let options = ConvertOptions::default();
        let error = convert(&folder.image(), &out.path().join("out"), &options).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("vips")));
        assert_eq!(fs_err::read_dir(out.path()).unwrap().count(), 0);
    }
}

/// Tiles of `side` pixels in zstd, which the platform does not take, 2.5 µm a pixel.
fn zstd(side: u32) -> Layout {
    Layout {
        tile: side,
        compression: 50000,
        resolution: Some((4000, 3)),
        ..Layout::default()
    }
}

#[test]
fn damaged_slides_are_copied_or_refused_but_never_panic() {
    let good = slide(&Layout::default());
    let (folder, out) = (Folder::new(), Folder::new());
    let options = ConvertOptions::default();
    let (mut copied, mut refused) = (0, 0);
    for at in 0..good.len() {
        for change in [0x01, 0xff] {
            let mut bytes = good.clone();
            bytes[at] ^= change;
            folder.put("a.tif", bytes);
            let found = find(&[folder.path().to_owned()], &options.limits);
            let Some(image) = found.images.first() else {
                refused += 1;
                continue;
            };
            match convert(image, &out.path().join("out"), &options) {
                Ok(done) => {
                    copied += 1;
                    assert!(
                        imaging::check(&done.path, &options.limits).is_ok(),
                        "byte {at}"
                    );
                    fs_err::remove_file(done.path).unwrap();
                }
                Err(_) => refused += 1,
            }
            assert_eq!(
                fs_err::read_dir(out.path()).unwrap().count(),
                0,
                "byte {at}"
            );
        }
    }
    assert!(copied > 0 && refused > 0);
}
