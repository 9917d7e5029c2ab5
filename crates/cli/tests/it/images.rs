//! `gantry image`: what is imported, shown and removed, and what is refused.

use crate::archive::Archive;
use crate::gantry::Gantry;

#[test]
fn an_image_comes_is_shown_and_goes() {
    let gantry = Gantry::new();
    Archive::default().write(gantry.work().join("probe.tar"));
    insta::assert_snapshot!(
        "import",
        gantry.snapshot(["image", "import", "--unpack", "probe.tar"])
    );
    insta::assert_snapshot!(
        "import_again",
        gantry.snapshot(["image", "import", "probe.tar"])
    );
    insta::assert_snapshot!("list", gantry.snapshot(["image", "list"]));
    insta::assert_snapshot!("inspect", gantry.snapshot(["image", "inspect", "probe:1"]));
    insta::assert_snapshot!("remove", gantry.snapshot(["image", "remove", "probe:1"]));
    insta::assert_snapshot!("list_nothing", gantry.snapshot(["image", "list"]));
}

#[test]
fn json_says_the_same_to_programs() {
    let gantry = Gantry::new();
    Archive::default().write(gantry.work().join("probe.tar"));
    let imported = gantry
        .run(["image", "import", "probe.tar", "--json"])
        .json();
    assert_eq!(imported["image"]["names"], serde_json::json!(["probe:1"]));
    assert_eq!(imported["already_present"], false);
    let digest = imported["image"]["digest"].as_str().expect("a digest");
    let listed = gantry.run(["image", "list", "--json"]).json();
    assert_eq!(listed[0]["digest"], digest);
    let beginning = &digest["sha256:".len()..][..8];
    let inspected = gantry.run(["image", "inspect", "--json", beginning]).json();
    assert_eq!(inspected, imported["image"]);
}

#[test]
fn how_layers_are_kept_is_said_with_its_reason() {
    let gantry = Gantry::new();
    Archive::default().write(gantry.work().join("probe.tar"));
    let import = |more: &[&str]| {
        let command = [&["image", "import", "probe.tar", "--json"], more].concat();
        gantry.run(command).json()
    };
    let imported = import(&[]);
    let (form, words) = match imported["unpacked_because"].as_str() {
        None => ("indexed", "in its tar"),
        Some(reason) => {
            assert!(
                reason.contains("root") || reason.contains("kernel"),
                "{reason}"
            );
            ("unpacked", "unpacked")
        }
    };
    assert_eq!(imported["image"]["layers"][0]["form"], form);
    let shown = gantry.run(["image", "inspect", "probe:1"]);
    assert!(
        shown.stdout.contains(&format!("  {words}  ")),
        "{}",
        shown.stdout
    );
    let unpacked = import(&["--unpack"]);
    assert_eq!(unpacked["unpacked_because"], "it was asked for");
    assert_eq!(unpacked["image"]["layers"][0]["form"], "unpacked");
}

#[test]
fn root_is_refused_unless_it_is_allowed() {
    let gantry = Gantry::new();
    Archive {
        user: "",
        ..Archive::default()
    }
    .write(gantry.work().join("root.tar"));
    insta::assert_snapshot!("root", gantry.snapshot(["image", "import", "root.tar"]));
    assert_eq!(
        gantry
            .run(["image", "import", "--allow-root", "root.tar"])
            .code,
        0
    );
}

#[test]
fn other_processors_are_refused() {
    let gantry = Gantry::new();
    Archive {
        architecture: "arm64",
        ..Archive::default()
    }
    .write(gantry.work().join("arm.tar"));
    insta::assert_snapshot!("arm64", gantry.snapshot(["image", "import", "arm.tar"]));
}

#[test]
fn what_is_no_archive_is_refused() {
    let gantry = Gantry::new();
    fs_err::write(gantry.work().join("text"), "no archive\n").expect("a file of the test");
    insta::assert_snapshot!("no_archive", gantry.snapshot(["image", "import", "text"]));
    insta::assert_snapshot!(
        "no_file",
        gantry.snapshot(["image", "import", "nothing.tar"])
    );
}

#[test]
fn an_unknown_image_is_named() {
    let gantry = Gantry::new();
    insta::assert_snapshot!("unknown", gantry.snapshot(["image", "inspect", "nobody:1"]));
    assert_eq!(gantry.run(["image", "remove", "nobody:1"]).code, 14);
}
