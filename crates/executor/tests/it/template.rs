//! `results.json` in the words of the algorithm's template, which nobody trusts.

use serde_json::json;

use crate::job::{Job, Ran, says};

/// A job with these results and this template; whatever the template does, the results are kept.
fn rendered(results: &str, template: Option<&str>) -> Ran {
    let template = template.map(str::to_owned);
    let ran = Job::with_scan(&format!(
        "cat > /output/results.json <<'END'\n{results}\nEND\n"
    ))
    .algorithm(|algorithm| algorithm.result_template = template)
    .run();
    let value: serde_json::Value = serde_json::from_str(results).unwrap();
    let output = ran.output("results-json-file");
    assert_eq!(output.value.as_ref(), Some(&value));
    let kept = fs_err::read(&output.path).unwrap();
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&kept).unwrap(),
        value
    );
    ran.succeeded();
    ran
}

/// It failed with these words, and only the rendering is lost.
fn failed(template: &str, words: &[&str]) {
    let ran = rendered("{\"count\": 4}", Some(template));
    ran.warned(
        &[
            &["the result template", "`results.json` itself is kept"],
            words,
        ]
        .concat(),
    );
    assert_eq!(ran.report.result, None);
    assert!(!ran.report.files.contains_key("result_html"));
    assert_eq!(ran.report.warnings.len(), 1);
}

/// The HTML, as reported and as written.
fn html(ran: &Ran) -> &str {
    let html = &ran.report.result.as_ref().unwrap().html;
    let page = fs_err::read_to_string(&ran.report.files["result_html"]).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains(html));
    html
}

#[test]
fn speaks_the_words_of_the_algorithm() {
    let template = "# Cells\n\n{% for cell in results.cells %}- {{ cell.id }}: **{{ '%.1f'|format(cell.mm) }}** mm\n{% endfor %}";
    let results = json!({"cells": [{"id": 1, "mm": 2.25}, {"id": 2, "mm": 3.0}]});
    let ran = rendered(&results.to_string(), Some(template));
    says(
        html(&ran),
        &[
            "<h1>Cells</h1>",
            "<li>1: <strong>2.",
            "<li>2: <strong>3.0</strong> mm</li>",
        ],
    );
    let text = &ran.report.result.as_ref().unwrap().text;
    says(text, &["Cells", "2: 3.0 mm"]);
    assert!(!text.contains(['<', '*', '#']), "{text}");
}

#[test]
fn shows_everything_where_the_algorithm_has_none() {
    let ran = rendered("{\"count\": 4, \"by\": [\"<b>\"]}", None);
    says(html(&ran), &["<pre>", "\"count\": 4"]);
}

#[test]
fn broken_templates_lose_the_words_only() {
    failed("{{ results.count", &["is invalid", "line 1"]);
    failed("{% if results %}x", &["is invalid"]);
    failed(
        "a\n{{ results.count.of.what }}",
        &["failed on these results", "line 2"],
    );
    failed("{{ results|nosuchfilter }}", &["nosuchfilter"]);
    failed("{{ 1 / 0 }}", &["failed on these results"]);
}

#[test]
fn endless_templates_are_bounded() {
    failed(
        "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
        &["more work or memory"],
    );
    failed(
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        &["recursion"],
    );
    failed("{{ 'x' * 10000000000 }}", &[]);
    failed(
        "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
        &["more work or memory"],
    );
}

#[test]
fn templates_reach_nothing() {
    failed("{% include '/etc/passwd' %}", &["passwd"]);
    failed("{% import '/etc/passwd' as x %}", &["passwd"]);
    let ran = rendered("{}", Some("a{{ env }}{{ self }}{{ results.__class__ }}b"));
    says(html(&ran), &["ab"]);
}

#[test]
fn scripts_are_taken_out() {
    let hostile = json!({
        "a": "<script>alert(1)</script>",
        "b": "<img src=x onerror=alert(2)>",
        "c": "[x](javascript:alert(3))",
        "d": "</body><iframe src=//evil></iframe><style>*{}</style>",
        "e": "<a href=\"JaVaScRiPt:alert(4)\" onclick='alert(5)'>y</a>",
        "f": "\u{1b}[2J\u{7}",
    });
    let template = "{% for k in results %}{{ results[k] }}\n\n{% endfor %}<script>alert(6)</script><svg onload=alert(7)>kept";
    for template in [Some(template), Some("{{ results }}"), None] {
        let ran = rendered(&hostile.to_string(), template);
        let html = html(&ran).to_lowercase();
        for tag in [
            "<script",
            "<iframe",
            "<style",
            "<svg",
            "<a onclick",
            "<img src=x",
        ] {
            assert!(!html.contains(tag), "`{tag}` in {html}");
        }
        // In a tag; as plain text they harm nobody.
        for part in html.split('<').filter_map(|part| part.split_once('>')) {
            assert!(
                !part.0.contains("on") || !part.0.contains("alert"),
                "{html}"
            );
            assert!(!part.0.contains("javascript:"), "{html}");
        }
        let text = &ran.report.result.as_ref().unwrap().text;
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text:?}");
    }
}

#[test]
fn results_that_are_invalid_are_not_rendered() {
    let ran = Job::with_scan("echo '{' > /output/results.json").run();
    ran.failed(domain::FailureReason::OutputInvalid);
    assert_eq!(ran.report.result, None);
}
