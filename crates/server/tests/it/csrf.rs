//! A browser's cookie alone changes nothing.

use crate::clinic::{Clinic, browser};

/// Changes of the compatible API; those of our own are taken from the document.
const COMPATIBLE: &[(&str, &str)] = &[
    ("POST", "/api/v1/algorithms/jobs/"),
    ("POST", "/api/v1/archives/items/"),
    ("PATCH", "/api/v1/archives/items/{item}/"),
    ("PUT", "/api/v1/archives/items/{item}/"),
    ("POST", "/api/v1/uploads/"),
];

/// Proves who asks by a password, sets no cookie, and its answer cannot be read from elsewhere.
const WITHOUT_LOGIN: &str = "/api/gantry/v1/login/token/";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_need_the_secret_beside_the_cookie() {
    let clinic = Clinic::new().await;
    let (cookie, csrf) = browser(&clinic).await;
    let document = clinic
        .ask("nobody", "GET", "/api/gantry/v1/openapi.json", "")
        .await
        .json();
    let mut changes: Vec<(String, String)> = COMPATIBLE
        .iter()
        .map(|(method, path)| ((*method).to_owned(), clinic.path(path)))
        .collect();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            if method != "get" && path != WITHOUT_LOGIN {
                let path = path.replace(['{', '}'], "");
                changes.push((method.to_uppercase(), path));
            }
        }
    }
    assert!(changes.len() > 40, "{}", changes.len());
    let cookie = format!("Cookie: gantry_session={cookie}\r\n");
    for (method, path) in changes {
        let bare = clinic.send(&method, &path, &cookie, "{}").await;
        assert_eq!(bare.status, 403, "{method} {path}: {}", bare.body);
        assert!(
            bare.body.contains("x-csrf-token"),
            "{method} {path}: {}",
            bare.body
        );
        let wrong = format!("{cookie}X-CSRF-Token: wrong\r\n");
        let wrong = clinic.send(&method, &path, &wrong, "{}").await;
        assert_eq!(wrong.status, 403, "{method} {path}: {}", wrong.body);
        let right = format!("{cookie}X-CSRF-Token: {csrf}\r\n");
        let right = clinic.send(&method, &path, &right, "{}").await;
        assert!(
            !right.body.contains("x-csrf-token"),
            "{method} {path}: {}",
            right.body
        );
        assert!(right.status < 500, "{method} {path}: {}", right.body);
    }
    let me = clinic.send("GET", "/api/gantry/v1/me/", &cookie, "").await;
    assert_eq!(me.status, 200, "looking needs no secret");
}
