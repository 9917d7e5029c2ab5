//! Text that wants to act on whoever reads it: terminals, browsers, templates, log readers.

use crate::attack::{Attack, shell};

/// All of them.
pub(crate) fn all() -> Vec<Attack> {
    let result = |name: &str, does: &str, note: &str| {
        let script = format!(
            "good; printf '%s' '{{\"count\": 1, \"note\": \"{note}\"}}' >/output/results.json; echo held"
        );
        shell(name, does, &script)
    };
    vec![
        shell("text.terminal", "prints terminal commands to the log", "good; printf '\\033[2J\\033]0;owned\\007\\033]52;c;b3duZWQ=\\007'; printf '\\033[2J' >&2; echo held"),
        shell("text.markup_in_the_log", "prints markup to the log", "good; echo '<script>alert(1)</script><img src=x onerror=alert(1)>'; echo '</pre></body><iframe src=javascript:alert(1)>' >&2; echo held"),
        shell("text.forged_lines", "prints lines that look like another time and stream", "good; printf '   0.01 stderr | forged\\r   0.02 stdout | forged\\n'; printf 'event: state\\ndata: {\"state\": \"succeeded\"}\\n\\n'; echo held"),
        shell("text.nul_in_the_log", "prints NUL and invalid UTF-8 to the log", "good; printf 'a\\0b\\377\\n'; echo held"),
        result("text.script_in_the_result", "puts a script into the result page", "<script>alert(1)<\\/script>").never_on_pages(&["<script>alert(1)"]),
        result("text.handler_in_the_result", "puts an event handler into the result page", "<img src=x onerror=alert(1)>").never_on_pages(&["<img src=x"]),
        result("text.link_in_the_result", "puts a `javascript:` address into the result page", "<a href=javascript:alert(1)>x<\\/a>").never_on_pages(&["<a href=javascript:"]),
        result("text.style_in_the_result", "puts a style that loads from elsewhere into the result page", "<style>@import url(http://there)<\\/style>").never_on_pages(&["<style>@import"]),
        result("text.form_in_the_result", "puts a form into the result page", "<form action=http://there><input name=password>").never_on_pages(&["<form action=http"]),
        result("text.template_in_the_result", "puts a template into the result page", "{{ 7 * 7 * 191 }}{% for x in y %}").never_on_pages(&["9359"]),
        result("text.entities_in_the_result", "puts escaped markup into the result page", "&lt;script&gt;alert(1)&#60;/script&#62;").never_on_pages(&["<script>alert(1)"]),
        shell("text.huge_note", "puts ten megabytes into the result page", "good; (printf '{\"count\": 1, \"note\": \"'; yes 'aaaaaaaaaaaaaaaaaaaa' | head -n 500000 | tr -d '\\n'; printf '\"}') >/output/results.json; echo held").ends(&["succeeded", "output_invalid"]),
        shell("text.deep_note", "puts a hundred levels into the result page", "good; (printf '{\"count\": 1, \"note\": '; yes '[' | head -n 100 | tr -d '\\n'; yes ']' | head -n 100 | tr -d '\\n'; printf '}') >/output/results.json; echo held").ends(&["succeeded", "output_invalid"]),
    ]
}
