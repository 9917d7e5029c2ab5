//! Runs that are refused before anything is started.

use serde_json::json;

use crate::algorithm::{GOOD, RUN, image, lay_out};
use crate::gantry::Gantry;

fn laid_out() -> Gantry {
    let gantry = Gantry::new();
    lay_out(&gantry, GOOD);
    gantry
}

#[test]
fn inputs_that_do_not_fit() {
    let gantry = laid_out();
    insta::assert_snapshot!(
        "no_interface",
        gantry.snapshot(["run", "cells", "-i", "scan=scan.mha"])
    );
    insta::assert_snapshot!(
        "wrong_values",
        gantry.snapshot([
            "run",
            "cells",
            "-i",
            "scan=nothing.mha",
            "-i",
            "threshold=-1",
            "-o",
            "b"
        ])
    );
    insta::assert_snapshot!(
        "no_socket",
        gantry.snapshot(["run", "cells", "-i", "scan.mha"])
    );
}

#[test]
fn programs_are_told_of_refusals_too() {
    let gantry = laid_out();
    let cases: [(&[&str], i32, &str); 6] = [
        (&["run", "cells", "-i", "scan"], 11, "input_invalid"),
        (
            &["run", "cells", "-i", "scan=scan.mha"],
            11,
            "input_invalid",
        ),
        (&["run", "cells", "-i", "Not A Slug=1"], 11, "input_invalid"),
        (&["run", "nothing.tar"], 14, "image_unusable"),
        (&["run", "nobody:1"], 14, "image_unusable"),
        (&["run", "scan.mha"], 14, "image_unusable"),
    ];
    for (arguments, code, reason) in cases {
        let answer = gantry.run(arguments.iter().chain(&["--json"]));
        let document = answer.json();
        assert_eq!(answer.code, code, "{arguments:?}: {document:#}");
        assert_eq!(document["status"], "refused", "{arguments:?}");
        assert_eq!(document["failure"]["code"], reason, "{arguments:?}");
        assert!(document["isolation"].is_null());
    }
}

#[test]
fn a_wrong_manifest() {
    let gantry = laid_out();
    fs_err::write(gantry.work().join("cells/algorithm.toml"), "title = 3\n").expect("the manifest");
    let answer = gantry.run(RUN.iter().chain(&["--json"]));
    assert_eq!(answer.code, 14);
    let failure = &answer.json()["failure"];
    assert_eq!(failure["code"], "image_unusable");
    assert!(
        failure["message"].to_string().contains("title"),
        "{failure}"
    );
    assert!(failure["hint"].is_string(), "{failure}");
}

#[test]
fn an_image_that_runs_as_root() {
    let gantry = Gantry::new();
    image(
        "echo 1 > /output/one.json",
        "",
        gantry.work().join("root.tar"),
    );
    insta::assert_snapshot!("root_image", gantry.snapshot(["run", "root.tar"]));
    let allowed = gantry.run(["run", "root.tar", "--allow-root", "--json"]);
    assert_eq!(allowed.json()["status"], "succeeded", "{}", allowed.stdout);
    // That it was allowed once is not remembered.
    let again = gantry.run(["run", "root.tar", "--json", "-o", "again"]);
    assert_eq!(
        (again.code, &again.json()["status"]),
        (14, &json!("refused"))
    );
}

#[test]
fn an_output_folder_in_use() {
    let gantry = laid_out();
    assert_eq!(gantry.run(RUN).code, 0);
    insta::assert_snapshot!("output_in_use", gantry.snapshot(RUN));
    assert_eq!(gantry.run(RUN.iter().chain(&["--overwrite"])).code, 0);
    fs_err::create_dir(gantry.work().join("mine")).expect("a folder of the test");
    fs_err::write(gantry.work().join("mine/thesis"), "").expect("a file of the test");
    let answer = gantry.run(RUN.iter().chain(&["-o", "mine", "--overwrite"]));
    assert_eq!(answer.code, 11, "{}", answer.stderr);
    assert!(gantry.work().join("mine/thesis").exists());
}

#[test]
fn a_gpu_that_does_not_exist() {
    let gantry = laid_out();
    let answer = gantry.run(
        RUN.iter()
            .chain(&["--gpu", "gantry.test/no=such", "--json"]),
    );
    let document = answer.json();
    assert_eq!(answer.code, 15, "{document:#}");
    assert_eq!(document["failure"]["code"], "no_resources");
    assert!(document["failure"]["hint"].is_string(), "{document:#}");
}

#[test]
fn limits_that_are_none_are_wrong_usage() {
    let gantry = laid_out();
    insta::assert_snapshot!(
        "wrong_limit",
        gantry.snapshot(RUN.iter().chain(&["--memory", "lots"]))
    );
    insta::assert_snapshot!(
        "wrong_guarantee",
        gantry.snapshot(RUN.iter().chain(&["--without", "seccomp"]))
    );
}

#[test]
fn nothing_is_left_behind() {
    let gantry = laid_out();
    gantry.run(["run", "cells", "-i", "scan=scan.mha", "-o", "fresh"]);
    assert!(!gantry.work().join("fresh").exists());
    assert_eq!(gantry.run(RUN).code, 0, "the same folder serves again");
}
