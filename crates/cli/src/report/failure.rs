//! Why a run did not succeed, for stderr.

use std::fmt::Write;

use domain::{Failure, Problem};

use crate::quantity;
use crate::terminal::{ERROR, FAINT, HINT, visible, visible_line};

/// The message, what was measured against which limit, the last lines of the log, every problem and the hint: several
/// lines with styles, without a newline at the end.
pub(crate) fn failure(failure: &Failure) -> String {
    let mut text = format!(
        "{ERROR}error:{ERROR:#} {} {FAINT}({}){FAINT:#}\n",
        visible(&failure.message),
        failure.reason.code()
    );
    for (name, value) in measurements(failure) {
        let _ = writeln!(text, "  {name:<10} {}", visible(&value));
    }
    for problem in listed(failure) {
        let _ = writeln!(text, "  - {}", problem_line(problem));
    }
    if !failure.log_tail.is_empty() {
        let _ = writeln!(text, "  last lines of the log:");
        for line in &failure.log_tail {
            let _ = writeln!(text, "    {FAINT}|{FAINT:#} {}", visible_line(line));
        }
    }
    if let Some(hint) = &failure.hint {
        let _ = writeln!(text, "{HINT}hint:{HINT:#} {}", visible(hint));
    }
    text.truncate(text.trim_end().len());
    text
}

/// The problems, unless there is one only and the message says it already.
fn listed(failure: &Failure) -> &[Problem] {
    match failure.problems.as_slice() {
        [only] if failure.message.ends_with(&only.message) => &[],
        all => all,
    }
}

fn measurements(failure: &Failure) -> Vec<(&'static str, String)> {
    [
        ("limit", failure.limit.clone()),
        ("peak", failure.peak.clone()),
        ("after", failure.at_seconds.map(quantity::seconds)),
        ("exit code", failure.exit_code.map(|code| code.to_string())),
        ("signal", failure.signal.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

fn problem_line(problem: &Problem) -> String {
    let place = match (&problem.socket, &problem.path) {
        (Some(socket), Some(path)) => format!("`{socket}` ({}): ", visible_line(path)),
        (Some(socket), None) => format!("`{socket}`: "),
        (None, Some(path)) => format!("{}: ", visible_line(path)),
        (None, None) => String::new(),
    };
    let line = format!("{place}{}", problem.message);
    format!(
        "{} {FAINT}({}){FAINT:#}",
        visible(&line).replace('\n', "\n    "),
        problem.code.code()
    )
}
