//! Whole slides in tiles: put together, told apart from their labels, refused where they are not in one piece.

use camino::{Utf8Path, Utf8PathBuf};
use imaging::convert::{ConvertOptions, Converted, Target, convert};
use imaging::uploads::{UploadedImage, Uploads, find};
use imaging::{CheckLimits, ComponentType, ImageFormat, Samples, SpacingSource};
use proptest::prelude::*;

use super::made::{EXPLICIT, Element, Is, file, sequence, text, with, word};

mod tiles;

use tiles::{JPEG, SIZE, full, grid, level, long, picture, sparse, tile};

struct Folder(tempfile::TempDir);

impl Folder {
    fn of(files: &[(&str, Vec<u8>)]) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (name, bytes) in files {
            fs_err::write(folder.path().join(name), bytes).unwrap();
        }
        folder
    }

    fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.0.path()).unwrap()
    }

    fn find(&self) -> Uploads {
        find(&[self.path().to_owned()], &CheckLimits::default())
    }

    fn image(&self) -> UploadedImage {
        let mut found = self.find();
        assert!(found.refused.is_empty(), "{:?}", found.refused);
        assert_eq!(found.images.len(), 1);
        found.images.remove(0)
    }
}

fn one(elements: &[Element]) -> Folder {
    Folder::of(&[("a.dcm", file(EXPLICIT, elements))])
}

fn samples(elements: &[Element]) -> Samples {
    let folder = one(elements);
    let (volume, _) = folder.image().read(&CheckLimits::default()).unwrap();
    volume.samples
}

/// Why a slide is not read.
fn refusal(elements: &[Element]) -> String {
    let folder = one(elements);
    let found = folder.find();
    if let Some(refused) = found.refused.first() {
        return refused.error.to_string();
    }
    let limits = CheckLimits::default();
    let inspected = found.images[0].inspect(&limits).unwrap_err().to_string();
    let checked = found.images[0].check(&limits).unwrap_err().to_string();
    assert_eq!(inspected, checked);
    inspected
}

/// The pyramid that a slide becomes, read again: what was said, and the pixels of its largest level.
fn pyramid(folder: &Folder) -> (Converted, Samples) {
    let out = Folder::of(&[]);
    let stem = out.path().join("out");
    let done = convert(&folder.image(), &stem, &ConvertOptions::default()).unwrap();
    assert_eq!(
        (&done.path, done.target),
        (&Utf8PathBuf::from(format!("{stem}.tif")), Target::Slide)
    );
    assert_eq!(fs_err::read_dir(out.path()).unwrap().count(), 1);
    let (volume, summary) = imaging::read(&done.path, &CheckLimits::default()).unwrap();
    assert_eq!(
        imaging::platform_requirements(&summary),
        Vec::<String>::new()
    );
    assert_eq!(summary.size, done.summary.size);
    for (found, expected) in summary.geometry.spacing.iter().zip([0.00025, 0.0005]) {
        assert!((found - expected).abs() < 1e-12, "{found}");
    }
    let bytes = fs_err::read(&done.path).unwrap();
    assert!(!bytes.windows(3).any(|word| word == b"Doe"));
    (done, volume.samples)
}

#[track_caller]
fn assert_near(found: &Samples, expected: &[u8]) {
    let Samples::Uint8(found) = found else {
        panic!("{found:?}");
    };
    assert_eq!(found.len(), expected.len());
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            found.abs_diff(*expected) <= 6,
            "{index}: {found} for {expected}"
        );
    }
}

#[test]
fn all_tiles_make_the_matrix_and_are_cropped_at_its_edges() {
    let expected = picture(10, 5);
    let unstated = level(SIZE, &grid(SIZE));
    for elements in [full(SIZE), unstated] {
        assert_eq!(samples(&elements), Samples::Uint8(expected.clone()));
    }
    let folder = one(&with(full(SIZE), vec![text(0x0010_0010, "PN", "Doe^Jane")]));
    let summary = folder.image().check(&CheckLimits::default()).unwrap();
    assert_eq!(summary.format, ImageFormat::Dicom);
    assert_eq!(
        (summary.size.as_slice(), summary.channels),
        (&[10, 5][..], 3)
    );
    assert_eq!(summary.geometry.spacing, [0.00025, 0.0005]);
    assert_eq!(summary.spacing_source, SpacingSource::Stated);
    assert_eq!(summary.warnings, Vec::<String>::new());
    assert_eq!(Target::of(&summary), Target::Slide);
    // One file is the same image without its folder.
    assert_eq!(
        imaging::inspect(folder.path().join("a.dcm")).unwrap(),
        summary
    );
    let (done, pixels) = pyramid(&folder);
    assert_eq!(
        done.summary.warnings,
        ["encoded anew as JPEG of quality 90: its tiles are frames of DICOM; expected TIFF"]
    );
    assert_near(&pixels, &expected);
}

#[test]
fn tiles_lie_where_they_say_and_missing_ones_are_white() {
    // Shuffled, without the middle of the first row.
    let places = [(8, 3), (0, 0), (4, 3), (8, 0), (0, 3)];
    let elements = with(level(SIZE, &places), sparse(&places));
    let mut expected = picture(10, 5);
    for y in 0..3 {
        expected[(y * 10 + 4) * 3..(y * 10 + 8) * 3].fill(255);
    }
    assert_eq!(samples(&elements), Samples::Uint8(expected));
    // The place counts without the word for it, too, and tiles need not lie on a grid.
    let places = [(5, 1)];
    let mut elements = with(level(SIZE, &places), sparse(&places));
    elements.retain(|(tag, _, _)| *tag != 0x0020_9311);
    let mut expected = vec![255; 10 * 5 * 3];
    for y in 1..4 {
        let row = (y * 10 + 5) * 3..(y * 10 + 9) * 3;
        expected[row.clone()].copy_from_slice(&picture(10, 5)[row]);
    }
    assert_eq!(samples(&elements), Samples::Uint8(expected));
}

#[test]
fn grey_of_16_bits_is_kept_and_missing_tiles_are_0() {
    let places = [(4, 0), (0, 0)];
    let words: Vec<u16> = (0..24).map(|value| value * 2000).collect();
    let changes = vec![
        word(0x0028_0002, 1),
        text(0x0028_0004, "CS", "MONOCHROME2"),
        word(0x0028_0100, 16),
        word(0x0028_0101, 16),
        word(0x0028_0102, 15),
        (0x7fe0_0010, "OW", Is::Words(words)),
    ];
    let elements = with(with(level((7, 4), &places), sparse(&places)), changes);
    let row = |y: u16| {
        let left = (12..16).map(move |value| (value + 4 * y) * 2000);
        left.chain((0..3).map(move |value| (value + 4 * y) * 2000))
    };
    let expected: Vec<u16> = (0..3).flat_map(row).chain([0; 7]).collect();
    let (done, pixels) = pyramid(&one(&elements));
    assert_eq!(pixels, Samples::Uint16(expected.clone()));
    assert_eq!(samples(&elements), Samples::Uint16(expected));
    assert!(done.summary.warnings[0].starts_with("encoded anew without loss: "));
    assert_eq!(done.summary.component_type, Some(ComponentType::Uint16));
}

#[test]
fn jpeg_tiles_are_decoded() {
    let frames = grid((16, 12)).into_iter().map(|place| {
        let mut jpeg = Vec::new();
        jpeg_encoder::Encoder::new(&mut jpeg, 95)
            .encode(&tile(place, (16, 12)), 4, 3, jpeg_encoder::ColorType::Rgb)
            .unwrap();
        jpeg.resize(jpeg.len().next_multiple_of(2), 0);
        jpeg
    });
    let changes = vec![
        text(0x0028_0004, "CS", "YBR_FULL_422"),
        (0x7fe0_0010, "OB", Is::Fragments(frames.collect())),
    ];
    let elements = with(full((16, 12)), changes);
    let folder = Folder::of(&[("a.dcm", file(JPEG, &elements))]);
    assert_near(&pyramid(&folder).1, &picture(16, 12));
}

#[test]
fn the_colour_profile_goes_along_and_a_label_within_the_image_is_told() {
    let profile: Vec<u8> = (0..200).collect();
    let path = vec![(0x0028_2000, "OB", Is::Bytes(profile.clone()))];
    let changes = vec![
        sequence(0x0048_0105, vec![path]),
        text(0x0048_0010, "CS", "YES"),
    ];
    let folder = one(&with(full(SIZE), changes));
    let out = Folder::of(&[]);
    let stem = out.path().join("out");
    let done = convert(&folder.image(), &stem, &ConvertOptions::default()).unwrap();
    let bytes = fs_err::read(&done.path).unwrap();
    assert!(bytes.windows(200).any(|part| part == profile));
    assert_eq!(
        done.summary.warnings[1..],
        ["`SpecimenLabelInImage` is YES: the image may show who the patient is"]
    );
}

#[test]
fn a_slide_is_its_largest_level_without_label_and_overview() {
    let as_role = |role: &str, size| {
        let role = format!("ORIGINAL\\PRIMARY\\{role}\\NONE");
        file(
            EXPLICIT,
            &with(full(size), vec![text(0x0008_0008, "CS", &role)]),
        )
    };
    let folder = Folder::of(&[
        ("a-label.dcm", as_role("LABEL", (30, 30))),
        ("b-overview.dcm", as_role("OVERVIEW", (40, 20))),
        ("c-small.dcm", as_role("VOLUME", (5, 3))),
        ("d-large.dcm", as_role("VOLUME", SIZE)),
        ("e-middle.dcm", as_role("VOLUME", (8, 4))),
    ]);
    let image = folder.image();
    let names: Vec<&str> = image
        .files()
        .iter()
        .filter_map(|file| file.file_name())
        .collect();
    assert_eq!(
        names,
        [
            "d-large.dcm",
            "e-middle.dcm",
            "c-small.dcm",
            "a-label.dcm",
            "b-overview.dcm"
        ]
    );
    let (done, pixels) = pyramid(&folder);
    assert_near(&pixels, &picture(10, 5));
    assert_eq!(
        done.summary.warnings[1..],
        [
            "smaller levels of the slide were left out: 2",
            "pictures that may show who the patient is were left out: 1 LABEL, 1 OVERVIEW"
        ]
    );
    let folder = Folder::of(&[("label.dcm", as_role("LABEL", SIZE))]);
    let limits = CheckLimits::default();
    let message = folder.image().read(&limits).unwrap_err().to_string();
    assert!(message.contains("expected VOLUME, a level of the slide, found LABEL"));
}

#[test]
fn two_files_of_the_largest_level_are_refused_and_copies_left_out() {
    let named = |uid: &str| {
        file(
            EXPLICIT,
            &with(full(SIZE), vec![text(0x0008_0018, "UI", uid)]),
        )
    };
    let limits = CheckLimits::default();
    let folder = Folder::of(&[("a", named("9.1")), ("b", named("9.2"))]);
    let message = folder.image().inspect(&limits).unwrap_err().to_string();
    assert!(message.contains("expected one largest level"), "{message}");
    let folder = Folder::of(&[("a", named("9.1")), ("b", named("9.1"))]);
    let summary = folder.image().inspect(&limits).unwrap();
    assert_eq!(
        summary.warnings,
        ["copies of other files (same SOPInstanceUID) were left out: 1"]
    );
}

#[test]
fn what_is_not_in_one_piece_is_refused_by_its_field() {
    let changed = |change| refusal(&with(full(SIZE), vec![change]));
    let path = || vec![text(0x0048_0106, "SH", "0")];
    for (change, words) in [
        (
            long(0x0048_0302, 2),
            "`NumberOfOpticalPaths`: expected 1, found 2",
        ),
        (
            sequence(0x0048_0105, vec![path(), path()]),
            "`OpticalPathSequence`: expected 1, found 2",
        ),
        (
            long(0x0048_0303, 5),
            "`TotalPixelMatrixFocalPlanes`: expected 1, found 5",
        ),
        (
            word(0x0020_9163, 2),
            "`InConcatenationTotalNumber`: expected 1, found 2",
        ),
        (
            text(0x0020_9161, "UI", "1.9"),
            "`ConcatenationUID`: expected none",
        ),
        (
            long(0x0048_0006, 0),
            "`TotalPixelMatrixColumns`: expected at least 1, found 0",
        ),
        (
            text(0x0028_0008, "IS", "5"),
            "`NumberOfFrames`: expected one for each of 3 × 2 tiles, found 5",
        ),
        (
            long(0x0048_0007, 4_000_000_000),
            "too short for the 10 × 4000000000 pixels",
        ),
        (
            text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.66.4"),
            "is a segmentation in tiles",
        ),
    ] {
        let message = changed(change);
        assert!(message.contains(words), "{message}");
    }
    let mut without = full(SIZE);
    without.retain(|(tag, _, _)| *tag != 0x0048_0007);
    assert!(refusal(&without).contains("`TotalPixelMatrixRows` is missing"));
}

#[test]
fn places_outside_of_the_matrix_missing_or_taken_are_refused() {
    let tiles = [(0, 0), (4, 0)];
    let at = |places: &[(usize, usize)]| with(level(SIZE, &tiles), sparse(places));
    for (places, words) in [
        ([(0, 0), (10, 0)], "expected 1 to 10 for frame 2, found 11"),
        ([(0, 5), (4, 0)], "expected 1 to 5 for frame 1, found 6"),
        ([(4, 0), (4, 0)], "frames 1 and 2 lie at the same place"),
    ] {
        let message = refusal(&at(&places));
        assert!(message.contains(words), "{message}");
    }
    let mut nowhere = at(&tiles);
    nowhere.retain(|(tag, _, _)| *tag != 0x5200_9230);
    let message = refusal(&nowhere);
    assert!(
        message.contains("`PlanePositionSlideSequence of frame 1` is missing"),
        "{message}"
    );
}

#[test]
fn the_size_of_a_pixel_may_follow_from_that_of_the_image_and_must_be_known() {
    let mut elements = full(SIZE);
    elements.retain(|(tag, _, _)| *tag != 0x5200_9229);
    let folder = one(&elements);
    let known = folder.image().inspect(&CheckLimits::default()).unwrap();
    assert_eq!(known.spacing_source, SpacingSource::Missing);
    let stem = folder.path().join("out");
    let error = convert(&folder.image(), &stem, &ConvertOptions::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the size of a pixel is not stated"),
        "{error}"
    );
    assert!(error.hint().is_some());

    let float = |tag, value: f32| (tag, "FL", Is::Bytes(value.to_le_bytes().to_vec()));
    elements.extend([float(0x0048_0001, 2.5), float(0x0048_0002, 5.0)]);
    let known = one(&elements)
        .image()
        .inspect(&CheckLimits::default())
        .unwrap();
    assert_eq!(known.geometry.spacing, [0.25, 1.0]);
    assert_eq!(known.spacing_source, SpacingSource::Stated);
}

#[test]
fn a_single_frame_is_cropped_to_the_matrix() {
    let size = (3, 2);
    assert_eq!(
        samples(&level(size, &[(0, 0)])),
        Samples::Uint8(picture(3, 2))
    );
    // Other classes keep their frames, and so does a slide that states no matrix.
    let secondary = text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.7");
    let volume = one(&with(level(size, &[(0, 0)]), vec![secondary]));
    let limits = CheckLimits::default();
    assert_eq!(volume.image().inspect(&limits).unwrap().size, [4, 3, 1]);
    let mut plain = level(size, &[(0, 0)]);
    plain.retain(|(tag, _, _)| tag >> 16 != 0x0048);
    assert_eq!(
        one(&plain).image().inspect(&limits).unwrap().size,
        [4, 3, 1]
    );
}

#[test]
fn slides_are_streamed_where_they_are_too_large_to_be_held() {
    let limits = CheckLimits {
        max_voxel_bytes: 149,
        ..CheckLimits::default()
    };
    let folder = one(&full(SIZE));
    let mut bytes = 0;
    folder
        .image()
        .stream(&limits, &mut |samples| bytes += samples.len())
        .unwrap();
    assert_eq!(bytes, 150);
    let message = folder.image().read(&limits).unwrap_err().to_string();
    assert!(message.contains("claims 150 bytes of samples"), "{message}");
    let limits = CheckLimits {
        max_pixel_bytes: 149,
        ..CheckLimits::default()
    };
    let found = find(&[folder.path().to_owned()], &limits);
    assert!(found.images.is_empty() && found.refused.len() == 1);
}

proptest! {
    #[test]
    fn changed_bytes_are_read_or_refused(
        changes in prop::collection::vec((132..2000usize, any::<u8>()), 1..8),
        is_sparse: bool,
    ) {
        let places = grid(SIZE);
        let elements = if is_sparse {
            with(level(SIZE, &places), sparse(&places))
        } else {
            full(SIZE)
        };
        let mut bytes = file(EXPLICIT, &elements);
        for (at, value) in changes {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        if let Ok(summary) = imaging::check_bytes(&bytes) {
            prop_assert!(summary.geometry.validate().is_ok());
        }
    }
}
