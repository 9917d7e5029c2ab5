//! The algorithm's own view of `results.json`: its Jinja template, rendered within bounds, as safe HTML and as plain text.
//!
//! The template comes from the algorithm's author and the results from a container, so neither is trusted: the template
//! cannot reach files or anything else, its work and memory are bounded by fuel, and what it yields is taken as Markdown
//! and cleaned to a list of allowed tags. The contract asks for a Jinja template (`algorithms.txt`, results.json); the
//! Markdown step and the name `results` are what existing templates were written for.

mod clean_html;
mod plain_text;

use std::fmt::Write as _;

use minijinja::{AutoEscape, Environment, context};
use serde_json::Value;

/// The template of an algorithm that has none.
pub const DEFAULT_TEMPLATE: &str = "<pre>{{ results|tojson(indent=2) }}</pre>";

/// One unit is about one step of the template or 64 bytes of what it makes: some 120 MB at most.
const FUEL: u64 = 2_000_000;
/// Blocks, macros and includes inside each other.
const DEPTH: usize = 64;

/// A rendered result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedResult {
    /// HTML from an allow-list of tags and attributes; may stand in a page as it is.
    pub html: String,
    /// The same for a terminal: no tags, no control characters.
    pub text: String,
}

/// A template that cannot be rendered; the results themselves are not touched by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderResultError {
    /// It is no Jinja.
    #[error("the result template is invalid: {message}")]
    Invalid {
        /// What is wrong, with the line.
        message: String,
    },
    /// It fails on these results.
    #[error("the result template failed on these results: {message}")]
    Failed {
        /// What went wrong, with the line.
        message: String,
    },
    /// It asked for more work or memory than it may have.
    #[error("the result template asked for more work or memory than allowed{}", at_line(*.line))]
    TooMuch {
        /// Where it was when the budget was spent.
        line: Option<usize>,
    },
}

fn at_line(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(" (line {line})"))
}

/// Renders the results with a template.
pub fn render_result(template: &str, results: &Value) -> Result<RenderedResult, RenderResultError> {
    let environment = environment();
    let template = environment
        .template_from_named_str("result template", template)
        .map_err(|error| RenderResultError::Invalid {
            message: in_words(&error),
        })?;
    let rendered = template
        .render(context! { results => minijinja::Value::from(minijinja::value::Serde(results)) })
        .map_err(|error| failed(&error))?;
    let html = clean_html::clean(&to_html(&rendered));
    let text = plain_text::from_html(&html);
    Ok(RenderedResult { html, text })
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH);
    // Everything is cleaned afterwards; escaping here would show templates' own tags as text.
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment
}

fn failed(error: &minijinja::Error) -> RenderResultError {
    if error.kind() == minijinja::ErrorKind::OutOfFuel {
        return RenderResultError::TooMuch { line: error.line() };
    }
    RenderResultError::Failed {
        message: in_words(error),
    }
}

fn in_words(error: &minijinja::Error) -> String {
    let mut words = error.kind().to_string();
    if let Some(detail) = error.detail() {
        let _ = write!(words, ": {detail}");
    }
    words + &at_line(error.line())
}

fn to_html(markdown: &str) -> String {
    use pulldown_cmark::{Options, Parser, html};
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut out = String::with_capacity(markdown.len() + markdown.len() / 4);
    html::push_html(&mut out, Parser::new_ext(markdown, options));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn render(template: &str, results: &Value) -> RenderedResult {
        render_result(template, results).unwrap()
    }

    #[test]
    fn renders_what_templates_use() {
        let results = json!({"volume_ml": 12.345, "lesions": [{"name": "a", "p": 0.5}, {"name": "b", "p": 0.25}], "ok": true});
        let cases = [
            (
                "Volume: **{{ results.volume_ml|round(1) }} ml**",
                "Volume: 12.3 ml",
            ),
            (
                "{% for l in results.lesions %}{{ l.name }}={{ l['p'] }} {% endfor %}",
                "a=0.5 b=0.25",
            ),
            ("{{ '%.2f'|format(results.volume_ml) }}", "12.35"),
            (
                "{{ results.lesions|length }} {{ 'yes' if results.ok else 'no' }}",
                "2 yes",
            ),
            (
                "{% for k, v in results.items() %}{{ k }} {% endfor %}",
                "lesions ok volume_ml",
            ),
            ("{{ results.get('nothing', 'none') }}", "none"),
            ("{{ results.missing }}|", "|"),
            (
                "| a | b |\n|---|---|\n| 1 | {{ results.volume_ml }} |",
                "a  b\n1  12.345",
            ),
        ];
        for (template, expected) in cases {
            assert_eq!(
                render(template, &results).text.trim(),
                expected,
                "{template}"
            );
        }
    }

    #[test]
    fn the_default_shows_everything() {
        let shown = render(
            DEFAULT_TEMPLATE,
            &json!({"a": 1, "b": "<script>alert(1)</script>"}),
        );
        assert!(shown.html.starts_with("<pre>{"), "{}", shown.html);
        assert!(!shown.html.contains("<script"), "{}", shown.html);
        assert!(shown.text.contains("\"a\": 1"), "{}", shown.text);
    }

    #[test]
    fn scripts_do_not_get_through() {
        let hostile = json!({"x": "<img src=x onerror=alert(1)><script>alert(1)</script><a href='javascript:alert(1)'>l</a>"});
        let html = render("{{ results.x }}", &hostile).html;
        for forbidden in ["onerror", "<script", "javascript:"] {
            assert!(!html.contains(forbidden), "{html}");
        }
        let text = render("{{ results.x }}", &json!({"x": "a\u{1b}[31mred\u{7}"})).text;
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text:?}");
    }

    #[test]
    fn broken_templates_are_named_with_their_line() {
        let broken = render_result("ok\n{% for %}", &json!({}))
            .unwrap_err()
            .to_string();
        assert!(
            broken.starts_with("the result template is invalid") && broken.contains("line 2"),
            "{broken}"
        );
        let failing = render_result("{{ results.a.b.c }}", &json!({}))
            .unwrap_err()
            .to_string();
        assert!(
            failing.starts_with("the result template failed"),
            "{failing}"
        );
    }

    #[test]
    fn endless_and_huge_templates_end() {
        let bombs = [
            "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}",
            "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{{ 'x' * 1000000000000 }}",
        ];
        for bomb in bombs {
            assert!(render_result(bomb, &json!({})).is_err(), "{bomb}");
        }
        assert!(render_result("{% include '/etc/passwd' %}", &json!({})).is_err());
    }
}
