//! `gantry validate` and `gantry schema`.

use crate::gantry::Gantry;

const MANIFEST: &str = r#"
title = "Bone mask"
slug = "bone-mask"
description = "Marks bones"
image = "bones.tar"
sockets = [
    { slug = "ct", kind = "Image", relative_path = "images/ct" },
    { slug = "threshold", kind = "Integer", relative_path = "threshold.json", default = 200 },
    { slug = "bones", kind = "Segmentation", relative_path = "images/bones", overlay_segments = [
        { voxel_value = 1, name = "bone", visible = true },
    ] },
]
interfaces = [
    { inputs = ["ct"], outputs = ["bones"] },
    { inputs = ["ct", "threshold"], outputs = ["bones"] },
]

[limits]
memory = "4GB"
time = "90s"
"#;

fn validate(text: &str) -> String {
    let gantry = Gantry::new();
    fs_err::write(gantry.work().join("algorithm.toml"), text).expect("a file of the test");
    gantry.snapshot(["validate", "."])
}

#[test]
fn a_valid_manifest_is_summed_up() {
    insta::assert_snapshot!(validate(MANIFEST));
}

#[test]
fn an_unknown_key_is_named() {
    insta::assert_snapshot!(validate(&MANIFEST.replace("memory = ", "memroy = ")));
}

#[test]
fn a_rule_that_is_broken_is_named() {
    insta::assert_snapshot!(validate(
        &MANIFEST.replace("threshold.json", "images/ct/t.json")
    ));
}

#[test]
fn no_toml_is_told_by_line() {
    insta::assert_snapshot!(validate("title = \"a\nslug"));
}

#[test]
fn a_missing_manifest_is_named() {
    insta::assert_snapshot!(Gantry::new().snapshot(["validate", "nowhere"]));
}

#[test]
fn a_result_template_may_be_a_file() {
    let gantry = Gantry::new();
    let text = format!("result_template_file = \"summary.jinja\"\n{MANIFEST}");
    fs_err::write(gantry.work().join("algorithm.toml"), text).expect("a file of the test");
    insta::assert_snapshot!(gantry.snapshot(["validate", "algorithm.toml"]));
    fs_err::write(gantry.work().join("summary.jinja"), "{{ results }}")
        .expect("a file of the test");
    assert_eq!(gantry.run(["validate", "algorithm.toml"]).code, 0);
}

#[test]
fn the_schema_is_json_and_names_the_keys() {
    let answer = Gantry::new().run(["schema"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let properties = &answer.json()["properties"];
    for key in ["title", "slug", "sockets", "interfaces", "limits"] {
        assert!(properties[key].is_object(), "{key}: {properties}");
    }
}
