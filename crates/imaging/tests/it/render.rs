//! Marker phantoms: a voxel at a known place in the patient must come out at the pixel that follows from its millimetres.

mod any_volume;

use imaging::render::{
    ColourTable, HeatLayer, HeatMap, LabelColours, LabelLayer, LabelStyle, Layer, PixelFormat,
    Plane, Rgba, SlicePosition, SliceRequest, Window, composite, label_slice, slice, thumbnail,
};
use imaging::{Geometry, Samples, Volume};

const SIZE: [u64; 3] = [7, 9, 11];
const MARKER: [u64; 3] = [5, 2, 8];

/// All 48 ways in which the axes of a volume can lie along those of the patient.
fn directions() -> Vec<Vec<f64>> {
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let mut all = Vec::new();
    for order in orders {
        for signs in 0..8 {
            let mut direction = vec![0.0; 9];
            for (axis, row) in order.into_iter().enumerate() {
                direction[row * 3 + axis] = if signs >> axis & 1 == 0 { 1.0 } else { -1.0 };
            }
            all.push(direction);
        }
    }
    all
}

fn phantom(direction: Vec<f64>, spacing: [f64; 3]) -> Volume {
    let [x, y, _] = SIZE;
    let mut samples = vec![0i16; 7 * 9 * 11];
    let place = MARKER[0] + x * (MARKER[1] + y * MARKER[2]);
    samples[usize::try_from(place).unwrap()] = 1000;
    Volume {
        geometry: Geometry {
            size: SIZE.to_vec(),
            spacing: spacing.to_vec(),
            origin: vec![-31.5, 12.25, 100.0],
            direction,
        },
        channels: 1,
        samples: Samples::Int16(samples),
    }
}

fn position(volume: &Volume, index: [f64; 3]) -> [f64; 3] {
    volume.geometry.affine().apply(index)
}

/// Lowest and highest corner of the volume in patient space.
fn bounds(volume: &Volume) -> ([f64; 3], [f64; 3]) {
    let mut low = [f64::INFINITY; 3];
    let mut high = [f64::NEG_INFINITY; 3];
    for corner in 0..8u32 {
        let index = std::array::from_fn(|axis| {
            if corner >> axis & 1 == 0 {
                -0.5
            } else {
                SIZE[axis] as f64 - 0.5
            }
        });
        for (axis, value) in position(volume, index).into_iter().enumerate() {
            low[axis] = low[axis].min(value);
            high[axis] = high[axis].max(value);
        }
    }
    (low, high)
}

/// Centre of gravity of what is bright.
fn bright_pixel(picture: &imaging::render::Picture) -> Option<[f64; 2]> {
    assert_eq!(picture.format, PixelFormat::Grey);
    let (mut sum, mut at) = (0.0, [0.0; 2]);
    for row in 0..picture.height {
        for column in 0..picture.width {
            let grey = f64::from(picture.pixel(column, row).unwrap()[0]);
            sum += grey;
            at[0] += grey * f64::from(column);
            at[1] += grey * f64::from(row);
        }
    }
    (sum > 0.0).then(|| at.map(|value| value / sum))
}

#[test]
fn a_marker_lands_where_its_millimetres_say_in_all_48_orientations() {
    for direction in directions() {
        for spacing in [[1.0, 1.0, 1.0], [0.5, 1.0, 2.0], [3.0, 1.5, 0.75]] {
            let volume = phantom(direction.clone(), spacing);
            let marker = position(&volume, MARKER.map(|index| index as f64));
            let (low, high) = bounds(&volume);
            for plane in Plane::ALL {
                // The axis of the volume across the plane, found by hand.
                let normal = match plane {
                    Plane::Axial => 2,
                    Plane::Coronal => 1,
                    Plane::Sagittal => 0,
                };
                let across = (0..3)
                    .find(|axis| direction[normal * 3 + axis] != 0.0)
                    .unwrap();
                let request = SliceRequest {
                    plane,
                    position: SlicePosition::Index(MARKER[across]),
                    window: Some(Window::from_range(0.0, 1000.0)),
                    ..SliceRequest::default()
                };
                let drawn = slice(&volume, &request).unwrap();
                assert_eq!(drawn.grid.axis, across);
                let from = |axis: usize| (marker[axis] - low[axis]) / drawn.grid.pixel_mm - 0.5;
                let down = |axis: usize| (high[axis] - marker[axis]) / drawn.grid.pixel_mm - 0.5;
                let expected = match plane {
                    // Patient's right (low x) on the left, anterior (low y) up.
                    Plane::Axial => [from(0), from(1)],
                    // Superior (high z) up.
                    Plane::Coronal => [from(0), down(2)],
                    // Anterior (low y) on the left, superior up.
                    Plane::Sagittal => [from(1), down(2)],
                };
                let found = bright_pixel(&drawn.picture).unwrap();
                for side in 0..2 {
                    assert!(
                        (found[side] - expected[side]).abs() < 0.01,
                        "{plane:?} {direction:?} {spacing:?}: {found:?}, expected {expected:?}"
                    );
                }
                let by_grid = drawn.grid.pixel_of(marker).unwrap();
                assert!((by_grid[0] - expected[0]).abs() < 1e-9);
                assert!((by_grid[1] - expected[1]).abs() < 1e-9);
                assert!(by_grid[2].abs() < 1e-9);
            }
        }
    }
}

#[test]
fn sides_of_the_three_planes_carry_their_letters() {
    for direction in directions() {
        let volume = phantom(direction, [0.5, 1.0, 2.0]);
        for (plane, expected) in [
            (Plane::Axial, ["R", "L", "A", "P"]),
            (Plane::Coronal, ["R", "L", "S", "I"]),
            (Plane::Sagittal, ["A", "P", "S", "I"]),
        ] {
            let request = SliceRequest {
                plane,
                ..SliceRequest::default()
            };
            let letters = slice(&volume, &request).unwrap().grid.letters;
            let found = [letters.left, letters.right, letters.top, letters.bottom];
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn the_middle_and_only_the_marked_slice_is_found() {
    let volume = phantom(directions().remove(0), [1.0; 3]);
    let at = |position| {
        let request = SliceRequest {
            position,
            window: Some(Window::from_range(0.0, 1000.0)),
            ..SliceRequest::default()
        };
        slice(&volume, &request)
    };
    assert_eq!(at(SlicePosition::Middle).unwrap().grid.index, 5);
    for index in 0..11 {
        let drawn = at(SlicePosition::Index(index)).unwrap();
        assert_eq!(bright_pixel(&drawn.picture).is_some(), index == MARKER[2]);
    }
    assert_eq!(
        at(SlicePosition::Index(11)).unwrap_err().to_string(),
        "expected a slice from 0 to 10, found 11"
    );
}

/// A label on a grid that is finer, turned by 90° about z and cut to a small box.
fn other_grid(centre: [f64; 3]) -> Volume {
    let mut geometry = Geometry {
        size: vec![5, 5, 5],
        spacing: vec![0.25, 0.25, 0.5],
        origin: vec![0.0; 3],
        direction: vec![0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0],
    };
    let middle = geometry.affine().apply([2.0; 3]);
    for axis in 0..3 {
        geometry.origin[axis] = centre[axis] - middle[axis];
    }
    let mut samples = vec![0u8; 125];
    samples[62] = 3;
    Volume {
        geometry,
        channels: 1,
        samples: Samples::Uint8(samples),
    }
}

#[test]
fn a_label_on_another_grid_is_drawn_over_its_marker() {
    for direction in directions() {
        let volume = phantom(direction, [0.25, 0.25, 0.25]);
        let centre = position(&volume, MARKER.map(|index| index as f64));
        let labels = other_grid(centre);
        for plane in Plane::ALL {
            let mut request = SliceRequest {
                plane,
                window: Some(Window::from_range(0.0, 2000.0)),
                ..SliceRequest::default()
            };
            let axis = slice(&volume, &request).unwrap().grid.axis;
            request.position = SlicePosition::Index(MARKER[axis]);
            let base = slice(&volume, &request).unwrap();
            let layer = Layer::Labels(LabelLayer {
                volume: &labels,
                time: 0,
                as_if_on: None,
                colours: LabelColours {
                    opacity: 1.0,
                    ..LabelColours::default()
                },
                style: LabelStyle::Fill,
            });
            let drawn = composite(&base, &[layer]).unwrap();
            let colour = LabelColours::default().colour(3).rgb();
            let marker = bright_pixel(&base.picture).unwrap();
            let labelled = coloured(&drawn, colour);
            assert!(
                labelled
                    .iter()
                    .any(|[column, row]| marker == [f64::from(*column), f64::from(*row)]),
                "{plane:?}: {labelled:?} {marker:?}"
            );
            // The label is 0.25 × 0.25 × 0.5 mm: one pixel in axial slices, up to three along z in the others.
            let most = if plane == Plane::Axial { 1 } else { 3 };
            assert!(labelled.len() <= most, "{plane:?}: {labelled:?}");
        }
    }
}

fn coloured(picture: &imaging::render::Picture, colour: [u8; 3]) -> Vec<[u32; 2]> {
    let mut found = Vec::new();
    for row in 0..picture.height {
        for column in 0..picture.width {
            if picture.pixel(column, row) == Some(&colour) {
                found.push([column, row]);
            }
        }
    }
    found
}

fn square_labels() -> Volume {
    let mut samples = vec![0u16; 100];
    for row in 2..7 {
        for column in 3..8 {
            samples[row * 10 + column] = 1;
        }
    }
    Volume {
        geometry: Geometry::identity(vec![10, 10, 1]),
        channels: 1,
        samples: Samples::Uint16(samples),
    }
}

#[test]
fn outlines_leave_the_inside_free() {
    let labels = square_labels();
    let base = slice(&labels, &SliceRequest::default()).unwrap();
    let outline = |thickness| {
        let layer = Layer::Labels(LabelLayer {
            volume: &labels,
            time: 0,
            as_if_on: None,
            colours: LabelColours::default(),
            style: LabelStyle::Outline { thickness },
        });
        let picture = composite(&base, &[layer]).unwrap();
        coloured(&picture, LabelColours::default().colour(1).rgb()).len()
    };
    // A square of 5 × 5: its rim has 16 pixels, two rims have 24.
    assert_eq!([outline(1), outline(2), outline(3)], [16, 24, 25]);
}

/// Pixels that carry the marker of a phantom, drawn as a label.
fn marked(
    base: &imaging::render::Slice,
    labels: &Volume,
    as_if_on: Option<&Geometry>,
) -> Result<Vec<[u32; 2]>, imaging::render::RenderError> {
    let layer = Layer::Labels(LabelLayer {
        volume: labels,
        time: 0,
        as_if_on,
        colours: LabelColours {
            opacity: 1.0,
            ..LabelColours::default()
        },
        style: LabelStyle::Fill,
    });
    let colour = LabelColours::default().colour(1000).rgb();
    composite(base, &[layer]).map(|picture| coloured(&picture, colour))
}

#[test]
fn labels_without_geometry_can_be_shown_as_if_it_were_copied() {
    let image = phantom(directions().remove(5), [0.5, 1.0, 2.0]);
    let mut labels = image.clone();
    labels.geometry = Geometry::identity(SIZE.to_vec());
    let base = |plane| {
        let mut request = SliceRequest {
            plane,
            window: Some(Window::from_range(0.0, 1e6)),
            ..SliceRequest::default()
        };
        let axis = slice(&image, &request).unwrap().grid.axis;
        request.position = SlicePosition::Index(MARKER[axis]);
        slice(&image, &request).unwrap()
    };
    for plane in Plane::ALL {
        let base = base(plane);
        assert!(marked(&base, &labels, None).unwrap().is_empty());
        let shown = marked(&base, &labels, Some(&image.geometry)).unwrap();
        let marker = position(&image, MARKER.map(|index| index as f64));
        let [column, row, _] = base.grid.pixel_of(marker).unwrap();
        assert!(
            shown.iter().all(|[x, y]| {
                (f64::from(*x) - column).abs() < 4.1 && (f64::from(*y) - row).abs() < 4.1
            }) && !shown.is_empty(),
            "{shown:?} {column} {row}"
        );
    }
    let other = Geometry::identity(vec![7, 9, 10]);
    assert_eq!(
        marked(&base(Plane::Axial), &labels, Some(&other))
            .unwrap_err()
            .to_string(),
        "expected a grid of [7, 9, 11] voxels, found [7, 9, 10]"
    );
}

#[test]
fn chosen_colours_hide_and_recolour_single_labels() {
    let labels = square_labels();
    let drawn = label_slice(&labels, &SliceRequest::default()).unwrap();
    let mut colours = LabelColours::default();
    colours.chosen.insert(1, Rgba::CLEAR);
    let indexed = drawn.to_indexed(&colours);
    assert_eq!(indexed.index(3, 2), Some(1));
    assert_eq!(indexed.index(2, 2), Some(0));
    assert_eq!(indexed.index(10, 2), None);
    assert_eq!(indexed.palette[1], Rgba::CLEAR);
    assert!(indexed.to_png().unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn a_heat_map_is_linear_between_its_voxels_and_clear_outside() {
    let base_volume = Volume {
        geometry: Geometry::identity(vec![8, 1, 1]),
        channels: 1,
        samples: Samples::Uint8(vec![0; 8]),
    };
    let mut geometry = Geometry::identity(vec![2, 1, 1]);
    geometry.spacing[0] = 4.0;
    geometry.origin[0] = 1.0;
    let map = Volume {
        geometry,
        channels: 1,
        samples: Samples::Float32(vec![0.2, 1.0]),
    };
    let base = slice(&base_volume, &SliceRequest::default()).unwrap();
    let layer = Layer::Heat(HeatLayer {
        volume: &map,
        time: 0,
        as_if_on: None,
        map: HeatMap {
            table: ColourTable::Grey,
            window: Window::from_range(0.0, 1.0),
            threshold: 0.3,
            opacity: 1.0,
        },
    });
    let picture = composite(&base, &[layer]).unwrap();
    let greys: Vec<u8> = picture.pixels.iter().step_by(3).copied().collect();
    // Voxels at 1 mm (0.2) and 5 mm (1.0), which reach from -1 to 7 mm; below 0.3 nothing is shown, and the base, an
    // image of one value, is grey 128.
    assert_eq!(greys, [128, 128, 102, 153, 204, 255, 255, 255]);
}

#[test]
fn colours_come_out_as_they_are_and_time_points_differ() {
    let rgb = Volume {
        geometry: Geometry::identity(vec![2, 1]),
        channels: 3,
        samples: Samples::Uint8(vec![10, 20, 30, 40, 50, 60]),
    };
    let drawn = slice(&rgb, &SliceRequest::default()).unwrap();
    assert_eq!(drawn.picture.format, PixelFormat::Rgb);
    assert_eq!(drawn.picture.pixels, [10, 20, 30, 40, 50, 60]);
    let stack = Volume {
        geometry: Geometry::identity(vec![2, 1, 1, 2]),
        channels: 1,
        samples: Samples::Uint8(vec![0, 0, 255, 0]),
    };
    let at = |time| {
        let request = SliceRequest {
            time,
            window: Some(Window::from_range(0.0, 255.0)),
            ..SliceRequest::default()
        };
        slice(&stack, &request).map(|slice| slice.picture.pixels)
    };
    assert_eq!(at(0).unwrap(), [0, 0]);
    assert_eq!(at(1).unwrap(), [255, 0]);
    assert_eq!(
        at(2).unwrap_err().to_string(),
        "expected a time point from 0 to 1, found 2"
    );
}

#[test]
fn pixels_are_square_and_pictures_no_larger_than_asked() {
    let volume = phantom(directions().remove(0), [0.5, 1.0, 4.0]);
    let request = SliceRequest {
        plane: Plane::Coronal,
        ..SliceRequest::default()
    };
    let drawn = slice(&volume, &request).unwrap();
    // 7 × 0.5 mm wide, 11 × 4 mm high.
    assert_eq!((drawn.picture.width, drawn.picture.height), (7, 88));
    let small = thumbnail(&volume, 4, None).unwrap();
    assert_eq!((small.width, small.height), (2, 4));
    let mut thin = phantom(directions().remove(0), [1e-200, 1.0, 1e200]);
    assert!(thumbnail(&thin, 64, None).unwrap().width <= 64);
    thin.geometry.spacing = vec![f64::MAX, f64::MAX, 1.0];
    assert!(thumbnail(&thin, 64, None).is_err());
}

#[test]
fn volumes_that_hold_too_little_are_refused() {
    let mut volume = phantom(directions().remove(0), [1.0; 3]);
    volume.samples = Samples::Int16(vec![0; 3]);
    assert_eq!(
        slice(&volume, &SliceRequest::default())
            .unwrap_err()
            .to_string(),
        "the geometry asks for 693 samples, the volume holds 3"
    );
    volume.geometry.size = vec![0, 4, 4];
    volume.samples = Samples::Int16(Vec::new());
    assert!(slice(&volume, &SliceRequest::default()).is_err());
    volume.geometry.direction = vec![f64::NAN; 9];
    assert!(slice(&volume, &SliceRequest::default()).is_err());
}
