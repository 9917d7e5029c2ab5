//! One test binary per crate: every further one is linked again.

use std::collections::BTreeSet;

use super::{Finding, Tree};

/// `tests` of a crate holds nothing but `it/`, and `it/main.rs` where it holds anything.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut crates = BTreeSet::new();
    for path in &tree.paths {
        let Some((package, inside)) = path.split_once("/tests/") else {
            continue;
        };
        let is_package = package.split('/').count() == 2;
        if !is_package || !matches!(package.split('/').next(), Some("crates" | "images")) {
            continue;
        }
        crates.insert(package);
        // The tests that need what `./dev truth` computes with Python; `it` has to pass without.
        let needs_truth = package == "crates/imaging" && inside.starts_with("truth/");
        // Attacks on the whole product, one after the other beside a witness: a suite with a command of its own.
        let is_siege = package == "crates/cli" && inside.starts_with("hostile/");
        if !inside.starts_with("it/") && !needs_truth && !is_siege {
            let message = "stands beside `tests/it`, expected one test binary per crate";
            findings.push(Finding::new(path, 0, message));
        }
    }
    for package in crates {
        let main = format!("{package}/tests/it/main.rs");
        if !tree.paths.contains(&main) {
            findings.push(Finding::new(
                &main,
                0,
                "is missing: nothing compiles these tests",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_test_binary_is_found() {
        let tree = Tree::of(&[
            ("crates/a/tests/it/main.rs", ""),
            ("crates/a/tests/it/b.rs", ""),
            ("crates/a/tests/c.rs", ""),
            ("crates/b/tests/it/d.rs", ""),
            ("crates/b/src/tests/e.rs", ""),
        ]);
        let found: Vec<_> = check(&tree)
            .into_iter()
            .map(|finding| finding.path)
            .collect();
        assert_eq!(found, ["crates/a/tests/c.rs", "crates/b/tests/it/main.rs"]);
    }
}
