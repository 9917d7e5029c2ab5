//! `--executor docker`, as users call it, in an engine of the test's own.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::algorithm::{GOOD, RUN, lay_out};
use crate::docker_engine::DockerEngine;
use crate::gantry::Gantry;

/// `gantry` with the engine in its environment.
fn gantry(gantry: &Gantry, engine: &DockerEngine) -> Command {
    let mut command = gantry.command();
    command.env("DOCKER_HOST", format!("unix://{}", engine.socket()));
    command
}

fn stdout(command: &mut Command) -> String {
    let output = command.output().expect("gantry can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).expect("stdout is UTF-8")
}

#[test]
fn jobs_run_in_an_engine_and_what_a_crash_leaves_is_taken_away() {
    let mut engine = DockerEngine::start();
    it_is_found(&engine);
    a_run_says_what_was_kept(&engine);
    a_killed_run_is_swept(&engine);
    engine.stop();
    without_it_nothing_runs(&engine);
}

fn it_is_found(engine: &DockerEngine) {
    let desk = Gantry::new();
    let both = stdout(gantry(&desk, engine).args(["executors", "--json"]));
    let both: Value = serde_json::from_str(&both).expect("JSON");
    assert_eq!(both[0]["executor"], "local");
    assert_eq!(both[0]["works"], true);
    assert_eq!(both[1]["executor"], "docker");
    assert_eq!(both[1]["works"], true, "{both:#}");
    let missing = stdout(
        desk.command()
            .args(["executors"])
            .env("DOCKER_HOST", "unix:///nowhere"),
    );
    assert!(missing.contains("docker  cannot"), "{missing}");
    assert!(
        missing.contains("no Docker engine answers at `/nowhere`"),
        "{missing}"
    );
}

fn a_run_says_what_was_kept(engine: &DockerEngine) {
    let desk = Gantry::new();
    lay_out(&desk, GOOD);
    let mut run = gantry(&desk, engine);
    let report = stdout(run.args(RUN).args(["--executor", "docker", "--json"]));
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["status"], "succeeded", "{report:#}");
    let runtime = report["isolation"]["runtime"].as_str().expect("a name");
    assert!(runtime.starts_with("docker "), "{runtime}");
    let guarantees = report["isolation"]["guarantees"]
        .as_array()
        .expect("a list");
    assert_eq!(guarantees.len(), 22);
    for record in guarantees {
        let name = &record["guarantee"];
        if name == "user_namespace" {
            assert_eq!(record["verdict"], "waived");
            let found = record["in_force"].as_str().expect("text");
            assert!(found.starts_with("not provided by docker: "), "{found}");
        } else {
            assert_eq!(record["verdict"], "kept", "{record:#}");
        }
    }
}

/// Killed with its shim, so that nobody is left to clean up; the next run does it.
fn a_killed_run_is_swept(engine: &DockerEngine) {
    let desk = Gantry::new();
    lay_out(&desk, "echo ready; while :; do sleep 0.1; done");
    let mut run = gantry(&desk, engine);
    run.args(RUN).args(["--executor", "docker"]);
    let mut child = run
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("gantry");
    let log = BufReader::new(child.stderr.take().expect("it is piped"));
    let ready = log
        .lines()
        .map_while(Result::ok)
        .any(|line| line.contains("ready"));
    assert!(ready, "the log ended before");
    let shim = child_of(child.id());
    kill_process(shim, Signal::STOP).expect("the shim runs");
    child.kill().expect("gantry runs");
    child.wait().expect("gantry is ours");
    kill_process(shim, Signal::KILL).expect("the shim is stopped");
    assert_eq!(containers(engine), 1);
    lay_out(&desk, GOOD);
    let mut again = gantry(&desk, engine);
    let output = again
        .args(RUN)
        .args(["--executor", "docker", "--overwrite"])
        .output()
        .expect("gantry");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("took away 1 container that an earlier run had left"),
        "{said}"
    );
    assert_eq!(containers(engine), 0);
}

fn child_of(parent: u32) -> Pid {
    let children = fs_err::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    let mut found = children.unwrap_or_default();
    if found.trim().is_empty() {
        // Another thread of the run has started it.
        for task in fs_err::read_dir(format!("/proc/{parent}/task"))
            .expect("it runs")
            .flatten()
        {
            found += &fs_err::read_to_string(task.path().join("children")).unwrap_or_default();
        }
    }
    let first = found
        .split_whitespace()
        .next()
        .and_then(|pid| pid.parse().ok());
    Pid::from_raw(first.expect("a run has a shim")).expect("a pid")
}

pub(crate) fn containers(engine: &DockerEngine) -> usize {
    let output = Command::new("docker")
        .args([
            "--host",
            &format!("unix://{}", engine.socket()),
            "ps",
            "--all",
            "--quiet",
        ])
        .output()
        .expect("the client comes with the engine");
    String::from_utf8_lossy(&output.stdout).lines().count()
}

fn without_it_nothing_runs(engine: &DockerEngine) {
    let desk = Gantry::new();
    lay_out(&desk, GOOD);
    let mut run = gantry(&desk, engine);
    let output = run
        .args(RUN)
        .args(["--executor", "docker"])
        .output()
        .expect("gantry");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(15), "{said}");
    assert!(said.contains("no Docker engine answers"), "{said}");
    let unknown = desk.run(RUN.iter().chain(["--executor", "podman"].iter()));
    assert_eq!(unknown.code, 2, "{}", unknown.stderr);
    assert!(
        unknown.stderr.contains("expected `local` or `docker`"),
        "{}",
        unknown.stderr
    );
}
