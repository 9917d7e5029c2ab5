//! The OpenAPI document is true: schemathesis asks the real server whatever the document allows, and more.

use super::*;

#[test]
fn the_server_does_what_its_document_says() {
    let gantry = Gantry::new();
    let server = Server::start(&gantry);
    let token = server.prepare();
    let submitted = crash(
        &server,
        &token,
        &[
            "submit",
            root().join("fixtures/head-mr.mha").to_str().unwrap(),
        ],
    );
    crash(&server, &token, &["wait", &submitted]);
    let program = root().join("target/schemathesis/venv/bin/schemathesis");
    assert!(
        program.exists(),
        "there is no {}: `./dev schemathesis` installs it",
        program.display()
    );
    let folder = root().join("crates/cli/tests/it/schemathesis");
    let answer = Command::new(program)
        .current_dir(gantry.work())
        .env("SCHEMATHESIS_HOOKS", folder.join("hooks.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("GANTRY_JOBS", &submitted)
        .arg("--config-file")
        .arg(folder.join("schemathesis.toml"))
        .args(["--no-color", "run"])
        .arg(format!("{}api/gantry/v1/openapi.json", server.address))
        .arg("--tls-verify")
        .arg(&server.ca)
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--seed", "7"])
        .output()
        .expect("schemathesis starts");
    let told = String::from_utf8_lossy(&answer.stdout);
    let errors = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{told}{errors}");
}

/// Calls `crash.py`: submits jobs, or waits for them.
fn crash(server: &Server, token: &str, arguments: &[&str]) -> String {
    let answer = python("crash.py")
        .args([&server.api(), server.ca.to_str().unwrap(), token])
        .args(arguments)
        .output()
        .expect("Python starts");
    let errors = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{errors}");
    String::from_utf8_lossy(&answer.stdout).trim().to_owned()
}
