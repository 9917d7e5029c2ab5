//! A browser without JavaScript runs an algorithm: plain forms, a file in one of them, a real container, the result.

use super::*;

#[test]
fn plain_forms_lead_to_a_result() {
    let gantry = Gantry::new();
    let server = Server::start(&gantry);
    server.prepare();
    let answer = python("forms.py")
        .args([
            server.address.trim_end_matches('/'),
            server.ca.to_str().unwrap(),
        ])
        .arg(server.password.as_ref().unwrap())
        .arg(root().join("fixtures/head-mr.mha"))
        .output()
        .expect("Python starts");
    let errors = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{errors}");
    let mut seen: Value = serde_json::from_slice(&answer.stdout).unwrap();
    let states = seen["states"].take();
    assert_eq!(states.as_array().unwrap().last(), Some(&json!("succeeded")));
    assert_eq!(
        seen,
        json!({
            "refused": [400, true, 1],
            "states": null,
            "summary": true, "aligned": true, "log": true, "kept": true, "comment": true,
            "image": "ObjectType", "zip": "PK", "listed": true, "again": true,
        })
    );
}
