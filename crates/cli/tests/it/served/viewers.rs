//! The viewers in a real browser (`web/tests/viewers.mjs`), on phantoms whose every voxel is known.

use camino::{Utf8Path, Utf8PathBuf};
use imaging::slide::{PyramidImage, PyramidWriter};
use imaging::{ComponentType, Geometry, Samples, Volume};

use super::*;

/// Voxels of the oblique phantom.
const SIZE: [u64; 3] = [40, 50, 20];
/// mm.
const SPACING: [f64; 3] = [0.8, 1.1, 3.0];
const ORIGIN: [f64; 3] = [12.0, -30.0, 55.0];
/// Voxel in the middle of the sphere, and its radius, mm.
const SPHERE: ([f64; 3], f64) = ([20.0, 25.0, 10.0], 8.0);

#[test]
fn the_viewers_show_what_is_there_where_it_is() {
    let gantry = Gantry::new();
    let server = Server::start(&gantry);
    let folder = Utf8PathBuf::from_path_buf(gantry.work()).unwrap();
    let files = phantoms(&folder);
    let affine = oblique(SIZE.to_vec()).affine();
    let matrix: Vec<f64> = (0..3)
        .flat_map(|row| [affine.matrix[row].to_vec(), vec![affine.offset[row]]].concat())
        .collect();
    let facts = json!({
        "address": server.address,
        "password": server.password,
        "home": gantry.home(),
        "files": files,
        "matrix": matrix,
        "sphere": {"centre": affine.apply(SPHERE.0), "radius": SPHERE.1},
    });
    let path = folder.join("facts.json");
    fs_err::write(&path, facts.to_string()).unwrap();
    let web = root().join("web");
    assert!(
        web.join("node_modules/playwright-core").is_dir(),
        "there is no playwright-core: `./dev web` installs it"
    );
    let answer = Command::new("node")
        .current_dir(&web)
        .args(["tests/viewers.mjs", path.as_str()])
        .output()
        .expect("Node.js starts");
    let said = String::from_utf8_lossy(&answer.stdout);
    let errors = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{said}{errors}");
    // What was measured, for whoever looks at the output.
    eprintln!("{said}");
}

/// Turned about all three axes.
fn oblique(size: Vec<u64>) -> Geometry {
    let [(sx, cx), (sy, cy), (sz, cz)] = [0.3f64, -0.25, 0.4].map(f64::sin_cos);
    Geometry {
        size,
        spacing: SPACING.to_vec(),
        origin: ORIGIN.to_vec(),
        direction: vec![
            cz * cy,
            cz * sy * sx - sz * cx,
            cz * sy * cx + sz * sx,
            sz * cy,
            sz * sy * sx + cz * cx,
            sz * sy * cx - cz * sx,
            -sy,
            cy * sx,
            cy * cx,
        ],
    }
}

/// Files by the names under which the script knows them.
fn phantoms(folder: &Utf8Path) -> Value {
    let write = |name: &str, geometry: Geometry, channels: u32, samples: Samples| {
        let path = folder.join(name);
        let volume = Volume {
            geometry,
            channels,
            samples,
        };
        imaging::metaimage::write(&path, &volume).unwrap();
        path
    };
    let grid = oblique(SIZE.to_vec());
    let ramp = |[x, y, z]: [u64; 3]| i16::try_from(8 * x + 5 * y + 20 * z).unwrap();
    let middle = grid.affine().apply(SPHERE.0);
    let iso = around(middle);
    let distance = |voxel: [u64; 3]| {
        let at = iso.affine().apply(voxel.map(as_f64));
        (0..3)
            .map(|axis| (at[axis] - middle[axis]).powi(2))
            .sum::<f64>()
            .sqrt()
    };
    #[expect(clippy::cast_possible_truncation, reason = "from 0 to 1")]
    let warm = |voxel| (-(distance(voxel) / 12.0).powi(2)).exp() as f32;
    let sphere = Samples::Uint8(each(&iso.size, |voxel| {
        u8::from(distance(voxel) <= SPHERE.1)
    }));
    let heat = Samples::Float32(each(&iso.size, warm));
    let block = |[x, y, z]: [u64; 3]| {
        u8::from((10..20).contains(&x) && (10..20).contains(&y) && (5..12).contains(&z))
    };
    let times = |time: i16| {
        each(&[16, 16, 8], move |[x, ..]: [u64; 3]| {
            100 * time + i16::try_from(x).unwrap()
        })
    };
    let byte = |value: u64| u8::try_from(value).unwrap();
    let colours = each(&[20, 20, 10], |[x, y, z]| {
        [byte(12 * x), byte(12 * y), byte(20 * z)]
    });
    let flat = each(&[60, 40], |[x, y, _]| u16::try_from(100 * x + y).unwrap());
    json!({
        "oblique": write("oblique.mha", grid.clone(), 1, Samples::Int16(each(&SIZE, ramp))),
        "sphere": write("sphere.mha", iso.clone(), 1, sphere),
        "heat": write("heat.mha", iso.clone(), 1, heat),
        "torn": write("torn.mha", iso.clone(), 1, Samples::Uint8(each(&iso.size, |[x, ..]| u8::from(x > 30)))),
        "hollow": write("hollow.mha", iso.clone(), 1, Samples::Uint8(each(&iso.size, |[_, y, _]| u8::from(y > 30)))),
        "lost": write("lost.mha", Geometry::identity(SIZE.to_vec()), 1, Samples::Uint8(each(&SIZE, block))),
        "times": write(
            "times.mha",
            Geometry::identity(vec![16, 16, 8, 3]),
            1,
            Samples::Int16((0..3).flat_map(times).collect()),
        ),
        "rgb": write("rgb.mha", Geometry::identity(vec![20, 20, 10]), 3, Samples::Uint8(colours.concat())),
        "flat": write("flat.mha", Geometry::identity(vec![60, 40]), 1, Samples::Uint16(flat)),
        "slide": slide(&folder.join("slide.tif")),
        "mask": mask(&folder.join("mask.tif")),
        "warm": warm_slide(&folder.join("warm.tif")),
    })
}

/// Voxels of 1.5 mm along the patient's axes, around a point.
fn around(middle: [f64; 3]) -> Geometry {
    let mut iso = Geometry::identity(vec![40, 40, 40]);
    iso.spacing = vec![1.5; 3];
    iso.origin = middle.map(|value| value - 19.7 * 1.5).to_vec();
    iso
}

/// Values of all voxels, x fastest.
fn each<T>(size: &[u64], value: impl Fn([u64; 3]) -> T) -> Vec<T> {
    let side = |axis: usize| size.get(axis).copied().unwrap_or(1);
    let count = side(0) * side(1) * side(2);
    (0..count)
        .map(|number| {
            let [x, y] = [side(0), side(1)];
            value([number % x, number / x % y, number / x / y])
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn as_f64(number: u64) -> f64 {
    number as f64
}

/// A slide of 1.024 mm: light, but for its upper left quarter.
fn slide(path: &Utf8Path) -> Utf8PathBuf {
    let image = PyramidImage {
        width: 2048,
        height: 2048,
        channels: 3,
        component: ComponentType::Uint8,
        pixel_mm: Some([0.0005; 2]),
        labels: false,
        quality: Some(92),
    };
    let pixels = each(&[2048, 2048], |[x, y, _]| {
        if x < 1024 && y < 1024 {
            [120u8, 60, 140]
        } else {
            [200, 150, 180]
        }
    });
    pyramid(path, &image, &pixels.concat())
}

/// Label 1 over the first 0.256 mm, with pixels four times as large.
fn mask(path: &Utf8Path) -> Utf8PathBuf {
    let image = PyramidImage {
        width: 512,
        height: 512,
        channels: 1,
        component: ComponentType::Uint8,
        pixel_mm: Some([0.002; 2]),
        labels: true,
        quality: None,
    };
    let labels = each(&[512, 512], |[x, y, _]| u8::from(x < 128 && y < 128));
    pyramid(path, &image, &labels)
}

/// 1 in the lower right quarter, else 0, as floats.
fn warm_slide(path: &Utf8Path) -> Utf8PathBuf {
    let image = PyramidImage {
        width: 512,
        height: 512,
        channels: 1,
        component: ComponentType::Float32,
        pixel_mm: Some([0.002; 2]),
        labels: false,
        quality: None,
    };
    let values = each(&[512, 512], |[x, y, _]| {
        f32::from(u8::from(x >= 256 && y >= 256)).to_le_bytes()
    });
    pyramid(path, &image, &values.concat())
}

fn pyramid(path: &Utf8Path, image: &PyramidImage, samples: &[u8]) -> Utf8PathBuf {
    let file = fs_err::File::create(path).unwrap();
    let mut writer = PyramidWriter::new(file, image).unwrap();
    writer.feed(samples).unwrap();
    writer.finish().unwrap();
    path.to_owned()
}
