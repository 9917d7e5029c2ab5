//! Every operation of our own API, asked by everybody.

use std::collections::BTreeSet;

use crate::clinic::{Clinic, PEOPLE};

const ROOT: &str = "/api/gantry/v1/";

/// What each of [`PEOPLE`] is answered.
type Row = (&'static str, &'static str, &'static str, [u16; 5]);

/// Method, path, body; then nobody, a user, a user of the algorithm and the archive (who owns the job and the run), an editor
/// of both, an administrator. What one may not see is 404; what one may see but not do is 403. What succeeds either changes
/// nothing, or can be done again.
const TABLE: &[Row] = &[
    (
        "POST",
        "login/token/",
        r#"{"username": "x", "password": "y"}"#,
        [401; 5],
    ),
    ("GET", "me/", "", [401, 200, 200, 200, 200]),
    ("GET", "tokens/", "", [401, 200, 200, 200, 200]),
    (
        "POST",
        "tokens/",
        r#"{"name": "a"}"#,
        [401, 201, 201, 201, 201],
    ),
    ("DELETE", "tokens/{none}/", "", [401, 404, 404, 404, 404]),
    ("GET", "accounts/", "", [401, 403, 403, 403, 200]),
    (
        "POST",
        "accounts/",
        r#"{"username": "new", "password": "short"}"#,
        [401, 403, 403, 403, 400],
    ),
    (
        "PATCH",
        "accounts/{account}/",
        "{}",
        [401, 200, 403, 403, 200],
    ),
    (
        "GET",
        "accounts/{account}/quota/",
        "",
        [401, 200, 403, 403, 200],
    ),
    (
        "PUT",
        "accounts/{account}/quota/",
        r#"{"unfinished": 3}"#,
        [401, 403, 403, 403, 200],
    ),
    ("GET", "audit/", "", [401, 403, 403, 403, 200]),
    ("GET", "algorithms/", "", [200; 5]),
    (
        "POST",
        "algorithms/",
        "title = 1",
        [401, 403, 403, 400, 400],
    ),
    ("GET", "algorithms/{slug}/", "", [404, 404, 200, 200, 200]),
    (
        "PUT",
        "algorithms/{slug}/",
        "title = 1",
        [401, 404, 403, 400, 400],
    ),
    (
        "PATCH",
        "algorithms/{slug}/",
        "{}",
        [401, 404, 403, 200, 200],
    ),
    (
        "POST",
        "algorithms/{slug}/result-template/preview/",
        r#"{"results": 1}"#,
        [401, 404, 403, 200, 200],
    ),
    (
        "GET",
        "algorithms/{slug}/interfaces/",
        "",
        [404, 404, 200, 200, 200],
    ),
    (
        "POST",
        "algorithms/{slug}/interfaces/",
        r#"{"inputs": [], "outputs": []}"#,
        [401, 404, 403, 400, 400],
    ),
    (
        "DELETE",
        "algorithms/{slug}/interfaces/{none}/",
        "",
        [401, 404, 403, 404, 404],
    ),
    ("GET", "algorithms/{slug}/logo/", "", [404; 5]),
    (
        "PUT",
        "algorithms/{slug}/logo/",
        "no picture",
        [401, 404, 403, 400, 400],
    ),
    (
        "DELETE",
        "algorithms/{slug}/logo/",
        "",
        [401, 404, 403, 204, 204],
    ),
    (
        "POST",
        "algorithms/{slug}/access-requests/",
        "",
        [401, 404, 409, 409, 409],
    ),
    (
        "GET",
        "algorithms/{slug}/access-requests/",
        "",
        [401, 404, 403, 200, 200],
    ),
    (
        "PATCH",
        "algorithms/{slug}/access-requests/{request}/",
        r#"{"accept": false}"#,
        [401, 404, 403, 200, 200],
    ),
    (
        "GET",
        "algorithms/{slug}/statistics/",
        "",
        [401, 404, 403, 200, 200],
    ),
    (
        "GET",
        "algorithms/{slug}/models/",
        "",
        [404, 404, 200, 200, 200],
    ),
    (
        "POST",
        "algorithms/{slug}/models/",
        r#"{"upload": "x"}"#,
        [401, 404, 403, 400, 400],
    ),
    (
        "POST",
        "algorithms/{slug}/models/deactivate/",
        "",
        [401, 404, 403, 204, 204],
    ),
    (
        "PATCH",
        "algorithms/{slug}/models/{none}/",
        r#"{"comment": ""}"#,
        [401, 404, 403, 404, 404],
    ),
    (
        "DELETE",
        "algorithms/{slug}/models/{none}/",
        "",
        [401, 404, 403, 404, 404],
    ),
    (
        "POST",
        "algorithms/{slug}/models/{none}/activate/",
        "",
        [401, 404, 403, 404, 404],
    ),
    (
        "GET",
        "algorithms/{slug}/images/",
        "",
        [404, 404, 200, 200, 200],
    ),
    (
        "POST",
        "algorithms/{slug}/images/",
        r#"{"upload": "x"}"#,
        [401, 404, 403, 400, 400],
    ),
    (
        "PATCH",
        "algorithms/{slug}/images/{version}/",
        r#"{"comment": "a"}"#,
        [401, 404, 403, 200, 200],
    ),
    (
        "DELETE",
        "algorithms/{slug}/images/{version}/",
        "",
        [401, 404, 403, 409, 409],
    ),
    (
        "GET",
        "algorithms/{slug}/cases/",
        "",
        [401, 404, 403, 404, 404],
    ),
    (
        "PUT",
        "algorithms/{slug}/cases/",
        r#"{"upload": "none"}"#,
        [401, 404, 403, 400, 400],
    ),
    (
        "PATCH",
        "algorithms/{slug}/cases/",
        r#"{"required": true}"#,
        [401, 404, 403, 404, 404],
    ),
    (
        "DELETE",
        "algorithms/{slug}/cases/",
        "",
        [401, 404, 403, 404, 404],
    ),
    (
        "GET",
        "algorithms/{slug}/images/{version}/cases/",
        "",
        [401, 404, 403, 200, 200],
    ),
    (
        "POST",
        "algorithms/{slug}/images/{version}/cases/",
        "",
        [401, 404, 403, 409, 409],
    ),
    (
        "POST",
        "algorithms/{slug}/images/{version}/activate/",
        "",
        [401, 404, 403, 200, 200],
    ),
    (
        "GET",
        "algorithms/{slug}/members/",
        "",
        [401, 404, 403, 200, 200],
    ),
    (
        "PUT",
        "algorithms/{slug}/members/",
        r#"{"username": "una", "role": "user"}"#,
        [401, 404, 403, 204, 204],
    ),
    (
        "DELETE",
        "algorithms/{slug}/members/no-one/",
        "",
        [401, 404, 403, 404, 404],
    ),
    (
        "PUT",
        "algorithms/{slug}/visibility/",
        r#"{"is_public": false}"#,
        [401, 404, 403, 200, 200],
    ),
    ("GET", "sockets/", "", [401, 200, 200, 200, 200]),
    (
        "POST",
        "sockets/",
        r#"{"slug": "A!", "kind": "x", "relative_path": "x"}"#,
        [401, 403, 403, 400, 400],
    ),
    ("GET", "sockets/{socket}/", "", [401, 200, 200, 200, 200]),
    ("GET", "socket-kinds/", "", [200; 5]),
    ("GET", "jobs/", "", [200; 5]),
    (
        "POST",
        "jobs/",
        r#"{"algorithm": "doubles", "inputs": {}}"#,
        [401, 404, 400, 400, 400],
    ),
    (
        "POST",
        "jobs/check/",
        r#"{"algorithm": "doubles", "inputs": {}}"#,
        [401, 404, 200, 200, 200],
    ),
    ("GET", "jobs/{job}/", "", [404, 404, 200, 404, 200]),
    ("PATCH", "jobs/{job}/", "{}", [404, 404, 200, 404, 200]),
    ("DELETE", "jobs/{job}/", "", [404, 404, 409, 404, 409]),
    ("POST", "jobs/{job}/retry/", "", [401, 404, 201, 404, 201]),
    ("GET", "jobs/{job}/log/", "", [404, 404, 200, 404, 200]),
    ("GET", "jobs/{job}/inputs/", "", [404, 404, 200, 404, 200]),
    ("GET", "jobs/{job}/outputs/", "", [404, 404, 200, 404, 200]),
    (
        "GET",
        "jobs/{job}/outputs.zip",
        "",
        [404, 404, 409, 404, 409],
    ),
    ("GET", "jobs/{job}/events/", "", [404, 404, 200, 404, 200]),
    ("GET", "jobs/{job}/viewers/", "", [404, 404, 200, 404, 200]),
    (
        "PUT",
        "jobs/{job}/viewers/una/",
        "",
        [404, 404, 204, 404, 204],
    ),
    (
        "DELETE",
        "jobs/{job}/viewers/una/",
        "",
        [404, 404, 204, 404, 404],
    ),
    (
        "POST",
        "jobs/{ending}/cancel/",
        "",
        [401, 404, 200, 404, 409],
    ),
    ("GET", "images/", "", [401, 200, 200, 200, 200]),
    ("GET", "images/{image}/", "", [404, 404, 200, 200, 200]),
    ("DELETE", "images/{image}/", "", [404, 404, 409, 403, 409]),
    ("GET", "archives/", "", [200; 5]),
    (
        "POST",
        "archives/",
        r#"{"slug": "A!", "title": "x"}"#,
        [401, 403, 403, 400, 400],
    ),
    ("GET", "archives/{archive}/", "", [404, 404, 200, 200, 200]),
    (
        "PATCH",
        "archives/{archive}/",
        "{}",
        [404, 404, 403, 200, 200],
    ),
    (
        "GET",
        "archives/{archive}/members/",
        "",
        [404, 404, 403, 200, 200],
    ),
    (
        "PUT",
        "archives/{archive}/members/",
        r#"{"username": "una", "role": "user"}"#,
        [404, 404, 403, 204, 204],
    ),
    (
        "DELETE",
        "archives/{archive}/members/no-one/",
        "",
        [404, 404, 403, 404, 404],
    ),
    (
        "GET",
        "archives/{archive}/items/",
        "",
        [404, 404, 200, 200, 200],
    ),
    (
        "DELETE",
        "archives/{archive}/items/{none}/",
        "",
        [404, 404, 403, 404, 404],
    ),
    (
        "GET",
        "archives/{archive}/runs/",
        "",
        [404, 404, 200, 200, 200],
    ),
    (
        "POST",
        "archives/{archive}/runs/",
        r#"{"algorithm": "none"}"#,
        [404, 404, 400, 400, 400],
    ),
    (
        "GET",
        "archives/{archive}/runs/{run}/",
        "",
        [404, 404, 200, 200, 200],
    ),
    (
        "GET",
        "archives/{archive}/runs/{run}/results/",
        "",
        [404, 404, 200, 403, 200],
    ),
    (
        "GET",
        "archives/{archive}/runs/{run}/results.csv",
        "",
        [404, 404, 200, 403, 200],
    ),
    (
        "GET",
        "archives/{archive}/runs/{run}/outputs.zip",
        "",
        [404, 404, 200, 403, 200],
    ),
    (
        "POST",
        "archives/{archive}/runs/{run}/cancel/",
        "",
        [404, 404, 200, 403, 200],
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_may_do_what_they_may() {
    let clinic = Clinic::new().await;
    let mut wrong = Vec::new();
    for (method, pattern, body, expected) in TABLE {
        let path = format!("{ROOT}{}", clinic.path(pattern));
        for (who, expected) in PEOPLE.iter().zip(expected) {
            let found = clinic.ask(who, method, &path, body).await;
            if found.status != *expected {
                let body = found.body.chars().take(200).collect::<String>();
                wrong.push(format!(
                    "{who}: {method} {pattern}: {}, expected {expected}: {body}",
                    found.status
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_has_every_operation() {
    let clinic = Clinic::new().await;
    let document = clinic
        .ask("nobody", "GET", &format!("{ROOT}openapi.json"), "")
        .await;
    let told: BTreeSet<String> = operations(&document.json()).into_iter().collect();
    let asked: BTreeSet<String> = TABLE
        .iter()
        .map(|(method, path, ..)| format!("{method} {}", blank(path)))
        .collect();
    let missing: Vec<_> = told.difference(&asked).collect();
    let unknown: Vec<_> = asked.difference(&told).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "{missing:?} {unknown:?}"
    );
}

/// `METHOD path` of every operation of the document, parameters blanked.
pub(crate) fn operations(document: &serde_json::Value) -> Vec<String> {
    let mut all = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix(ROOT).unwrap();
        for method in operations.as_object().unwrap().keys() {
            all.push(format!("{} {}", method.to_uppercase(), blank(path)));
        }
    }
    all
}

/// A path with `{}` for whatever is a parameter, in the document or in the table.
fn blank(path: &str) -> String {
    let of_table = ["una", "no-one"];
    let parts = path.split('/').map(|part| {
        if part.starts_with('{') || of_table.contains(&part) {
            "{}"
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join("/")
}
