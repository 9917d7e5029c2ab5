//! `docs/executors.md`, in an engine of the test's own.

use super::*;
use crate::algorithm;
use crate::docker_engine::DockerEngine;

/// What the page says takes the images out of the engine.
const PRUNE: &str = "docker image prune --all --filter label=org.gantry.image";

#[test]
fn every_command_about_executors_works() {
    let engine = DockerEngine::start();
    let mut reader = Reader::new();
    // The engine's own client, not the one of the other pages.
    reader.path = reader.path.split_once(':').unwrap().1.to_owned();
    let socket = format!("unix://{}", engine.socket());
    reader.variables.push(("DOCKER_HOST", socket));
    let work = reader.work();
    reader.follow("gantry init my-algorithm -i ct=Image -o volume=Float", "");
    let example = work.join("my-algorithm/cases/example/input/images/ct/example.mha");
    fs_err::copy(example, work.join("thorax.mha")).unwrap();
    let archive = work.join("my-algorithm/my-algorithm.tar");
    algorithm::image("echo 1 > /output/volume.json", "1000:1000", archive);
    reader.follow(
        "sed -i 's/^image = .*/image = \"my-algorithm.tar\"/' my-algorithm/algorithm.toml",
        "",
    );
    let steps = Page::open("docs/executors.md").all_steps();
    assert!(steps.len() >= 3);
    for step in &steps {
        let said = reader.follow_step(step, "");
        if step.command.starts_with("gantry run") {
            assert!(said.contains("runtime docker"), "{said}");
        }
    }
    let page = fs_err::read_to_string(root().join("docs/executors.md")).unwrap();
    assert!(page.contains(&format!("`{PRUNE}`")));
    let images = || reader.follow("docker images --quiet", "").lines().count();
    assert_eq!(images(), 1);
    reader.follow(PRUNE, "y\n");
    assert_eq!(images(), 0);
}
