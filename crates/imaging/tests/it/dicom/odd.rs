//! Files that break a rule of the standard, or leave something out, and are about all the same.

use imaging::Samples;

use super::made::{EXPLICIT, Is, RLE, file, grey, sequence, text, with};
use super::{SIX, read, samples};

#[test]
fn an_rle_frame_in_several_fragments_is_one_frame() {
    // The table of two planes, then as many bytes as they are as a literal run each.
    let planes = [vec![5, 0, 0, 0, 0, 0, 0x0f], vec![5, 1, 2, 3, 4, 5, 0xff]];
    let head = [2u32, 64, 71]
        .iter()
        .flat_map(|number| number.to_le_bytes());
    let mut frame: Vec<u8> = head.collect();
    frame.resize(64, 0);
    frame.extend(planes.concat());
    for cut in [2, 40, 64, 70] {
        let fragments = vec![frame[..cut].to_vec(), frame[cut..].to_vec()];
        let elements = with(
            grey(&[]),
            vec![(0x7fe0_0010, "OB", Is::Fragments(fragments))],
        );
        assert_eq!(
            samples(&file(RLE, &elements)),
            Samples::Uint16(SIX.to_vec()),
            "{cut}"
        );
    }
}

#[test]
fn a_compressed_icon_is_passed_over_whatever_its_bytes_look_like() {
    // Read as a data set, the fragment would be a sequence that swallows the rest of the file.
    let mut lure = vec![0x88, 0x00, 0x00, 0x02, b'S', b'Q', 0, 0];
    lure.extend([0xff; 4]);
    lure.extend([0; 40]);
    let icon = vec![(0x7fe0_0010, "OB", Is::Fragments(vec![lure]))];
    let elements = with(grey(&SIX), vec![sequence(0x0088_0200, vec![icon])]);
    assert_eq!(
        samples(&file(EXPLICIT, &elements)),
        Samples::Uint16(SIX.to_vec())
    );
}

#[test]
fn a_spacing_of_zero_is_one_that_nobody_knew() {
    let elements = with(grey(&SIX), vec![text(0x0028_0030, "DS", "0.000\\0.000")]);
    let (_, summary) = read(&file(EXPLICIT, &elements)).unwrap();
    assert_eq!(summary.geometry.spacing, [1.0, 1.0, 1.0]);
    assert_eq!(
        summary.warnings,
        ["the spacing is not stated: 1 mm is assumed"]
    );
    let half = with(grey(&SIX), vec![text(0x0028_0030, "DS", "0\\0.5")]);
    assert!(
        read(&file(EXPLICIT, &half))
            .unwrap_err()
            .contains("two numbers above zero")
    );
}

#[test]
fn the_spacing_of_a_radiation_image_is_that_of_its_plane() {
    let mut elements = with(grey(&SIX), vec![text(0x3002_0011, "DS", "0.392\\0.4")]);
    elements.retain(|(tag, _, _)| *tag != 0x0028_0030);
    let (_, summary) = read(&file(EXPLICIT, &elements)).unwrap();
    assert_eq!(summary.geometry.spacing, [0.4, 0.392, 1.0]);
    assert!(
        summary.warnings[0].contains("ImagePlanePixelSpacing"),
        "{:?}",
        summary.warnings
    );
}
