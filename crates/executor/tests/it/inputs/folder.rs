//! A folder that looks like `/input` already.

use domain::FailureReason;
use executor::GivenInputs;
use serde_json::json;

use super::{paths, seen, seen_json, teller};
use crate::algorithm::scan;
use crate::job::{Job, Ran, says};

/// The job with these files in its input folder.
fn given(files: &[(&str, &[u8])]) -> Job {
    let mut job = teller();
    for (path, content) in files {
        job.file(&format!("in/{path}"), content);
    }
    job.request.inputs = GivenInputs::Folder(job.path().join("in"));
    job
}

fn refused(files: &[(&str, &[u8])], words: &[&str]) -> Ran {
    let ran = given(files).run();
    says(&ran.refused(FailureReason::InputInvalid).message, words);
    ran
}

#[test]
fn is_given_as_it_is() {
    let image = scan("1 2 3");
    let list = br#"[{"socket": {"slug": "scan"}}]"#;
    let ran = given(&[
        ("images/scan/7.mha", &image),
        ("age.json", b"7"),
        ("inputs.json", list),
        ("notes.txt", b"mine"),
    ])
    .run();
    assert_eq!(
        paths(&ran),
        ["age.json", "images/scan/7.mha", "inputs.json", "notes.txt"]
    );
    assert_eq!(seen(&ran, "images/scan/7.mha"), image);
    assert_eq!(
        seen_json(&ran, "inputs.json"),
        json!([{"socket": {"slug": "scan"}}])
    );
    assert_eq!(
        ran.report.interface.as_ref().unwrap().inputs,
        ["age", "scan"]
    );
}

#[test]
fn chooses_the_interface_by_what_is_there() {
    let ran = given(&[("name.json", b"\"Ada\""), ("inputs.json", b"[]")]).run();
    assert_eq!(ran.succeeded().interface.as_ref().unwrap().inputs, ["name"]);
    refused(
        &[("age.json", b"7")],
        &[
            "in `",
            "/in`",
            "(`age`)",
            "fit no interface",
            "missing: `scan`",
        ],
    );
    refused(&[("inputs.json", b"[]")], &["no inputs"]);
}

#[test]
fn everything_wrong_is_named() {
    let ran = refused(
        &[("images/scan/7.mha", b"no image"), ("age.json", b"-7")],
        &["(and 1 more)"],
    );
    let problems = ran.problems();
    assert_eq!(
        problems
            .iter()
            .map(|problem| (problem.1, problem.2))
            .collect::<Vec<_>>(),
        [("age", "age.json"), ("scan", "images/scan")]
    );
    says(problems[0].3, &["-7", "minimum of 0"]);
    says(problems[1].3, &["7.mha", "no known image format"]);
}

#[test]
fn holds_one_image_per_folder() {
    let image = scan("1 2 3");
    refused(
        &[
            ("images/scan/1.mha", &image),
            ("images/scan/2.MHA", &image),
            ("age.json", b"7"),
        ],
        &["input `scan`", "holds 2 images", "exactly one"],
    );
    refused(
        &[("images/scan/readme.txt", b"x"), ("age.json", b"7")],
        &["input `scan`", "holds 0 images"],
    );
}

#[test]
fn holds_files_where_files_are_expected() {
    let job = given(&[("inputs.json", b"[]")]);
    let place = job.path().join("in/name.json");
    rustix::fs::mkfifoat(rustix::fs::CWD, place.as_str(), rustix::fs::Mode::RUSR).unwrap();
    let ran = job.run();
    let failure = ran.refused(FailureReason::InputInvalid);
    says(
        &failure.message,
        &["input `name`", "name.json", "no regular file"],
    );
}

#[test]
fn lacks_a_list_that_programs_may_need() {
    let mut job = Job::of(
        super::MANIFEST,
        &["/bin/sh", "-c", "cat /input/name.json > /output/list.json"],
    );
    job.file("in/name.json", b"\"Ada\"");
    job.request.inputs = GivenInputs::Folder(job.path().join("in"));
    let ran = job.run();
    assert_eq!(ran.succeeded().outputs[0].value, Some(json!("Ada")));
    ran.warned(&["/in`", "holds no `inputs.json`"]);
}

#[test]
fn is_a_folder() {
    let mut job = teller();
    job.request.inputs = GivenInputs::Folder(job.file("in", b""));
    let ran = job.run();
    says(
        &ran.refused(FailureReason::InputInvalid).message,
        &["/in` is no folder"],
    );
}

#[test]
fn links_of_it_are_not_followed_by_the_sandbox() {
    let job = given(&[("name.json", b"\"Ada\""), ("inputs.json", b"[]")]);
    let secret = job.file("secret", b"secret");
    std::os::unix::fs::symlink(secret, job.path().join("in/link")).unwrap();
    let ran = job.run();
    ran.succeeded();
    assert!(
        !paths(&ran).contains(&"link"),
        "it leads nowhere in the container"
    );
}
