//! Template folders as grand-challenge-forge 0.7.5 writes them: its program runs unchanged, for each interface.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::gantry::{Answer, Gantry};
use crate::python;

/// Two interfaces; image, number, box, CSV.
fn context() -> Value {
    let socket = |slug: &str, kind: &str, sort: &str, path: &str, example: Value| json!({"slug": slug, "kind": kind, "super_kind": sort, "relative_path": path, "example_value": example});
    let ct = socket("ct-image", "Image", "Image", "images/ct", Value::Null);
    let version = json!({"major": 1, "minor": 0});
    let corners = json!([[1, 1, 0.5], [9, 1, 0.5], [9, 9, 0.5], [1, 9, 0.5]]);
    let region = json!({"name": "region", "type": "2D bounding box", "corners": corners, "version": version});
    let boxes = json!({"type": "Multiple 2D bounding boxes", "boxes": [], "version": version});
    let count = socket(
        "lesion-count",
        "Integer",
        "Value",
        "lesion-count.json",
        json!(3),
    );
    json!({"algorithm": {
        "title": "Lesion finder", "slug": "lesion-finder", "url": "https://gantry.example/algorithms/lesion-finder/",
        "algorithm_interfaces": [
            {
                "inputs": [ct, socket("age", "Float", "Value", "age.json", json!(61.5))],
                "outputs": [
                    socket("lesions", "Segmentation", "Image", "images/lesions", Value::Null), count,
                    socket("lesion-table", "CSV file", "File", "lesions.csv", Value::Null),
                ],
            },
            {
                "inputs": [
                    ct, socket("region", "2D bounding box", "Value", "region.json", region),
                    socket("measurements", "CSV file", "File", "measurements.csv", Value::Null),
                ],
                "outputs": [
                    socket("lesion-boxes", "Multiple 2D bounding boxes", "File", "lesion-boxes.json", boxes), count,
                ],
            },
        ],
    }})
}

/// A template folder `lesion-finder-template` in the test's folder, without an image, and `context.json`.
pub(crate) fn generated(gantry: &Gantry) -> PathBuf {
    let work = gantry.work();
    fs_err::write(work.join("context.json"), context().to_string()).unwrap();
    let made = Command::new(python::tool("forge/venv/bin/grand-challenge-forge"))
        .args(["algorithm", "-o", ".", "context.json"])
        .current_dir(&work)
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    work.join("lesion-finder-template")
}

/// The same with the image that its scripts would save.
pub(crate) fn template(gantry: &Gantry) -> PathBuf {
    let folder = generated(gantry);
    let read = |name: &str| fs_err::read(folder.join(name)).unwrap();
    let files = [
        ("inference.py", read("inference.py")),
        (
            "resources/some_resource.txt",
            read("resources/some_resource.txt"),
        ),
    ];
    let archive = folder.join("example-algorithm-lesion-finder_2026-01-02T03-04-05.tar");
    python::image("example-algorithm-lesion-finder:latest", &files, archive);
    folder
}

fn run(gantry: &Gantry, number: usize, more: &[&str]) -> Answer {
    let inputs = format!("lesion-finder-template/test/input/interf{number}");
    let output = format!("out{number}");
    let words = [
        "run",
        "lesion-finder-template",
        "--inputs",
        &inputs,
        "-o",
        &output,
        "--overwrite",
        "--json",
    ];
    gantry.run(words.iter().chain(more))
}

/// Socket and kind of each output.
fn outputs(document: &Value) -> BTreeMap<&str, &str> {
    let outputs = document["outputs"].as_array().unwrap();
    outputs
        .iter()
        .map(|output| {
            (
                output["socket"].as_str().unwrap(),
                output["kind"].as_str().unwrap(),
            )
        })
        .collect()
}

/// Every file with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs_err::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_none_or(|extension| extension != "tar") {
                found.insert(path.clone(), fs_err::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_template_runs_unchanged() {
    let gantry = Gantry::new();
    let folder = template(&gantry);
    let before = files(&folder);

    let first = run(&gantry, 0, &[]);
    let document = first.json();
    assert_eq!(
        document["status"], "succeeded",
        "{}\n{}",
        first.stdout, first.stderr
    );
    let expected = [
        ("lesion-count", "Anything"),
        ("lesion-table", "CSV file"),
        ("lesions", "Image"),
    ];
    assert_eq!(outputs(&document), BTreeMap::from(expected));
    let log = fs_err::read_to_string(document["files"]["stdout"].as_str().unwrap()).unwrap();
    for said in ["Using device: cpu", "resource", "tarball"] {
        assert!(log.contains(said), "`{said}` is missing: {log}");
    }
    let second = run(&gantry, 1, &[]).json();
    assert_eq!(second["status"], "succeeded", "{second}");
    assert_eq!(
        outputs(&second),
        BTreeMap::from([("lesion-boxes", "Anything"), ("lesion-count", "Anything")])
    );

    // What the template's program does without its weights, and on another set of inputs.
    fs_err::create_dir(gantry.work().join("nothing")).unwrap();
    let weightless = run(&gantry, 0, &["--model", "nothing"]);
    assert_eq!(weightless.code, 10, "{}", weightless.stdout);
    let tail = weightless.json()["failure"]["log_tail"].to_string();
    assert!(tail.contains("some_tarball_resource.txt"), "{tail}");
    assert_eq!(files(&folder), before, "the folder is as it was");
    with_context(&gantry, &folder, &before);
}

/// With a manifest from the context the outputs have their kinds.
fn with_context(gantry: &Gantry, folder: &Path, before: &BTreeMap<PathBuf, Vec<u8>>) {
    let made = gantry.run(["init", "--forge", "context.json", "lesion-finder-template"]);
    assert_eq!(
        (made.code, made.stdout.as_str()),
        (0, "lesion-finder-template/algorithm.toml\n"),
        "{}",
        made.stderr
    );
    assert!(
        made.stderr
            .contains("`lesions` is a segmentation of which nobody says the segments"),
        "{}",
        made.stderr
    );
    let mut after = files(folder);
    assert!(after.remove(&folder.join("algorithm.toml")).is_some());
    assert_eq!(&after, before, "nothing else was written");
    let again = gantry.run(["init", "--forge", "context.json", "lesion-finder-template"]);
    assert_eq!(again.code, 2);
    assert!(
        again.stderr.contains("is there already"),
        "{}",
        again.stderr
    );

    let document = run(gantry, 0, &[]).json();
    assert_eq!(document["status"], "succeeded", "{document}");
    let expected = [
        ("lesion-count", "Integer"),
        ("lesion-table", "CSV file"),
        ("lesions", "Image"),
    ];
    assert_eq!(outputs(&document), BTreeMap::from(expected));
    let second = run(gantry, 1, &[]).json();
    assert_eq!(
        outputs(&second)["lesion-boxes"],
        "Multiple 2D bounding boxes"
    );
}

#[test]
fn a_template_without_an_image_says_what_to_do() {
    let gantry = Gantry::new();
    let folder = template(&gantry);
    fs_err::remove_file(folder.join("example-algorithm-lesion-finder_2026-01-02T03-04-05.tar"))
        .unwrap();
    let answer = run(&gantry, 0, &[]);
    assert_eq!(answer.code, 14);
    let failure = answer.json()["failure"].to_string();
    assert!(
        failure.contains("gantry build lesion-finder-template"),
        "{failure}"
    );
}
