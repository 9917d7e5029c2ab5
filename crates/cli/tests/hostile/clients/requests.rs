//! Requests that no honest client sends: paths, heads, lengths, bodies.

use serde_json::json;

use super::{Case, Siege, case, unless};
use crate::served::OWN;
use crate::wire::Answer;

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let mut all = paths();
    all.extend(heads());
    all.extend(lengths());
    all.extend(bodies());
    all.extend(questions());
    all
}

/// A refusal that is no fault of the server and tells nothing of the host.
fn refused(answers: &[(String, Answer)]) -> Vec<String> {
    let mut problems = Vec::new();
    for (what, answer) in answers {
        let text = answer.text();
        // The name behind an image is a decoration: whatever it is, the image comes.
        let is_image = what.starts_with("/files/images/") && text.starts_with("ObjectType");
        let is_refused = (400..500).contains(&answer.status) || is_image;
        let is_refused = is_refused && !text.contains("root:x:") && !text.contains("SQLite format");
        if !is_refused {
            let text: String = text.chars().take(200).collect();
            problems.push(format!("{what}: {} {text}", answer.status));
        }
    }
    problems
}

fn gets(siege: &Siege<'_>, paths: &[String]) -> Vec<(String, Answer)> {
    let served = siege.field.served;
    let ask = |path: &String| {
        (
            path.clone(),
            served.wire.ask("GET", path, &served.token, b""),
        )
    };
    paths.iter().map(ask).collect()
}

/// The bytes as a whole request; what is answered, or 0 when the connection is closed.
fn raw(siege: &Siege<'_>, request: &str) -> Answer {
    let host = &siege.field.served.wire.host;
    siege
        .field
        .served
        .wire
        .raw(request.replace("@HOST@", host).as_bytes())
}

fn is_closed_or_refused(answer: &Answer) -> bool {
    answer.status == 0 || (400..500).contains(&answer.status)
}

fn paths() -> Vec<Case> {
    let climbing = |prefix: &'static str| {
        case(
            &format!("requests.climb {prefix}"),
            "climbs out of it by `..`, plain, encoded, twice encoded, with backslashes and NULs",
            "4xx, no file of the host",
            move |siege| {
                let dots = [
                    "../",
                    "..%2f",
                    "%2e%2e/",
                    "%2e%2e%2f",
                    "..%252f",
                    "..%5c",
                    "..\\",
                    "....//",
                    "%00/",
                    ".%00./",
                    "..;/",
                ];
                let paths: Vec<String> = dots
                    .iter()
                    .flat_map(|dots| [dots.repeat(8) + "etc/passwd", dots.repeat(3) + "gantry.db"])
                    .map(|rest| format!("{}{rest}", siege.people.path(prefix)))
                    .collect();
                refused(&gets(siege, &paths))
            },
        )
    };
    vec![
        climbing("/assets/"),
        climbing("/files/images/{image}/"),
        climbing("/files/values/"),
        climbing("/images/{image}/view/"),
        climbing("/jobs/"),
        climbing("/api/gantry/v1/jobs/{job}/"),
        climbing("/algorithms/{slug}/models/"),
        case(
            "requests.path_bytes",
            "paths with NULs, line breaks, bytes that are no UTF-8, a megabyte of letters",
            "4xx",
            |siege| {
                let long = format!("/{}", "a".repeat(60_000));
                let paths = [
                    "/jobs/%00/",
                    "/jobs/%0d%0aSet-Cookie:%20x=y/",
                    "/jobs/%ff%fe/",
                    "/api/gantry/v1/jobs/%00/",
                    "/algorithms/%ff/",
                    &long,
                ];
                refused(&gets(siege, &paths.map(str::to_owned)))
            },
        ),
        case(
            "requests.other_spellings",
            "spells protected paths otherwise: two slashes, dots, other case, no slash at the end",
            "not more than the path itself gives",
            |siege| {
                let served = siege.field.served;
                let paths = [
                    "//administration/",
                    "/./administration/",
                    "/Administration/",
                    "/administration",
                    "/administration/.",
                    "/x/../administration/",
                    "/%61dministration/",
                    "/administration//",
                    "/api/gantry/v1//accounts/",
                    "/API/gantry/v1/accounts/",
                ];
                let mut problems = Vec::new();
                for path in paths {
                    let answer = siege.people.visit(served, "otto", path);
                    if answer.status < 300 || answer.status >= 500 {
                        problems.push(format!("{path}: {}", answer.status));
                    }
                }
                problems
            },
        ),
        case(
            "requests.absolute_target",
            "asks for the address of another machine, as of a proxy",
            "4xx, or the own page",
            |siege| {
                let answer = raw(
                    siege,
                    "GET http://169.254.169.254/latest/meta-data/ HTTP/1.1\r\nHost: @HOST@\r\nConnection: close\r\n\r\n",
                );
                unless((400..500).contains(&answer.status), || {
                    format!("{}", answer.status)
                })
            },
        ),
        case(
            "requests.connect",
            "asks for a tunnel to a service of the host",
            "4xx",
            |siege| {
                let port = siege.field.ground.port;
                let answer = raw(
                    siege,
                    &format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"),
                );
                unless(is_closed_or_refused(&answer), || {
                    format!("{}", answer.status)
                })
            },
        ),
        case(
            "requests.methods",
            "TRACE, PROPFIND, an unknown method, one in lower case",
            "4xx",
            |siege| {
                let served = siege.field.served;
                let answers: Vec<_> = ["TRACE", "PROPFIND", "HACK", "get", "DELETE"]
                    .iter()
                    .map(|method| {
                        (
                            (*method).to_owned(),
                            served.wire.ask(method, "/jobs/", &served.token, b""),
                        )
                    })
                    .collect();
                refused(&answers)
            },
        ),
    ]
}

fn heads() -> Vec<Case> {
    vec![
        case(
            "requests.huge_head",
            "a header of four megabytes, and ten thousand headers",
            "4xx or closed",
            |siege| {
                let many: String = (0..10_000)
                    .map(|number| format!("X-{number}: a\r\n"))
                    .collect();
                let huge = format!("X: {}\r\n", "a".repeat(4 << 20));
                let mut problems = Vec::new();
                for headers in [many, huge] {
                    let answer = siege.field.served.wire.ask("GET", "/", &headers, b"");
                    problems.extend(unless(is_closed_or_refused(&answer), || {
                        format!("{}", answer.status)
                    }));
                }
                problems
            },
        ),
        case(
            "requests.foreign_host",
            "another name in `Host` and `X-Forwarded-Host`",
            "pages and redirects do not name it",
            |siege| {
                let mut problems = Vec::new();
                for path in ["/", "/login/", "/account/", "/jobs/"] {
                    let answer = raw(
                        siege,
                        &format!(
                            "GET {path} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: http\r\nForwarded: host=evil.example\r\nConnection: close\r\n\r\n"
                        ),
                    );
                    let is_named = answer.text().contains("evil.example")
                        || answer.head.contains("evil.example");
                    problems.extend(unless(!is_named && answer.status < 500, || {
                        format!("{path}: {}", answer.head)
                    }));
                }
                problems
            },
        ),
        case(
            "requests.no_host",
            "no `Host`, two, an odd one",
            "never a fault of the server",
            |siege| {
                let mut problems = Vec::new();
                for hosts in [
                    "",
                    "Host: a\r\nHost: b\r\n",
                    "Host: \r\n",
                    "Host: a b\r\n",
                    "Host: @@@\r\n",
                    "Host: [::1\r\n",
                ] {
                    let answer = raw(
                        siege,
                        &format!("GET /jobs/ HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n"),
                    );
                    problems.extend(unless(answer.status < 500, || {
                        format!("{hosts:?}: {}", answer.status)
                    }));
                }
                problems
            },
        ),
        case(
            "requests.overriding_headers",
            "headers that make careless servers take another path, method or person",
            "ignored",
            |siege| {
                let served = siege.field.served;
                let headers = "X-Original-URL: /administration/\r\nX-Rewrite-URL: /administration/\r\nX-HTTP-Method-Override: DELETE\r\nX-Forwarded-User: admin\r\nX-Remote-User: admin\r\nRemote-User: admin\r\n";
                let job = siege.people.path("/api/gantry/v1/jobs/{job}/");
                let page = served.wire.ask("GET", "/account/", headers, b"");
                let shown = served.wire.ask(
                    "GET",
                    &job,
                    &format!("{}{headers}", siege.people.of("una").token),
                    b"",
                );
                let is_well =
                    page.status == 303 && shown.status == 200 && served.get(&job).status == 200;
                unless(is_well, || format!("{} {}", page.status, shown.status))
            },
        ),
        case(
            "requests.tokens",
            "tokens that are long, empty, doubled, quoted, of another scheme",
            "401",
            |siege| {
                let long = format!("Bearer {}", "a".repeat(50_000));
                let mut problems = Vec::new();
                for token in [
                    "Bearer",
                    "Bearer ",
                    "Bearer ' OR '1'='1",
                    "Basic YWRtaW46YWRtaW4=",
                    "Bearer \u{e9}",
                    &long,
                    "Bearer null",
                    "Bearer *",
                ] {
                    let headers = format!("Authorization: {token}\r\n");
                    let answer = siege.field.served.wire.ask(
                        "GET",
                        &format!("{OWN}accounts/"),
                        &headers,
                        b"",
                    );
                    problems.extend(unless(is_closed_or_refused(&answer), || {
                        format!("{token:.40}: {}", answer.status)
                    }));
                }
                problems
            },
        ),
        case(
            "requests.cookies",
            "a thousand cookies, a cookie of 50 kB, cookies of other names",
            "nobody is logged in",
            |siege| {
                let many = (0..1000)
                    .map(|number| format!("gantry_session=x{number}"))
                    .collect::<Vec<_>>()
                    .join("; ");
                let mut problems = Vec::new();
                for cookies in [
                    many,
                    format!("gantry_session={}", "a".repeat(50_000)),
                    "GANTRY_SESSION=x; __Host-gantry_session=x; gantry_session".to_owned(),
                    "gantry_session=' OR 1=1 --".to_owned(),
                ] {
                    let answer = siege.field.served.wire.ask(
                        "GET",
                        "/account/",
                        &format!("Cookie: {cookies}\r\n"),
                        b"",
                    );
                    let is_out = answer.header("location").starts_with("/login/")
                        || is_closed_or_refused(&answer);
                    problems.extend(unless(is_out, || {
                        format!("{:.40}: {}", cookies, answer.status)
                    }));
                }
                problems
            },
        ),
        case(
            "requests.upgrade",
            "asks for a WebSocket and for h2c",
            "no 101",
            |siege| {
                let answer = raw(
                    siege,
                    "GET / HTTP/1.1\r\nHost: @HOST@\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
                );
                unless(answer.status != 101 && answer.status < 500, || {
                    format!("{}", answer.status)
                })
            },
        ),
        case(
            "requests.not_http",
            "random bytes, plain HTTP and old versions on the TLS port and within TLS",
            "closed or 4xx",
            |siege| {
                use std::io::Write;
                let wire = &siege.field.served.wire;
                for bytes in [
                    b"GET / HTTP/1.1\r\n\r\n".to_vec(),
                    vec![0x16, 3, 1, 0xff, 0xff],
                    vec![0; 4096],
                ] {
                    let mut plain = std::net::TcpStream::connect(&wire.host).unwrap();
                    let _ = plain.write_all(&bytes);
                }
                let mut problems = Vec::new();
                for request in [
                    "GET /\r\n\r\n",
                    "GET / HTTP/9.9\r\nHost: @HOST@\r\n\r\n",
                    "\0\0\0\0\r\n\r\n",
                    "GET / HTTP/1.1\nHost: x\n\n\0",
                ] {
                    let answer = raw(siege, request);
                    let is_one = answer.status < 500;
                    problems.extend(unless(is_one, || format!("{request:?}: {}", answer.status)));
                }
                problems
            },
        ),
    ]
}

fn lengths() -> Vec<Case> {
    let smuggled = "GET /administration/ HTTP/1.1\r\nHost: @HOST@\r\nX: ";
    let one = |name: &str, does: &str, head: &'static str| {
        case(
            name,
            does,
            "4xx or closed, never a second answer",
            move |siege| {
                let request =
                    format!("POST /login/ HTTP/1.1\r\nHost: @HOST@\r\n{head}\r\n{smuggled}");
                let answer = raw(siege, &request);
                let text = format!("{}{}", answer.head, answer.text());
                let answers = text.matches("HTTP/1.1 ").count();
                unless(answers <= 1 && is_closed_or_refused(&answer), || {
                    format!("{answers} answers, the first {}", answer.status)
                })
            },
        )
    };
    vec![
        one(
            "requests.two_lengths",
            "two lengths that differ",
            "Content-Length: 5\r\nContent-Length: 50\r\nConnection: close\r\n\r\n",
        ),
        one(
            "requests.length_list",
            "a list of lengths",
            "Content-Length: 5, 50\r\nConnection: close\r\n\r\n",
        ),
        one(
            "requests.length_and_chunks",
            "a length and chunks",
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        ),
        one(
            "requests.odd_length",
            "a length with a sign",
            "Content-Length: +5\r\nConnection: close\r\n\r\nabcde",
        ),
        one(
            "requests.huge_length",
            "a length beyond 64 bits",
            "Content-Length: 99999999999999999999999\r\nConnection: close\r\n\r\n",
        ),
        one(
            "requests.odd_chunks",
            "chunks in other spellings",
            "Transfer-Encoding: xchunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        ),
        one(
            "requests.chunks_twice",
            "chunks within chunks",
            "Transfer-Encoding: chunked, chunked, identity\r\nConnection: close\r\n\r\n0\r\n\r\n",
        ),
        one(
            "requests.bad_chunk_size",
            "a chunk of a size that is no number",
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        ),
        one(
            "requests.huge_chunk",
            "a chunk of more than 64 bits",
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nfffffffffffffffff\r\n",
        ),
        one(
            "requests.blank_before_colon",
            "a blank before the colon",
            "Content-Length : 5\r\nConnection: close\r\n\r\n",
        ),
        one(
            "requests.folded_header",
            "a header that goes on in the next line",
            "X: a\r\n Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        ),
        one(
            "requests.bare_return",
            "a line that ends with a return only",
            "X: a\rContent-Length: 5\r\nConnection: close\r\n\r\n",
        ),
    ]
}

fn bodies() -> Vec<Case> {
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
                let headers = format!("{}Content-Type: application/json\r\n", served.token);
                let answer = served.wire.ask("POST", path, &headers, &body);
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
                let answers: Vec<_> = [
                    "Content-Type: application/xml\r\n",
                    "Content-Type: text/plain\r\n",
                    "Content-Type: application/x-www-form-urlencoded\r\n",
                    "Content-Type: \r\n",
                ]
                .iter()
                .map(|kind| {
                    (
                        (*kind).to_owned(),
                        served.wire.ask(
                            "POST",
                            &format!("{OWN}archives/"),
                            &format!("{}{kind}", served.token),
                            body.as_bytes(),
                        ),
                    )
                })
                .collect();
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
                let headers = format!(
                    "{}Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
                    served.token
                );
                let answer = served
                    .wire
                    .ask("POST", &format!("{OWN}archives/"), &headers, &bomb);
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
                let served = siege.field.served;
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
                    let headers = format!("{}Content-Type: {kind}\r\n", person.cookie);
                    let answer = served.wire.ask("POST", path, &headers, body.as_bytes());
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
                let served = siege.field.served;
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
                    let headers = format!("{}Content-Type: {kind}\r\n", person.cookie);
                    let answer = served
                        .wire
                        .ask("POST", "/images/", &headers, body.as_bytes());
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

fn questions() -> Vec<Case> {
    vec![
        case(
            "requests.queries",
            "limits, orders and cursors that are negative, huge or SQL",
            "400, or what the stranger may see: nothing",
            |siege| {
                let served = siege.field.served;
                let mut problems = Vec::new();
                for query in [
                    "limit=-1",
                    "limit=99999999999999999999",
                    "sort=id;DROP TABLE jobs",
                    "after='--",
                    "search=%27%20OR%20%271%27=%271",
                    "search=%25%25",
                    "search=%22*%22",
                    "search=%00",
                    "creator=%27%20OR%201=1",
                    "state=%27",
                    "algorithm=../../",
                    "limit=1&limit=2",
                    "offset=-5",
                ] {
                    for path in [
                        "/api/gantry/v1/jobs/",
                        "/api/v1/algorithms/jobs/",
                        "/jobs/",
                        "/api/gantry/v1/images/",
                    ] {
                        let headers = &siege.people.of("otto").token;
                        let answer =
                            served
                                .wire
                                .ask("GET", &format!("{path}?{query}"), headers, b"");
                        let text = answer.text();
                        let is_right = answer.status < 500
                            && answer.status > 0
                            && !text.contains(&siege.people.path("{job}"))
                            && !text.contains("SQL");
                        problems.extend(unless(is_right, || {
                            format!("{path}?{query}: {} {text:.200}", answer.status)
                        }));
                    }
                }
                problems
            },
        ),
        case(
            "requests.ids",
            "SQL, wildcards and other people's ids for an id",
            "404",
            |siege| {
                let paths = [
                    "/api/gantry/v1/jobs/'%20OR%201=1--/",
                    "/api/gantry/v1/jobs/%25/",
                    "/api/gantry/v1/jobs/*/",
                    "/api/v1/algorithms/jobs/0/",
                    "/api/gantry/v1/images/null/",
                    "/api/gantry/v1/archives/%27/",
                ];
                refused(&gets(siege, &paths.map(str::to_owned)))
            },
        ),
        case(
            "requests.ranges",
            "a thousand ranges, reversed, huge and negative ones",
            "at most the file once",
            |siege| {
                let served = siege.field.served;
                let outputs = served
                    .get(&siege.people.path("/api/v1/cases/images/{image}/"))
                    .json();
                let file = outputs["files"][0]["file"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                let path = file[file.find("/files/").unwrap_or(0)..].to_owned();
                let many = format!(
                    "bytes={}",
                    (0..1000).map(|_| "0-").collect::<Vec<_>>().join(",")
                );
                let mut problems = Vec::new();
                for range in [
                    many.as_str(),
                    "bytes=9-1",
                    "bytes=-99999999999999999999",
                    "bytes=99999999999999999999-",
                    "bytes=--1",
                    "bytes=a-b",
                    "bytes=0-0,0-0",
                ] {
                    let answer = served.wire.ask(
                        "GET",
                        &path,
                        &format!("{}Range: {range}\r\n", served.token),
                        b"",
                    );
                    let is_right = matches!(answer.status, 200 | 206 | 416)
                        && answer.body.len() <= crate::image::scan().len() + 4096;
                    problems.extend(unless(is_right, || {
                        format!(
                            "{range:.40}: {} of {} bytes",
                            answer.status,
                            answer.body.len()
                        )
                    }));
                }
                problems
            },
        ),
        case(
            "requests.templates",
            "result templates that loop, grow, read files and call what is not there",
            "4xx or an error beside it, within 2 s each",
            |siege| {
                let served = siege.field.served;
                let path = siege
                    .people
                    .path("/api/gantry/v1/algorithms/{slug}/result-template/preview/");
                let laughs = (0..30)
                    .map(|n| format!("{{% set a{} = a{n} ~ a{n} ~ a{n} %}}", n + 1))
                    .collect::<String>();
                let mut problems = Vec::new();
                for template in ["{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}".to_owned(), format!("{{% set a0 = 'ha' %}}{laughs}{{{{ a30 }}}}"), "{% include '/etc/passwd' %}".to_owned(), "{{ ''.__class__.__mro__[1].__subclasses__() }}".to_owned(), "{{ 'x' * 10000000000 }}".to_owned(), "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}".to_owned(), "{{ range(10000000000)|list|length }}".to_owned(), "(".repeat(100_000), "{{ 'a'|replace('', 'aaaaaaaaaa')|replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')|replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')|replace('a','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') }}".to_owned()] {
                let body = json!({"result_template": template, "template": template, "results": {"count": 1}});
                let began = std::time::Instant::now();
                let answer = served.post(&path, &body);
                let text = answer.text();
                let is_right = answer.status > 0 && answer.status < 500 && !text.contains("root:x:") && began.elapsed().as_secs() < 5;
                problems.extend(unless(is_right, || format!("{template:.40}: {} after {:?}: {text:.100}", answer.status, began.elapsed())));
            }
                problems
            },
        ),
    ]
}
