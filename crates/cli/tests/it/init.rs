//! `gantry init`: what it writes is an algorithm that works.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::gantry::Gantry;
use crate::python;

/// One socket of every sort, and two interfaces.
const SOCKETS: [&str; 22] = [
    "-i",
    "ct=Image",
    "-i",
    "age=Float",
    "-i",
    "region=2D bounding box:places/region.json",
    "-i",
    "table=CSV",
    "-o",
    "mask=Segmentation",
    "-o",
    "heat=Heat Map",
    "-o",
    "count=Integer",
    "-o",
    "boxes=Multiple 2D bounding boxes",
    "-o",
    "picture=Thumbnail png",
    "--interface",
    "ct,age->mask,heat,count",
    "--interface",
    "ct,region,table->boxes,picture,count",
];

fn init(gantry: &Gantry) {
    let answer = gantry.run(
        ["init", "lungs", "--title", "Lungs \"and\" more"]
            .iter()
            .chain(&SOCKETS),
    );
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    insta::assert_snapshot!("init_lungs", gantry.redact(&answer.stdout));
}

/// The image that the Dockerfile would give, and its name in the manifest.
pub(crate) fn build(gantry: &Gantry, folder: &str) {
    let path = gantry.work().join(folder);
    let read = |name: &str| fs_err::read(path.join(name)).unwrap();
    let files = [
        ("inference.py", read("inference.py")),
        ("algorithm.toml", read("algorithm.toml")),
    ];
    let archive = path.join("image.tar");
    python::image(&format!("{folder}:latest"), &files, archive);
    let manifest = String::from_utf8(read("algorithm.toml")).unwrap();
    let manifest = manifest.replace(
        &format!("image = \"{folder}:latest\""),
        "image = \"image.tar\"",
    );
    assert!(manifest.contains("image.tar"), "{manifest}");
    fs_err::write(path.join("algorithm.toml"), manifest).unwrap();
}

#[test]
fn what_is_written_works() {
    let gantry = Gantry::new();
    init(&gantry);
    let folder = gantry.work().join("lungs");
    let valid = gantry.run(["validate", "lungs"]);
    assert_eq!(valid.code, 0, "{}", valid.stderr);
    outside(&folder);
    build(&gantry, "lungs");
    for case in ["example", "example-2"] {
        let inputs = format!("lungs/cases/{case}/input");
        let answer = gantry.run(["run", "lungs", "--inputs", &inputs, "-o", case, "--json"]);
        let document = answer.json();
        assert_eq!(document["status"], "succeeded", "{document}");
        let lies = |socket: &str| {
            let all = document["outputs"].as_array().unwrap();
            all.iter()
                .find(|one| one["socket"] == socket)
                .map(|one| one["geometry"]["aligned"].clone())
        };
        let expected = (case == "example").then_some(Value::Bool(true));
        assert_eq!((lies("mask"), lies("heat")), (expected.clone(), expected));
    }
}

/// As its developer would run it without any container.
fn outside(folder: &Path) {
    let output = folder.join("../outside");
    let ran = Command::new(python::tool("truth/venv/bin/python"))
        .args([
            "inference.py",
            "cases/example/input",
            output.to_str().unwrap(),
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let compared = Command::new(env!("CARGO_BIN_EXE_gantry"))
        .args([
            "compare",
            output.join("images/mask/output.mha").to_str().unwrap(),
        ])
        .arg(folder.join("cases/example/input/images/ct/example.mha"))
        .output()
        .unwrap();
    assert!(
        compared.status.success(),
        "{}",
        String::from_utf8_lossy(&compared.stdout)
    );
    let list = folder.join("cases/example/input/inputs.json");
    let before = fs_err::read(&list).unwrap();
    fs_err::write(&list, "[]").unwrap();
    let refused = Command::new(python::tool("truth/venv/bin/python"))
        .args([
            "inference.py",
            "cases/example/input",
            output.to_str().unwrap(),
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    fs_err::write(&list, before).unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("no interface takes ; expected age, ct or ct, region, table"),
        "{said}"
    );
}

#[test]
fn nothing_is_replaced_unasked() {
    let gantry = Gantry::new();
    let words = ["init", "a", "-i", "ct=Image", "-o", "n=Integer"];
    assert_eq!(gantry.run(words).code, 0);
    let program = gantry.work().join("a/inference.py");
    fs_err::write(&program, "mine").unwrap();
    let again = gantry.run(words);
    assert_eq!(again.code, 2);
    assert!(
        again.stderr.contains("`a/inference.py`"),
        "{}",
        again.stderr
    );
    assert_eq!(fs_err::read_to_string(&program).unwrap(), "mine");
    assert_eq!(gantry.run(words.iter().chain(&["--force"])).code, 0);
    assert_ne!(fs_err::read_to_string(&program).unwrap(), "mine");
}

#[test]
fn mistakes_are_told() {
    let gantry = Gantry::new();
    for (words, expected) in [
        (vec!["init", "a"], "nothing says which sockets"),
        (vec!["init", "a", "-i", "ct"], "`ct` is no socket"),
        (vec!["init", "a", "-i", "ct=Image"], "no outputs"),
        (
            vec![
                "init",
                "a",
                "-i",
                "ct=Image",
                "-o",
                "n=Integer",
                "--interface",
                "ct->m",
            ],
            "`m`",
        ),
        (
            vec!["init", "a", "--forge", "missing.json"],
            "failed to read `missing.json`",
        ),
        (
            vec![
                "init",
                "a b",
                "-i",
                "ct=Image",
                "-o",
                "n=Integer",
                "--slug",
                "A B",
            ],
            "A B",
        ),
    ] {
        let answer = gantry.run(&words);
        assert_eq!(answer.code, 2, "{words:?}");
        assert!(
            answer.stderr.contains(expected),
            "{expected}: {}",
            answer.stderr
        );
    }
    assert!(!gantry.work().join("a").exists());
}
