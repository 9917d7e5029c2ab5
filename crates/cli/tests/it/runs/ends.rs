//! Runs that end badly: the algorithm's fault, or a limit.

use serde_json::json;

use super::{problems, run_script};
use crate::algorithm::{GOOD, RUN, lay_out};
use crate::gantry::Gantry;

#[test]
fn people_read_why_the_algorithm_failed() {
    let gantry = Gantry::new();
    lay_out(&gantry, "echo loading; echo 'no cells' >&2; exit 3");
    insta::assert_snapshot!("exit_code", gantry.snapshot(RUN));
}

#[test]
fn an_exit_code_is_told_and_never_ours() {
    let (_gantry, answer, document) = run_script("exit 11", &[]);
    assert_eq!((answer.code, &document["status"]), (10, &json!("failed")));
    let failure = &document["failure"];
    assert_eq!(
        (&failure["code"], &failure["exit_code"]),
        (&json!("exit_code"), &json!(11))
    );
    assert_eq!(document["exit_code"], 11);
}

#[test]
fn a_signal_is_named() {
    let (_gantry, answer, document) = run_script("kill -SEGV $$", &[]);
    let failure = &document["failure"];
    assert_eq!(
        (answer.code, &failure["code"]),
        (10, &json!("signal")),
        "{document}"
    );
    assert_eq!(failure["signal"], "SIGSEGV");
}

#[test]
fn limits_are_told_with_what_was_measured() {
    let cases = [
        (
            "memory_limit",
            "dd if=/dev/zero of=/dev/shm/x bs=1M count=200",
            &[][..],
        ),
        (
            "pids_limit",
            "for i in $(sh -c 'echo 1 2 3 4 5 6 7 8 9') ; do sleep 60 & done; wait",
            &["--pids", "4"],
        ),
        (
            "disk_limit",
            "dd if=/dev/zero of=/tmp/x bs=1M count=200",
            &[],
        ),
        ("time_limit", "sleep 60", &["--time", "300ms"]),
    ];
    for (code, script, more) in cases {
        let (_gantry, answer, document) = run_script(script, more);
        let failure = &document["failure"];
        assert_eq!(
            (answer.code, failure["code"].as_str()),
            (13, Some(code)),
            "{document:#}"
        );
        for key in ["limit", "peak", "hint", "message"] {
            assert!(failure[key].is_string(), "{code}: no `{key}`: {failure:#}");
        }
    }
}

#[test]
fn people_read_a_limit() {
    let gantry = Gantry::new();
    lay_out(&gantry, "echo waiting; sleep 60");
    insta::assert_snapshot!(
        "time_limit",
        gantry.snapshot(RUN.iter().chain(&["--time", "300ms"]))
    );
}

#[test]
fn missing_outputs_are_all_named_and_others_kept() {
    let (gantry, answer, document) = run_script("echo 4 > /output/count.json", &[]);
    assert_eq!(
        (answer.code, &document["failure"]["code"]),
        (12, &json!("output_missing"))
    );
    assert_eq!(
        problems(&document),
        [
            ("output_missing", "images/mask"),
            ("output_missing", "results.json")
        ]
    );
    assert_eq!(document["outputs"][0]["socket"], "count");
    assert!(gantry.work().join("output/output/count.json").exists());
}

#[test]
fn people_read_what_is_wrong_with_outputs() {
    let gantry = Gantry::new();
    let script = GOOD.replace("echo 4 ", "echo 4.5 ").replace(
        "mask/mask.mha",
        "mask/mask.mha; echo x > /output/images/mask/b.mha",
    );
    lay_out(&gantry, &script);
    insta::assert_snapshot!("outputs", gantry.snapshot(RUN));
}

#[test]
fn a_broken_template_loses_no_result() {
    let gantry = Gantry::new();
    lay_out(&gantry, GOOD);
    let manifest = gantry.work().join("cells/algorithm.toml");
    let text = fs_err::read_to_string(&manifest).expect("the manifest");
    fs_err::write(
        &manifest,
        text.replace("{{ results.count }}", "{{ results.count.of.what }}"),
    )
    .expect("the manifest");
    let answer = gantry.run(RUN.iter().chain(&["--json"]));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let warnings = answer.json()["warnings"].to_string();
    assert!(warnings.contains("template"), "{warnings}");
}
