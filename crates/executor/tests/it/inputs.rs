//! Every form in which inputs may be given, as the program finds them.

mod folder;
mod refused;
mod slide;

use serde_json::{Value, json};

use crate::algorithm::scan;
use crate::job::{Job, Ran};

/// Tells what it was given.
const MANIFEST: &str = r#"
title = "Teller"
slug = "teller"
sockets = [
    { slug = "scan", title = "CT scan", kind = "Image", relative_path = "images/scan" },
    { slug = "age", kind = "Integer", relative_path = "age.json", default = 40, schema = { type = "integer", minimum = 0 } },
    { slug = "name", kind = "String", relative_path = "name.json" },
    { slug = "shape", kind = "Anything", relative_path = "deep/shape.json", schema = { type = "object", required = ["a", "b"] } },
    { slug = "points", kind = "Multiple points", relative_path = "points.json" },
    { slug = "table", kind = "CSV file", relative_path = "tables/t.csv" },
    { slug = "paper", kind = "PDF file", relative_path = "paper.pdf" },
    { slug = "list", kind = "Anything", relative_path = "list.json" },
]
interfaces = [
    { inputs = ["name"], outputs = ["list"] },
    { inputs = ["shape"], outputs = ["list"] },
    { inputs = ["scan", "age"], outputs = ["list"] },
    { inputs = ["points", "table"], outputs = ["list"] },
    { inputs = ["paper", "age", "name"], outputs = ["list"] },
]

[limits]
memory = "64MB"
time = "60s"
disk = "64MiB"
"#;

/// Copies `/input`, and fails if it can write there.
const SCRIPT: &str = "\
cp -r /input /output/seen
cp /input/inputs.json /output/list.json
if echo 1 2>/dev/null > /input/more || echo 1 2>/dev/null >> /input/inputs.json; then exit 9; fi
";

/// The job, not given anything yet.
fn teller() -> Job {
    Job::of(MANIFEST, &["/bin/sh", "-c", SCRIPT])
}

/// A file of `/input` as the program found it.
fn seen(ran: &Ran, path: &str) -> Vec<u8> {
    fs_err::read(format!("{}/seen/{path}", ran.succeeded().files["outputs"])).unwrap()
}

fn seen_json(ran: &Ran, path: &str) -> Value {
    serde_json::from_slice(&seen(ran, path)).unwrap()
}

/// Paths below `/input`, sorted.
fn paths(ran: &Ran) -> Vec<&str> {
    let files = ran.report.extra_files.iter();
    files
        .map(|file| {
            file.relative_path
                .strip_prefix("seen/")
                .expect("a copy of `/input`")
        })
        .collect()
}

/// An element of `inputs.json`.
fn listed<'a>(ran: &'a Ran, slug: &str) -> &'a Value {
    let list = ran.output("list").value.as_ref().unwrap();
    let mut entries = list.as_array().unwrap().iter();
    entries
        .find(|entry| entry["socket"]["slug"] == slug)
        .unwrap()
}

#[test]
fn json_as_typed() {
    let ran = teller().given(&[("name", "\"Ada\"")]).run();
    assert_eq!(seen_json(&ran, "name.json"), json!("Ada"));
    assert_eq!(paths(&ran), ["inputs.json", "name.json"]);
    let interface = ran.report.interface.as_ref().unwrap();
    assert_eq!(
        (&interface.inputs[..], &interface.outputs[..]),
        (&["name".to_owned()][..], &["list".to_owned()][..])
    );
    let ran = teller()
        .given(&[("shape", "{\"a\": [1.5, null], \"b\": \"é\"}")])
        .run();
    assert_eq!(
        seen_json(&ran, "deep/shape.json"),
        json!({"a": [1.5, null], "b": "é"})
    );
}

#[test]
fn a_text_may_be_typed_without_quotes() {
    for (typed, wanted) in [
        ("Ada", "Ada"),
        ("42", "42"),
        ("null", "null"),
        ("", ""),
        ("\"42\"", "42"),
        ("{\"a\"", "{\"a\""),
    ] {
        let ran = teller().given(&[("name", typed)]).run();
        assert_eq!(seen_json(&ran, "name.json"), wanted, "{typed}");
    }
}

#[test]
fn json_from_a_file() {
    let job = teller();
    let file = job.file(
        "shape of things.json",
        b"\xEF\xBB\xBF{\"a\": 1, \"b\": 2}\n",
    );
    let ran = job.given(&[("shape", &format!("@{file}"))]).run();
    assert_eq!(seen_json(&ran, "deep/shape.json"), json!({"a": 1, "b": 2}));
}

#[test]
fn json_from_a_file_with_numbers_that_json_has_not() {
    let job = teller();
    let file = job.file("shape.json", b"{\"a\": NaN, \"b\": -Infinity}");
    let ran = job.given(&[("shape", &format!("@{file}"))]).run();
    assert_eq!(
        seen_json(&ran, "deep/shape.json"),
        json!({"a": null, "b": null})
    );
    ran.warned(&["input `shape`", "2 numbers", "null"]);
}

#[test]
fn an_image_and_a_default() {
    let job = teller();
    let content = scan("1 2 3");
    let file = job.file("patient 7.mha", &content);
    let ran = job.given(&[("scan", file.as_str())]).run();
    ran.warned(&["input `age` was not given; its default was used"]);
    assert_eq!(seen_json(&ran, "age.json"), 40);
    let paths = paths(&ran);
    let image = paths[1];
    assert_eq!((paths[0], paths[2]), ("age.json", "inputs.json"));
    assert!(image.starts_with("images/scan/") && image.ends_with(".mha"));
    assert!(
        !image.contains("patient"),
        "names are not given to the program as paths"
    );
    assert_eq!(seen(&ran, image), content);
    assert_eq!(listed(&ran, "scan")["image"]["name"], "patient 7.mha");
    assert!(listed(&ran, "scan")["value"].is_null());
    let age = listed(&ran, "age");
    assert_eq!(
        (&age["value"], &age["interface"]["default_value"]),
        (&json!(40), &json!(40))
    );
}

#[test]
fn a_value_goes_before_the_default() {
    let job = teller();
    let file = job.file("a.mha", &scan("1 2 3"));
    let ran = job
        .given(&[("age", "7"), ("scan", &format!("@{file}"))])
        .run();
    assert_eq!(seen_json(&ran, "age.json"), 7);
    assert_eq!(ran.report.warnings, Vec::<String>::new());
}

#[test]
fn a_header_with_its_samples_beside_becomes_one_file() {
    let job = teller();
    let whole = scan("1 2 3");
    let (header, voxels) = whole.split_at(whole.len() - 8);
    job.file("a.raw", voxels);
    let header = String::from_utf8(header.to_vec())
        .unwrap()
        .replace("LOCAL", "a.raw");
    let file = job.file("a.mhd", header.as_bytes());
    let ran = job.given(&[("scan", file.as_str())]).run();
    let image = format!(
        "{}/seen/{}",
        ran.succeeded().files["outputs"],
        paths(&ran)[1]
    );
    assert!(image.ends_with(".mha"));
    let volume = imaging::metaimage::read(&image).unwrap();
    assert_eq!(volume.geometry.origin, [1.0, 2.0, 3.0]);
    assert_eq!(listed(&ran, "scan")["image"]["name"], "a.mhd");
}

#[test]
fn files_that_are_bound_and_files_that_are_written() {
    let job = teller();
    let table = job.file("cells.csv", b"x;y\n1;2\n");
    // A file that only its owner may read is readable for the program.
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs_err::set_permissions(&table, private).unwrap();
    let points = json!({
        "type": "Multiple points",
        "points": [{"point": [1.0, 2.0, 3.0]}],
        "version": {"major": 1, "minor": 0},
    });
    let ran = job
        .given(&[("points", &points.to_string()), ("table", table.as_str())])
        .run();
    assert_eq!(paths(&ran), ["inputs.json", "points.json", "tables/t.csv"]);
    assert_eq!(seen(&ran, "tables/t.csv"), b"x;y\n1;2\n");
    assert_eq!(seen_json(&ran, "points.json"), points);
    // What is large is not in the list but in its file.
    assert_eq!(listed(&ran, "points")["file"], "/input/points.json");
    assert_eq!(listed(&ran, "points")["socket"]["super_kind"], "File");
    assert_eq!(listed(&ran, "table")["file"], "/input/tables/t.csv");
}

#[test]
fn without_a_manifest_sockets_are_inferred() {
    let mut job = teller();
    job.request.declared = false;
    job.request.algorithm = executor::undeclared::algorithm("job:1");
    let image = job.file("a.mha", &scan("1 2 3"));
    let table = job.file("b.csv", b"x\n");
    let ran = job
        .given(&[
            ("ct", image.as_str()),
            ("cells", table.as_str()),
            ("age", "[7]"),
        ])
        .run();
    assert_eq!(seen_json(&ran, "age.json"), json!([7]));
    assert_eq!(seen(&ran, "cells.csv"), b"x\n");
    assert!(ran.report.interface.is_none());
    let outputs = ran.outputs();
    assert!(
        outputs.contains(&"list") && outputs.contains(&"age"),
        "{outputs:?}"
    );
}
