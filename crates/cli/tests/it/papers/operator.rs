//! `docs/operator.md`, on a folder and a port of the test's own.

use super::*;
use crate::served::Server;

#[test]
fn every_command_of_the_operators_guide_works() {
    let mut reader = Reader::new();
    let home = reader.gantry.home().to_str().unwrap().to_owned();
    let work = reader.work().to_str().unwrap().to_owned();
    let repository = root().canonicalize().unwrap();
    let repository = repository.to_str().unwrap();
    for (page, here) in [
        ("/var/lib/gantry", home.as_str()),
        ("/backup", &format!("{work}/backup")),
        ("images/otsu", &format!("{repository}/images/otsu")),
        (
            "otsu.tar.gz",
            &format!("{repository}/target/images/otsu.docker.tar.gz"),
        ),
        ("head-mr.mha", &format!("{repository}/fixtures/head-mr.mha")),
    ] {
        reader.here.push((page.to_owned(), here.to_owned()));
    }
    fs_err::create_dir(reader.work().join("backup")).unwrap();
    let commands = commands("docs/operator.md");
    assert!(commands.len() >= 15, "{commands:?}");
    let mut server: Option<Server> = None;
    for command in &commands {
        if command == "gantry serve" {
            let started = Server::start(&reader.gantry);
            let address = started.address.trim_end_matches('/').to_owned();
            reader
                .here
                .push(("https://127.0.0.1:8443".to_owned(), address));
            server = Some(started);
            continue;
        }
        let password = server.as_ref().and_then(|server| server.password.as_ref());
        let input = password.map(|word| format!("{word}\n")).unwrap_or_default();
        let said = reader.follow(command, &input);
        if command.starts_with("gantry submit") {
            assert!(said.contains("succeeded"), "{said}");
        }
    }
}
