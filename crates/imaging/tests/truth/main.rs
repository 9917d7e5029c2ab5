//! Compares every decoded image with what SimpleITK, pydicom and tifffile make of it.
//!
//! A test binary of its own, beside `it`: these tests fail until `./dev truth` has computed `target/truth`, which takes
//! Python, and `it` has to pass without.

#[cfg(test)]
mod compare;
#[cfg(test)]
mod disagreements;
#[cfg(test)]
mod line;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::compare::{Outcome, compare};
    use super::disagreements::{KNOWN, explained};
    use super::line::{Line, read_lines};

    fn judge(lines: &[Line]) {
        let mut table: BTreeMap<(&str, Outcome), usize> = BTreeMap::new();
        let mut failures = Vec::new();
        let mut used = vec![false; KNOWN.len()];
        for line in lines {
            let (outcome, detail) = compare(line);
            *table.entry((line.format(), outcome)).or_default() += 1;
            if outcome.is_agreement() {
                continue;
            }
            match explained(line, outcome) {
                Some(index) => used[index] = true,
                None => failures.push(format!("{} ({outcome}): {detail}", line.path)),
            }
        }
        for ((format, outcome), count) in &table {
            eprintln!("{format:10} {count:4} {outcome}");
        }
        for (known, used) in KNOWN.iter().zip(used) {
            if !used && lines.iter().any(|line| line.source == known.source) {
                failures.push(format!(
                    "{}: listed as a disagreement, but there is none",
                    known.path
                ));
            }
        }
        assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    }

    fn of_source(source: &str) -> Vec<Line> {
        let mut lines = read_lines();
        lines.retain(|line| line.source == source);
        lines
    }

    #[test]
    fn generated_edge_cases_read_as_the_reference_readers_or_better() {
        let lines = of_source("generated");
        assert!(!lines.is_empty(), "no generated files in target/truth");
        judge(&lines);
    }

    #[test]
    fn the_corpus_reads_as_the_reference_readers_or_better() {
        let lines = of_source("corpus");
        if lines.is_empty() {
            eprintln!("no corpus of real images when the truth was computed");
        } else {
            eprintln!("{} images of the corpus", lines.len());
        }
        judge(&lines);
    }
}
