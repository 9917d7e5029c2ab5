//! The house rules as code: each is a pure function from the repository's files to what breaks it.
//!
//! `CONTRIBUTING.md` tells people about them; `tests/it` holds the repository to them.

use std::fmt;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};

pub mod banned;
pub mod edges;
pub mod file_head;
pub mod file_name;
pub mod file_size;
pub mod functions;
pub mod knowledge;
pub mod machine;
pub mod markdown;
pub mod percentile;
pub mod source;
pub mod sql;
pub mod test_layout;
pub mod tree;
pub mod unsafe_code;

pub use source::Source;
pub use tree::Tree;

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Relative to the root of the repository.
    pub path: String,
    /// From 1 on; 0 where the rule is about the file as a whole.
    pub line: usize,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl Finding {
    /// A finding at `line` of `path`.
    #[must_use]
    pub fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// A rule: what in the tree breaks it, nothing if it holds.
pub type Rule = fn(&Tree) -> Vec<Finding>;

/// Every rule.
pub const RULES: &[Rule] = &[
    tree::parses,
    file_size::check,
    file_head::check,
    file_name::check,
    functions::check,
    unsafe_code::check,
    banned::check,
    edges::check,
    knowledge::check,
    machine::check,
    sql::check,
    markdown::check,
    markdown::documents,
    test_layout::check,
];

/// What breaks any rule, in the order of files and lines.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<_> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    findings
}

/// One line with the measured sizes, beside which the budgets can be judged.
#[must_use]
pub fn figures(tree: &Tree) -> String {
    let files = file_size::lengths(tree);
    let functions = functions::lengths(tree);
    format!(
        "{} source files, lines without tests: {}; {} functions, lines: {}",
        files.len(),
        percentile::summary(&files),
        functions.len(),
        percentile::summary(&functions),
    )
}

/// The folder that holds `crates/xtask`.
///
/// # Errors
/// If the sources are no longer where they were compiled.
pub fn repository_root() -> Result<Utf8PathBuf> {
    Utf8Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .canonicalize_utf8()
        .context("finding the root of the repository")
}
