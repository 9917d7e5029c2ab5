//! `gantry` as the client of a server.

use std::io::Write;
use std::process::Stdio;

use super::*;
use crate::gantry::Answer;

/// A client with a login of its own.
pub(super) struct Client<'a> {
    pub(super) gantry: &'a Gantry,
}

impl Client<'_> {
    pub(super) fn run(&self, arguments: &[&str]) -> Answer {
        self.with_stdin(arguments, "")
    }

    pub(super) fn with_stdin(&self, arguments: &[&str], stdin: &str) -> Answer {
        let mut command = self.gantry.command();
        command.env("GANTRY_LOGIN", self.gantry.work().join("login.json"));
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(stdin.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        Answer {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub(super) fn good(&self, arguments: &[&str]) -> String {
        let answer = self.run(arguments);
        assert_eq!(
            answer.code, 0,
            "{arguments:?}: {}{}",
            answer.stdout, answer.stderr
        );
        answer.stdout
    }
}

#[test]
fn an_algorithm_goes_to_the_server_and_its_outputs_come_back() {
    let gantry = Gantry::new();
    let server = Server::start(&gantry);
    let client = Client { gantry: &gantry };
    let url = server.address.trim_end_matches('/');
    let ca = server.ca.to_str().unwrap();
    let login = ["login", url, "--user", "admin", "--ca", ca];
    log_in(&client, &login, server.password.as_ref().unwrap());
    make_algorithm(&client);
    use_it(&client);
    // Somebody else's algorithm as a start for one's own.
    let told = client.run(&["init", "--from", url, "otsu", "there"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    let checked = client.run(&["check", "there"]);
    assert!(
        checked
            .stdout
            .contains("good: manifest of `otsu`: 6 sockets, 2 interfaces"),
        "{}{}",
        checked.stdout,
        checked.stderr
    );
}

/// Not without, not with a wrong password.
fn log_in(client: &Client<'_>, login: &[&str], password: &str) {
    let before = client.run(&["status", "x"]);
    assert_eq!(
        (
            before.code,
            before.stderr.contains("logged in to no server")
        ),
        (2, true)
    );
    let wrong = client.with_stdin(login, "wrong\n");
    assert!(
        wrong.stderr.contains("Wrong name or password"),
        "{}",
        wrong.stderr
    );
    let right = client.with_stdin(login, &format!("{password}\n"));
    assert_eq!(right.code, 0, "{}", right.stderr);
}

fn make_algorithm(client: &Client<'_>) {
    let root = root();
    let manifest = root.join("images/otsu").to_str().unwrap().to_owned();
    let archive = root
        .join("target/images/otsu.docker.tar.gz")
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        client
            .good(&["algorithm", "create", &manifest])
            .starts_with("otsu is made")
    );
    let early = client.run(&["submit", "otsu", "-i", &image()]);
    assert!(
        early.stderr.contains("no active container image"),
        "{}",
        early.stderr
    );
    let pushed = client.good(&["algorithm", "push", "otsu", &archive, "--json"]);
    let pushed: Value = serde_json::from_str(&pushed).unwrap();
    assert_eq!(pushed["is_active"], true, "{pushed}");
}

/// The one input.
fn image() -> String {
    format!("mri={}", root().join("fixtures/head-mr.mha").display())
}

fn use_it(client: &Client<'_>) {
    let (root, image) = (root(), image());
    let id = client
        .good(&["submit", "otsu", "-i", &image])
        .trim()
        .to_owned();
    let log = client.good(&["logs", &id, "--follow"]);
    assert!(log.contains("stdout | threshold:"), "{log}");
    let status = client.good(&["status", &id]);
    assert!(status.contains("succeeded, ran"), "{status}");
    let written = client.good(&["output", &id, "-o", "out"]);
    assert!(written.contains("out/tissue-volume.json"), "{written}");
    let mask = written.lines().find(|path| path.ends_with(".mha")).unwrap();
    let compared = client.run(&[
        "compare",
        mask,
        root.join("fixtures/head-mr.mha").to_str().unwrap(),
    ]);
    assert_eq!(compared.code, 0, "{}", compared.stdout);
    let late = client.run(&["cancel", &id]);
    assert!(late.stderr.contains("The job has ended"), "{}", late.stderr);
    let negative = client.run(&["submit", "otsu", "-i", &image, "-i", "minimum-volume=-1"]);
    assert!(
        negative.stderr.contains("minimum of 0"),
        "{}",
        negative.stderr
    );
}
