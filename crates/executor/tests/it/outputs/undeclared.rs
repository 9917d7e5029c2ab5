//! Outputs of an image that comes without a manifest: whatever is there.

use domain::FailureReason;

use crate::algorithm::{GOOD, scan};
use crate::job::{Job, Ran, says};

fn run(more: &str) -> Ran {
    let mut job = Job::new(&format!("cd /input/images; {GOOD}{more}"));
    job.request.declared = false;
    job.request.algorithm = executor::undeclared::algorithm("job:1");
    let scan = job.file("scan.mha", &scan("10 20 30"));
    job.given(&[("scan", scan.as_str())]).run()
}

#[test]
fn every_file_is_an_output() {
    let ran = run("");
    let report = ran.succeeded();
    assert_eq!(ran.outputs(), ["mask", "count", "results", "cells"]);
    assert_eq!(ran.output("count").value, Some(4.into()));
    assert_eq!(ran.output("count").kind, None);
    let geometry = ran.output("mask").geometry.as_ref().unwrap();
    assert_eq!(
        (geometry.compared_with.as_str(), geometry.aligned),
        ("scan", true)
    );
    assert!(report.extra_files.is_empty() && report.interface.is_none());
    says(&report.result.as_ref().unwrap().text, &["\"count\": 4"]);
}

#[test]
fn what_is_broken_is_named_and_the_rest_kept() {
    let ran = run(
        "echo '{' > /output/count.json; ln -s / /output/root; echo > /output/images/mask/b.mha",
    );
    ran.failed(FailureReason::OutputInvalid);
    let problems = ran.problems();
    assert_eq!(
        problems.iter().map(|p| p.2).collect::<Vec<_>>(),
        ["count.json", "root"]
    );
    says(problems[1].3, &["symbolic link"]);
    ran.warned(&["images/mask/b.mha", "ignored"]);
    assert_eq!(ran.outputs(), ["mask", "results", "cells"]);
}
