//! `docs/tutorial.md`, as somebody would follow it: every command of its `console` blocks, in order, each of them a success.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::gantry::Gantry;
use crate::python;

/// The commands of the page.
fn commands() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tutorial.md");
    let page = fs_err::read_to_string(page).unwrap();
    page.split("```console\n")
        .skip(1)
        .flat_map(|block| block.split("```").next().unwrap().lines())
        .filter_map(|line| line.strip_prefix("$ "))
        .map(str::to_owned)
        .collect()
}

/// An engine: it "builds" by putting the folder's program on a layer with Python, and saves a real archive. An image of the
/// Dockerfile's base would have to be fetched from a registry.
fn engine(gantry: &Gantry) -> String {
    let folder = gantry.work().join("../engine");
    fs_err::create_dir(&folder).unwrap();
    let archive = gantry.work().join("lungs.tar");
    let script = format!(
        "#!/bin/sh\ncase $1 in\nsave) exec cat {};;\nesac\n",
        archive.display()
    );
    let docker = folder.join("docker");
    fs_err::write(&docker, script).unwrap();
    fs_err::set_permissions(&docker, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let gantry = Path::new(env!("CARGO_BIN_EXE_gantry")).parent().unwrap();
    format!("{}:{}:{path}", folder.display(), gantry.display())
}

#[test]
fn every_command_of_the_tutorial_works() {
    let gantry = Gantry::new();
    let path = engine(&gantry);
    let commands = commands();
    assert!(commands.len() >= 12, "{commands:?}");
    for command in &commands {
        if command.starts_with("gantry build") {
            let folder = gantry.work().join("lungs");
            let read = |name: &str| fs_err::read(folder.join(name)).unwrap();
            let files = [
                ("inference.py", read("inference.py")),
                ("algorithm.toml", read("algorithm.toml")),
            ];
            python::image("lungs:latest", &files, gantry.work().join("lungs.tar"));
        }
        let output = std::process::Command::new("sh")
            .args(["-c", command])
            .env("PATH", &path)
            .env("GANTRY_HOME", gantry.home())
            .current_dir(gantry.work())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`{command}`: {said}");
        println!("$ {command}\n{said}");
    }
    let picture = fs_err::read(gantry.work().join("lungs.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
    let profile = fs_err::read_to_string(gantry.work().join("profile.svg")).unwrap();
    assert!(
        profile.starts_with("<svg") && profile.contains("memory"),
        "{profile}"
    );
}
