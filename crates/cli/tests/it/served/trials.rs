//! Versions are held against the test cases of their algorithm.

use super::client::Client;
use super::load::Load;
use super::*;
use crate::algorithm::{GOOD, image, lay_out};

/// The algorithm `cells` with a recorded case, and a server that knows it.
fn prepared() -> (Gantry, Server) {
    let gantry = Gantry::new();
    lay_out(&gantry, GOOD);
    let input = gantry.work().join("cells/cases/head/input");
    fs_err::create_dir_all(input.join("images/scan")).unwrap();
    fs_err::copy(
        gantry.work().join("scan.mha"),
        input.join("images/scan/a.mha"),
    )
    .unwrap();
    fs_err::write(input.join("threshold.json"), "0.5").unwrap();
    let blessed = gantry.run(["test", "cells", "--bless"]);
    assert_eq!(blessed.code, 0, "{}", blessed.stderr);
    let server = Server::start(&gantry);
    let client = Client { gantry: &gantry };
    let url = server.address.trim_end_matches('/');
    let ca = server.ca.to_str().unwrap();
    let password = server.password.as_ref().unwrap();
    let login = ["login", url, "--user", "admin", "--ca", ca];
    let right = client.with_stdin(&login, &format!("{password}\n"));
    assert_eq!(right.code, 0, "{}", right.stderr);
    client.good(&["algorithm", "create", "cells"]);
    (gantry, server)
}

/// Pushes a program; the cases go along when they are to be required.
fn push(gantry: &Gantry, script: &str, cases: bool) -> (i32, Value) {
    image(script, "1000:1000", gantry.work().join("cells/cells.tar"));
    let mut words = vec!["algorithm", "push", "cells", "cells/cells.tar", "--json"];
    if cases {
        words.extend(["--cases", "cells", "--require-cases"]);
    }
    let answer = Client { gantry }.run(&words);
    let said = serde_json::from_str(&answer.stdout);
    let said = said.unwrap_or_else(|_| panic!("{}{}", answer.stdout, answer.stderr));
    (answer.code, said)
}

#[test]
fn a_version_that_fails_a_required_case_does_not_become_active() {
    let (gantry, _server) = prepared();
    let client = Client { gantry: &gantry };
    let (code, good) = push(&gantry, GOOD, true);
    assert_eq!(code, 0, "{good}");
    assert_eq!(good["version"]["is_active"], true);
    assert_eq!(good["cases"][0]["name"], "head");
    assert_eq!(good["cases"][0]["verdict"], "passed");
    assert!(good["cases"][0]["wall_seconds"].as_f64().is_some());

    let other = GOOD.replace("echo 4 >", "echo 5 >");
    let (code, bad) = push(&gantry, &other, true);
    assert_eq!(code, 12, "{bad}");
    assert_eq!(bad["version"]["cases"], "failed");
    assert_eq!(bad["version"]["is_active"], false);
    assert_eq!(
        bad["cases"][0]["differences"],
        json!(["`count` is 5, expected 4"])
    );
    let id = bad["version"]["id"].as_str().unwrap();
    let refused = client.run(&["algorithm", "activate", "cells", id]);
    assert_ne!(refused.code, 0);
    assert!(
        refused.stderr.contains("must pass its test cases first"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_server_that_was_killed_holds_a_version_against_its_cases_again() {
    let (gantry, mut server) = prepared();
    let (code, good) = push(&gantry, GOOD, true);
    assert_eq!(code, 0, "{good}");
    // A program that takes long enough to be killed in the middle.
    image(
        &GOOD.replace("echo counted", "sleep 2\necho counted"),
        "1000:1000",
        gantry.work().join("cells/cells.tar"),
    );
    let client = Client { gantry: &gantry };
    let said = client.good(&["algorithm", "push", "cells", "cells/cells.tar", "--json"]);
    let version: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(version["is_active"], false, "{version}");
    server.child.kill().unwrap();
    server.child.wait().unwrap();

    let again = Server::start(&gantry);
    let login = gantry.work().join("login.json");
    let text = fs_err::read_to_string(&login).unwrap();
    let kept: Value = serde_json::from_str(&text).unwrap();
    let now = again.address.trim_end_matches('/');
    fs_err::write(&login, text.replace(kept["url"].as_str().unwrap(), now)).unwrap();
    let id = version["id"].as_str().unwrap();
    let ended = client.good(&["algorithm", "test", "cells", id]);
    assert!(
        ended.contains("passed") && ended.contains("from now on"),
        "{ended}"
    );
    let left = fs_err::read_dir(gantry.home().join("jobs"))
        .unwrap()
        .count();
    assert_eq!(left, 0);
}

#[test]
fn weights_that_are_gone_keep_cases_from_running() {
    let (gantry, server) = prepared();
    let (code, good) = push(&gantry, GOOD, true);
    assert_eq!(code, 0, "{good}");
    let kept = fs_err::read_to_string(gantry.work().join("login.json")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let load = Load::new(&server, kept["token"].as_str().unwrap());
    let before = blobs(&gantry);
    let packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut weights = tar::Builder::new(packed);
    let mut header = tar::Header::new_gnu();
    header.set_size(3);
    header.set_mode(0o644);
    weights
        .append_data(&mut header, "weights.txt", &b"abc"[..])
        .unwrap();
    let weights = weights.into_inner().unwrap().finish().unwrap();
    let (_, upload) = load.upload(&weights, "model.tar.gz");
    let models = "/api/gantry/v1/algorithms/cells/models/";
    let upload = upload.unwrap();
    let upload = upload.trim_end_matches('/').rsplit('/').next().unwrap();
    let (status, made) = load.post(models, &json!({"upload": upload}));
    assert_eq!(status, 202, "{made}");
    let is_there = || {
        load.get(models)
            .1
            .contains("\"import_state\":\"completed\"")
    };
    let began = std::time::Instant::now();
    while !is_there() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{}",
            load.get(models).1
        );
        std::thread::yield_now();
    }
    let id = good["version"]["id"].as_str().unwrap();
    let client = Client { gantry: &gantry };
    client.good(&["algorithm", "test", "cells", id]);
    let new: Vec<PathBuf> = blobs(&gantry)
        .into_iter()
        .filter(|blob| !before.contains(blob))
        .collect();
    assert_eq!(new.len(), 1, "{new:?}");
    fs_err::remove_file(&new[0]).unwrap();
    let stuck = client.run(&["algorithm", "test", "cells", id]);
    let said = stuck.stdout + &stuck.stderr;
    assert_ne!(stuck.code, 0, "{said}");
    assert!(
        said.contains("the weights cannot be read from the store")
            && said.contains("gantry verify"),
        "{said}"
    );
}

/// Stored files.
fn blobs(gantry: &Gantry) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![gantry.home().join("blobs")];
    while let Some(folder) = waiting.pop() {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}
