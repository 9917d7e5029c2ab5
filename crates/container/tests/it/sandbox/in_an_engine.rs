//! The same cases once more, in containers that a Docker engine makes.
//!
//! One engine for all of them: this starts it and then this very program again, with the engine in its environment. What an
//! engine does otherwise is in the cases themselves (`Runtime::is_engine`), or named here with a reason.

use std::process::Command;

use camino::Utf8Path;
use container::engine::Engine;
use container::sandbox::{ContainerPlan, End};
use rustix::process::{Pid, Signal, kill_process};

use super::harness::{Case, ENGINE, Runtime, assert_nothing_left, launch};
use super::orphans::{all_end, descriptor, family, outcome, until_ready};
use super::place::Place;
use crate::docker_engine::DockerEngine;

/// Cases that say nothing about a container in an engine, and why.
const LEFT_OUT: [(&str, &str); 11] = [
    ("in_an_engine", "it is this one"),
    ("in_an_index", "it runs the cases of the sandbox"),
    ("without_root", "the executor needs root"),
    (
        "ids_of_the_container_are_nobody",
        "the engine runs without userns-remap",
    ),
    (
        "links_replace_files",
        "an engine makes no links; GPUs come from the engine",
    ),
    ("a_link_does_not_replace", "an engine makes no links"),
    ("a_device_and_the_files", "an engine makes no links"),
    (
        "a_killed_shim_takes",
        "the container is not the shim's child: see below",
    ),
    ("a_caller_that_goes_away", "likewise"),
    ("a_container_gets_less_of_scarce_processors", "likewise"),
    (
        "system_folders_as_links",
        "an engine puts its own over such links",
    ),
];

#[test]
fn the_same_cases_pass_in_containers_of_a_docker_engine() {
    let engine = DockerEngine::start();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["sandbox::", "--test-threads=4"]);
    for (name, _) in LEFT_OUT {
        again.args(["--skip", name]);
    }
    let ran = again.env(ENGINE, engine.socket()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    println!("{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "cases fail in the engine");
    let passed = said
        .lines()
        .find(|line| line.starts_with("test result: ok."));
    let count = passed.and_then(|line| line.split(' ').nth(3)?.parse::<usize>().ok());
    assert!(count.is_some_and(|count| count >= 60), "{passed:?}");
}

/// A container that says `ready` and goes on.
fn endless(engine: &DockerEngine, place: &Place, wall_time_ms: u64) -> ContainerPlan {
    let case = Case::shell("echo ready; while :; do sleep 0.1; done").limits(|limits| {
        limits.wall_time_ms = wall_time_ms;
        limits.grace_ms = 0;
    });
    let mut plan = case.plan(place);
    Runtime::Engine(engine.socket()).place(&mut plan);
    plan
}

fn mounts_below(folder: &Utf8Path) -> usize {
    let mounts = fs_err::read_to_string("/proc/self/mountinfo").unwrap();
    let below = |line: &&str| line.contains(folder.as_str());
    mounts.lines().filter(below).count()
}

#[test]
fn callers_shims_and_engines_that_go_away_leave_nothing() {
    let mut engine = DockerEngine::start();
    a_caller_goes_away(&engine);
    a_shim_is_killed(&engine);
    somebody_pauses_the_container(&engine);
    the_engine_is_stopped(&mut engine);
    let error = Engine::connect(&engine.socket()).unwrap_err();
    let said = error.to_string();
    assert!(said.contains("no Docker engine answers"), "{said}");
    the_engine_crashes(&mut DockerEngine::start());
}

fn a_caller_goes_away(engine: &DockerEngine) {
    let place = Place::new();
    let plan = endless(engine, &place, 60_000);
    let running = launch(&plan);
    until_ready(&plan);
    let shim = descriptor(family(&plan)[0]);
    drop(running);
    all_end(&[shim]);
    assert_eq!(outcome(&plan.outcome_path()).end, End::Cancelled);
    assert_nothing_left(&plan);
}

fn a_shim_is_killed(engine: &DockerEngine) {
    let place = Place::new();
    let plan = endless(engine, &place, 60_000);
    let mut running = launch(&plan);
    until_ready(&plan);
    let client = Engine::connect(&engine.socket()).unwrap();
    let swept = |folder: &Utf8Path| client.sweep(folder).unwrap();
    assert_eq!(swept(&plan.shared_dir), 0, "its shim lives");
    let shim = family(&plan)[0];
    kill_process(Pid::from_raw(shim).unwrap(), Signal::KILL).unwrap();
    let error = running.wait(&mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("without an outcome"), "{error}");
    let left = || client.containers(&plan.shared_dir).unwrap();
    assert_eq!(left(), [plan.id.as_str()]);
    let elsewhere = place.path().join("elsewhere");
    assert_eq!(swept(&elsewhere), 0, "it is of another data folder");
    assert_eq!(swept(&plan.shared_dir), 1);
    assert!(left().is_empty());
    assert_eq!(mounts_below(&plan.work_dir), 0);
}

/// A container that is paused hears nothing, and its time ends all the same.
fn somebody_pauses_the_container(engine: &DockerEngine) {
    let place = Place::new();
    let plan = endless(engine, &place, 2_000);
    let mut running = launch(&plan);
    until_ready(&plan);
    let docker = |arguments: &[&str]| {
        let asked = Command::new("docker")
            .args(["--host", &format!("unix://{}", engine.socket())])
            .args(arguments)
            .arg(format!("gantry-{}", plan.id))
            .output()
            .unwrap();
        assert!(asked.status.success(), "{asked:?}");
        String::from_utf8(asked.stdout).unwrap()
    };
    let shares = docker(&["inspect", "--format", "{{.HostConfig.CpuShares}}"]);
    assert_eq!(shares.trim(), "256", "as in a sandbox of our own");
    docker(&["pause"]);
    let outcome = running.wait(&mut |_| ()).unwrap();
    assert_eq!(outcome.end, End::TimedOut { code: None });
    running.let_go().wait().unwrap();
    assert_nothing_left(&plan);
}

fn the_engine_is_stopped(engine: &mut DockerEngine) {
    let place = Place::new();
    let plan = endless(engine, &place, 60_000);
    let mut running = launch(&plan);
    until_ready(&plan);
    engine.stop();
    let outcome = running.wait(&mut |_| ()).unwrap();
    assert!(matches!(outcome.end, End::Lost { .. }), "{outcome:?}");
    let error = running.let_go().wait().unwrap_err();
    let said = error.to_string();
    assert!(said.contains("no Docker engine answers"), "{said}");
    assert_eq!(mounts_below(&plan.work_dir), 0);
}

/// The program goes on without it, and its outputs are there; only the container cannot be taken away.
fn the_engine_crashes(engine: &mut DockerEngine) {
    let place = Place::new();
    let script = "echo ready; until [ -e /input/go ]; do sleep 0.05; done; exit 7";
    let mut plan = Case::shell(script).plan(&place);
    Runtime::Engine(engine.socket()).place(&mut plan);
    let mut running = launch(&plan);
    until_ready(&plan);
    engine.crash();
    fs_err::write(place.path().join("input/go"), "").unwrap();
    let outcome = running.wait(&mut |_| ()).unwrap();
    assert_eq!(outcome.end, End::Exited { code: 7 });
    let error = running.let_go().wait().unwrap_err();
    let said = error.to_string();
    assert!(said.contains("no Docker engine answers"), "{said}");
    assert_eq!(mounts_below(&plan.work_dir), 0);
}
