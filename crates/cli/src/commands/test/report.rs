//! What the cases gave: a table for people, JSON for programs, JUnit's XML for build servers.

use std::fmt::Write;

use domain::Algorithm;
use executor::cases::Difference;
use serde::Serialize;

use super::ran::{Ran, Verdict};
use crate::quantity;
use crate::terminal::{self, ERROR, FAINT, GOOD, Table, WARNING, visible};

/// Case, verdict, time, memory; below it what differs.
pub(super) fn table(all: &[Ran], bless: bool) -> String {
    let mut table = Table::new(&["case", "verdict", "time", "peak memory", ""]);
    for ran in all {
        let used = ran.report.resources.as_ref();
        let memory = used.and_then(|used| used.peak_memory_bytes);
        table.row([
            ran.case.name.as_str().into(),
            ran.verdict(bless).word().into(),
            used.map_or_else(
                || "-".to_owned(),
                |used| quantity::seconds(used.wall_seconds),
            )
            .into(),
            memory
                .map_or_else(|| "-".to_owned(), quantity::bytes)
                .into(),
            ran.case.expectation.description.as_str().into(),
        ]);
    }
    let mut text = table.render(0, terminal::columns());
    for ran in all.iter().filter(|ran| !ran.passed(bless)) {
        let _ = writeln!(text, "\n{ERROR}{}{ERROR:#}", visible(&ran.case.name));
        for difference in &ran.differences {
            let _ = writeln!(
                text,
                "  - {}",
                visible(&line(difference)).replace('\n', "\n    ")
            );
        }
        text.push_str(&tail(ran));
    }
    text + &summary(all, bless)
}

/// The last lines of the log of a run that failed.
fn tail(ran: &Ran) -> String {
    let lines = ran
        .report
        .failure
        .iter()
        .flat_map(|failure| &failure.log_tail);
    lines
        .map(|line| format!("    {FAINT}|{FAINT:#} {}\n", terminal::visible_line(line)))
        .collect()
}

fn line(difference: &Difference) -> String {
    match &difference.socket {
        Some(socket) => format!("{socket} {}", difference.message),
        None => difference.message.clone(),
    }
}

fn summary(all: &[Ran], bless: bool) -> String {
    let count = |verdict| {
        all.iter()
            .filter(|ran| ran.verdict(bless) == verdict)
            .count()
    };
    let parts: Vec<String> = [
        (GOOD, Verdict::Passed),
        (GOOD, Verdict::Recorded),
        (WARNING, Verdict::NotRecorded),
        (ERROR, Verdict::Failed),
    ]
    .into_iter()
    .filter(|(_, verdict)| count(*verdict) > 0)
    .map(|(style, verdict)| format!("{style}{} {}{style:#}", count(verdict), verdict.word()))
    .collect();
    let mut text = format!("\n{}\n", parts.join(", "));
    if count(Verdict::NotRecorded) > 0 {
        text += "`gantry test --bless` records what came out, after you have looked at it\n";
    }
    text
}

/// What `--json` prints.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    algorithm: &'a str,
    passed: bool,
    cases: Vec<CaseDocument<'a>>,
}

#[derive(Serialize)]
struct CaseDocument<'a> {
    name: &'a str,
    verdict: &'static str,
    differences: &'a [Difference],
    failure: Option<&'a domain::Failure>,
    wall_seconds: Option<f64>,
    peak_memory_bytes: Option<u64>,
    outputs: &'a [domain::OutputValue],
    warnings: &'a [String],
    recorded: Option<Recorded<'a>>,
}

#[derive(Serialize)]
struct Recorded<'a> {
    added: &'a [String],
    changed: &'a [String],
    removed: &'a [String],
}

pub(super) fn document<'a>(algorithm: &'a Algorithm, all: &'a [Ran]) -> Document<'a> {
    let case = |ran: &'a Ran| {
        let used = ran.report.resources.as_ref();
        CaseDocument {
            name: &ran.case.name,
            verdict: match ran.verdict(ran.blessed.is_some()) {
                Verdict::Passed => "passed",
                Verdict::Recorded => "recorded",
                Verdict::NotRecorded => "not_recorded",
                Verdict::Failed => "failed",
            },
            differences: &ran.differences,
            failure: ran.report.failure.as_ref(),
            wall_seconds: used.map(|used| used.wall_seconds),
            peak_memory_bytes: used.and_then(|used| used.peak_memory_bytes),
            outputs: &ran.report.outputs,
            warnings: &ran.report.warnings,
            recorded: ran.blessed.as_ref().map(|blessed| Recorded {
                added: &blessed.added,
                changed: &blessed.changed,
                removed: &blessed.removed,
            }),
        }
    };
    Document {
        algorithm: algorithm.slug.as_str(),
        passed: all.iter().all(|ran| ran.passed(ran.blessed.is_some())),
        cases: all.iter().map(case).collect(),
    }
}

/// One test suite in the XML that build servers read (the elements of JUnit's `testsuite` that all of them know).
pub(super) fn junit(algorithm: &Algorithm, all: &[Ran]) -> String {
    let failed = all
        .iter()
        .filter(|ran| !ran.passed(ran.blessed.is_some()))
        .count();
    let seconds = |ran: &Ran| ran.report.timings.total;
    let total: f64 = all.iter().map(seconds).sum();
    let slug = algorithm.slug.as_str();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"{slug}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\" time=\"{total:.3}\">\n",
        all.len()
    );
    for ran in all {
        let _ = write!(
            text,
            "<testcase classname=\"{slug}\" name=\"{}\" time=\"{:.3}\"",
            escaped(&ran.case.name),
            seconds(ran)
        );
        if ran.passed(ran.blessed.is_some()) {
            text += "/>\n";
            continue;
        }
        let lines: Vec<String> = ran.differences.iter().map(line).collect();
        let first = lines.first().map_or("", String::as_str);
        let tail: Vec<&str> = ran
            .report
            .failure
            .iter()
            .flat_map(|failure| failure.log_tail.iter().map(String::as_str))
            .collect();
        let _ = writeln!(
            text,
            ">\n<failure message=\"{}\">{}</failure>\n</testcase>",
            escaped(first),
            escaped(&[lines.join("\n"), tail.join("\n")].join("\n"))
        );
    }
    text + "</testsuite>\n</testsuites>\n"
}

/// Text for XML; characters that XML 1.0 cannot hold are replaced.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\n' | '\t' => out.push(character),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            control if control.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_holds_any_text() {
        assert_eq!(
            escaped("<a b=\"c\">&\u{1b}\n"),
            "&lt;a b=&quot;c&quot;&gt;&amp;\u{fffd}\n"
        );
    }
}
