//! The house rules, held against this repository; `cargo xtask tidy` prints the same.
#![cfg(test)]

mod code;
mod crates;
mod documents;
mod machine;
mod sizes;

use xtask::tidy::{Rule, Tree, repository_root};

/// Fails with every place that breaks the rule, by `file:line`.
fn holds(rule: Rule) {
    let tree = Tree::read(&repository_root().unwrap()).unwrap();
    let this = tree.sources.iter().any(|source| source.path == file!());
    assert!(this, "the sources were not read: `{}` is missing", file!());
    let findings: Vec<_> = rule(&tree).iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
