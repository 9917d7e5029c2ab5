//! The repository's files: what git tracks, and what it would track.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};

use super::{Finding, Source};

/// Folders that are never sources, for a copy without git.
const NO_SOURCES: &[&str] = &[".git", ".venv", "target", "demo-out"];

/// All files of a repository, the Rust ones parsed.
#[derive(Default)]
pub struct Tree {
    /// Every file, relative to the root, sorted.
    pub paths: Vec<String>,
    /// Path and text of each file that is UTF-8.
    pub texts: Vec<(String, String)>,
    /// The Rust files that parse.
    pub sources: Vec<Source>,
    unparsed: Vec<Finding>,
}

impl Tree {
    /// Reads the files under `root`: what `git ls-files` names, plus what is new and not ignored; without git, all
    /// files but build outputs.
    ///
    /// # Errors
    /// If files cannot be listed or read, or there are none.
    pub fn read(root: &Utf8Path) -> Result<Self> {
        let paths = match listed_by_git(root) {
            Some(paths) => paths,
            None => walked(root)?,
        };
        let mut files = Vec::new();
        for path in paths {
            let at = root.join(&path);
            if at.is_file() && !at.is_symlink() {
                files.push((path, String::from_utf8(fs_err::read(at)?).ok()));
            }
        }
        ensure!(!files.is_empty(), "no files under `{root}`");
        Ok(Self::new(files))
    }

    /// A tree of the given paths and texts; files that are not text have none.
    #[must_use]
    pub fn new(mut files: Vec<(String, Option<String>)>) -> Self {
        files.sort();
        files.dedup();
        let mut tree = Self::default();
        for (path, text) in files {
            if let Some(text) = text {
                if path.ends_with(".rs") {
                    match Source::parse(&path, &text) {
                        Ok(source) => tree.sources.push(source),
                        Err(error) => tree.unparsed.push(unparsed(&path, &error)),
                    }
                }
                tree.texts.push((path.clone(), text));
            }
            tree.paths.push(path);
        }
        tree.mark_test_modules();
        tree
    }

    /// A tree of the given paths and texts, for the tests of rules.
    #[must_use]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), Some((*text).to_owned()));
        Self::new(files.iter().map(owned).collect())
    }

    /// The sources of programs and libraries, as opposed to integration tests, benchmarks and modules of tests.
    pub fn programs(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| !source.is_test)
    }

    /// Each round follows the modules that the previous one found, until there are no more.
    fn mark_test_modules(&mut self) {
        loop {
            let modules: Vec<_> = self.sources.iter().flat_map(Source::test_modules).collect();
            let mut found = false;
            for source in &mut self.sources {
                if !source.is_test && modules.contains(&source.path) {
                    source.is_test = true;
                    found = true;
                }
            }
            if !found {
                return;
            }
        }
    }
}

/// The Rust files that do not parse; no other rule can look at them.
#[must_use]
pub fn parses(tree: &Tree) -> Vec<Finding> {
    tree.unparsed.clone()
}

fn unparsed(path: &str, error: &syn::Error) -> Finding {
    let line = error.span().start().line;
    Finding::new(path, line, format!("does not parse: {error}"))
}

/// Nothing if there is no git, or `root` is not the top of a repository.
fn listed_by_git(root: &Utf8Path) -> Option<Vec<String>> {
    if !root.join(".git").exists() {
        return None;
    }
    let output = Command::new("git")
        .current_dir(root)
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()
        .ok()?;
    let names = String::from_utf8(output.stdout).ok()?;
    let listed = names.split_terminator('\0').map(str::to_owned).collect();
    output.status.success().then_some(listed)
}

fn walked(root: &Utf8Path) -> Result<Vec<String>> {
    let mut folders: Vec<Utf8PathBuf> = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in folder
            .read_dir_utf8()
            .with_context(|| format!("listing `{folder}`"))?
        {
            let path = entry?.into_path();
            let relative = path.strip_prefix(root)?;
            if path.is_symlink() || NO_SOURCES.contains(&relative.as_str()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(relative.to_string());
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_parse_is_told_by_line() {
        let tree = Tree::of(&[("a.rs", "fn a() {}\nfn {\n"), ("b.rs", "fn b() {}\n")]);
        let findings = parses(&tree);
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].path.as_str(), findings[0].line), ("a.rs", 2));
    }

    #[test]
    fn a_test_module_of_a_test_module_is_a_test() {
        let tree = Tree::of(&[
            ("src/lib.rs", "#[cfg(test)]\nmod fixture;\nmod real;\n"),
            ("src/fixture.rs", "mod part;\n"),
            ("src/fixture/part.rs", ""),
            ("src/real.rs", ""),
        ]);
        let programs: Vec<_> = tree.programs().map(|source| source.path.as_str()).collect();
        assert_eq!(programs, ["src/lib.rs", "src/real.rs"]);
    }

    #[test]
    fn without_git_the_walk_finds_the_same_sources() {
        let root = super::super::repository_root().unwrap();
        let walked = walked(&root).unwrap();
        assert!(
            walked
                .iter()
                .any(|path| path == "crates/xtask/src/tidy/tree.rs")
        );
        assert!(walked.iter().all(|path| !path.starts_with("target/")));
    }
}
