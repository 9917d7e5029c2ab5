//! Ctrl-C and its relatives, in the middle of a run.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::algorithm::{RUN, lay_out};
use crate::gantry::Gantry;

/// Ends when it is asked to.
const POLITE: &str = "trap 'echo going; exit 0' TERM; echo ready; while true; do sleep 0.1; done";
/// Does not.
const DEAF: &str = "trap '' TERM; echo ready; while true; do sleep 0.1; done";

/// A run that has come to where the script says `ready`.
struct Started {
    gantry: Gantry,
    child: Child,
    log: BufReader<std::process::ChildStderr>,
}

impl Started {
    fn new(script: &str) -> Self {
        let gantry = Gantry::new();
        lay_out(&gantry, script);
        let mut child = gantry
            .command()
            .args(RUN)
            .arg("--json")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("gantry can be started");
        let log = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut started = Self { gantry, child, log };
        started.until("ready");
        started
    }

    /// Reads the log up to a line with this word.
    fn until(&mut self, word: &str) {
        let mut line = String::new();
        while !line.contains(word) {
            line.clear();
            let length = self.log.read_line(&mut line).expect("the log is UTF-8");
            assert!(length > 0, "the log ended before `{word}`");
        }
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("gantry still runs");
    }

    /// Waits for the end; gives the exit code and the document.
    fn end(mut self) -> (Gantry, Option<i32>, Value) {
        let stdout = self.child.stdout.take().expect("it is piped");
        let document = serde_json::from_reader(stdout).expect("one JSON document");
        let status = self.child.wait().expect("the child is ours");
        (self.gantry, status.code(), document)
    }
}

/// No process, mount, cgroup or folder of the run is there any more.
fn assert_clean(gantry: &Gantry, document: &Value) {
    let cgroups = document["isolation"]["facts"]["cgroup"]["folders"].as_object();
    for folder in cgroups.expect("the run was limited").values() {
        let folder = folder.as_str().expect("a path");
        assert!(fs_err::metadata(folder).is_err(), "`{folder}` is left");
    }
    let mounts = fs_err::read_to_string("/proc/self/mountinfo").expect("proc is mounted");
    let home = gantry.home();
    let home = home.to_str().expect("a UTF-8 folder");
    assert!(!mounts.contains(home), "{mounts}");
    let runs: Vec<_> = fs_err::read_dir(gantry.home().join("runs"))
        .expect("a folder")
        .collect();
    assert!(runs.is_empty(), "{runs:?}");
    for process in fs_err::read_dir("/proc")
        .expect("proc is mounted")
        .flatten()
    {
        // A process that ends meanwhile is none of this test's.
        let text = fs_err::read(process.path().join("environ")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        assert!(!text.contains(home), "{} is left", process.path().display());
    }
}

#[test]
fn the_first_one_asks_the_program_to_end() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut started = Started::new(POLITE);
        started.send(signal);
        started.until("going");
        let (gantry, code, document) = started.end();
        assert_eq!(code, Some(130), "{document:#}");
        assert_eq!(document["status"], "cancelled");
        assert_eq!(document["failure"]["code"], "cancelled_by_user");
        assert_clean(&gantry, &document);
    }
}

#[test]
fn the_second_one_kills() {
    let mut started = Started::new(DEAF);
    started.send(Signal::INT);
    started.until("ending the container");
    started.send(Signal::INT);
    let (gantry, code, document) = started.end();
    assert_eq!(
        (code, document["status"].as_str()),
        (Some(130), Some("cancelled"))
    );
    let seconds = document["resources"]["wall_seconds"]
        .as_f64()
        .expect("a number");
    assert!(
        seconds < 5.0,
        "it lived for {seconds} s, which is the grace period"
    );
    assert_clean(&gantry, &document);
}

#[test]
fn an_image_in_use_is_not_removed() {
    let started = Started::new(POLITE);
    let refused = started.gantry.run(["image", "remove", "cells:1"]);
    assert_eq!(refused.code, 14);
    assert!(
        refused.stderr.contains("in use by a running container"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("hint:"), "{}", refused.stderr);
    started.send(Signal::INT);
    let (gantry, code, _) = started.end();
    assert_eq!(code, Some(130));
    assert_eq!(gantry.run(["image", "remove", "cells:1"]).code, 0);
}
