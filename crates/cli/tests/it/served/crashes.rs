//! What a killed server leaves, the next one brings to an end.

use super::*;

#[test]
fn jobs_of_a_killed_server_end_and_nothing_is_left() {
    let gantry = Gantry::new();
    let server = Server::start(&gantry);
    let token = server.prepare();
    let ca = server.ca.clone();
    let image = root().join("fixtures/head-mr.mha");
    let submit = python("crash.py")
        .args([&server.api(), ca.to_str().unwrap(), &token, "submit"])
        .arg(&image)
        .output()
        .expect("Python starts");
    let errors = String::from_utf8_lossy(&submit.stderr);
    assert!(submit.status.success(), "{errors}");
    let jobs = String::from_utf8_lossy(&submit.stdout).trim().to_owned();
    // Killed with SIGKILL while jobs run.
    drop(server);
    let server = Server::start(&gantry);
    let ended = python("crash.py")
        .args([&server.api(), ca.to_str().unwrap(), &token, "wait", &jobs])
        .output()
        .expect("Python starts");
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{errors}");
    let seen: Value = serde_json::from_slice(&ended.stdout).unwrap();
    let states: Vec<&str> = seen["states"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(states, ["Succeeded"; 12], "{seen}");
    // Every job has each of its outputs once.
    let outputs = seen["outputs"].as_array().unwrap();
    assert!(outputs.iter().all(|count| count == &outputs[0]), "{seen}");
    let left = fs_err::read_dir(gantry.home().join("jobs"))
        .unwrap()
        .count();
    assert_eq!(left, 0, "folders of attempts");
}

#[test]
fn a_server_can_be_killed_in_every_state() {
    let gantry = Gantry::new();
    let (root, image) = (root(), root().join("fixtures/head-mr.mha"));
    let manifest = root.join("images/otsu");
    let input = format!("mri={}", image.display());
    let arguments = [
        "crash-test",
        manifest.to_str().unwrap(),
        "-i",
        &input,
        "--rounds",
        "19",
        // The machine may be busy with other tests.
        "--within",
        "60",
        "--json",
    ];
    let answer = gantry.run(arguments);
    assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    let rounds: Vec<Value> = answer
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rounds.len(), 19);
    assert!(
        rounds.iter().all(|round| round["problems"] == json!([])),
        "{rounds:?}"
    );
}
