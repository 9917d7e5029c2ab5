//! Inputs that are refused, each with a message that names the input, what was found and what was expected.

use domain::FailureReason;

use super::teller;
use crate::algorithm::{image_of, scan};
use crate::job::{Job, Ran, says};

/// Refused with this in the message and the hint.
fn refused(job: Job, inputs: &[(&str, &str)], words: &[&str]) -> Ran {
    let ran = job.given(inputs).run();
    let failure = ran.refused(FailureReason::InputInvalid);
    let hint = failure.hint.as_deref().unwrap_or_default();
    says(&format!("{} {hint}", failure.message), words);
    ran
}

#[test]
fn names_that_are_not_declared() {
    refused(
        teller(),
        &[("nam", "x")],
        &[
            "(`nam`)",
            "missing: `name`; too many: `nam`",
            "did you mean `name`?",
        ],
    );
    refused(
        teller(),
        &[("Not a slug", "1")],
        &["`Not a slug` is no slug"],
    );
    refused(
        teller(),
        &[("something-else-altogether", "1")],
        &["too many: `something-else-altogether`", "gantry validate"],
    );
    let ran = refused(
        teller(),
        &[("name", "a"), ("name", "b")],
        &["input `name` is given twice"],
    );
    assert_eq!(ran.problems().len(), 1);
}

#[test]
fn combinations_that_are_no_interface() {
    refused(teller(), &[], &["no inputs", "[`name`] or [`shape`] or"]);
    refused(
        teller(),
        &[("name", "x"), ("shape", "{}")],
        &["fit no interface", "too many: `shape`"],
    );
    refused(teller(), &[("points", "{}")], &["missing: `table`"]);
    refused(
        teller(),
        &[("list", "[]"), ("name", "x")],
        &["fit no interface", "too many: `list`"],
    );
}

#[test]
fn defaults_complete_only_what_is_given_in_part() {
    // `age` alone would be complete with no other default.
    refused(
        teller(),
        &[("age", "1")],
        &["fit no interface", "missing: `scan`"],
    );
}

#[test]
fn json_that_is_none_or_breaks_the_schema() {
    refused(
        teller(),
        &[("shape", "{a: 1}")],
        &["input `shape` is `{a: 1}`, expected JSON"],
    );
    let ran = refused(
        teller(),
        &[("shape", "{\"c\": 1}")],
        &["input `shape`", "\"a\"", "(and 1 more)"],
    );
    let problems = ran.problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems
            .iter()
            .all(|problem| problem.2 == "deep/shape.json")
    );
    says(problems[1].3, &["\"b\""]);
    let points = [
        ("points", "{\"type\": \"Point\"}"),
        ("table", "/nowhere.csv"),
    ];
    let ran = refused(teller(), &points, &["input `points`", "more"]);
    let last = *ran.problems().last().unwrap();
    assert_eq!((last.1, last.2), ("table", "tables/t.csv"));
    says(last.3, &["cannot be read", "/nowhere.csv"]);
}

#[test]
fn files_where_json_is_expected() {
    let job = teller();
    let file = job.file("shape.json", b"{}");
    let words = format!("to read that file write `@{file}`");
    refused(job, &[("shape", file.as_str())], &["expected JSON", &words]);
    refused(
        teller(),
        &[("shape", "@/nowhere.json")],
        &["input `shape` cannot be read", "/nowhere.json"],
    );
    for (content, words) in [
        (&b"{\"a\": "[..], "is not valid JSON"),
        (b"\xff\xfe{\0}\0", "is not UTF-8: byte 0"),
        (b"", "is empty"),
    ] {
        let job = teller();
        let file = job.file("shape.json", content);
        refused(
            job,
            &[("shape", &format!("@{file}"))],
            &["input `shape`", "shape.json", words],
        );
    }
    refused(
        teller(),
        &[("shape", "@/dev/zero")],
        &["input `shape`", "/dev/zero", "no regular file"],
    );
}

/// The image is refused with these words.
fn refused_image(name: &str, content: &[u8], words: &[&str]) {
    let job = teller();
    let file = job.file(name, content);
    let words = [&["input `scan`"], words].concat();
    refused(job, &[("scan", file.as_str())], &words);
}

#[test]
fn images_that_are_none() {
    let gone = ["`/nowhere.mha`", "there is no such file"];
    refused(teller(), &[("scan", "/nowhere.mha")], &gone);
    let job = teller();
    job.file("case/slice.dcm", b"no image");
    let case = job.path().join("case").into_string();
    let folder = [
        &*case,
        "files of one image",
        "slice.dcm",
        "no known image format",
    ];
    refused(job, &[("scan", &case)], &folder);
    refused_image("a.mha", b"no image", &["a.mha", "no known image format"]);
    let short = image_of("1 2 3", &[0; 7]);
    refused_image("a.mha", &short, &["expected 8 bytes, found 7"]);
}

#[test]
fn images_under_a_wrong_ending() {
    for ending in ["dcm", "tif", ""] {
        let words = format!("with the ending `{ending}`, expected `.mha`");
        refused_image(&format!("a.{ending}"), &scan("1 2 3"), &[&words]);
    }
}

#[test]
fn headers_whose_samples_are_elsewhere() {
    let header = String::from_utf8(image_of("1 2 3", &[])).unwrap();
    for place in ["gone.raw", "../../etc/passwd"] {
        refused_image("a.mhd", header.replace("LOCAL", place).as_bytes(), &[place]);
    }
}

#[test]
fn files_of_another_kind() {
    let job = teller();
    let file = job.file("paper.pdf", b"MZ not a paper");
    let inputs = [("paper", file.as_str()), ("name", "x"), ("age", "1.5")];
    let ran = refused(
        job,
        &inputs,
        &["input `age`", "1.5", "integer", "(and 1 more)"],
    );
    says(
        ran.problems()[1].3,
        &["does not begin as a `PDF file` does, expected `%PDF-`"],
    );
}

#[test]
fn segmentations_with_values_that_no_segment_declares() {
    let manifest = r#"
        title = "M"
        slug = "m"
        sockets = [
            { slug = "mask", kind = "Segmentation", relative_path = "images/mask", overlay_segments = [{ voxel_value = 1, name = "cell" }] },
            { slug = "count", kind = "Integer", relative_path = "count.json" },
        ]
        interfaces = [{ inputs = ["mask"], outputs = ["count"] }]
    "#;
    let job = || Job::of(manifest, &["/bin/sh", "-c", "echo 1 > /output/count.json"]);
    let wrong = image_of("1 2 3", &[0, 1, 5, 0, 0, 0, 0, 0]);
    let words = ["input `mask`", "[5]", "expected only [0, 1]"];
    let one = job();
    let file = one.file("mask.mha", &wrong);
    refused(one, &[("mask", file.as_str())], &words);
    let mut other = job();
    other.file("in/images/mask/mask.mha", &wrong);
    other.request.inputs = executor::GivenInputs::Folder(other.path().join("in"));
    let ran = other.run();
    says(&ran.refused(FailureReason::InputInvalid).message, &words);
    let good = job();
    let file = good.file("mask.mha", &scan("1 2 3"));
    good.given(&[("mask", file.as_str())]).run().succeeded();
}
