//! `gantry build`: an engine's command line, as docker, podman and buildah have it, writing a real archive.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::algorithm::{GOOD, image, lay_out};
use crate::gantry::{Answer, Gantry};

/// An algorithm that names its image, a Dockerfile, and a folder for engines.
fn prepared() -> (Gantry, PathBuf) {
    let gantry = Gantry::new();
    lay_out(&gantry, GOOD);
    let folder = gantry.work().join("cells");
    fs_err::rename(folder.join("cells.tar"), gantry.work().join("saved.tar")).unwrap();
    let manifest = fs_err::read_to_string(folder.join("algorithm.toml")).unwrap();
    fs_err::write(
        folder.join("algorithm.toml"),
        manifest.replace("\"cells.tar\"", "\"cells:1\""),
    )
    .unwrap();
    fs_err::write(
        folder.join("Dockerfile"),
        "FROM busybox:1\nUSER 1000\nCMD [\"sh\"]\n",
    )
    .unwrap();
    let engines = gantry.work().join("engines");
    fs_err::create_dir(&engines).unwrap();
    (gantry, engines)
}

/// A program that keeps what it was asked and answers as the engine would.
fn engine(gantry: &Gantry, engines: &std::path::Path, name: &str, save: &str) {
    let asked = gantry.work().join("asked");
    let script = format!(
        "#!/bin/sh\necho {name} \"$@\" >> {}\ncase $1 in\nversion) exit 0;;\nbuild) echo building; exit 0;;\n*) {save};;\nesac\n",
        asked.display()
    );
    let path = engines.join(name);
    fs_err::write(&path, script).unwrap();
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn build(gantry: &Gantry, engines: &std::path::Path, more: &[&str]) -> Answer {
    let path = format!("{}:/bin", engines.display());
    let output = gantry
        .command()
        .env("PATH", path)
        .args(["build", "cells"])
        .args(more)
        .output()
        .unwrap();
    Answer {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn an_image_comes_through_a_pipe() {
    for (name, saving) in [
        ("docker", "save cells:1"),
        ("podman", "save --format docker-archive cells:1"),
        (
            "buildah",
            "push --quiet cells:1 docker-archive:/dev/stdout:cells:1",
        ),
    ] {
        let (gantry, engines) = prepared();
        engine(
            &gantry,
            &engines,
            name,
            &format!("cat {}", gantry.work().join("saved.tar").display()),
        );
        let answer = build(&gantry, &engines, &[]);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        assert!(
            answer.stdout.starts_with("sha256:") && !answer.stdout.contains("building"),
            "{}",
            answer.stdout
        );
        assert!(answer.stderr.contains("building"), "{}", answer.stderr);
        let asked = fs_err::read_to_string(gantry.work().join("asked")).unwrap();
        let expected = format!(
            "{name} version\n{name} build --platform linux/amd64 --tag cells:1 cells\n{name} {saving}\n"
        );
        assert_eq!(asked, expected);
        let run = gantry.run([
            "run",
            "cells",
            "-i",
            "scan=scan.mha",
            "-i",
            "threshold=1",
            "--json",
        ]);
        assert_eq!(run.json()["status"], "succeeded", "{}", run.stdout);
    }
}

#[test]
fn the_first_that_works_is_taken() {
    let (gantry, engines) = prepared();
    engine(
        &gantry,
        &engines,
        "podman",
        &format!("cat {}", gantry.work().join("saved.tar").display()),
    );
    let broken = engines.join("docker");
    fs_err::write(
        &broken,
        "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2; exit 1\n",
    )
    .unwrap();
    fs_err::set_permissions(&broken, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(build(&gantry, &engines, &[]).code, 0);
    let asked = build(&gantry, &engines, &["--engine", "docker"]);
    assert_eq!(asked.code, 15);
    assert!(
        asked.stderr.contains("Cannot connect to the Docker daemon"),
        "{}",
        asked.stderr
    );
}

#[test]
fn what_goes_wrong_is_told() {
    let (gantry, engines) = prepared();
    let none = build(&gantry, &engines, &[]);
    assert_eq!(none.code, 15);
    // The machine may have engines of its own, which nobody has started.
    for name in ["docker", "podman", "buildah"] {
        let absent = none.stderr.contains(&format!("there is no `{name}`"));
        let silent = none.stderr.contains(&format!("`{name}` does not work"));
        assert!(absent || silent, "{name}: {}", none.stderr);
    }

    engine(
        &gantry,
        &engines,
        "docker",
        "echo no such image >&2; exit 1",
    );
    let empty = build(&gantry, &engines, &[]);
    assert_eq!(empty.code, 14, "{}", empty.stderr);
    let half = format!("head -c 4000 {}", gantry.work().join("saved.tar").display());
    engine(&gantry, &engines, "docker", &format!("busybox {half}"));
    let cut = build(&gantry, &engines, &[]);
    assert_eq!(cut.code, 14, "{}", cut.stderr);
    assert!(cut.stderr.contains("docker save cells:1"), "{}", cut.stderr);

    // A whole archive, and yet the engine says that something went wrong.
    engine(
        &gantry,
        &engines,
        "docker",
        &format!("cat {}; exit 7", gantry.work().join("saved.tar").display()),
    );
    let unsure = build(&gantry, &engines, &[]);
    assert_eq!(unsure.code, 14);
    assert!(
        unsure.stderr.contains("exit status: 7"),
        "{}",
        unsure.stderr
    );

    image(GOOD, "", gantry.work().join("root.tar"));
    engine(
        &gantry,
        &engines,
        "docker",
        &format!("cat {}", gantry.work().join("root.tar").display()),
    );
    let root = build(&gantry, &engines, &[]);
    assert!(
        root.code == 14 && root.stderr.contains("`USER`"),
        "{}",
        root.stderr
    );
    fs_err::remove_file(gantry.work().join("cells/Dockerfile")).unwrap();
    assert!(
        build(&gantry, &engines, &[])
            .stderr
            .contains("there is no `Dockerfile`")
    );
}
