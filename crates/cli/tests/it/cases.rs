//! `gantry test`: an algorithm's own cases, in real containers.

use std::path::Path;

use serde_json::Value;

use crate::algorithm::{GOOD, image, lay_out};
use crate::gantry::{Answer, Gantry};

/// The algorithm `cells` with one case.
fn with_case(script: &str) -> Gantry {
    let gantry = Gantry::new();
    lay_out(&gantry, script);
    add_case(&gantry, "head");
    gantry
}

fn add_case(gantry: &Gantry, name: &str) {
    let input = gantry.work().join("cells/cases").join(name).join("input");
    fs_err::create_dir_all(input.join("images/scan")).unwrap();
    fs_err::copy(
        gantry.work().join("scan.mha"),
        input.join("images/scan/a.mha"),
    )
    .unwrap();
    fs_err::write(input.join("threshold.json"), "0.5").unwrap();
}

/// Another program in the same algorithm.
fn change(gantry: &Gantry, script: &str) {
    image(script, "1000:1000", gantry.work().join("cells/cells.tar"));
}

fn case_toml(gantry: &Gantry, text: &str) {
    fs_err::write(gantry.work().join("cells/cases/head/case.toml"), text).unwrap();
}

fn test(gantry: &Gantry, more: &[&str]) -> Answer {
    gantry.run(["test", "cells"].iter().chain(more))
}

/// The one case of the JSON document.
fn case(answer: &Answer) -> Value {
    answer.json()["cases"][0].clone()
}

fn expected(gantry: &Gantry) -> std::path::PathBuf {
    gantry.work().join("cells/cases/head/expected")
}

#[test]
fn what_is_recorded_is_compared() {
    let gantry = with_case(GOOD);
    let first = test(&gantry, &[]);
    assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
    assert!(first.stdout.contains("1 not recorded"), "{}", first.stdout);
    assert!(!expected(&gantry).exists());

    let blessed = test(&gantry, &["--bless"]);
    assert_eq!(blessed.code, 0, "{}", blessed.stderr);
    for file in [
        "added head/count.json",
        "added head/images/mask/expected.mha",
        "added head/results.json",
    ] {
        assert!(blessed.stderr.contains(file), "{file}: {}", blessed.stderr);
    }
    assert!(test(&gantry, &[]).stdout.contains("1 passed"));

    change(&gantry, &GOOD.replace("echo 4 >", "echo 5 >"));
    let changed = test(&gantry, &[]);
    assert_eq!(changed.code, 12, "{}", changed.stdout);
    assert!(
        changed.stdout.contains("- count is 5, expected 4\n"),
        "{}",
        changed.stdout
    );
    assert!(!changed.stdout.contains("mask"), "{}", changed.stdout);
    let again = test(&gantry, &["--bless"]);
    assert!(
        again.stderr.contains("changed head/count.json"),
        "{}",
        again.stderr
    );
    assert!(!again.stderr.contains("mask"), "{}", again.stderr);
    assert_eq!(test(&gantry, &[]).code, 0);
}

#[test]
fn tolerances_are_kept() {
    let gantry = with_case(GOOD);
    test(&gantry, &["--bless"]);
    // Half of the mask goes: its eight voxels are the last bytes.
    let shrink = "head -c -8 /output/images/mask/mask.mha > /tmp/m && printf '\\000\\001\\000\\001\\000\\000\\000\\000' >> /tmp/m \
        && cp /tmp/m /output/images/mask/mask.mha";
    let other = GOOD.replace("echo 4 >", "echo 5 >") + shrink + "\n";
    let other = other.replace("head -c -8", "busybox head -c -8");
    change(&gantry, &other);
    let exact = case(&test(&gantry, &["--json"]));
    let told = exact["differences"].to_string();
    assert!(told.contains("2 of 8 samples (25.000 %) differ"), "{told}");
    assert!(told.contains("is 5, expected 4"), "{told}");

    let outputs =
        |count: &str, mask: &str| format!("[outputs.count]\n{count}\n[outputs.mask]\n{mask}\n");
    let dice = "compare = \"dice\"\nat_least =";
    for (text, passes) in [
        (
            outputs(
                "compare = \"number\"\nabsolute = 1.0",
                &format!("{dice} 0.6"),
            ),
            true,
        ),
        (
            outputs(
                "compare = \"number\"\nabsolute = 0.9",
                &format!("{dice} 0.6"),
            ),
            false,
        ),
        (
            outputs("compare = \"ignore\"", &format!("{dice} 0.9")),
            false,
        ),
        (
            outputs("compare = \"ignore\"", "compare = \"voxels\"\nshare = 0.25"),
            true,
        ),
        (
            outputs("compare = \"ignore\"", "compare = \"geometry\""),
            true,
        ),
    ] {
        case_toml(&gantry, &text);
        let answer = test(&gantry, &["--json"]);
        assert_eq!(answer.code == 0, passes, "{text}: {}", answer.stdout);
    }
}

#[test]
fn a_mask_in_another_place_is_told() {
    let gantry = with_case(GOOD);
    test(&gantry, &["--bless"]);
    let moved = GOOD.to_owned()
        + "busybox sed -i 's/Offset = 10/Offset = 11/' /output/images/mask/mask.mha\n";
    change(&gantry, &moved);
    case_toml(&gantry, "[outputs.mask]\ncompare = \"geometry\"\n");
    let told = case(&test(&gantry, &["--json"]))["differences"].to_string();
    assert!(
        told.contains("does not lie where the recorded one lies"),
        "{told}"
    );
}

#[test]
fn a_case_may_have_to_fail() {
    let gantry = with_case("echo broken >&2; exit 3");
    let failed = test(&gantry, &[]);
    assert_eq!(failed.code, 10);
    assert!(failed.stdout.contains("| broken"), "{}", failed.stdout);
    case_toml(&gantry, "failure = \"exit_code\"\n");
    assert_eq!(test(&gantry, &[]).code, 0);
    case_toml(&gantry, "failure = \"time_limit\"\n");
    let other = test(&gantry, &[]);
    assert_eq!(other.code, 12);
    assert!(
        other.stdout.contains("expected `time_limit`"),
        "{}",
        other.stdout
    );
    change(&gantry, GOOD);
    assert!(
        test(&gantry, &[])
            .stdout
            .contains("succeeded, expected the failure `time_limit`")
    );
}

#[test]
fn bounds_are_kept() {
    let gantry = with_case(&format!("sleep 0.1\n{GOOD}"));
    case_toml(&gantry, "bounds = { time = \"1ms\", memory = \"1kB\" }\n");
    let told = case(&test(&gantry, &["--json"]))["differences"].to_string();
    assert!(told.contains("expected at most 0.001 s"), "{told}");
    assert!(
        told.contains("bytes of memory, expected at most 1000"),
        "{told}"
    );
}

#[test]
fn several_at_once_give_reports_for_build_servers() {
    let gantry = with_case(&GOOD.replace("echo 4", "cat /input/threshold.json"));
    for name in ["a", "b", "c"] {
        add_case(&gantry, name);
    }
    let broken = gantry.work().join("cells/cases/b/input/threshold.json");
    fs_err::write(broken, "7").unwrap();
    test(&gantry, &["--bless"]);
    let answer = test(&gantry, &["--jobs", "3", "--junit", "junit.xml", "--json"]);
    let document = answer.json();
    let verdicts: Vec<(&str, &str)> = document["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| {
            (
                case["name"].as_str().unwrap(),
                case["verdict"].as_str().unwrap(),
            )
        })
        .collect();
    // 0.5 is no integer, so `count` refuses it.
    assert_eq!(
        verdicts,
        [
            ("a", "failed"),
            ("b", "passed"),
            ("c", "failed"),
            ("head", "failed")
        ]
    );
    let xml = fs_err::read_to_string(gantry.work().join("junit.xml")).unwrap();
    assert!(
        xml.contains("<testsuite name=\"cells\" tests=\"4\" failures=\"3\""),
        "{xml}"
    );
    assert!(
        xml.contains("<testcase classname=\"cells\" name=\"b\""),
        "{xml}"
    );
    assert_eq!(xml.matches("<failure message=\"").count(), 3, "{xml}");
    let filtered = test(&gantry, &["--filter", "b", "--json"]);
    assert_eq!(
        (
            filtered.code,
            filtered.json()["cases"].as_array().map(Vec::len)
        ),
        (0, Some(1))
    );
}

#[test]
fn mistakes_in_cases_are_told() {
    let gantry = Gantry::new();
    lay_out(&gantry, GOOD);
    assert!(
        test(&gantry, &[])
            .stderr
            .contains("there are no cases in `cells/cases`")
    );
    fs_err::create_dir_all(gantry.work().join("cells/cases/empty")).unwrap();
    assert!(test(&gantry, &[]).stderr.contains("has no folder `input`"));
    fs_err::remove_dir(gantry.work().join("cells/cases/empty")).unwrap();
    add_case(&gantry, "head");
    assert!(
        test(&gantry, &["--filter", "x"])
            .stderr
            .contains("no case has `x` in its name")
    );
    for (text, expected) in [
        ("tolerance = 1", "tolerance"),
        ("outputs.x = { compare = \"exact\" }", "`x`"),
    ] {
        case_toml(&gantry, text);
        let answer = test(&gantry, &[]);
        assert!(
            answer.code == 11 && answer.stderr.contains(expected),
            "{}",
            answer.stderr
        );
    }
}

#[test]
fn the_cases_of_the_demo_pass() {
    let gantry = Gantry::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../images/otsu");
    let answer = gantry.run(["test", folder.to_str().unwrap(), "--json"]);
    assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    let document = answer.json();
    let cases = document["cases"].as_array().unwrap();
    assert!(
        cases.len() >= 2 && cases.iter().all(|case| case["verdict"] == "passed"),
        "{document}"
    );
}
