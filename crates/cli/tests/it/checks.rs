//! `gantry check`: one report about an algorithm, before anything runs.

use serde_json::Value;

use crate::algorithm::{GOOD, image, lay_out};
use crate::gantry::Gantry;

fn findings(gantry: &Gantry) -> (i32, String) {
    let answer = gantry.run(["check", "cells", "--json"]);
    (answer.code, answer.json()["findings"].to_string())
}

#[test]
fn a_good_algorithm_is_told_what_could_be_better() {
    let gantry = Gantry::new();
    lay_out(&gantry, GOOD);
    let answer = gantry.run(["check", "cells"]);
    assert_eq!(answer.code, 0, "{}", answer.stdout);
    insta::assert_snapshot!("check_cells", redact_digest(&gantry.redact(&answer.stdout)));
    assert_eq!(gantry.run(["check", "cells", "--strict"]).code, 0);
}

/// The digest and the size depend on the busybox of the machine.
fn redact_digest(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| match line.split_once("good: image ") {
            Some(_) => "good: image [digest, platform, user, size]",
            None => line,
        });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn each_mistake_is_found() {
    let gantry = Gantry::new();
    lay_out(&gantry, GOOD);
    let manifest = gantry.work().join("cells/algorithm.toml");
    let good = fs_err::read_to_string(&manifest).unwrap();
    for (old, new, code, expected) in [
        ("slug = \"cells\"", "slug = \"Cells\"", 14, "Cells"),
        (
            "{{ results.count }}",
            "{{ results.count }",
            14,
            "the result template is invalid",
        ),
        (
            "image = \"cells.tar\"",
            "image = \"none.tar\"",
            0,
            "is not there yet (none.tar)",
        ),
        (
            "image = \"cells.tar\"",
            "image = \"cells.tar\"\nmodel = \"weights\"",
            14,
            "`cells/weights`",
        ),
        (
            "memory = \"64MB\"",
            "memory = \"640GB\"",
            0,
            "640 GB of memory",
        ),
        (
            "\"count\", \"mask\"",
            "\"mask\"",
            0,
            "belongs to no interface",
        ),
    ] {
        assert!(good.contains(old), "{old}");
        fs_err::write(&manifest, good.replacen(old, new, 1)).unwrap();
        let (found, told) = findings(&gantry);
        assert_eq!(found, code, "{expected}: {told}");
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

#[test]
fn images_and_cases_are_looked_at() {
    let gantry = Gantry::new();
    lay_out(&gantry, GOOD);
    image(GOOD, "", gantry.work().join("cells/cells.tar"));
    fs_err::write(
        gantry.work().join("cells/Dockerfile"),
        "FROM busybox:1\nCMD sh\n",
    )
    .unwrap();
    let input = gantry.work().join("cells/cases/head/input");
    fs_err::create_dir_all(&input).unwrap();
    fs_err::write(input.join("threshold.json"), "-1").unwrap();
    fs_err::write(
        input.join("../case.toml"),
        "outputs.count = { compare = \"dice\", at_least = 0.5 }",
    )
    .unwrap();
    let (code, told) = findings(&gantry);
    assert_eq!(code, 14);
    for expected in [
        "runs as root",
        "has no `USER`",
        "missing: `scan`",
        "in a way that is for another kind",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let strict: Value = gantry.run(["check", "cells", "--json"]).json();
    assert_eq!(strict["ok"], false);
}
