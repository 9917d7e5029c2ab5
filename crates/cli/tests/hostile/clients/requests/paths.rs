//! Paths that climb out, odd bytes in them, other methods.

use super::{gets, is_closed_or_refused, raw, refused};
use crate::clients::{Case, case, unless};

/// All of them.
pub(super) fn all() -> Vec<Case> {
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
                    let answer = siege.visit("otto", path);
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
