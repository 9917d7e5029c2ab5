//! The papers, as somebody would follow them: every block of theirs, in order; each command a success, with what the page
//! shows below it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::gantry::Gantry;
use crate::python::{self, root};

mod desk;
mod developer;
mod executors;
mod manifest;
mod named;
mod operator;
mod page;
mod readme;
mod served;
mod tutorial;

pub(crate) use page::Page;
use page::{Step, comes_out};

/// Somebody in a folder of their own, with what a page says is there.
struct Reader {
    gantry: Gantry,
    path: String,
    /// What stands on the page for what it is here: ports, folders of the machine.
    here: Vec<(String, String)>,
    /// More of the environment.
    variables: Vec<(&'static str, String)>,
}

impl Reader {
    fn new() -> Reader {
        let gantry = Gantry::new();
        let path = engine(&gantry);
        Reader {
            gantry,
            path,
            here: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// What stands on the page is this here.
    fn put(&mut self, page: &str, here: impl Into<String>) {
        self.here.push((page.to_owned(), here.into()));
    }

    fn work(&self) -> PathBuf {
        self.gantry.work()
    }

    /// What a command is here.
    fn translated(&self, command: &str) -> String {
        self.here
            .iter()
            .fold(command.to_owned(), |command, (page, here)| {
                command.replace(page, here)
            })
    }

    /// A command as it would be typed, with the programs that the page needs.
    fn shell(&self, command: &str) -> Command {
        let mut shell = Command::new("bash");
        shell
            .args(["-o", "pipefail", "-c", &self.translated(command)])
            .env("PATH", &self.path)
            .env("GANTRY_HOME", self.gantry.home())
            .env("GANTRY_LOGIN", self.work().join("login.json"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.work());
        shell
    }

    /// Types it, with a line of input.
    fn follow(&self, command: &str, input: &str) -> String {
        let line = self.work().join("../input");
        fs_err::write(&line, input).unwrap();
        let stdin = fs_err::File::open(&line).unwrap().into_parts().0;
        let output = self.shell(command).stdin(stdin).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`{command}`: {said}");
        said
    }

    /// Types a command of the page, with a line of input, and holds what comes out against what the page shows.
    fn follow_step(&self, step: &Step, input: &str) -> String {
        let said = self.follow(&step.command, input);
        let shown: Vec<String> = step
            .shown
            .iter()
            .map(|line| self.translated(line))
            .collect();
        comes_out(&said, &shown);
        said
    }

    /// What `gantry build` saves for a folder that `gantry init` made: its program on a layer with Python, where the base of its
    /// Dockerfile would have to be fetched from a registry.
    fn build(&self, folder: &str) {
        let made = self.work().join(folder);
        let read = |name: &str| fs_err::read(made.join(name)).unwrap();
        let files = [
            ("inference.py", read("inference.py")),
            ("algorithm.toml", read("algorithm.toml")),
        ];
        let name = format!("{folder}:latest");
        python::image(&name, &files, saved(&self.gantry));
    }
}

/// What the engine saves.
fn saved(gantry: &Gantry) -> PathBuf {
    gantry.work().join("saved.tar")
}

/// An engine: it "builds" whatever lies in the archive that it saves, and says when. The answer is a `PATH` with it and `gantry`.
fn engine(gantry: &Gantry) -> String {
    let folder = gantry.work().join("../engine");
    fs_err::create_dir(&folder).unwrap();
    let script = format!(
        "#!/bin/sh\ncase $1 in\nsave) exec cat {};;\ninspect) echo 2026-01-02T03:04:05.6Z;;\nesac\n",
        saved(gantry).display()
    );
    let docker = folder.join("docker");
    fs_err::write(&docker, script).unwrap();
    fs_err::set_permissions(&docker, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let gantry = Path::new(env!("CARGO_BIN_EXE_gantry")).parent().unwrap();
    format!("{}:{}:{path}", folder.display(), gantry.display())
}
