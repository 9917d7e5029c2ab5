//! Bodies that are deep, huge, packed or not what they say.

use serde_json::json;

use super::{is_closed_or_refused, refused};
use crate::clients::{Case, case, unless};
use crate::served::OWN;

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let post = |name: &str, does: &str, make: fn() -> Vec<u8>| {
        case(name, does, "4xx, without much memory", move |siege| {
            let served = siege.field.served;
            let body = make();
            let mut problems = Vec::new();
            for path in [
                "/api/gantry/v1/jobs/",
                "/api/v1/algorithms/jobs/",
                "/api/gantry/v1/archives/",
                "/api/gantry/v1/sockets/",
                "/api/v1/uploads/",
            ] {
                let answer = served.send_as("application/json", ("POST", path), &body);
                let is_right = (400..500).contains(&answer.status) || answer.status == 0;
                problems.extend(unless(is_right, || {
                    format!("{path}: {} {:.200}", answer.status, answer.text())
                }));
            }
            problems
        })
    };
    vec![
        post(
            "requests.deep_json",
            "lists in lists, a million deep",
            || format!("{}{}", "[".repeat(1 << 20), "]".repeat(1 << 20)).into_bytes(),
        ),
        post(
            "requests.deep_objects",
            "objects in objects, a hundred thousand deep",
            || format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)).into_bytes(),
        ),
        post("requests.huge_json", "64 megabytes of JSON", || {
            format!("[{}0]", "0,".repeat(32 << 20)).into_bytes()
        }),
        post(
            "requests.wide_json",
            "nine megabytes of empty lists",
            || format!("[{}[]]", "[],".repeat(3 << 20)).into_bytes(),
        ),
        post(
            "requests.no_json",
            "text, NaN, a comment, half a document, a mark of byte order",
            || b"\xef\xbb\xbf{\"a\": NaN} // x".to_vec(),
        ),
        post("requests.not_utf8", "bytes that are no UTF-8", || {
            b"{\"slug\": \"\xff\xfe\"}".to_vec()
        }),
        post(
            "requests.wrong_types",
            "lists for texts, numbers for objects",
            || {
                br#"{"algorithm": [1], "inputs": 7, "slug": {}, "title": null, "filename": [[]]}"#
                    .to_vec()
            },
        ),
        post(
            "requests.huge_numbers",
            "numbers of a million digits",
            || {
                format!(
                    "{{\"algorithm\": {0}, \"slug\": {0}, \"filename\": {0}}}",
                    "9".repeat(1 << 20)
                )
                .into_bytes()
            },
        ),
        post(
            "requests.double_keys",
            "a key a hundred thousand times",
            || format!("{{{}\"b\": 1}}", "\"algorithm\": \"x\", ".repeat(100_000)).into_bytes(),
        ),
        post("requests.empty", "nothing", Vec::new),
        case(
            "requests.content_types",
            "JSON that says it is XML, a form, nothing",
            "4xx",
            |siege| {
                let served = siege.field.served;
                let body = json!({"slug": "x", "title": "x"}).to_string();
                let archives = format!("{OWN}archives/");
                let answers = [
                    "application/xml",
                    "text/plain",
                    "application/x-www-form-urlencoded",
                    "",
                ]
                .map(|kind| {
                    let answer = served.send_as(kind, ("POST", &archives), body.as_bytes());
                    (kind.to_owned(), answer)
                });
                refused(&answers)
            },
        ),
        case(
            "requests.packed_body",
            "a body of few bytes that says it is gzip of gigabytes",
            "4xx, without much memory",
            |siege| {
                let served = siege.field.served;
                let before = served.resident();
                let bomb = crate::archives::zeros(512);
                let kind = "application/json\r\nContent-Encoding: gzip";
                let place = format!("{OWN}archives/");
                let answer = served.send_as(kind, ("POST", &place), &bomb);
                let is_right =
                    is_closed_or_refused(&answer) && served.resident() < before + (200 << 20);
                unless(is_right, || {
                    format!("{} {} bytes", answer.status, served.resident())
                })
            },
        ),
        case(
            "requests.forms_of_many_fields",
            "a form of a million fields, and one of ten thousand parts",
            "4xx, or refused beside a field",
            |siege| {
                let person = siege.people.of("admin");
                let fields = format!("csrf={}&{}", person.csrf, "a=b&".repeat(1_000_000));
                let parts = "--edge\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"
                    .repeat(10_000)
                    + "--edge--\r\n";
                let mut problems = Vec::new();
                for (path, kind, body) in [
                    (
                        "/account/tokens/",
                        "application/x-www-form-urlencoded",
                        fields,
                    ),
                    ("/images/", "multipart/form-data; boundary=edge", parts),
                ] {
                    let answer = siege.post_as("admin", (path, kind), body.as_bytes());
                    problems.extend(unless(is_closed_or_refused(&answer), || {
                        format!("{path}: {}", answer.status)
                    }));
                }
                problems
            },
        ),
        case(
            "requests.broken_multipart",
            "parts without a boundary, an end, a name; names that climb out",
            "4xx, nothing is written",
            |siege| {
                let person = siege.people.of("admin");
                let csrf = format!(
                    "--edge\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n",
                    person.csrf
                );
                let mut problems = Vec::new();
                for (kind, body) in [
                    ("multipart/form-data", csrf.clone()),
                    ("multipart/form-data; boundary=", csrf.clone()),
                    (
                        "multipart/form-data; boundary=edge",
                        format!(
                            "{csrf}--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\nno end"
                        ),
                    ),
                    (
                        "multipart/form-data; boundary=edge",
                        format!(
                            "{csrf}--edge\r\nContent-Disposition: form-data\r\n\r\nx\r\n--edge--\r\n"
                        ),
                    ),
                    (
                        "multipart/form-data; boundary=edge",
                        format!(
                            "{csrf}--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"../../../../../tmp/victim\"\r\n\r\nx\r\n--edge--\r\n"
                        ),
                    ),
                ] {
                    let answer = siege.post_as("admin", ("/images/", kind), body.as_bytes());
                    problems.extend(unless(answer.status < 500 && answer.status != 200, || {
                        format!("{kind}: {}", answer.status)
                    }));
                }
                problems.extend(unless(
                    !std::path::Path::new("/tmp/victim").exists(),
                    || "a file was written outside".to_owned(),
                ));
                problems
            },
        ),
    ]
}
