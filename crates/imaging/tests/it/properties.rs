//! What must hold for any image and any bytes.

use imaging::{CheckLimits, Geometry, Samples, Volume, geometry};
use proptest::prelude::*;

fn geometries() -> impl Strategy<Value = Geometry> {
    (2usize..=4)
        .prop_flat_map(|dimensions| {
            (
                prop::collection::vec(1u64..5, dimensions),
                prop::collection::vec(1e-3f64..1e3, dimensions),
                prop::collection::vec(-1e6f64..1e6, dimensions),
                prop::collection::vec(-1.0f64..1.0, dimensions * dimensions),
            )
        })
        .prop_map(|(size, spacing, origin, direction)| Geometry {
            size,
            spacing,
            origin,
            direction,
        })
        .prop_filter("singular", |geometry| geometry.validate().is_ok())
}

fn volumes() -> impl Strategy<Value = Volume> {
    (geometries(), 1u32..4, 0usize..10, any::<u64>()).prop_map(
        |(geometry, channels, kind, seed)| {
            let count = usize::try_from(geometry.voxel_count()).unwrap() * channels as usize;
            let mut state = seed | 1;
            let numbers: Vec<u64> = std::iter::repeat_with(|| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state
            })
            .take(count)
            .collect();
            macro_rules! of {
                ($variant:ident, $type:ty) => {
                    Samples::$variant(numbers.iter().map(|n| (*n % 251) as $type).collect())
                };
            }
            #[expect(
                clippy::cast_possible_wrap,
                clippy::cast_precision_loss,
                reason = "any number will do"
            )]
            let samples = match kind {
                0 => of!(Int8, i8),
                1 => of!(Uint8, u8),
                2 => of!(Int16, i16),
                3 => of!(Uint16, u16),
                4 => of!(Int32, i32),
                5 => of!(Uint32, u32),
                6 => of!(Int64, i64),
                7 => of!(Uint64, u64),
                8 => of!(Float32, f32),
                _ => of!(Float64, f64),
            };
            Volume {
                geometry,
                channels,
                samples,
            }
        },
    )
}

fn mha(volume: &Volume) -> Vec<u8> {
    let mut bytes = Vec::new();
    imaging::metaimage::write_to(&mut bytes, "a.mha", volume).unwrap();
    bytes
}

/// Valid files of both formats to start from.
fn seeds() -> Vec<Vec<u8>> {
    let volume = Volume {
        geometry: Geometry::identity(vec![5, 4, 3]),
        channels: 1,
        samples: Samples::Int16((0..60).collect()),
    };
    let mut seeds = vec![
        mha(&volume),
        b"NDims = 2\nDimSize = 3 3\nElementType = MET_UCHAR\nBinaryData = False\nElementDataFile = LOCAL\n1 2 3 4 5 6 7 8 9"
            .to_vec(),
    ];
    seeds.extend(crate::tiffs::one_of_each());
    seeds
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(volume in volumes()) {
        let bytes = mha(&volume);
        let nothing = imaging::source::nothing_beside;
        let read = imaging::read_file(&mut std::io::Cursor::new(&bytes), "bytes", &nothing, &CheckLimits::default());
        prop_assert_eq!(&read.unwrap().0, &volume);
        let summary = imaging::check_bytes(&bytes).unwrap();
        prop_assert_eq!(summary.geometry, volume.geometry);
    }

    #[test]
    fn the_affine_can_be_undone(geometry in geometries(), index in prop::array::uniform3(-500.0f64..500.0)) {
        let affine = geometry.affine();
        if let Some(inverse) = affine.inverse() {
            let forth = affine.apply(index);
            let back = affine.apply(inverse.apply(forth));
            // Judged in space: an almost singular matrix loses digits of the index but not of the position.
            let scale = forth.iter().chain(&geometry.origin).fold(1.0f64, |most, value| most.max(value.abs()));
            let size = inverse.matrix.iter().flatten().fold(1.0f64, |most, value| most.max(value.abs()));
            for (a, b) in forth.iter().zip(back) {
                prop_assert!((a - b).abs() <= 1e-9 * scale * size.max(1.0) * 1e3, "{} {}", a, b);
            }
        }
    }

    #[test]
    fn a_geometry_is_aligned_with_itself_and_comparison_never_panics(a in geometries(), b in geometries()) {
        if a.affine().inverse().is_some() {
            prop_assert!(geometry::compare(&a, &a).aligned);
        }
        let verdict = geometry::compare(&a, &b);
        prop_assert!(verdict.worst_corner_mm.is_none_or(|mm| mm >= 0.0));
        prop_assert!(!verdict.message.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_are_read_or_refused_but_never_panic(
        seed in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..6), 1..6),
    ) {
        let seeds = seeds();
        let mut bytes = seeds[seed.index(seeds.len())].clone();
        for (at, value, kind) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = value,
                1 => bytes[at] ^= 1 << (value % 8),
                2 => bytes.truncate(at),
                3 => bytes.insert(at, value),
                4 => { bytes.remove(at); }
                _ => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'9'][usize::from(value % 6)],
            }
        }
        if let Err(error) = imaging::check_bytes(&bytes) {
            prop_assert!(!error.to_string().is_empty());
        }
        let nothing = imaging::source::nothing_beside;
        let _ = imaging::read_file(&mut std::io::Cursor::new(&bytes), "bytes", &nothing, &CheckLimits::default());
    }
}
