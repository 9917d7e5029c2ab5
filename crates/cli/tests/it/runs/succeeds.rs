//! Runs that go well.

use serde_json::json;

use super::run_script;
use crate::algorithm::{GOOD, RUN, image, lay_out};
use crate::gantry::Gantry;
use crate::scans::series;

#[test]
fn people_read_a_report() {
    let gantry = Gantry::new();
    lay_out(&gantry, GOOD);
    insta::assert_snapshot!("report", gantry.snapshot(RUN));
}

#[test]
fn programs_read_one_document() {
    let (gantry, answer, document) = run_script(GOOD, &["-o", "there"]);
    assert_eq!((answer.code, &document["status"]), (0, &json!("succeeded")));
    assert_eq!(
        (&document["failure"], &document["exit_code"]),
        (&json!(null), &json!(0))
    );
    let sockets: Vec<&str> = document["outputs"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|output| output["socket"].as_str())
        .collect();
    assert_eq!(sockets, ["count", "mask", "results-json-file"]);
    assert_eq!(document["outputs"][0]["value"], 4);
    assert_eq!(document["outputs"][1]["image"]["size"], json!([2, 2, 2]));
    assert_eq!(document["outputs"][1]["geometry"]["aligned"], true);
    assert_eq!(
        document["result"]["text"].as_str().map(str::trim),
        Some("Found 4 cells.")
    );
    assert_eq!(
        document["isolation"]["guarantees"].as_array().map(Vec::len),
        Some(22)
    );
    for key in [
        "warnings",
        "resources",
        "timings",
        "image_digest",
        "interface",
        "files",
    ] {
        assert!(!document[key].is_null(), "`{key}` is missing");
    }
    let count = fs_err::read_to_string(gantry.work().join("there/output/count.json"));
    assert_eq!(count.expect("the output is where it was asked for"), "4\n");
    assert!(
        answer.stderr.contains("stdout | counted"),
        "{}",
        answer.stderr
    );
}

#[test]
fn quiet_is_quiet() {
    let gantry = Gantry::new();
    lay_out(&gantry, GOOD);
    let answer = gantry.run(RUN.iter().chain(&["--quiet"]));
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
}

#[test]
fn the_log_cannot_act_on_the_terminal() {
    let script = format!("{GOOD}\nprintf 'a\\033[2Jb\\rc\\007\\n' >&2");
    let (_gantry, answer, document) = run_script(&script, &[]);
    assert!(
        !answer.stderr.contains(['\u{1b}', '\u{7}', '\r']),
        "{}",
        answer.stderr
    );
    assert!(answer.stderr.contains("stderr | c"), "{}", answer.stderr);
    let warnings = document["warnings"].to_string();
    assert!(warnings.contains("wrote to stderr"), "{warnings}");
}

#[test]
fn an_image_runs_without_a_manifest() {
    let gantry = Gantry::new();
    image(
        "cat /input/age.json > /output/age.json",
        "1000",
        gantry.work().join("copy.tar"),
    );
    let document = gantry
        .run(["run", "copy.tar", "-i", "age=42", "--json"])
        .json();
    assert_eq!(document["status"], "succeeded", "{document}");
    assert_eq!(document["outputs"][0]["value"], 42);
    let by_name = gantry.run(["run", "cells:1", "-i", "age=43", "--json", "-o", "other"]);
    assert_eq!(by_name.json()["outputs"][0]["value"], 43);
}

#[test]
fn inputs_may_be_a_folder() {
    let gantry = Gantry::new();
    lay_out(&gantry, GOOD);
    let scans = gantry.work().join("in/images/scan");
    fs_err::create_dir_all(&scans).expect("a folder of the test");
    fs_err::copy(gantry.work().join("scan.mha"), scans.join("a.mha")).expect("a file of the test");
    fs_err::write(gantry.work().join("in/threshold.json"), "0.5").expect("a file of the test");
    let answer = gantry.run(["run", "cells", "--inputs", "in", "--json"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
}

#[test]
fn a_reader_may_go_away() {
    let gantry = Gantry::new();
    lay_out(&gantry, GOOD);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let status = gantry
        .command()
        .args(RUN)
        .stdout(writer)
        .status()
        .expect("gantry can be started");
    assert_eq!(status.code(), Some(0));
    assert!(gantry.work().join("output/output/count.json").exists());
}

#[test]
fn a_dicom_series_is_converted_first() {
    let gantry = Gantry::new();
    lay_out(&gantry, GOOD);
    series::write(&gantry.work().join("ct"), 3, |index| index % 2);
    let answer = gantry.run([
        "run",
        "cells",
        "-i",
        "scan=ct",
        "-i",
        "threshold=0.5",
        "--json",
    ]);
    let document = answer.json();
    assert_eq!(document["status"], "succeeded", "{document}");
    let notes = document["warnings"].to_string();
    assert!(notes.contains("`ct` was converted to `.mha`"), "{notes}");
    let out = gantry.run([
        "inspect",
        "--json",
        "--hash",
        "output/output/images/mask/mask.mha",
    ]);
    assert_eq!(out.json()["size"], json!([3, 2, 3]));
}
