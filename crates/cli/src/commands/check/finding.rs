//! What a look at an algorithm found, and how it is told.

use std::fmt::Write;

use serde::Serialize;

use crate::problem::Problem;
use crate::terminal::{ERROR, FAINT, GOOD, HINT, WARNING, visible};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// Could be better.
    Advice,
    /// Is probably not what was meant.
    Warning,
    /// Cannot work.
    Error,
}

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) level: Level,
    /// What it is about: `manifest`, `image`, `case example` …
    pub(super) about: String,
    /// As a lower-case fragment.
    pub(super) message: String,
    /// What to do.
    pub(super) hint: Option<String>,
}

/// Everything that was found, in the order in which it was looked at.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: Vec<Finding>,
    /// What was looked at and is as it should be.
    good: Vec<String>,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    ok: bool,
    errors: usize,
    warnings: usize,
    findings: &'a [Finding],
    good: &'a [String],
}

impl Findings {
    pub(super) fn error(&mut self, about: &str, message: impl Into<String>) -> &mut Finding {
        self.add(Level::Error, about, message.into())
    }

    pub(super) fn warning(&mut self, about: &str, message: impl Into<String>) -> &mut Finding {
        self.add(Level::Warning, about, message.into())
    }

    pub(super) fn advice(&mut self, about: &str, message: impl Into<String>) -> &mut Finding {
        self.add(Level::Advice, about, message.into())
    }

    /// An error of another command.
    pub(super) fn problem(&mut self, about: &str, problem: &Problem) {
        self.error(about, problem.message()).hint = problem.hint_text().map(str::to_owned);
    }

    /// Something that is as it should be.
    pub(super) fn good(&mut self, what: impl Into<String>) {
        self.good.push(what.into());
    }

    fn add(&mut self, level: Level, about: &str, message: String) -> &mut Finding {
        self.found.push(Finding {
            level,
            about: about.to_owned(),
            message,
            hint: None,
        });
        self.found.last_mut().expect("one was added just now")
    }

    pub(super) fn worst(&self) -> Option<Level> {
        self.found.iter().map(|finding| finding.level).max()
    }

    fn count(&self, level: Level) -> usize {
        self.found
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    }

    pub(super) fn document(&self) -> Document<'_> {
        Document {
            ok: self.count(Level::Error) == 0,
            errors: self.count(Level::Error),
            warnings: self.count(Level::Warning),
            findings: &self.found,
            good: &self.good,
        }
    }

    /// The worst first, then what is good, then the numbers.
    pub(super) fn report(&self) -> String {
        let mut text = String::new();
        for level in [Level::Error, Level::Warning, Level::Advice] {
            let (style, word) = match level {
                Level::Error => (ERROR, "error"),
                Level::Warning => (WARNING, "warning"),
                Level::Advice => (HINT, "advice"),
            };
            for finding in self.found.iter().filter(|finding| finding.level == level) {
                let message = visible(&finding.message).replace('\n', "\n    ");
                let _ = writeln!(
                    text,
                    "{style}{word}:{style:#} {}: {message}",
                    visible(&finding.about)
                );
                if let Some(hint) = &finding.hint {
                    let _ = writeln!(text, "  {FAINT}{}{FAINT:#}", visible(hint));
                }
            }
        }
        for what in &self.good {
            let _ = writeln!(text, "{GOOD}good:{GOOD:#} {}", visible(what));
        }
        let plural = |count: usize, word: &str| {
            format!("{count} {word}{}", if count == 1 { "" } else { "s" })
        };
        let _ = writeln!(
            text,
            "\n{}, {}",
            plural(self.count(Level::Error), "error"),
            plural(self.count(Level::Warning), "warning")
        );
        text
    }
}

impl Finding {
    /// Says what to do.
    pub(super) fn hint(&mut self, hint: impl Into<String>) {
        self.hint = Some(hint.into());
    }
}
