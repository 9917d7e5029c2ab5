//! The budget of a file: lines without the tests at its end.

use super::percentile::percentile;
use super::{Finding, Source, Tree};

const MAX: usize = 500;
const MEDIAN: usize = 150;
const P95: usize = 350;

/// No Rust file is longer than 500 lines; half of the programs' files have at most 150, 95 % at most 350.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<_> = tree.sources.iter().filter_map(too_long).collect();
    let lengths = lengths(tree);
    for (percent, most) in [(50, MEDIAN), (95, P95)] {
        let length = percentile(&lengths, percent);
        if length > most {
            let message =
                format!("{percent} % of the files have up to {length} lines, expected {most}");
            findings.push(Finding::new("crates", 0, message));
        }
    }
    findings
}

/// The lines of each file that belongs to a program.
#[must_use]
pub fn lengths(tree: &Tree) -> Vec<usize> {
    tree.programs().map(Source::lines_without_tests).collect()
}

fn too_long(source: &Source) -> Option<Finding> {
    let lines = source.lines_without_tests();
    let message = format!("{lines} lines without tests, expected at most {MAX}");
    (lines > MAX).then(|| Finding::new(&source.path, lines, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, usize)]) -> Vec<String> {
        let file = |(path, lines): &(&str, usize)| {
            let tests = "#[cfg(test)]\nmod tests {}\n";
            let text = format!("{}{tests}", "const A: u8 = 0;\n".repeat(*lines));
            ((*path).to_owned(), Some(text))
        };
        let tree = Tree::new(files.iter().map(file).collect());
        check(&tree).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_file_of_501_lines_is_too_long() {
        let short = [
            ("src/a.rs", 10),
            ("src/b.rs", 10),
            ("crates/x/tests/c.rs", 500),
        ];
        assert!(found(&short).is_empty());
        let long = [
            ("src/a.rs", 10),
            ("src/b.rs", 10),
            ("crates/x/tests/c.rs", 501),
        ];
        let expected = "crates/x/tests/c.rs:501: 501 lines without tests, expected at most 500";
        assert_eq!(found(&long), [expected]);
    }

    #[test]
    fn many_long_files_are_too_many() {
        assert!(found(&[("a.rs", 151), ("b.rs", 150), ("c.rs", 1)]).is_empty());
        assert_eq!(
            found(&[("a.rs", 151), ("b.rs", 351)]),
            [
                "crates:0: 50 % of the files have up to 151 lines, expected 150",
                "crates:0: 95 % of the files have up to 351 lines, expected 350"
            ]
        );
    }
}
