//! The unmodified client does what people do with it.

use super::*;

#[test]
fn the_unmodified_client_works() {
    let gantry = Gantry::new();
    let mut server = Server::start(&gantry);
    let token = server.prepare();
    let work = gantry.work();
    let answer = python("drive.py")
        .args([&server.api(), server.ca.to_str().unwrap(), &token])
        .args([root().join("fixtures/head-mr.mha"), work])
        .output()
        .expect("Python starts");
    let errors = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{errors}");
    let seen: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(seen["algorithm"]["title"], "Otsu: tissue and its parts");
    assert_eq!(seen["first"]["status"], "Succeeded", "{seen}");
    assert_eq!(seen["first"]["outputs"]["tissue"], "image");
    assert_eq!(
        seen["second"],
        json!({"status": "Succeeded", "volume": [1.5]})
    );
    let downloaded = seen["downloaded"].as_array().unwrap();
    assert!(
        downloaded.contains(&json!("images/tissue")),
        "{downloaded:?}"
    );
    assert!(
        downloaded.contains(&json!("tissue-volume.json")),
        "{downloaded:?}"
    );
    assert_eq!(seen["image"]["name"], "head-mr.mha");
    assert_eq!(seen["image"]["type"], json!(["MHD"]));
    assert_eq!(seen["jobs_of_image"], 2);
    assert_eq!(seen["all_jobs"], 2);
    assert_eq!(seen["item"], json!({"title": "a head", "sockets": ["mri"]}));
    let updated = json!({"title": "the head", "sockets": ["minimum-volume", "mri"]});
    assert_eq!(seen["item_updated"], updated);
    assert_eq!(seen["items"], 1);
    assert_eq!(seen["upload"], "Completed");
    refusals(&seen);
    assert_eq!(server.stop(), Some(0));
}

fn refusals(seen: &Value) {
    assert_eq!(seen["broken_image"], "Cancelled");
    let invalid = json!({"status": 401, "body": {"detail": "Invalid token."}});
    assert_eq!(seen["wrong_token"], invalid);
    assert_eq!(seen["wrong_slug"]["error"], "ObjectNotFound");
    assert_eq!(seen["wrong_pk"]["error"], "ObjectNotFound");
    assert_eq!(seen["wrong_schema"]["status"], 400);
    let complaint = seen["wrong_schema"]["body"]["inputs"][0]["minimum-volume"][0].as_str();
    assert!(
        complaint.is_some_and(|text| text.contains("minimum of 0")),
        "{seen}"
    );
    assert_eq!(seen["wrong_inputs"]["error"], "ValueError");
}

#[test]
fn a_data_folder_has_one_server() {
    let gantry = Gantry::new();
    let server = Server::start(&gantry);
    let second = gantry.run(["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, 15, "{}", second.stderr);
    let pid = server.child.id().to_string();
    assert!(
        second
            .stderr
            .contains("another server uses the data folder"),
        "{}",
        second.stderr
    );
    assert!(second.stderr.contains(&pid), "{}", second.stderr);
}

#[test]
fn a_key_that_does_not_exist_is_told() {
    let gantry = Gantry::new();
    let config = gantry.work().join("gantry.toml");
    fs_err::write(&config, "[jobs]\nat_onec = 3\n").unwrap();
    let refused = gantry.run(["serve", "--config", "gantry.toml"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("at_onec"), "{}", refused.stderr);
}
