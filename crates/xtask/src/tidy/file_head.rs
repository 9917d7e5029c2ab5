//! Every file starts with what it is for.

use super::{Finding, Tree};

/// A Rust file starts with `//!`.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let silent = tree.sources.iter().filter(|source| {
        let first = source.text.lines().next().unwrap_or_default();
        first
            .strip_prefix("//!")
            .is_none_or(|said| said.trim().is_empty())
    });
    silent
        .map(|source| {
            Finding::new(
                &source.path,
                1,
                "does not start with `//!` and what it is for",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_head_is_found() {
        let tree = Tree::of(&[
            ("a.rs", "//! Said.\n"),
            ("b.rs", "// Said.\n"),
            ("c.rs", "//!\n//! Late.\n"),
            ("d.rs", ""),
        ]);
        let paths: Vec<_> = check(&tree)
            .into_iter()
            .map(|finding| finding.path)
            .collect();
        assert_eq!(paths, ["b.rs", "c.rs", "d.rs"]);
    }
}
