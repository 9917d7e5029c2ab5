//! Runs the built `gantry` with a data folder of its own.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A data folder and a folder to work in, both gone with it.
pub(crate) struct Gantry {
    folder: TempDir,
}

/// What one call of `gantry` gave.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The exit code; a signal is a failure of the test.
    pub(crate) code: i32,
    /// All of stdout.
    pub(crate) stdout: String,
    /// All of stderr.
    pub(crate) stderr: String,
}

impl Gantry {
    /// A new, empty data folder.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("gantry-test-")
            .tempdir()
            .expect("a temporary folder");
        fs_err::create_dir_all(folder.path().join("work")).expect("a work folder");
        Self { folder }
    }

    /// The folder in which `gantry` is called: relative paths start here.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// Gantry's data folder.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The command, ready for more arguments, with nothing of the environment but `PATH`.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gantry"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GANTRY_HOME", self.home())
            .current_dir(self.work())
            .stdin(Stdio::null());
        command
    }

    /// Calls `gantry` and waits for its end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Answer {
        let output = self
            .command()
            .args(arguments)
            .output()
            .expect("gantry can be started");
        Answer {
            code: output
                .status
                .code()
                .expect("gantry is not killed by a signal"),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// Replaces what differs from call to call by words, for snapshots.
    pub(crate) fn redact(&self, text: &str) -> String {
        let folder = self.folder.path().to_str().expect("a UTF-8 folder");
        let text = redact_run(&redact_times(text));
        text.replace(&format!("{folder}/work/"), "")
            .replace(&format!("{folder}/work"), "[work]")
            .replace(folder, "[test]")
    }

    /// The whole answer as text for a snapshot.
    pub(crate) fn snapshot<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> String {
        let answer = self.run(arguments);
        self.redact(&format!(
            "exit code: {}\n--- stdout\n{}--- stderr\n{}",
            answer.code, answer.stdout, answer.stderr
        ))
    }
}

impl Answer {
    /// Stdout as the one JSON document that it must be.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!(
                "stdout is not one JSON document: {error}\n{}\n{}",
                self.stdout, self.stderr
            )
        })
    }
}

/// `2026-01-02 03:04 UTC` becomes `[time]` filled up to the same width, so that tables stay tables.
fn redact_times(text: &str) -> String {
    let shape = "dddd-dd-dd dd:dd UTC";
    let fits = |part: &str| {
        part.len() == shape.len()
            && part.chars().zip(shape.chars()).all(|(found, wanted)| {
                if wanted == 'd' {
                    found.is_ascii_digit()
                } else {
                    found == wanted
                }
            })
    };
    let mut redacted = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if rest.get(..shape.len()).is_some_and(fits) {
            redacted.push_str("[time as yyyy-mm-dd]");
            rest = &rest[shape.len()..];
        } else {
            redacted.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    redacted
}

/// In a run's report the numbers that were measured become `#`, and the isolation report, which depends on the machine,
/// becomes its heading.
fn redact_run(text: &str) -> String {
    let mut part = "";
    let mut redacted = String::new();
    for line in text.lines() {
        if !line.starts_with(' ') {
            part = line.split(' ').next().unwrap_or_default();
        }
        let logged = line.contains(" stdout | ") || line.contains(" stderr | ");
        let measured = logged || matches!(part, "Timings" | "Resources");
        let differs = line.starts_with("  after  ") || line.starts_with("  peak  ");
        match part {
            "Isolation" if line.starts_with(' ') => continue,
            "Isolation" => redacted.push_str("Isolation [table]"),
            // The digest depends on the busybox of the machine.
            "cells" if line.contains(" (image ") => {
                let (said, _digest) = line.split_once(" (image ").unwrap_or_default();
                redacted.push_str(&format!("{} (image [digest])", redact_numbers(said)));
            }
            _other if line.contains("held back by") => continue,
            _other if measured || differs => redacted.push_str(&redact_numbers(line)),
            _other => redacted.push_str(line),
        }
        redacted.push('\n');
    }
    redacted
}

/// `1.25 s` and `12 MB` become `#`, and so does every other number.
fn redact_numbers(line: &str) -> String {
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let is_unit = |word: &str| matches!(word, "ms" | "s" | "min" | "B" | "kB" | "MB" | "GB");
    let mut words: Vec<&str> = Vec::new();
    for word in line.split(' ') {
        if is_number(word) {
            words.push("#");
        } else if !(is_unit(word) && words.last() == Some(&"#")) {
            words.push(word);
        }
    }
    words.join(" ")
}
