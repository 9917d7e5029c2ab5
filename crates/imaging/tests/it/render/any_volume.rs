//! Whatever a volume claims, it is drawn or refused.

use imaging::render::{
    HeatLayer, HeatMap, LabelColours, LabelLayer, LabelStyle, Layer, Plane, SliceRequest,
    composite, label_slice, slice,
};
use imaging::serve::{Halving, half_resolution};
use imaging::{Geometry, Samples, Volume};
use proptest::prelude::*;

/// Numbers as broken headers hold them.
fn odd_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -3.0..3.0f64,
        1 => prop::sample::select(vec![0.0, 1.0, -1.0, 1e-300, 1e300, f64::MAX, f64::MIN_POSITIVE]),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, -0.0, 1e-9, 1e9]),
    ]
}

fn any_volume() -> impl Strategy<Value = Volume> {
    (2..5usize, 1..5u32).prop_flat_map(|(dimensions, channels)| {
        let numbers = |count| prop::collection::vec(odd_number(), count);
        let size = prop::collection::vec(0..5u64, dimensions);
        let spacing = prop_oneof![
            numbers(dimensions),
            prop::collection::vec(0.1..5.0f64, dimensions)
        ];
        let identity = Geometry::identity(vec![1; dimensions]).direction;
        let direction = prop_oneof![Just(identity), numbers(dimensions * dimensions)];
        let places = (size, spacing, numbers(dimensions), direction);
        (places, prop::collection::vec(odd_number(), 8)).prop_map(move |(places, values)| {
            let (size, spacing, origin, direction) = places;
            let count: u64 = size.iter().product::<u64>() * u64::from(channels);
            let samples = values.iter().cycle().take(usize::try_from(count).unwrap());
            Volume {
                samples: Samples::Float64(samples.copied().collect()),
                geometry: Geometry {
                    size,
                    spacing,
                    origin,
                    direction,
                },
                channels,
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_volume_is_drawn_or_refused(volume in any_volume(), other in any_volume(), side in 0..40u32) {
        for plane in Plane::ALL {
            let request = SliceRequest { plane, max_side: side, ..SliceRequest::default() };
            if let Ok(base) = slice(&volume, &request) {
                let grid = &base.grid;
                prop_assert!((1..=side.max(1)).contains(&grid.width));
                prop_assert!((1..=side.max(1)).contains(&grid.height));
                prop_assert!(base.picture.to_png().is_ok());
                let layers = [
                    Layer::Heat(HeatLayer { volume: &other, time: 0, as_if_on: None, map: HeatMap::default() }),
                    Layer::Labels(LabelLayer {
                        volume: &other,
                        time: 0,
                        as_if_on: None,
                        colours: LabelColours::default(),
                        style: LabelStyle::Outline { thickness: 2 },
                    }),
                ];
                for layer in layers {
                    if let Ok(picture) = composite(&base, &[layer]) {
                        prop_assert_eq!(picture.pixels.len(), (grid.width * grid.height * 3) as usize);
                    }
                }
            }
            let _ = label_slice(&volume, &request).map(|labels| labels.to_indexed(&LabelColours::default()));
        }
        for halving in [Halving::Mean, Halving::Majority] {
            if let Ok(half) = half_resolution(&volume, halving) {
                prop_assert_eq!(half.samples.len() as u128, half.geometry.voxel_count() * u128::from(half.channels));
            }
        }
        let _ = imaging::geometry::labelled_inside(&volume, &other.geometry);
        let points = [[0.0; 3], [1e9, -1e300, f64::NAN]];
        let _ = imaging::annotations::check(&points, &volume.geometry);
    }
}
