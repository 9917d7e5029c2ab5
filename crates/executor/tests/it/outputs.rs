//! Broken and hostile outputs: each is named with what is wrong, and what is valid is kept in any case.

mod hostile;
mod images;
mod undeclared;

use domain::FailureReason;

use crate::job::{Job, Ran, says};

/// The job of the last interface, whose script goes on like this.
fn after_good(more: &str) -> Ran {
    Job::with_scan(more).run()
}

/// Refused for one output; the other three are there.
fn one_invalid(more: &str, socket: &str, words: &[&str]) -> Ran {
    let ran = after_good(more);
    let failure = ran.failed(FailureReason::OutputInvalid);
    says(&failure.message, &[&format!("socket `{socket}`")]);
    let problems = ran.problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(
        (problems[0].0, problems[0].1),
        (FailureReason::OutputInvalid, socket)
    );
    says(problems[0].3, words);
    let mut kept = vec!["count", "mask", "results-json-file", "table"];
    kept.retain(|other| *other != socket);
    assert_eq!(ran.outputs(), kept);
    ran
}

#[test]
fn good_ones_are_described() {
    let ran = after_good("");
    let report = ran.succeeded();
    assert_eq!(
        ran.outputs(),
        ["count", "mask", "results-json-file", "table"]
    );
    let count = ran.output("count");
    assert_eq!(count.value, Some(4.into()));
    assert_eq!((count.kind.as_deref(), count.bytes), (Some("Integer"), 2));
    assert_eq!(count.relative_path, "count.json");
    assert_eq!(fs_err::read_to_string(&count.path).unwrap(), "4\n");
    assert!(
        count.sha256.starts_with("7de1555df0c2700329e8"),
        "{}",
        count.sha256
    );
    let mask = ran.output("mask");
    assert_eq!(mask.relative_path, "images/mask/mask.mha");
    let image = mask.image.as_ref().unwrap();
    assert_eq!(image["size"], serde_json::json!([2, 2, 2]));
    assert_eq!(image["segments"], serde_json::json!([0, 1]));
    let geometry = mask.geometry.as_ref().unwrap();
    assert_eq!(
        (geometry.compared_with.as_str(), geometry.aligned),
        ("scan", true)
    );
    assert_eq!(ran.output("table").value, None);
    assert_eq!((report.warnings.len(), report.extra_files.len()), (0, 0));
}

#[test]
fn several_problems_are_all_named_and_the_rest_is_kept() {
    let ran = after_good(
        "echo '\"four\"' > /output/count.json; rm /output/tables/cells.csv
         echo x > /output/images/mask/mask.mha",
    );
    let failure = ran.failed(FailureReason::OutputInvalid);
    says(
        &failure.message,
        &["socket `count`", "/output/count.json", "(and 2 more)"],
    );
    let problems: Vec<_> = ran.problems().iter().map(|p| (p.0, p.1, p.2)).collect();
    assert_eq!(
        problems,
        [
            (FailureReason::OutputInvalid, "count", "count.json"),
            (FailureReason::OutputInvalid, "mask", "images/mask/mask.mha"),
            (FailureReason::OutputMissing, "table", "tables/cells.csv"),
        ]
    );
    assert_eq!(ran.outputs(), ["results-json-file"]);
    // Also what is invalid can be looked at.
    let left = &ran.report.files["outputs"];
    assert_eq!(
        fs_err::read_to_string(format!("{left}/count.json")).unwrap(),
        "\"four\"\n"
    );
    assert!(ran.report.result.is_some());
}

#[test]
fn outputs_of_a_program_that_failed_are_kept() {
    let ran = after_good("rm /output/count.json; echo oh >&2; exit 5");
    let failure = ran.failed(FailureReason::ExitCode);
    assert_eq!(failure.message, "the program returned exit code 5: oh");
    assert_eq!(ran.outputs(), ["mask", "results-json-file", "table"]);
}

#[test]
fn json_that_is_none_or_breaks_the_schema() {
    let write = |text: &str| format!("printf '{text}' > /output/count.json");
    one_invalid(&write("10"), "count", &["10", "maximum of 9"]);
    one_invalid(&write("4.5"), "count", &["4.5", "integer"]);
    one_invalid(&write("{\"a\""), "count", &["is not valid JSON", "line 1"]);
    one_invalid(&write(""), "count", &["is empty"]);
    one_invalid(&write("\"\\377\\376\""), "count", &["is not UTF-8: byte 1"]);
    one_invalid(&write("NaN"), "count", &["null"]);
    let deep = "i=0; while [ $i -lt 200 ]; do printf '['; i=$((i+1)); done > /output/count.json";
    one_invalid(deep, "count", &["brackets", "deep"]);
}

#[test]
fn numbers_that_json_has_not_become_null() {
    let ran = after_good("echo '{\"count\": NaN, \"x\": [Infinity]}' > /output/results.json");
    ran.succeeded();
    ran.warned(&["`results.json`", "2 numbers", "null"]);
    let value = ran.output("results-json-file").value.as_ref().unwrap();
    assert_eq!(*value, serde_json::json!({"count": null, "x": [null]}));
}

#[test]
fn a_long_value_is_left_in_its_file() {
    let ran = after_good(
        "(printf '\"'; head -c 70000 /dev/zero | tr '\\0' x; printf '\"') > /output/results.json",
    );
    ran.succeeded();
    let results = ran.output("results-json-file");
    assert_eq!((results.bytes, &results.value), (70_002, &None));
}

#[test]
fn folders_where_files_are_expected_and_the_other_way_round() {
    one_invalid(
        "rm /output/count.json; mkdir /output/count.json",
        "count",
        &["is a folder, expected a file"],
    );
    one_invalid(
        "rm -r /output/images/mask; echo x > /output/images/mask",
        "mask",
        &["is a file, expected a folder with one image"],
    );
    one_invalid(
        "printf 'a\\0b' > /output/tables/cells.csv",
        "table",
        &["is not text"],
    );
}

#[test]
fn words_on_stderr_are_a_warning_only() {
    let ran = after_good("echo first >&2; echo 'low contrast' >&2");
    ran.succeeded();
    ran.warned(&["wrote to stderr", "last line: low contrast"]);
}

#[test]
fn files_that_no_socket_asks_for_are_kept_and_named() {
    let ran = after_good(
        "mkdir /output/debug; echo abc > /output/debug/log.txt; echo 1 > /output/z.json",
    );
    let extra: Vec<_> = ran
        .succeeded()
        .extra_files
        .iter()
        .map(|file| (file.relative_path.as_str(), file.bytes))
        .collect();
    assert_eq!(extra, [("debug/log.txt", 4), ("z.json", 2)]);
    let kept = format!("{}/debug/log.txt", ran.report.files["outputs"]);
    assert_eq!(fs_err::read_to_string(kept).unwrap(), "abc\n");
}
