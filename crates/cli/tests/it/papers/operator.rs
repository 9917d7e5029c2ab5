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
        reader.put(page, here);
    }
    fs_err::create_dir(reader.work().join("backup")).unwrap();
    let mut page = Page::open("docs/operator.md");
    let steps = page.all_steps();
    assert!(steps.len() >= 15);
    assert!(page.steps("sh").is_empty());
    let mut server: Option<Server> = None;
    for step in &steps {
        if step.command == "gantry serve" {
            let started = Server::start(&reader.gantry);
            let address = started.address.trim_end_matches('/').to_owned();
            reader.put("https://127.0.0.1:8443", address);
            server = Some(started);
            continue;
        }
        let password = server.as_ref().and_then(|server| server.password.as_ref());
        let input = password.map(|word| format!("{word}\n")).unwrap_or_default();
        let said = reader.follow_step(step, &input);
        if step.command.starts_with("gantry submit") {
            assert!(said.contains("succeeded"), "{said}");
        }
    }
}
