//! Words of Rust that this house does not use.

use super::source::Token;
use super::{Finding, Source, Tree};

/// Where a word is banned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Everywhere,
    Program,
    Tests,
}

/// Tokens in a row, where they must not stand, and what to do instead.
const BANNED: &[(&[&str], Place, &str)] = &[
    (&[".", "unwrap", "("], Place::Program, UNWRAP),
    (&["Option", ":", ":", "unwrap"], Place::Program, UNWRAP),
    (&["Result", ":", ":", "unwrap"], Place::Program, UNWRAP),
    (&["todo", "!"], Place::Everywhere, "`todo!`: finish it"),
    (
        &["unimplemented", "!"],
        Place::Everywhere,
        "`unimplemented!`: finish it",
    ),
    (&["dbg", "!"], Place::Everywhere, "`dbg!`: remove it"),
    (&["#", "[", "allow"], Place::Everywhere, ALLOW),
    (&["#", "!", "[", "allow"], Place::Everywhere, ALLOW),
    (
        &["#", "[", "ignore"],
        Place::Everywhere,
        "`#[ignore]`: a test runs or is gone",
    ),
    (&["thread", ":", ":", "sleep"], Place::Tests, SLEEP),
    (&["time", ":", ":", "sleep"], Place::Tests, SLEEP),
];

const UNWRAP: &str = "`unwrap` outside tests: say with `expect` why it cannot fail";
const ALLOW: &str = "`#[allow]`: use `#[expect(.., reason = \"..\")]`";
const SLEEP: &str = "a test that sleeps: wait on the event";

/// None of the banned words stands where it must not.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let sources = tree.sources.iter();
    sources.flat_map(of_source).collect()
}

fn of_source(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (words, place, message) in BANNED {
        for row in source.tokens.windows(words.len()) {
            let line = row[0].line;
            if is(row, words) && holds_at(*place, source, line) {
                findings.push(Finding::new(&source.path, line, *message));
            }
        }
    }
    findings
}

fn is(row: &[Token], words: &[&str]) -> bool {
    row.iter()
        .map(|token| token.text.as_str())
        .eq(words.iter().copied())
}

/// Benchmarks are measured time, not tests.
fn holds_at(place: Place, source: &Source, line: usize) -> bool {
    let is_test = source.is_test_line(line);
    match place {
        Place::Everywhere => true,
        Place::Program => !is_test,
        Place::Tests => is_test && !source.path.contains("/benches/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, statement: &str) -> Vec<String> {
        let text = format!("fn a() {{\n    {statement};\n}}\n");
        let tree = Tree::of(&[(path, &text)]);
        check(&tree)
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn each_word_is_found_in_a_program() {
        for (statement, expected) in [
            ("b().unwrap()", UNWRAP),
            ("assert!(b().unwrap())", UNWRAP),
            ("b().map(Option::unwrap)", UNWRAP),
            ("todo!()", "`todo!`: finish it"),
            ("unimplemented!()", "`unimplemented!`: finish it"),
            ("dbg!(1)", "`dbg!`: remove it"),
            ("#[allow(unused)] let b = 1", ALLOW),
        ] {
            assert_eq!(found("src/a.rs", statement), [expected], "{statement}");
        }
        for fine in [
            "b().unwrap_or(1)",
            "\"b.unwrap()\"",
            "std::thread::sleep(b)",
        ] {
            assert!(found("src/a.rs", fine).is_empty(), "{fine}");
        }
    }

    #[test]
    fn tests_may_unwrap_but_not_sleep_or_be_ignored() {
        let path = "crates/x/tests/it/a.rs";
        assert!(found(path, "b().unwrap()").is_empty());
        assert_eq!(found(path, "std::thread::sleep(b)"), [SLEEP]);
        assert_eq!(found(path, "tokio::time::sleep(b).await"), [SLEEP]);
        assert!(found("crates/x/benches/a.rs", "std::thread::sleep(b)").is_empty());
        let tree = Tree::of(&[("src/a.rs", "#[test]\n#[ignore = \"slow\"]\nfn a() {}\n")]);
        let findings = check(&tree);
        assert_eq!((findings.len(), findings[0].line), (1, 2));
    }

    #[test]
    fn only_the_tests_of_a_file_are_tests() {
        let text = "#[cfg(test)]\nmod tests {\n    fn a() { b().unwrap(); }\n}\nfn c() { d().unwrap(); }\n";
        let findings = check(&Tree::of(&[("src/a.rs", text)]));
        let lines: Vec<_> = findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [5]);
    }
}
