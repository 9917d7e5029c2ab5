//! Series of slices in a folder.

use camino::Utf8PathBuf;
use imaging::dicom_series::{Uneven, group};
use imaging::{CheckLimits, ComponentType, Volume};

use super::made::{EXPLICIT, Element, file, grey, text, with};

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
fn a_series_in_two_folders_is_one_image_where_that_fits_else_two() {
    let limits = CheckLimits::default();
    let (_first, first) = folder(&[(1, 0.0, vec![]), (2, 1.0, vec![])]);
    let (_second, second) = folder(&[(3, 2.0, vec![]), (4, 3.0, vec![])]);
    let spread = group(&[first.clone(), second].concat(), &limits);
    let sizes = |grouped: &imaging::dicom_series::Grouped| -> Vec<Vec<u64>> {
        let series = grouped.series.iter();
        series
            .map(|series| series.inspect(&limits).unwrap().size)
            .collect()
    };
    assert_eq!(sizes(&spread), [[3, 2, 4]]);

    let other = |uid: &str| vec![text(0x0008_0018, "UI", uid)];
    let (_third, third) = folder(&[(1, 0.0, other("8.1")), (2, 1.0, other("8.2"))]);
    let twice = group(&[first, third].concat(), &limits);
    assert_eq!(sizes(&twice), [[3, 2, 2], [3, 2, 2]]);
    assert!(twice.series.iter().all(|series| series.uneven().is_none()));
}
