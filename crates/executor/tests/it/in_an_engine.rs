//! Jobs once more, on the executor `docker`: failures, outputs, models and reports of jobs are the same wherever they run.

use std::process::Command;

use crate::docker_engine::DockerEngine;
use crate::job::ENGINE;

/// What depends on where a job runs; the rest of a job is done before and after.
const MODULES: [&str; 3] = ["failures::", "model::", "outputs::"];

#[test]
fn jobs_end_in_the_same_way_in_an_engine() {
    let engine = DockerEngine::start();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(MODULES).arg("--test-threads=4");
    let ran = again.env(ENGINE, engine.socket()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    println!("{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(
        ran.status.success(),
        "jobs end in another way in the engine"
    );
    let passed = said
        .lines()
        .find(|line| line.starts_with("test result: ok."));
    let count = passed.and_then(|line| line.split(' ').nth(3)?.parse::<usize>().ok());
    assert!(count.is_some_and(|count| count >= 30), "{passed:?}");
}
