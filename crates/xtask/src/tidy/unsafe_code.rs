//! Where `unsafe` may stand, and that it says why it is sound.

use super::source::Token;
use super::{Finding, Source, Tree};

/// The sandbox talks to the kernel; the probe attacks it; images ask it for large pages, in one file.
const MAY_BE_UNSAFE: &[&str] = &[
    "crates/container/",
    "crates/imaging/src/huge_pages.rs",
    "images/probe/",
];

/// `unsafe` stands there only, and under a comment `// SAFETY: `.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources.iter().flat_map(of_source).collect()
}

fn of_source(source: &Source) -> Vec<Finding> {
    let allowed = MAY_BE_UNSAFE.iter().any(|at| source.path.starts_with(at));
    let lines: Vec<_> = source.text.lines().map(str::trim).collect();
    let mut findings = Vec::new();
    for pair in source.tokens.windows(2) {
        if !is_unsafe(pair) {
            continue;
        }
        let line = pair[0].line;
        if !allowed {
            let message = "`unsafe` outside `container`, the probe and what asks for large pages";
            findings.push(Finding::new(&source.path, line, message));
        } else if !says_why(&lines, line) {
            let message = "`unsafe` without a `// SAFETY:` comment above it";
            findings.push(Finding::new(&source.path, line, message));
        }
    }
    findings
}

/// Blocks, implementations and foreign blocks; what is declared `unsafe fn` has its reason where it is called.
fn is_unsafe(pair: &[Token]) -> bool {
    pair[0].text == "unsafe" && matches!(pair[1].text.as_str(), "{" | "impl" | "extern")
}

/// Looks on the line itself and the next, then above the statement that the line belongs to.
fn says_why(lines: &[&str], line: usize) -> bool {
    let said = |text: &&str| text.contains("// SAFETY: ");
    if lines[line - 1..].iter().take(2).any(said) {
        return true;
    }
    let mut above = lines[..line - 1].iter().rev().peekable();
    while above.next_if(|text| goes_on(text)).is_some() {}
    above.take_while(|text| text.starts_with("//")).any(said)
}

/// True for a line after which the same statement continues.
fn goes_on(text: &str) -> bool {
    !text.is_empty() && !text.starts_with("//") && !text.ends_with([';', '{', '}', ','])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let tree = Tree::of(&[(path, text)]);
        check(&tree).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn unsafe_outside_container_is_found() {
        let text = "fn a() {\n    // SAFETY: fine.\n    unsafe { b() }\n}\n";
        assert!(found("crates/container/src/a.rs", text).is_empty());
        assert_eq!(
            found("crates/imaging/src/a.rs", text),
            [
                "crates/imaging/src/a.rs:3: `unsafe` outside `container`, the probe and what asks for large pages"
            ]
        );
        assert!(found("crates/imaging/src/a.rs", "// unsafe { }\n").is_empty());
    }

    #[test]
    fn unsafe_without_a_reason_is_found() {
        let path = "images/probe/src/a.rs";
        let silent = "fn a() {\n    // SAFETY: of the first.\n    let c = unsafe { b() };\n    unsafe { b() };\n}\n";
        let expected = "images/probe/src/a.rs:4: `unsafe` without a `// SAFETY:` comment above it";
        assert_eq!(found(path, silent), [expected]);
        let split = "fn a() {\n    // SAFETY: fine,\n    // in two lines.\n    let c =\n        unsafe { b() };\n}\n";
        assert!(found(path, split).is_empty());
    }
}
