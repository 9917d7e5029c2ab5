//! Queries, ids, ranges and templates.

use serde_json::json;

use super::{gets, refused};
use crate::clients::{Case, case, unless};

/// All of them.
pub(super) fn all() -> Vec<Case> {
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
