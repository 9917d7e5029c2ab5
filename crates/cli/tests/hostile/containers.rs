//! Every attack from inside a container, in every way, as root and not.

use crate::Wanted;
use crate::attack::Attack;
use crate::record::{Record, Row};
use crate::table;
use crate::table::engine::otherwise;
use crate::way::{Field, Seen, Way};
use crate::witness::Beside;

/// All of them for the table.
pub(crate) fn rows() -> Vec<Row> {
    let row = |attack: Attack| Row {
        expected: attack.expected(),
        name: attack.name,
        does: attack.does,
        ways: "run, server and docker, as user and as root",
    };
    table::all().into_iter().map(row).collect()
}

/// Tries them all.
pub(crate) fn all(field: &Field<'_>, beside: &Beside, wanted: &Wanted, record: &mut Record) {
    for attack in table::all() {
        if !wanted.has(&attack.name) {
            continue;
        }
        for way in &wanted.ways {
            for is_root in [false, true] {
                beside.take_slowest();
                let visits = field.ground.visits();
                let seen = field.try_out(&attack, *way, is_root);
                let mut problems = judge(&attack, &seen, (*way, is_root));
                if field.ground.visits() > visits {
                    problems.push("a service of the host was reached".to_owned());
                }
                problems.extend(beside.slow_answers(record));
                let user = if is_root { "root" } else { "user" };
                let label = format!("{} as {user}", way.name());
                record.add(&attack.name, label, problems);
            }
        }
    }
}

/// What differs from the expected outcome.
fn judge(attack: &Attack, seen: &Seen, (way, is_root): (Way, bool)) -> Vec<String> {
    let mut problems = seen.left.clone();
    let told = String::from_utf8_lossy(&seen.all);
    if !attack.ends.contains(&seen.end.as_str()) {
        let message = &seen.report["failure"]["message"];
        problems.push(format!(
            "ended with `{}` ({message}), expected {:?}; stdout {:?}",
            seen.end,
            attack.ends,
            shorten(&seen.stdout)
        ));
    }
    let says = if is_root { &attack.root } else { &attack.user };
    let is_said = |text: &&str| seen.stdout.contains(text);
    let is_another_refusal = way == Way::Docker && attack.exact && !seen.stdout.contains("allowed");
    let is_otherwise = way == Way::Docker
        && otherwise(&attack.name, is_root).is_some_and(|one| is_said(&one.says));
    let is_expected =
        says.is_empty() || says.iter().any(is_said) || is_another_refusal || is_otherwise;
    if !is_expected {
        let stdout = shorten(&seen.stdout);
        problems.push(format!("said {stdout:?}, expected one of {says:?}"));
    }
    for text in attack.told {
        if !told.contains(text) {
            problems.push(format!(
                "`{text}` is not told: {:?}",
                shorten(&seen.report["failure"].to_string())
            ));
        }
    }
    for text in attack.never {
        if told.contains(text) {
            problems.push(format!("`{text}` came out: {:?}", shorten(&seen.stdout)));
        }
    }
    for text in attack.never_on_pages {
        if seen.pages.contains(text) {
            problems.push(format!("a page has `{text}`"));
        }
    }
    problems
}

fn shorten(text: &str) -> String {
    text.chars().take(400).collect()
}
