//! What every case gave: printed as it comes, summed up at the end, and written down for the documentation.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::table::engine::IN_AN_ENGINE;

/// One case in all its ways.
struct Case {
    /// `run as user` and the like, with what was wrong.
    ways: Vec<(String, Vec<String>)>,
}

/// All cases, by name.
#[derive(Default)]
pub(crate) struct Record {
    cases: Vec<(String, Case)>,
    slowest: Duration,
}

/// What the documentation says of a group.
const GROUPS: &[(&str, &str)] = &[
    ("network", "Network"),
    ("files", "File system"),
    ("rights", "Privileges"),
    ("kernel", "Interfaces of the kernel"),
    ("processes", "Other processes"),
    ("resources", "Resources"),
    ("leftovers", "Signals and leftovers"),
    ("outputs", "Outputs"),
    ("text", "Text that wants to act: logs, names, results"),
    ("exits", "Ends"),
    ("archive", "Container image archives"),
    ("roles", "Routes and roles"),
    ("forms", "Forms"),
    ("requests", "Requests"),
    ("uploads", "Uploads"),
    ("login", "Logins"),
    ("pages", "Pages"),
];

impl Record {
    /// One way of a case.
    pub(crate) fn add(&mut self, name: &str, way: String, problems: Vec<String>) {
        if problems.is_empty() {
            println!("ok      {name} ({way})");
        } else {
            println!("BROKEN  {name} ({way})");
            problems
                .iter()
                .for_each(|problem| println!("        {problem}"));
        }
        let known = self.cases.iter_mut().find(|(known, _)| known == name);
        match known {
            Some((_, case)) => case.ways.push((way, problems)),
            None => {
                let case = Case {
                    ways: vec![(way, problems)],
                };
                self.cases.push((name.to_owned(), case));
            }
        }
    }

    /// The slowest answer of the server during a case.
    pub(crate) fn answered(&mut self, within: Duration) {
        self.slowest = self.slowest.max(within);
    }

    /// Cases with anything wrong.
    pub(crate) fn broken(&self) -> usize {
        let is_broken = |case: &Case| case.ways.iter().any(|(_, problems)| !problems.is_empty());
        self.cases
            .iter()
            .filter(|(_, case)| is_broken(case))
            .count()
    }

    /// Cases, and times that one was tried.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let ways = self.cases.iter().map(|(_, case)| case.ways.len()).sum();
        (self.cases.len(), ways)
    }

    /// The summary for the terminal.
    pub(crate) fn summary(&self) -> String {
        let mut text = String::from("\ngroup        cases  tried  broken\n");
        let mut groups: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
        for (name, case) in &self.cases {
            let sums = groups.entry(group(name)).or_default();
            let broken = case
                .ways
                .iter()
                .filter(|(_, problems)| !problems.is_empty())
                .count();
            *sums = (sums.0 + 1, sums.1 + case.ways.len(), sums.2 + broken);
        }
        for (name, (cases, tried, broken)) in groups {
            let _ = writeln!(text, "{name:<12} {cases:>5}  {tried:>5}  {broken:>6}");
        }
        let (cases, tried) = self.counts();
        let _ = writeln!(
            text,
            "{:<12} {cases:>5}  {tried:>5}  {:>6}",
            "all",
            self.broken()
        );
        let _ = writeln!(
            text,
            "slowest answer of the server: {} ms",
            self.slowest.as_millis()
        );
        text
    }
}

/// One line of the table for the documentation.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) does: String,
    pub(crate) expected: String,
    /// In which ways it is tried.
    pub(crate) ways: &'static str,
}

/// The table for the documentation.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "# Every attack that is tried\n\n\
         Written by `./dev test --profile hostile --table` from the cases themselves; a run fails when it is not current. {} cases. What\n\
         is looked at after each of them, and what the words mean, is in [security.md](security.md).\n",
        rows.len()
    );
    for (wanted, title) in GROUPS {
        let mut rows = rows
            .iter()
            .filter(|row| group(&row.name) == *wanted)
            .peekable();
        if rows.peek().is_none() {
            continue;
        }
        let head = "| case | what it tries | expected | tried |\n|---|---|---|---|\n";
        let _ = write!(text, "\n## {title}\n\n{head}");
        for row in rows {
            let short = row.name.split_once('.').map_or("", |(_, rest)| rest);
            let cells = [short, &row.does, &row.expected, row.ways].map(cell);
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
    }
    text + &in_an_engine()
}

/// What is otherwise with `--ways docker`.
fn in_an_engine() -> String {
    let mut text = String::from(
        "\n## Otherwise in a Docker engine\n\n| case | answer | why |\n|---|---|---|\n",
    );
    for one in IN_AN_ENGINE {
        let who = if one.is_root { "as root " } else { "" };
        let answer = match one.says {
            "" => format!("{who}nothing"),
            says => format!("{who}`{says}`"),
        };
        let cells = [one.case, &answer, one.why].map(cell);
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn group(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

/// Text that a table of Markdown takes as it is.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('\n', " ")
        .replace('<', "&lt;")
}
