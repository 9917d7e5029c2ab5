//! The unmodified client does what people do more rarely, and what goes wrong is said.

use super::*;

#[test]
fn the_unmodified_client_works_at_the_edges() {
    let gantry = Gantry::new();
    let server = Server::start(&gantry);
    let token = server.prepare();
    let answer = python("edges.py")
        .args([&server.api(), server.ca.to_str().unwrap(), &token])
        .args([root().join("fixtures/head-mr.mha"), gantry.work()])
        .output()
        .expect("Python starts");
    let errors = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{errors}");
    let seen: Value = serde_json::from_slice(&answer.stdout).unwrap();
    archive(&seen);
    uploads(&seen);
    refusals(&seen);
    assert_eq!(seen["walked"], json!([107, 107]));
    assert_eq!(seen["page"], json!([7, 107]));
    assert_eq!(seen["beyond"], 0);
    assert_eq!(
        seen["empty_lists"],
        json!([[200, []], [200, []], [200, []]])
    );
}

fn archive(seen: &Value) {
    let held = json!({"landmarks": "file", "minimum-volume": 1.5, "mri": "image", "notes": "file", "table": "file"});
    assert_eq!(seen["held"], held);
    assert_eq!(seen["csv"], "a,b\n1,2\n");
    // Byte by byte: a file is never written anew.
    assert_eq!(seen["notes"], "{\"b\":  1.10, \"a\": [1e3]}");
    assert_eq!(seen["landmarks"]["points"][0]["point"], json!([1, 2, 3]));
    assert_eq!(seen["number"], 1.5);
    assert_eq!(seen["same_image"], true);
    assert_eq!(seen["same_number"], 1.5);
    let all = json!(["minimum-volume", "mri", "table"]);
    assert_eq!(seen["patched"], all);
    assert_eq!(seen["patched_with_nothing"], all);
    assert_eq!(seen["put"], json!(["minimum-volume"]));
    assert_eq!(seen["cleared"], "");
    assert_eq!(
        seen["title_twice"]["status"], 400,
        "{}",
        seen["title_twice"]
    );
    assert_eq!(seen["delete"]["status"], 405);
    assert_eq!(seen["values_in_post"]["status"], 400);
    assert_eq!(seen["image_bytes"], true);
    assert_eq!(seen["image_twice"]["error"], "FileExistsError");
}

fn uploads(seen: &Value) {
    assert_eq!(seen["large"], "Completed");
    assert_eq!(seen["two_of_one_name"], 2);
    assert_eq!(seen["aborted"], "Aborted");
    assert_eq!(
        seen["after_abort"]["status"], 403,
        "{}",
        seen["after_abort"]
    );
    assert_eq!(seen["empty"], "accepted", "an empty file is a file");
    assert_eq!(seen["part"], json!([3]));
    assert_eq!(seen["wrong_etag"]["status"], 400, "{}", seen["wrong_etag"]);
    assert_eq!(seen["forged"], json!([403, false]));
    assert_eq!(seen["folder_in_name"], "b.json");
}

fn refusals(seen: &Value) {
    assert_eq!(seen["nan"]["status"], 400, "{}", seen["nan"]);
    assert_eq!(
        seen["no_socket"]["error"], "SocketNotFound",
        "{}",
        seen["no_socket"]
    );
    assert_eq!(seen["two_files_for_one"]["error"], "ValueError");
    assert_eq!(seen["wrong_archive"]["error"], "ObjectNotFound");
    assert_eq!(seen["foreign_url"]["error"], "RuntimeError");
}
