//! A server whose containers a Docker engine runs: `executor = "docker"`.

use std::process::Stdio;

use super::*;
use crate::algorithm::{GOOD, image, lay_out};
use crate::docker_engine::DockerEngine;
use crate::executors::containers;
use crate::served::client::Client;

/// Runs until it is ended.
const ENDLESS: &str = "echo ready; while :; do sleep 0.1; done";

#[test]
fn jobs_run_in_an_engine_and_are_ended_there() {
    let engine = DockerEngine::start();
    let gantry = Gantry::new();
    let settings = format!(
        "executor = \"docker\"\ndocker_socket = \"{}\"\n",
        engine.socket()
    );
    fs_err::create_dir_all(gantry.home()).unwrap();
    fs_err::write(gantry.home().join("gantry.toml"), settings).unwrap();
    let server = Server::start(&gantry);
    let client = Client { gantry: &gantry };
    log_in(&client, &server);
    lay_out(&gantry, GOOD);
    client.good(&["algorithm", "create", "cells"]);
    client.good(&["algorithm", "push", "cells", "cells/cells.tar"]);
    a_job_says_what_was_kept(&client);
    assert_eq!(containers(&engine), 0);

    image(ENDLESS, "1000:1000", gantry.work().join("endless.tar"));
    client.good(&["algorithm", "push", "cells", "endless.tar"]);
    let id = submit(&client);
    wait_until_ready(&client, &id);
    assert_eq!(containers(&engine), 1);
    client.good(&["cancel", &id]);
    assert_eq!(ended(&client, &id)["state"], "cancelled");
    assert_eq!(containers(&engine), 0, "of a cancelled job");

    let id = submit(&client);
    wait_until_ready(&client, &id);
    // Killed with SIGKILL while the container runs.
    drop(server);
    let mut server = Server::start(&gantry);
    log_in_again(&client, &server);
    wait_until_ready(&client, &id);
    assert_eq!(containers(&engine), 1, "that of the first attempt is gone");
    client.good(&["cancel", &id]);
    let shown = ended(&client, &id);
    assert_eq!(shown["state"], "cancelled", "{shown:#}");
    assert_eq!(server.stop(), Some(0));
    assert_eq!(containers(&engine), 0, "at the end");
}

pub(super) fn log_in(client: &Client<'_>, server: &Server) {
    let password = server.password.as_ref().unwrap();
    fs_err::write(client.gantry.work().join("password"), password).unwrap();
    log_in_again(client, server);
}

/// The server listens elsewhere after each start.
fn log_in_again(client: &Client<'_>, server: &Server) {
    let password = fs_err::read_to_string(client.gantry.work().join("password")).unwrap();
    let url = server.address.trim_end_matches('/');
    let ca = server.ca.to_str().unwrap();
    let login = ["login", url, "--user", "admin", "--ca", ca];
    let answer = client.with_stdin(&login, &format!("{password}\n"));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
}

pub(super) fn submit(client: &Client<'_>) -> String {
    let asked = [
        "submit",
        "cells",
        "-i",
        "scan=scan.mha",
        "-i",
        "threshold=0.5",
    ];
    client.good(&asked).trim().to_owned()
}

fn ended(client: &Client<'_>, id: &str) -> Value {
    let followed = client.run(&["logs", id, "--follow"]);
    assert_eq!(followed.code, 0, "{}", followed.stderr);
    // Its exit code is that of the job.
    serde_json::from_str(&client.run(&["status", id, "--json"]).stdout).unwrap()
}

fn a_job_says_what_was_kept(client: &Client<'_>) {
    let shown = ended(client, &submit(client));
    assert_eq!(shown["state"], "succeeded", "{shown:#}");
    let runtime = shown["report"]["isolation"]["runtime"]
        .as_str()
        .unwrap_or_default();
    assert!(runtime.starts_with("docker "), "{shown:#}");
}

/// Follows the log until the program runs.
fn wait_until_ready(client: &Client<'_>, id: &str) {
    let mut command = client.gantry.command();
    command.env("GANTRY_LOGIN", client.gantry.work().join("login.json"));
    let mut child = command
        .args(["logs", id, "--follow"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let is_ready = lines
        .map_while(Result::ok)
        .any(|line| line.contains("ready"));
    assert!(is_ready, "the log ended before");
    child.kill().unwrap();
    child.wait().unwrap();
}
