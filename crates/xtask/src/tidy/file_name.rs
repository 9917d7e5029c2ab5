//! A file is named after its noun or verb, not after being a place for things.

use super::{Finding, Tree};

const NAMES_OF_NOTHING: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "misc", "manager", "imp", "mod",
];

/// No Rust file, nor a folder above one, has a name that says nothing; a module's file stands beside its folder.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let rust = tree.paths.iter().filter(|path| path.ends_with(".rs"));
    rust.filter_map(|path| {
        let mut names = path.trim_end_matches(".rs").split('/');
        let name = names.find(|name| NAMES_OF_NOTHING.contains(name))?;
        let message = format!("`{name}` does not say what is in it");
        Some(Finding::new(path, 0, message))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_nothing_are_found() {
        let tree = Tree::of(&[
            ("src/util.rs", ""),
            ("src/a/mod.rs", ""),
            ("src/common/a.rs", ""),
            ("src/module.rs", ""),
            ("docs/common.md", ""),
        ]);
        let paths: Vec<_> = check(&tree)
            .into_iter()
            .map(|finding| finding.path)
            .collect();
        assert_eq!(paths, ["src/a/mod.rs", "src/common/a.rs", "src/util.rs"]);
    }
}
