//! Uploads that lie about their parts, sizes, signatures and owners.

use serde_json::{Value, json};

use super::{Case, Siege, case, unless};
use crate::served::OWN;
use crate::wire::Answer;

/// An upload of somebody that was begun.
struct Begun {
    id: String,
    place: String,
    /// Path and query of the first part.
    part: String,
}

fn begin(siege: &Siege<'_>, who: &str) -> Begun {
    let body = json!({"filename": "scan.mha"}).to_string();
    let made = siege.ask(who, ("POST", "/api/v1/uploads/"), &body).json();
    let text = |key: &str| made[key].as_str().expect("an upload").to_owned();
    let mut begun = Begun {
        id: text("pk"),
        place: format!("/api/v1/uploads/{}/{}", text("pk"), text("s3_upload_id")),
        part: String::new(),
    };
    let signed = sign(siege, who, &begun, "{\"part_numbers\": [1]}").json();
    let address = signed["presigned_urls"]["1"].as_str().expect("an address");
    address[address.find("/uploads/").expect("a path")..].clone_into(&mut begun.part);
    begun
}

fn put(siege: &Siege<'_>, path: &str, bytes: &[u8]) -> Answer {
    siege.field.served.wire.ask("PUT", path, "", bytes)
}

fn complete(siege: &Siege<'_>, who: &str, begun: &Begun, parts: &Value) -> Answer {
    let path = format!("{}/complete-multipart-upload/", begun.place);
    siege.ask(who, ("PATCH", &path), &json!({"parts": parts}).to_string())
}

/// Asks for addresses to send parts to; `body` as it is.
fn sign(siege: &Siege<'_>, who: &str, begun: &Begun, body: &str) -> Answer {
    let path = format!("{}/generate-presigned-urls/", begun.place);
    siege.ask(who, ("PATCH", &path), body)
}

/// A list of one part that was never sent.
fn never_sent() -> Value {
    json!([{"ETag": "\"x\"", "PartNumber": 1}])
}

fn is_refused(answer: &Answer) -> bool {
    (400..500).contains(&answer.status)
}

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let mut all = signatures();
    all.extend(parts());
    all.extend(owners());
    all
}

fn signatures() -> Vec<Case> {
    let changed = |name: &str, does: &str, change: fn(&str, &str) -> String| {
        case(name, does, "403", move |siege| {
            let (begun, other) = (begin(siege, "una"), begin(siege, "una"));
            let answer = put(siege, &change(&begun.part, &other.part), b"x");
            unless(answer.status == 403, || answer.told())
        })
    };
    vec![
        changed(
            "uploads.no_signature",
            "a part without a signature",
            |part, _| {
                part.split("&signature")
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            },
        ),
        changed(
            "uploads.empty_signature",
            "a part with an empty signature",
            |part, _| {
                format!(
                    "{}&signature=",
                    part.split("&signature").next().unwrap_or_default()
                )
            },
        ),
        changed(
            "uploads.wrong_signature",
            "a part with a signature of which one digit differs",
            |part, _| {
                let last = if part.ends_with('0') { "1" } else { "0" };
                format!("{}{last}", &part[..part.len() - 1])
            },
        ),
        changed(
            "uploads.signature_of_another_part",
            "another part with the signature of the first",
            |part, _| part.replace("/parts/1", "/parts/2"),
        ),
        changed(
            "uploads.signature_of_another_upload",
            "another upload with this signature",
            |part, other| {
                let (_, query) = part.split_once('?').unwrap_or_default();
                format!("{}?{query}", other.split('?').next().unwrap_or_default())
            },
        ),
        changed(
            "uploads.longer_signature",
            "a later end with this signature",
            |part, _| part.replace("expires=1", "expires=2"),
        ),
        changed(
            "uploads.odd_part_numbers",
            "a part number that is no number",
            |part, _| part.replace("/parts/1", "/parts/-1"),
        ),
        changed(
            "uploads.climbing_part",
            "a part number that climbs out",
            |part, _| part.replace("/parts/1", "/parts/..%2f..%2f1"),
        ),
    ]
}

fn parts() -> Vec<Case> {
    vec![
        case(
            "uploads.part_numbers",
            "asks for parts 0, -1, 10 001, 10¹⁸, a thousand times a thousand",
            "4xx",
            |siege| {
                let begun = begin(siege, "una");
                let mut problems = Vec::new();
                for numbers in [
                    "[0]",
                    "[-1]",
                    "[1000000000000000000]",
                    "[\"x\"]",
                    "[1.5]",
                    "{}",
                    "null",
                ] {
                    let body = format!("{{\"part_numbers\": {numbers}}}");
                    let answer = sign(siege, "una", &begun, &body);
                    problems.extend(unless(is_refused(&answer), || {
                        format!("{numbers}: {} {:.100}", answer.status, answer.text())
                    }));
                }
                let many = format!("{{\"part_numbers\": {:?}}}", vec![1; 1_000_000]);
                let answer = sign(siege, "una", &begun, &many);
                problems.extend(unless(answer.status < 500, || {
                    format!("a million: {}", answer.status)
                }));
                problems
            },
        ),
        case(
            "uploads.parts_never_sent",
            "completes with parts that were never sent",
            "4xx",
            |siege| {
                let begun = begin(siege, "una");
                let answer = complete(siege, "una", &begun, &never_sent());
                unless(is_refused(&answer), || answer.told())
            },
        ),
        case(
            "uploads.wrong_etag",
            "completes with the digest of other bytes",
            "4xx",
            |siege| {
                let begun = begin(siege, "una");
                put(siege, &begun.part, b"bytes");
                let answer = complete(
                    siege,
                    "una",
                    &begun,
                    &json!([{"ETag": "\"d41d8cd98f00b204e9800998ecf8427e\"", "PartNumber": 1}]),
                );
                unless(is_refused(&answer), || answer.told())
            },
        ),
        case(
            "uploads.odd_lists",
            "completes with one part twice, one without a number, a million, and with none of those that were sent",
            "4xx",
            |siege| {
                let begun = begin(siege, "una");
                let etag = put(siege, &begun.part, b"bytes").header("etag").to_owned();
                let part = json!({"ETag": etag, "PartNumber": 1});
                let mut problems = Vec::new();
                for parts in [
                    json!([]),
                    json!([part, part]),
                    json!([{"ETag": etag}]),
                    json!([{"PartNumber": 1}]),
                    json!("x"),
                    json!(vec![part.clone(); 50_000]),
                ] {
                    let answer = complete(siege, "una", &begun, &parts);
                    problems.extend(unless(is_refused(&answer), || {
                        format!("{:.60}: {}", parts.to_string(), answer.status)
                    }));
                }
                problems
            },
        ),
        case(
            "uploads.shorter_than_said",
            "a part that ends before its length",
            "nothing is kept of it",
            |siege| {
                let begun = begin(siege, "una");
                let host = &siege.field.served.wire.host;
                let request = format!(
                    "PUT {} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\nConnection: close\r\n\r\nonly this",
                    begun.part
                );
                let mut stream = siege.field.served.wire.open();
                let _ = std::io::Write::write_all(&mut stream, request.as_bytes());
                let _ = stream.sock.shutdown(std::net::Shutdown::Both);
                let answer = complete(siege, "una", &begun, &never_sent());
                unless(is_refused(&answer), || answer.told())
            },
        ),
        case(
            "uploads.larger_than_allowed",
            "a part that says it has an exabyte",
            "4xx",
            |siege| {
                let begun = begin(siege, "una");
                let host = &siege.field.served.wire.host;
                let request = format!(
                    "PUT {} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000000000000000000\r\nConnection: close\r\n\r\nx",
                    begun.part
                );
                let answer = siege.field.served.wire.raw(request.as_bytes());
                unless(is_refused(&answer), || answer.told())
            },
        ),
        case(
            "uploads.after_the_end",
            "sends and completes again what is complete",
            "4xx",
            |siege| {
                let begun = begin(siege, "una");
                let etag = put(siege, &begun.part, b"bytes").header("etag").to_owned();
                let parts = json!([{"ETag": etag, "PartNumber": 1}]);
                let first = complete(siege, "una", &begun, &parts);
                let again = put(siege, &begun.part, b"other bytes");
                let twice = complete(siege, "una", &begun, &parts);
                unless(
                    first.status == 200 && is_refused(&again) && twice.status < 500,
                    || format!("{} {} {}", first.status, again.status, twice.status),
                )
            },
        ),
        case(
            "uploads.names",
            "names that climb out, hold NULs, markup and a megabyte",
            "4xx, or kept as text",
            |siege| {
                let mut problems = Vec::new();
                let long = "n".repeat(1 << 20);
                for name in [
                    "../../../../tmp/victim",
                    "/etc/passwd",
                    "a\u{0}b",
                    "",
                    ".",
                    "..",
                    "<script>alert(1)</script>",
                    &long,
                    "a\r\nSet-Cookie: x=y",
                ] {
                    let body = json!({"filename": name}).to_string();
                    let answer = siege.ask("una", ("POST", "/api/v1/uploads/"), &body);
                    problems.extend(unless(answer.status < 500 && answer.status > 0, || {
                        format!("{name:.40}: {}", answer.status)
                    }));
                }
                problems
            },
        ),
        case(
            "uploads.zip_bomb",
            "an image of a few bytes that unpacks to gigabytes",
            "refused, the server goes on",
            |siege| {
                let head = "ObjectType = Image\nNDims = 3\nBinaryData = True\nCompressedData = True\nElementSpacing = 1 1 1\nDimSize = 60000 60000 60000\nElementType = MET_DOUBLE\nElementDataFile = LOCAL\n";
                let bytes = [head.as_bytes(), &crate::archives::zeros(64)[10..]].concat();
                refused_image(siege, &bytes, "bomb.mha")
            },
        ),
        case(
            "uploads.image_elsewhere",
            "an image whose samples lie in a file of the host",
            "refused",
            |siege| {
                let head = format!(
                    "ObjectType = Image\nNDims = 3\nBinaryData = True\nElementSpacing = 1 1 1\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementDataFile = {}\n",
                    siege.field.ground.at("secret/canary").display()
                );
                refused_image(siege, head.as_bytes(), "elsewhere.mha")
            },
        ),
        case(
            "uploads.not_an_image",
            "a page instead of an image",
            "refused",
            |siege| refused_image(siege, b"<html><script>alert(1)</script>", "x.mha"),
        ),
    ]
}

/// A job on this image must fail, with a reason and without the canary.
fn refused_image(siege: &Siege<'_>, bytes: &[u8], name: &str) -> Vec<String> {
    let served = siege.field.served;
    let upload = served.upload(bytes, name);
    let inputs =
        json!({"script": {"value": crate::image::packed("good")}, "scan": {"uploads": [upload]}});
    let body = json!({"algorithm": "attack-user", "inputs": inputs});
    let made = served.post(&format!("{OWN}jobs/"), &body);
    if made.status >= 400 && made.status < 500 {
        return Vec::new();
    }
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let ended = served.ended(&id);
    let text = ended.to_string();
    let is_right = ended["state"] == "failed"
        && ended["failure"]["code"] == "input_invalid"
        && !siege.field.ground.is_disclosed(text.as_bytes());
    unless(is_right, || format!("{text:.400}"))
}

fn owners() -> Vec<Case> {
    vec![
        case(
            "uploads.of_somebody_else",
            "looks at, signs for, completes and uses the upload of somebody else",
            "404",
            |siege| {
                let begun = begin(siege, "una");
                let mut answers = vec![
                    siege.ask(
                        "otto",
                        ("GET", &format!("/api/v1/uploads/{}/", begun.id)),
                        "",
                    ),
                    sign(siege, "otto", &begun, "{\"part_numbers\": [1]}"),
                    complete(siege, "otto", &begun, &never_sent()),
                ];
                let body = json!({"algorithm": "attack-user", "inputs": {"scan": {"uploads": [begun.id]}, "script": {"value": "00"}}});
                answers.push(siege.ask("ed", ("POST", "/api/gantry/v1/jobs/"), &body.to_string()));
                let wrong: Vec<_> = answers
                    .iter()
                    .filter(|answer| !is_refused(answer))
                    .map(|answer| answer.status)
                    .collect();
                unless(wrong.is_empty(), || format!("{wrong:?}"))
            },
        ),
        case(
            "uploads.image_of_somebody_else",
            "submits a job on an image that one may not see",
            "4xx",
            |siege| {
                let body = json!({"algorithm": "attack-user", "inputs": {"scan": {"image": siege.people.path("{image}")}, "script": {"value": "00"}}});
                let answer = siege.ask("ed", ("POST", "/api/gantry/v1/jobs/"), &body.to_string());
                unless(is_refused(&answer), || answer.told())
            },
        ),
        case(
            "uploads.value_of_somebody_else",
            "submits a job on values of other people's jobs, by their numbers",
            "4xx",
            |siege| {
                let mut problems = Vec::new();
                for number in 1..20 {
                    let body = json!({"algorithm": "attack-user", "inputs": {"scan": {"existing": number}, "script": {"existing": number}}});
                    let answer =
                        siege.ask("ed", ("POST", "/api/gantry/v1/jobs/"), &body.to_string());
                    problems.extend(unless(is_refused(&answer), || {
                        format!("{number}: {}", answer.status)
                    }));
                }
                problems
            },
        ),
    ]
}
