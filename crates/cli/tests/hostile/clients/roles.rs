//! Every route, asked by everybody: who is refused, and who gets in.

use serde_json::json;

use super::people::LETTERS;
use super::{Case, Siege, case};
use crate::wire::Answer;

/// Method, path, and the letters of those who may: nobody, a stranger, a user of the algorithm and the archive whose the job and
/// the image are, an editor of both, an administrator. Reading is tried by all; changing only by those who may not.
#[rustfmt::skip]
const ROUTES: &[(&str, &str, &str)] = &[
    // Pages.
    ("GET", "/", "nouea"), ("GET", "/images/{image}/", "ua"), ("GET", "/images/", "ouea"),
    ("GET", "/algorithms/{slug}/", "uea"), ("GET", "/algorithms/{slug}/limits/", "ea"),
    ("GET", "/algorithms/{slug}/template/", "ea"), ("GET", "/algorithms/{slug}/statistics/", "ea"),
    ("GET", "/algorithms/create/", "ea"), ("GET", "/algorithms/create/manifest/", "ea"),
    ("GET", "/algorithms/{slug}/edit/", "ea"), ("GET", "/algorithms/{slug}/edit/manifest/", "ea"),
    ("GET", "/algorithms/{slug}/people/", "ea"), ("GET", "/algorithms/{slug}/requests/", "ea"),
    ("GET", "/algorithms/{slug}/versions/", "ea"), ("GET", "/algorithms/{slug}/models/", "ea"),
    ("GET", "/algorithms/{slug}/try/", "uea"), ("GET", "/algorithms/{slug}/try/images/", "ouea"),
    ("GET", "/archives/", "nouea"), ("GET", "/archives/create/", "ea"), ("GET", "/archives/{archive}/", "uea"),
    ("GET", "/archives/{archive}/add/", "ea"), ("GET", "/archives/{archive}/new-item/", "ea"),
    ("GET", "/archives/{archive}/settings/", "ea"), ("GET", "/archives/{archive}/runs/", "uea"),
    ("GET", "/administration/", "a"), ("GET", "/administration/people/", "a"),
    ("GET", "/administration/people/{account}/", "a"), ("GET", "/administration/machine/", "a"), ("GET", "/administration/audit/", "a"),
    ("GET", "/account/", "ouea"), ("GET", "/sockets/", "ouea"), ("GET", "/sockets/create/", "ea"),
    ("GET", "/sockets/{socket}/", "ouea"), ("GET", "/jobs/", "ouea"), ("GET", "/jobs/{job}/", "ua"),
    ("GET", "/jobs/{job}/live/", "ua"), ("GET", "/jobs/{job}/log/", "ua"),
    // Bytes.
    ("GET", "/images/{image}/view/image.json", "ua"), ("GET", "/images/{image}/view/thumbnail.jpg", "ua"),
    ("GET", "/files/images/{image}/x.mha", "ua"), ("GET", "/files/values/1/x", "a"),
    // The compatible API.
    ("GET", "/api/v1/algorithms/jobs/{job}/", "ua"), ("GET", "/api/v1/cases/images/{image}/", "ua"),
    ("POST", "/api/v1/algorithms/jobs/", "uea"), ("POST", "/api/v1/archives/items/", "ea"),
    ("PATCH", "/api/v1/archives/items/{none}/", ""), ("PUT", "/api/v1/archives/items/{none}/", ""),
    ("GET", "/api/v1/archives/items/{none}/", ""), ("POST", "/api/v1/uploads/", "ouea"),
    ("GET", "/api/v1/uploads/{none}/", ""), ("PATCH", "/api/v1/uploads/{none}/x/complete-multipart-upload/", ""),
    ("POST", "/api/v1/cases/upload-sessions/", "ouea"), ("PUT", "/uploads/{none}/parts/1", ""),
    // Gantry's own API.
    ("GET", "/api/gantry/v1/me/", "ouea"), ("GET", "/api/gantry/v1/tokens/", "ouea"),
    ("POST", "/api/gantry/v1/tokens/", "ouea"), ("DELETE", "/api/gantry/v1/tokens/{none}/", ""),
    ("GET", "/api/gantry/v1/accounts/", "a"), ("POST", "/api/gantry/v1/accounts/", "a"),
    ("GET", "/api/gantry/v1/accounts/{account}/quota/", "oa"), ("PUT", "/api/gantry/v1/accounts/{account}/quota/", "a"),
    ("PATCH", "/api/gantry/v1/accounts/{account}/", "oa"), ("GET", "/api/gantry/v1/audit/", "a"),
    ("GET", "/api/gantry/v1/algorithms/", "nouea"), ("POST", "/api/gantry/v1/algorithms/", "ea"),
    ("GET", "/api/gantry/v1/algorithms/{slug}/", "uea"), ("PUT", "/api/gantry/v1/algorithms/{slug}/", "ea"),
    ("PATCH", "/api/gantry/v1/algorithms/{slug}/", "ea"),
    ("POST", "/api/gantry/v1/algorithms/{slug}/result-template/preview/", "ea"),
    ("GET", "/api/gantry/v1/algorithms/{slug}/interfaces/", "uea"),
    ("POST", "/api/gantry/v1/algorithms/{slug}/interfaces/", "ea"),
    ("DELETE", "/api/gantry/v1/algorithms/{slug}/interfaces/{none}/", ""),
    ("PUT", "/api/gantry/v1/algorithms/{slug}/logo/", "ea"), ("DELETE", "/api/gantry/v1/algorithms/{slug}/logo/", "ea"),
    ("GET", "/api/gantry/v1/algorithms/{slug}/access-requests/", "ea"),
    ("PATCH", "/api/gantry/v1/algorithms/{slug}/access-requests/{none}/", ""),
    ("GET", "/api/gantry/v1/algorithms/{slug}/statistics/", "ea"),
    ("GET", "/api/gantry/v1/algorithms/{slug}/models/", "uea"), ("POST", "/api/gantry/v1/algorithms/{slug}/models/", "ea"),
    ("POST", "/api/gantry/v1/algorithms/{slug}/models/deactivate/", "ea"),
    ("PATCH", "/api/gantry/v1/algorithms/{slug}/models/{none}/", ""),
    ("DELETE", "/api/gantry/v1/algorithms/{slug}/models/{none}/", ""),
    ("POST", "/api/gantry/v1/algorithms/{slug}/models/{none}/activate/", ""),
    ("GET", "/api/gantry/v1/algorithms/{slug}/images/", "uea"), ("POST", "/api/gantry/v1/algorithms/{slug}/images/", "ea"),
    ("PATCH", "/api/gantry/v1/algorithms/{slug}/images/{none}/", ""),
    ("DELETE", "/api/gantry/v1/algorithms/{slug}/images/{none}/", ""),
    ("POST", "/api/gantry/v1/algorithms/{slug}/images/{none}/activate/", ""),
    ("GET", "/api/gantry/v1/algorithms/{slug}/cases/", ""), ("PUT", "/api/gantry/v1/algorithms/{slug}/cases/", "ea"),
    ("PATCH", "/api/gantry/v1/algorithms/{slug}/cases/", "ea"), ("DELETE", "/api/gantry/v1/algorithms/{slug}/cases/", "ea"),
    ("GET", "/api/gantry/v1/algorithms/{slug}/images/{none}/cases/", ""),
    ("POST", "/api/gantry/v1/algorithms/{slug}/images/{none}/cases/", ""),
    ("GET", "/api/gantry/v1/algorithms/{slug}/members/", "ea"), ("PUT", "/api/gantry/v1/algorithms/{slug}/members/", "ea"),
    ("DELETE", "/api/gantry/v1/algorithms/{slug}/members/una/", "ea"),
    ("PUT", "/api/gantry/v1/algorithms/{slug}/visibility/", "ea"),
    ("GET", "/api/gantry/v1/sockets/", "ouea"), ("POST", "/api/gantry/v1/sockets/", "ea"),
    ("GET", "/api/gantry/v1/jobs/", "nouea"), ("POST", "/api/gantry/v1/jobs/", "ouea"),
    ("GET", "/api/gantry/v1/jobs/{job}/", "ua"), ("PATCH", "/api/gantry/v1/jobs/{job}/", "ua"),
    ("DELETE", "/api/gantry/v1/jobs/{job}/", "ua"), ("POST", "/api/gantry/v1/jobs/{job}/retry/", "ua"),
    ("POST", "/api/gantry/v1/jobs/{job}/cancel/", "ua"), ("GET", "/api/gantry/v1/jobs/{job}/log/", "ua"),
    ("GET", "/api/gantry/v1/jobs/{job}/inputs/", "ua"), ("GET", "/api/gantry/v1/jobs/{job}/outputs/", "ua"),
    ("GET", "/api/gantry/v1/jobs/{job}/outputs.zip", "ua"), ("GET", "/api/gantry/v1/jobs/{job}/events/", "ua"),
    ("GET", "/api/gantry/v1/jobs/{job}/viewers/", "ua"), ("PUT", "/api/gantry/v1/jobs/{job}/viewers/otto/", "ua"),
    ("DELETE", "/api/gantry/v1/jobs/{job}/viewers/una/", "ua"),
    ("GET", "/api/gantry/v1/images/", "ouea"), ("GET", "/api/gantry/v1/images/{image}/", "ua"),
    ("DELETE", "/api/gantry/v1/images/{image}/", "ua"),
    ("GET", "/api/gantry/v1/archives/", "nouea"), ("POST", "/api/gantry/v1/archives/", "ea"),
    ("GET", "/api/gantry/v1/archives/{archive}/", "uea"), ("PATCH", "/api/gantry/v1/archives/{archive}/", "ea"),
    ("GET", "/api/gantry/v1/archives/{archive}/members/", "ea"), ("PUT", "/api/gantry/v1/archives/{archive}/members/", "ea"),
    ("DELETE", "/api/gantry/v1/archives/{archive}/members/una/", "ea"),
    ("GET", "/api/gantry/v1/archives/{archive}/items/", "uea"),
    ("DELETE", "/api/gantry/v1/archives/{archive}/items/{none}/", ""),
    ("GET", "/api/gantry/v1/archives/{archive}/runs/", "uea"), ("POST", "/api/gantry/v1/archives/{archive}/runs/", "uea"),
    ("GET", "/api/gantry/v1/archives/{archive}/runs/{none}/", ""),
    ("GET", "/api/gantry/v1/archives/{archive}/runs/{none}/results/", ""),
    ("GET", "/api/gantry/v1/archives/{archive}/runs/{none}/results.csv", ""),
    ("GET", "/api/gantry/v1/archives/{archive}/runs/{none}/outputs.zip", ""),
    ("POST", "/api/gantry/v1/archives/{archive}/runs/{none}/cancel/", ""),
];

/// Operations that refuse nobody: what they tell is public, or they ask for a password themselves.
const FOR_EVERYBODY: &[&str] = &[
    "POST login/token/",
    "GET socket-kinds/",
    "POST jobs/check/",
    "GET algorithms/{}/logo/",
    "POST algorithms/{}/access-requests/",
    "GET sockets/{}/",
];

/// All of them, and one that sees whether all of them are there.
pub(super) fn all() -> Vec<Case> {
    let mut all: Vec<Case> = ROUTES
        .iter()
        .map(|(method, path, may)| of(method, path, may))
        .collect();
    all.push(case(
        "roles.every_operation",
        "compares these rows with the operations that the server's own document lists",
        "every operation has a row",
        every_operation,
    ));
    all
}

fn of(method: &'static str, path: &'static str, may: &'static str) -> Case {
    let names: Vec<&str> = LETTERS
        .iter()
        .filter(|(letter, _)| may.contains(*letter))
        .map(|(_, name)| *name)
        .collect();
    let expected = match names.len() {
        0 => "refused to all".to_owned(),
        5 => "open to all".to_owned(),
        _ => format!("only {}", names.join(", ")),
    };
    case(
        &format!("roles.{method} {path}"),
        "asked by nobody, a stranger, a user, an editor, an administrator",
        &expected,
        move |siege| {
            let mut problems = Vec::new();
            for (letter, who) in LETTERS {
                let is_admitted = may.contains(letter);
                if is_admitted && method != "GET" {
                    continue;
                }
                let answer = ask(siege, who, method, path);
                let is_in = !is_refusal(&answer);
                if answer.status >= 500 || answer.status == 0 || is_in != is_admitted {
                    let text: String = answer.text().chars().take(200).collect();
                    problems.push(format!("{who}: {} {text}", answer.status));
                }
            }
            problems
        },
    )
}

fn ask(siege: &Siege<'_>, who: &str, method: &str, path: &str) -> Answer {
    if method == "GET" && !path.starts_with("/api/") {
        return siege.visit(who, path);
    }
    let body = if method == "GET" {
        String::new()
    } else {
        body(path)
    };
    siege.ask(who, (method, path), &siege.people.path(&body))
}

/// Every field that any change asks for, so that it is the person and not the body that is refused.
fn body(path: &str) -> String {
    let list = json!([]);
    let mut body = json!({
        "algorithm": "{slug}", "archive": "{archive}", "filename": "x", "uploads": list, "name": "x", "username": "una",
        "password": "password-of-una", "inputs": list, "outputs": list, "accept": true, "upload": "{none}", "comment": "x",
        "is_public": true, "slug": "x", "title": "x", "role": "user", "values": list, "kind": "Integer",
        "relative_path": "x.json", "result_template": "x", "part_numbers": list, "required": true, "parts": list, "template": "x",
    });
    if path.ends_with("/v1/jobs/") {
        body["inputs"] = json!({});
    }
    if path.ends_with("/quota/") {
        body = json!({"unfinished": 1000});
    }
    body.to_string()
}

/// Refused, sent to the login, or told that there is nothing.
fn is_refusal(answer: &Answer) -> bool {
    let to_login = answer.header("location").starts_with("/login/");
    // The compatible API says so where its model does.
    let is_unseen = answer.status == 400 && answer.text().contains("Object does not exist");
    matches!(answer.status, 401 | 403 | 404) || to_login || is_unseen
}

fn every_operation(siege: &Siege<'_>) -> Vec<String> {
    let root = crate::served::OWN;
    let document = siege
        .field
        .served
        .get(&format!("{root}openapi.json"))
        .json();
    let blank = |path: &str| {
        let parts = path.split('/').map(|part| {
            let is_name = part.starts_with('{') || ["una", "otto"].contains(&part);
            if is_name { "{}" } else { part }
        });
        parts.collect::<Vec<_>>().join("/")
    };
    let listed: Vec<String> = ROUTES
        .iter()
        .map(|(method, path, _)| format!("{method} {}", blank(path)))
        .collect();
    let mut problems = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys() {
            let method = method.to_uppercase();
            let short = format!("{method} {}", blank(path.trim_start_matches(root)));
            let is_listed = listed.contains(&format!("{method} {}", blank(path)));
            if !is_listed && !FOR_EVERYBODY.contains(&short.as_str()) {
                problems.push(format!("no row for {method} {path}"));
            }
        }
    }
    problems
}
