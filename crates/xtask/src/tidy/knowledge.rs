//! What a crate must not know: paths and words that do not stand in its program.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::{Finding, Source, Tree};

/// Sources by the start of their path, and the paths or single words that must not stand there.
///
/// This is the column "must not know" of `ARCHITECTURE.md`, as far as it shows in names. `std::os::unix::net` is
/// missing for `container` on purpose: shim and init speak over a pair of descriptors.
const MUST_NOT_KNOW: &[(&str, &[&str])] = &[
    (
        "crates/domain/src/",
        &[
            "std::fs",
            "fs_err",
            "camino",
            "std::net",
            "std::os",
            "std::process",
            "std::time::SystemTime",
            "std::time::Instant",
            "std::thread",
            "jiff",
            "rustix",
            "libc",
            "tokio",
            "async",
            "reqwest",
            "hyper",
            "axum",
            "sqlx",
            "rusqlite",
        ],
    ),
    (
        "crates/imaging/src/",
        &[
            "std::net",
            "std::os::unix::net",
            "std::process",
            "tokio",
            "async",
            "reqwest",
            "hyper",
            "axum",
            "sqlx",
            "rusqlite",
            "Job",
            "JobState",
            "Algorithm",
            "Socket",
            "SocketKind",
            "Interface",
            "Slug",
        ],
    ),
    (
        "crates/container/src/",
        &[
            "std::net",
            "tokio",
            "async",
            "reqwest",
            "hyper",
            "axum",
            "sqlx",
            "rusqlite",
            "clap",
            "SocketKind",
            "Algorithm",
            "Interface",
            "Slug",
            "Job",
            "JobState",
        ],
    ),
    (
        "crates/executor/src/",
        &[
            "std::net",
            "tokio",
            "async",
            "reqwest",
            "hyper",
            "axum",
            "sqlx",
            "rusqlite",
            "clap",
            "anstream",
            "anstyle",
            "indicatif",
            "std::io::IsTerminal",
        ],
    ),
    (
        "crates/cli/src/",
        &[
            "std::net",
            "tokio",
            "async",
            "hyper",
            "axum",
            "sqlx",
            "rusqlite",
            "libc",
            "seccompiler",
        ],
    ),
];

/// Words that may stand in a part of a crate all the same, by the start of their path.
///
/// The client of the Docker engine is asynchronous, and used for one request at a time.
const MAY_KNOW: &[(&str, &[&str])] = &[("crates/container/src/engine/", &["tokio", "async"])];

/// No crate's program names what it must not know. Its tests may.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.programs() {
        for (start, forbidden) in MUST_NOT_KNOW {
            if source.path.starts_with(start) {
                findings.extend(named(source, forbidden));
            }
        }
    }
    findings
}

fn named(source: &Source, forbidden: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, path) in paths(source) {
        if source.is_test_line(line) {
            continue;
        }
        for fragment in forbidden.iter().filter(|word| !may_know(source, word)) {
            if starts_with(&path, fragment) {
                let message = format!("`{fragment}` must not be known here");
                findings.push(Finding::new(&source.path, line, message));
            }
        }
    }
    findings.dedup();
    findings
}

fn may_know(source: &Source, word: &str) -> bool {
    let allows =
        |(start, words): &&(&str, &[&str])| source.path.starts_with(start) && words.contains(&word);
    MAY_KNOW.iter().any(|entry| allows(&entry))
}

/// A path matches from its first word on (`std::fs`), a type's name anywhere in it.
fn starts_with(path: &[String], fragment: &str) -> bool {
    let words: Vec<_> = fragment.split("::").collect();
    if is_type(fragment) {
        return path.iter().any(|word| word == fragment);
    }
    path.len() >= words.len() && path.iter().zip(&words).all(|(a, b)| a == b)
}

fn is_type(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

/// Line and words of every path in code, inside macros too, and of every name that a `use` brings in.
fn paths(source: &Source) -> Vec<(usize, Vec<String>)> {
    let mut found: Vec<(usize, Vec<String>)> = Vec::new();
    let (mut colons, mut after_dot) = (0, false);
    for token in source.program_tokens() {
        if token.text == ":" {
            colons += 1;
            continue;
        }
        // What follows a dot is a field or a method.
        let is_member = std::mem::replace(&mut after_dot, token.text == ".");
        let is_word = !is_member
            && token
                .text
                .starts_with(|c: char| c.is_alphabetic() || c == '_');
        if is_word {
            match found.last_mut() {
                Some((_, path)) if colons == 2 => path.push(token.text.clone()),
                Some(_) | None => found.push((token.line, vec![token.text.clone()])),
            }
        } else {
            found.push((token.line, Vec::new()));
        }
        colons = 0;
    }
    // A lone word in lower case is a variable, not a crate.
    found.retain(|(_, path)| {
        path.len() > 1 || path.iter().any(|word| is_type(word) || word == "async")
    });
    let mut uses = Uses::default();
    uses.visit_file(&source.syntax);
    found.extend(uses.found);
    found
}

#[derive(Default)]
struct Uses {
    found: Vec<(usize, Vec<String>)>,
}

impl Uses {
    fn expand(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.expand(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.add(&name.ident, with(&name.ident)),
            syn::UseTree::Rename(renamed) => self.add(&renamed.ident, with(&renamed.ident)),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.expand(before, tree);
                }
            }
            syn::UseTree::Glob(glob) => {
                let line = glob.star_token.span().start().line;
                self.found.push((line, before.to_vec()));
            }
        }
    }

    fn add(&mut self, ident: &syn::Ident, path: Vec<String>) {
        self.found.push((ident.span().start().line, path));
    }
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.expand(&[], &item.tree);
        visit::visit_item_use(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let tree = Tree::of(&[(path, text)]);
        check(&tree).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn every_way_to_name_a_path_is_found() {
        let expected = ["crates/domain/src/a.rs:2: `std::fs` must not be known here"];
        for line in [
            "use std::fs;",
            "use std::fs::File as Paper;",
            "use std::fs::*;",
            "use std::{fmt, fs::{self}};",
            "fn a() { b(std::fs::read(c)); }",
            "fn a() { b!(::std::fs::read(c)); }",
        ] {
            let findings = found("crates/domain/src/a.rs", &format!("//! A.\n{line}\n"));
            assert_eq!(findings, expected, "{line}");
        }
    }

    #[test]
    fn words_and_types_are_found() {
        assert_eq!(found("crates/imaging/src/a.rs", "async fn a() {}").len(), 1);
        assert_eq!(
            found("crates/imaging/src/a.rs", "fn a(b: c::Socket) {}").len(),
            1
        );
    }

    #[test]
    fn what_is_no_such_path_is_fine() {
        for fine in [
            "use std::fmt;",
            "fn a() { b.libc(); self::fs::read(); let libc = 1; }",
            "// std::fs\nconst A: &str = \"std::fs\";",
            "#[cfg(test)]\nmod tests {\n    use std::fs;\n}",
        ] {
            assert_eq!(
                found("crates/domain/src/a.rs", fine),
                Vec::<String>::new(),
                "{fine}"
            );
        }
        assert!(found("crates/executor/src/a.rs", "use std::fs;").is_empty());
    }
}
