//! Headers: too many, too long, of other places and people.

use super::{is_closed_or_refused, raw};
use crate::clients::{Case, case, unless};
use crate::served::OWN;

/// All of them.
pub(super) fn all() -> Vec<Case> {
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
                    let answer = siege.get_with(&headers, "/");
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
                let page = siege.get_with(headers, "/account/");
                let una = &siege.people.of("una").token;
                let shown = siege.get_with(&format!("{una}{headers}"), &job);
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
                    let answer = siege.get_with(&headers, &format!("{OWN}accounts/"));
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
                    let answer = siege.get_with(&format!("Cookie: {cookies}\r\n"), "/account/");
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
