//! `gantry export` and `gantry import`: a whole algorithm in one file.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use crate::algorithm::{GOOD, RUN, image, lay_out};
use crate::archive::Archive;
use crate::gantry::Gantry;

/// An algorithm with weights, a recorded case and a result template in a file, exported to `cells.gantry`.
fn exported() -> (Gantry, String) {
    let gantry = Gantry::new();
    lay_out(
        &gantry,
        &GOOD.replace("echo 4 >", "cat /opt/ml/model/sub/count >"),
    );
    let folder = gantry.work().join("cells");
    fs_err::create_dir_all(folder.join("weights/sub")).unwrap();
    fs_err::write(folder.join("weights/sub/count"), "4").unwrap();
    fs_err::write(
        folder.join("result.jinja"),
        "Found **{{ results.count }}** of them.",
    )
    .unwrap();
    let manifest = fs_err::read_to_string(folder.join("algorithm.toml")).unwrap();
    let manifest = manifest
        .replace(
            "result_template = \"Found **{{ results.count }}** cells.\"",
            "result_template_file = \"result.jinja\"",
        )
        .replace("image = ", "model = \"weights\"\nimage = ");
    fs_err::write(folder.join("algorithm.toml"), manifest).unwrap();
    let input = folder.join("cases/head/input");
    fs_err::create_dir_all(input.join("images/scan")).unwrap();
    fs_err::copy(
        gantry.work().join("scan.mha"),
        input.join("images/scan/a.mha"),
    )
    .unwrap();
    fs_err::write(input.join("threshold.json"), "0.5").unwrap();
    assert_eq!(gantry.run(["test", "cells", "--bless"]).code, 0);
    let answer = gantry.run(["export", "cells"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    (gantry, answer.stdout)
}

fn files(package: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut archive = tar::Archive::new(fs_err::File::open(package).unwrap());
    let mut found = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        found.insert(name, bytes);
    }
    found
}

/// Writes a package of these files, the list first.
fn write(package: &Path, files: &[(String, Vec<u8>)]) {
    let mut builder = tar::Builder::new(fs_err::File::create(package).unwrap());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, content.as_slice()).unwrap();
    }
    builder.finish().unwrap();
}

#[test]
fn what_is_exported_runs_elsewhere() {
    let (here, digest) = exported();
    let there = Gantry::new();
    let package = here.work().join("cells.gantry");
    let answer = there.run(["import", package.to_str().unwrap()]);
    assert_eq!(
        (answer.code, &answer.stdout),
        (0, &digest),
        "{}",
        answer.stderr
    );
    assert!(there.run(["image", "list"]).stdout.contains("cells:1"));
    let tested = there.run(["test", "cells"]);
    assert!(
        tested.code == 0 && tested.stdout.contains("1 passed"),
        "{}",
        tested.stdout
    );
    fs_err::copy(here.work().join("scan.mha"), there.work().join("scan.mha")).unwrap();
    let ran = there.run(RUN.iter().chain(&["--json"])).json();
    assert_eq!(
        ran["result"]["text"].as_str().map(str::trim),
        Some("Found 4 of them."),
        "{ran}"
    );
    let again = there.run(["import", package.to_str().unwrap()]);
    assert!(
        again.code == 2 && again.stderr.contains("is there already"),
        "{}",
        again.stderr
    );
}

#[test]
fn ordinary_tools_can_check_it() {
    let (gantry, digest) = exported();
    let folder = gantry.work().join("by-hand");
    fs_err::create_dir(&folder).unwrap();
    let mut archive =
        tar::Archive::new(fs_err::File::open(gantry.work().join("cells.gantry")).unwrap());
    archive.unpack(&folder).unwrap();
    let run = |words: &[&str]| {
        let output = std::process::Command::new(words[0])
            .args(&words[1..])
            .current_dir(&folder)
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    assert!(run(&["sha256sum", "--check", "--strict", "digests.txt"]).0);
    let (_, listed) = run(&["sha256sum", "digests.txt"]);
    assert_eq!(
        format!("sha256:{}", listed.split(' ').next().unwrap()),
        digest.trim()
    );
    // The same folder gives the same package.
    let again = gantry.run(["export", "cells", "-o", "again.gantry"]);
    assert_eq!(again.stdout, digest);
    let bytes = |name: &str| fs_err::read(gantry.work().join(name)).unwrap();
    assert!(bytes("again.gantry") == bytes("cells.gantry"));
}

#[test]
fn what_was_changed_is_refused() {
    let (here, _) = exported();
    let good = files(&here.work().join("cells.gantry")).into_iter();
    let (first, rest): (Vec<_>, Vec<_>) = good.partition(|(name, _)| name == "digests.txt");
    let there = Gantry::new();
    let package = there.work().join("bad.gantry");
    let refused = |files: Vec<(String, Vec<u8>)>, expected: &str| {
        write(&package, &files);
        let answer = there.run(["import", "bad.gantry", "new"]);
        assert_eq!(answer.code, 14, "{expected}: {}", answer.stderr);
        assert!(
            answer.stderr.contains(expected),
            "{expected}: {}",
            answer.stderr
        );
        let left: Vec<_> = fs_err::read_dir(there.work())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["bad.gantry"], "nothing is left");
    };
    for changed in 0..rest.len() {
        let mut files = rest.clone();
        files[changed].1.push(b'\n');
        refused([first.clone(), files].concat(), "has the digest");
    }
    refused([first.clone(), rest[1..].to_vec()].concat(), "lacks `");
    let more = vec![("more".to_owned(), b"x".to_vec())];
    refused([first.clone(), rest.clone(), more].concat(), "holds `more`");
    refused(
        [first.clone(), rest.clone(), rest[..1].to_vec()].concat(),
        "holds `",
    );
    refused(rest.clone(), "does not begin with `digests.txt`");
    let line = |path: &str| {
        vec![(
            "digests.txt".to_owned(),
            format!("{}  {path}\n", "0".repeat(64)).into_bytes(),
        )]
    };
    refused(
        [line("../up"), vec![("../up".to_owned(), vec![])]].concat(),
        "is no digest with a plain path",
    );
    let bytes = fs_err::read(here.work().join("cells.gantry")).unwrap();
    fs_err::write(&package, &bytes[..bytes.len() / 2]).unwrap();
    let cut = there.run(["import", "bad.gantry", "new"]);
    assert_eq!(cut.code, 14, "{}", cut.stderr);
    assert!(
        there
            .run(["image", "list", "--json"])
            .json()
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn an_algorithm_without_an_archive_says_so() {
    let (gantry, _) = exported();
    fs_err::rename(
        gantry.work().join("cells/cells.tar"),
        gantry.work().join("elsewhere.tar"),
    )
    .unwrap();
    let none = gantry.run(["export", "cells", "--force"]);
    assert!(
        none.code == 14 && none.stderr.contains("docker save"),
        "{}",
        none.stderr
    );
    let given = gantry.run(["export", "cells", "--force", "--image", "elsewhere.tar"]);
    assert_eq!(given.code, 0, "{}", given.stderr);
}

/// One archive is a whole algorithm.
#[test]
fn an_image_may_carry_its_manifest() {
    let gantry = Gantry::new();
    lay_out(&gantry, GOOD);
    let manifest = fs_err::read_to_string(gantry.work().join("cells/algorithm.toml")).unwrap();
    let busybox = fs_err::read("/bin/busybox").unwrap();
    let base = Archive {
        name: "carried:1",
        entrypoint: &["/bin/busybox", "sh", "-c", CARRIED],
        ..Archive::default()
    };
    let labelled = [("org.gantry.manifest", manifest.as_str())];
    let program = ("bin/busybox", 0o755, busybox.as_slice());
    Archive {
        labels: &labelled,
        files: &[program],
        ..base
    }
    .write(gantry.work().join("label.tar"));
    let inside = [
        program,
        ("opt/app/algorithm.toml", 0o644, manifest.as_bytes()),
    ];
    Archive {
        files: &inside,
        ..base
    }
    .write(gantry.work().join("file.tar"));
    for archive in ["label.tar", "file.tar"] {
        let words = [
            "run",
            archive,
            "-i",
            "scan=scan.mha",
            "-i",
            "threshold=0.5",
            "--json",
            "--overwrite",
        ];
        let document = gantry.run(words).json();
        assert_eq!(document["status"], "succeeded", "{document}");
        assert_eq!(
            (&document["algorithm"], &document["outputs"][1]["kind"]),
            (&"cells".into(), &"Segmentation".into())
        );
        let wrong = gantry.run(["run", archive, "-i", "threshold=0.5", "--json"]);
        assert_eq!(wrong.code, 11, "{}", wrong.stdout);
    }
    broken_or_none(&gantry, base, program);
}

fn broken_or_none(gantry: &Gantry, base: Archive<'_>, program: (&str, u32, &[u8])) {
    let broken = [("org.gantry.manifest", "title = 1")];
    Archive {
        labels: &broken,
        files: &[program],
        ..base
    }
    .write(gantry.work().join("broken.tar"));
    let answer = gantry.run(["run", "broken.tar", "-i", "threshold=0.5"]);
    assert!(
        answer.code == 14 && answer.stderr.contains("the label `org.gantry.manifest`"),
        "{}",
        answer.stderr
    );
    image(GOOD, "1000", gantry.work().join("plain.tar"));
    // Without one nothing is declared: any input is taken, and the script that finds no scan leaves an empty folder.
    let plain = gantry.run(["run", "plain.tar", "-i", "x=1", "-o", "plain"]);
    assert_eq!(plain.code, 12, "{}", plain.stderr);
}

/// As `GOOD`, with busybox alone.
const CARRIED: &str = "busybox mkdir -p /output/images/mask && busybox cp /input/images/scan/*.mha /output/images/mask/mask.mha && \
    echo 4 > /output/count.json && echo '{\"count\": 4}' > /output/results.json";
