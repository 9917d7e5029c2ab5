//! Commands on medical images: `inspect`, `convert`, `compare`, `slice`.

pub(crate) mod series;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::gantry::{Answer, Gantry};

const HEAD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/head-mr.mha");

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn lines(answer: &Answer) -> Vec<Value> {
    let lines = answer.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a JSON object in a line"))
        .collect()
}

/// A raw MetaImage of 2 × 3 × 4 voxels; `header` has its geometry.
fn write_volume(gantry: &Gantry, name: &str, header: &str) -> Vec<u8> {
    let voxels: Vec<u8> = (0..24).collect();
    let mut file = format!(
        "ObjectType = Image\nNDims = 3\n{header}DimSize = 2 3 4\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    )
    .into_bytes();
    file.extend(&voxels);
    fs_err::write(gantry.work().join(name), file).expect("a file of the test");
    voxels
}

const PLACED: &str =
    "ElementSpacing = 0.5 0.7 1.5\nOffset = -5 7 9\nTransformMatrix = 1 0 0 0 -1 0 0 0 -1\n";

#[test]
fn inspect_says_what_an_image_is() {
    let gantry = Gantry::new();
    let voxels = write_volume(&gantry, "a.mha", PLACED);
    insta::assert_snapshot!(gantry.snapshot(["inspect", "--hash", "a.mha", "absent.mha"]));
    let answer = gantry.run(["inspect", "--json", "--hash", "a.mha", "absent.mha"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (1, ""));
    assert_eq!(
        lines(&answer),
        [
            json!({
                "path": "a.mha",
                "files": ["a.mha"],
                "format": "metaimage",
                "size": [2, 3, 4],
                "spacing": [0.5, 0.7, 1.5],
                "origin": [-5.0, 7.0, 9.0],
                "direction": [1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, -1.0],
                "component_type": "uint8",
                "channels": 1,
                "levels": 1,
                "warnings": [],
                "voxels_sha256": sha256(&voxels),
            }),
            json!({
                "path": "absent.mha",
                "error": "`absent.mha`: cannot be opened: there is no such file",
            }),
        ]
    );
}

#[test]
fn a_folder_is_a_set_of_uploads() {
    let gantry = Gantry::new();
    series::write(&gantry.work().join("up/ct"), 4, series::COUNTED);
    write_volume(&gantry, "up/a.mha", PLACED);
    fs_err::write(gantry.work().join("up/ct/notes.txt"), "no image").expect("a file of the test");
    let answer = gantry.run(["inspect", "--json", "--hash", "up"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    let [volume, series, refused] = lines(&answer).try_into().expect("three lines");
    assert_eq!(volume["path"], "up/a.mha");
    assert_eq!(series["path"], "up/ct");
    assert_eq!(
        series["files"],
        json!(["up/ct/4.dcm", "up/ct/3.dcm", "up/ct/2.dcm", "up/ct/1.dcm"])
    );
    assert_eq!(series["size"], json!([3, 2, 4]));
    assert_eq!(series["spacing"], json!([0.5, 0.7, 1.5]));
    assert_eq!(series["voxels_sha256"], sha256(&series::voxels(4)));
    assert_eq!(refused["path"], "up/ct/notes.txt");

    fs_err::remove_file(gantry.work().join("up/ct/2.dcm")).expect("a slice");
    let answer = gantry.run(["inspect", "up/ct/4.dcm", "up/ct"]);
    assert_eq!(answer.code, 1);
    assert!(answer.stderr.contains("(1 missing)"), "{}", answer.stderr);
}

#[test]
fn convert_keeps_voxels_and_forgets_the_patient() {
    let gantry = Gantry::new();
    series::write(&gantry.work().join("ct"), 3, series::COUNTED);
    let answer = gantry.run(["convert", "ct", "-o", "new"]);
    assert_eq!(
        (answer.code, answer.stdout.as_str()),
        (0, "ct → new/ct.mha\n")
    );
    let again = gantry.run(["convert", "--json", "--keep-identity", "ct", "-o", "new"]);
    assert_eq!(lines(&again)[0]["output"], "new/ct-2.mha");
    let answer = gantry.run(["inspect", "--json", "--hash", "new"]);
    for image in lines(&answer) {
        assert_eq!(image["voxels_sha256"], sha256(&series::voxels(3)));
        assert_eq!(image["origin"], json!([-5.0, 7.0, 0.0]));
    }
    let names_jane = |name: &str| {
        let bytes = fs_err::read(gantry.work().join(name)).expect("a converted file");
        bytes.windows(8).any(|bytes| bytes == b"Doe^Jane")
    };
    assert!(!names_jane("new/ct.mha"));
    assert!(names_jane("new/ct-2.mha"));
}

#[test]
fn compare_names_the_mistake_and_the_line_that_mends_it() {
    let gantry = Gantry::new();
    write_volume(&gantry, "input.mha", PLACED);
    write_volume(&gantry, "good.mha", PLACED);
    write_volume(&gantry, "lost.mha", "");
    assert_eq!(gantry.run(["compare", "good.mha", "input.mha"]).code, 0);
    insta::assert_snapshot!(gantry.snapshot(["compare", "lost.mha", "input.mha"]));
    let answer = gantry.run(["compare", "--json", "lost.mha", "input.mha"]);
    let verdict = answer.json();
    assert_eq!(answer.code, 1);
    assert_eq!(verdict["mistake"], "geometry_not_copied");
    assert_eq!(verdict["aligned"], false);
}

#[test]
fn compare_tells_points_in_pixels_from_points_in_mm() {
    let gantry = Gantry::new();
    let points = |points: Value| {
        let text = json!({ "points": points }).to_string();
        fs_err::write(gantry.work().join("points.json"), text).expect("a file of the test");
        gantry.run(["compare", "points.json", HEAD])
    };
    let answer = points(json!([[-100.0, 0.0, 0.0], [0.0, -20.0, 20.0]]));
    assert_eq!(answer.code, 0, "{answer:?}");
    let answer = points(json!([[127.0, 95.0, 23.0], [120.0, 90.0, 20.0]]));
    assert_eq!(answer.code, 1);
    assert!(answer.stdout.contains("pixel"), "{answer:?}");
    assert_eq!(points(json!([])).code, 1);
}

#[test]
fn slice_draws_a_png() {
    let gantry = Gantry::new();
    insta::assert_snapshot!(gantry.snapshot(["slice", HEAD, "--plane", "coronal", "-o", "a.png"]));
    let png = fs_err::read(gantry.work().join("a.png")).expect("a picture");
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    // Width and height of the first chunk: 24 slices of 2.2 mm make 26 pixels of 2 mm.
    assert_eq!(&png[16..24], [0, 0, 0, 128, 0, 0, 0, 26]);
    let answer = gantry.run(["slice", HEAD, "--index", "99"]);
    assert_eq!(answer.code, 1);
    assert!(answer.stderr.contains("found 99"), "{answer:?}");
}
