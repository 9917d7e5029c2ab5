//! Each known mistake is made on purpose and must be recognised.

use super::*;

/// An oblique head: 256 × 256 × 200 voxels.
fn input() -> Geometry {
    Geometry {
        size: vec![256, 256, 200],
        spacing: vec![0.7, 0.8, 1.5],
        origin: vec![-90.0, -110.5, 37.25],
        direction: vec![0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0],
    }
}

fn changed(change: impl FnOnce(&mut Geometry)) -> GeometryVerdict {
    let mut output = input();
    change(&mut output);
    compare(&output, &input())
}

#[track_caller]
fn recognised(verdict: &GeometryVerdict, mistake: KnownMistake) {
    assert_eq!(verdict.mistake, Some(mistake), "{}", verdict.message);
    assert!(!verdict.aligned);
    assert!(verdict.fix.is_some());
}

#[test]
fn the_same_grid_is_aligned() {
    let verdict = changed(|output| output.origin[0] += 1e-4);
    assert!(verdict.aligned);
    assert_eq!(verdict.message, "aligned");
    assert_eq!(verdict.worst_corner_mm, Some(0.0));
}

#[test]
fn geometry_that_was_not_copied_is_recognised() {
    let verdict = compare(&Geometry::identity(input().size), &input());
    recognised(&verdict, KnownMistake::GeometryNotCopied);
    assert!(
        verdict
            .fix
            .as_deref()
            .is_some_and(|fix| fix.contains("CopyInformation(input)"))
    );
    assert!(
        verdict
            .message
            .contains("spacing (1, 1, 1) mm where the input has (0.7, 0.8, 1.5)"),
        "{}",
        verdict.message
    );
    assert!(verdict.is_wrong());
}

#[test]
fn the_worst_corner_is_measured() {
    // One more degree of rotation about z moves the far corner by its distance from the axis times 2 sin(½°).
    let (sine, cosine) = (std::f64::consts::PI / 180.0).sin_cos();
    let verdict = changed(|output| {
        output.direction = vec![
            0.8 * cosine - 0.6 * sine,
            -0.6 * cosine - 0.8 * sine,
            0.0,
            0.8 * sine + 0.6 * cosine,
            0.8 * cosine - 0.6 * sine,
            0.0,
            0.0,
            0.0,
            1.0,
        ];
    });
    let radius = (255.0f64 * 0.7).hypot(255.0 * 0.8);
    let expected = 2.0 * radius * (std::f64::consts::PI / 360.0).sin();
    assert!((verdict.worst_corner_mm.unwrap() - expected).abs() < 1e-9);
    assert_eq!(verdict.relation, GridRelation::Displaced);
    assert_eq!(verdict.mistake, None);
}

#[test]
fn mistakes_at_equal_size_are_recognised() {
    let identity = Geometry::identity(vec![1, 1, 1]).direction;
    recognised(
        &changed(|output| output.direction = identity),
        KnownMistake::DirectionDropped,
    );
    recognised(
        &changed(|output| {
            output.origin[0] *= -1.0;
            output.origin[1] *= -1.0;
            output.direction[..6]
                .iter_mut()
                .for_each(|value| *value = -*value);
        }),
        KnownMistake::LpsRasFlip,
    );
    recognised(
        &changed(|output| output.spacing.iter_mut().for_each(|value| *value *= 1000.0)),
        KnownMistake::UnitsOff,
    );
    recognised(
        &changed(|output| output.direction[8] = -1.0),
        KnownMistake::AxisFlipped,
    );
    recognised(
        &changed(|output| {
            output.origin = input().affine().apply([-0.5, -0.5, -0.5]).to_vec();
        }),
        KnownMistake::HalfVoxelShift,
    );
    recognised(
        &changed(|output| output.origin[2] += 1000.0),
        KnownMistake::OutsideImage,
    );
}

#[test]
fn a_flip_of_array_and_geometry_together_is_not_wrong() {
    let verdict = changed(|output| {
        output.direction[8] = -1.0;
        output.origin = input().affine().apply([0.0, 0.0, 199.0]).to_vec();
    });
    assert_eq!(verdict.relation, GridRelation::SameRegion);
    recognised(&verdict, KnownMistake::AxisFlipped);
    assert!(!verdict.is_wrong());
}

#[test]
fn an_array_in_the_wrong_order_has_its_size_reversed() {
    let verdict = compare(&Geometry::identity(vec![200, 256, 256]), &input());
    recognised(&verdict, KnownMistake::AxesReversed);
    assert!(verdict.is_wrong());
}

#[test]
fn a_coarser_grid_over_the_same_region_is_aligned() {
    let verdict = changed(|output| {
        output.size = vec![128, 128, 100];
        output.spacing = vec![1.4, 1.6, 3.0];
        output.origin = input().affine().apply([0.5, 0.5, 0.5]).to_vec();
    });
    assert!(verdict.aligned, "{}", verdict.message);
    assert_eq!(verdict.relation, GridRelation::SameRegion);
}

#[test]
fn a_coarser_grid_with_the_old_origin_is_doubted() {
    let verdict = changed(|output| {
        output.size = vec![128, 128, 100];
        output.spacing = vec![1.4, 1.6, 3.0];
    });
    recognised(&verdict, KnownMistake::HalfVoxelShift);
    assert!(!verdict.is_wrong());
    assert!(
        verdict.message.contains("shifted by 0.9192 mm"),
        "{}",
        verdict.message
    );
}

#[test]
fn a_crop_overlaps_and_a_far_box_lies_outside() {
    let crop = changed(|output| {
        output.size = vec![128, 256, 200];
    });
    assert_eq!(crop.relation, GridRelation::Overlapping);
    assert!(
        crop.message
            .contains("covers 50 % of the input, 100 % of it lies inside"),
        "{}",
        crop.message
    );
    assert!(!crop.is_wrong());
    let far = changed(|output| {
        output.size = vec![256, 256, 100];
        output.origin[2] -= 200.0 * 1.5;
    });
    recognised(&far, KnownMistake::OutsideImage);
    // The far box ends 100 slices of 1.5 mm below the first.
    assert!(
        (far.worst_corner_mm.unwrap() - 150.0).abs() < 1e-6,
        "{:?}",
        far.worst_corner_mm
    );
    assert!(
        far.message.contains("lies outside the image by 150 mm"),
        "{}",
        far.message
    );
}

#[test]
fn numbers_that_are_no_geometry_give_a_verdict_too() {
    let verdict = changed(|output| output.spacing[1] = f64::NAN);
    assert_eq!(verdict.relation, GridRelation::Unknown);
    assert!(
        changed(|output| output.direction.clear())
            .message
            .contains("direction has 0 numbers")
    );
}

#[test]
fn time_and_missing_axes_do_not_disturb() {
    let mut output = input();
    output.size.push(7);
    output.spacing.push(2.0);
    output.origin.push(0.0);
    output.direction = vec![
        0.8, -0.6, 0.0, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0,
    ];
    assert!(compare(&output, &input()).aligned);
    assert!(
        compare(
            &Geometry::identity(vec![5, 5]),
            &Geometry::identity(vec![5, 5, 1])
        )
        .aligned
    );
}

#[test]
fn parts_of_the_geometry_that_were_dropped_are_recognised() {
    recognised(
        &changed(|output| output.origin = vec![0.0; 3]),
        KnownMistake::OriginDropped,
    );
    recognised(
        &changed(|output| output.spacing = vec![1.0; 3]),
        KnownMistake::SpacingDropped,
    );
    recognised(
        &changed(|output| output.origin.reverse()),
        KnownMistake::ListsReversed,
    );
    recognised(
        &changed(|output| {
            output.spacing.reverse();
            output.origin.reverse();
        }),
        KnownMistake::ListsReversed,
    );
}

#[test]
fn an_output_without_the_third_axis_is_told_to_get_it() {
    let mut input = Geometry::identity(vec![5, 6, 7]);
    input.spacing = vec![0.5, 0.5, 2.0];
    input.origin = vec![-90.0, 40.0, 12.0];
    let verdict = compare(&Geometry::identity(vec![5, 6]), &input);
    assert!(
        verdict
            .message
            .starts_with("2 dimensions where the input has 3; size 5×6×1"),
        "{verdict:?}"
    );
    let fix = verdict.fix.unwrap();
    assert!(!fix.contains("SetDirection"), "{fix}");
    assert!(fix.contains("input.GetSize()[::-1]"), "{fix}");
}

#[test]
fn a_direction_by_rows_is_recognised() {
    // With one angle the transpose is the inverse: turned the other way.
    let verdict =
        changed(|output| output.direction = vec![0.8, 0.6, 0.0, -0.6, 0.8, 0.0, 0.0, 0.0, 1.0]);
    recognised(&verdict, KnownMistake::DirectionTransposed);
    assert_eq!(
        verdict.fix.as_deref(),
        Some("output.SetDirection(input.GetDirection())")
    );
}

/// Half the voxels along every axis, over exactly the region of the input.
fn coarse() -> Geometry {
    Geometry {
        size: vec![128, 128, 100],
        spacing: vec![1.4, 1.6, 3.0],
        origin: input().affine().apply([0.5; 3]).to_vec(),
        ..input()
    }
}

#[test]
fn mistakes_at_another_size_are_recognised() {
    let changed = |change: fn(&mut Geometry)| {
        let mut output = coarse();
        change(&mut output);
        compare(&output, &input())
    };
    assert!(changed(|_| ()).aligned);
    let micrometres = changed(|output| {
        output.spacing.iter_mut().for_each(|value| *value *= 1000.0);
        output.origin.iter_mut().for_each(|value| *value *= 1000.0);
    });
    recognised(&micrometres, KnownMistake::UnitsOff);
    assert!(
        micrometres
            .message
            .ends_with("not in millimetres but in micrometres"),
        "{}",
        micrometres.message
    );
    assert!(micrometres.fix.unwrap().contains("[s / 1000 for s in"));
    let ras = changed(|output| {
        output.origin[0] *= -1.0;
        output.origin[1] *= -1.0;
        output.direction[..6]
            .iter_mut()
            .for_each(|value| *value = -*value);
    });
    recognised(&ras, KnownMistake::LpsRasFlip);
    assert!(ras.is_wrong());
    let dropped = changed(|output| {
        output.direction = vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    });
    recognised(&dropped, KnownMistake::DirectionDropped);
}

#[test]
fn a_corner_taken_for_a_centre_is_recognised_on_another_grid() {
    for shift in [-0.5, 0.5] {
        // By half a voxel of the output, then of the input, against the right place.
        for voxel in [2.0, 1.0] {
            let mut output = coarse();
            output.origin = input().affine().apply([0.5 + shift * voxel; 3]).to_vec();
            let verdict = compare(&output, &input());
            if output.origin == input().origin {
                // That is also what resampling in space does.
                assert!(verdict.message.contains("right if it was resampled"));
            }
            recognised(&verdict, KnownMistake::HalfVoxelShift);
            assert!(!verdict.is_wrong());
        }
    }
}

#[test]
fn a_crop_in_the_wrong_unit_falls_inside_once_it_is_undone() {
    let mut crop = input();
    crop.size = vec![40, 30, 20];
    crop.origin = input().affine().apply([60.0, 70.0, 80.0]).to_vec();
    assert!(!compare(&crop, &input()).is_wrong());
    crop.spacing.iter_mut().for_each(|value| *value /= 1000.0);
    crop.origin.iter_mut().for_each(|value| *value /= 1000.0);
    let verdict = compare(&crop, &input());
    recognised(&verdict, KnownMistake::UnitsOff);
    assert!(verdict.fix.unwrap().contains("[s * 1000 for s in"));
}
