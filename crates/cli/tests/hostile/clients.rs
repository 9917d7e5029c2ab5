//! Attacks on a server from outside: by strangers, by people with an account, by pages of other sites.

mod forms;
mod logins;
mod pages;
mod people;
mod requests;
mod roles;
mod slow;
mod uploads;

use crate::Wanted;
use crate::record::{Record, Row};
use crate::way::{Field, Way};
use crate::wire::Answer;
use crate::witness::Beside;
use people::People;

/// What is tried; what went wrong, in words.
type Attempt = dyn Fn(&Siege<'_>) -> Vec<String>;

/// What a client tries, what is expected, and the attempt itself, which says what is wrong.
struct Case {
    name: String,
    does: String,
    expected: String,
    run: Box<Attempt>,
}

/// Everything such an attack needs.
struct Siege<'a> {
    field: &'a Field<'a>,
    people: People,
}

impl Siege<'_> {
    /// Asks the API as somebody, JSON in the body; names in the path are filled in.
    fn ask(&self, who: &str, what: (&str, &str), body: &str) -> Answer {
        self.people.ask(self.field.served, who, what, body)
    }

    /// Asks for anything, with just these headers.
    fn get_with(&self, headers: &str, path: &str) -> Answer {
        self.field.served.wire.ask("GET", path, headers, b"")
    }

    /// Sends a body of any kind as somebody with a browser.
    fn post_as(&self, who: &str, place: (&str, &str), body: &[u8]) -> Answer {
        self.people.post_as(self.field.served, who, place, body)
    }

    /// Asks for a page as somebody with a browser.
    fn visit(&self, who: &str, path: &str) -> Answer {
        self.people.visit(self.field.served, who, path)
    }
}

fn case(
    name: &str,
    does: &str,
    expected: &str,
    run: impl Fn(&Siege<'_>) -> Vec<String> + 'static,
) -> Case {
    Case {
        name: name.to_owned(),
        does: does.to_owned(),
        expected: expected.to_owned(),
        run: Box::new(run),
    }
}

/// Nothing, or what is wrong.
fn unless(is_right: bool, problem: impl FnOnce() -> String) -> Vec<String> {
    if is_right {
        Vec::new()
    } else {
        vec![problem()]
    }
}

fn cases() -> Vec<Case> {
    let groups = [
        roles::all(),
        forms::all(),
        requests::all(),
        uploads::all(),
        pages::all(),
        slow::all(),
        logins::all(),
    ];
    groups.into_iter().flatten().collect()
}

/// All of them for the table.
pub(crate) fn rows() -> Vec<Row> {
    let row = |case: Case| Row {
        name: case.name,
        does: case.does,
        expected: case.expected,
        ways: "server",
    };
    cases().into_iter().map(row).collect()
}

/// Tries them all.
pub(crate) fn all(field: &Field<'_>, beside: &Beside, wanted: &Wanted, record: &mut Record) {
    if !wanted.ways.contains(&Way::Server) {
        return;
    }
    let people = People::arrive(field.served);
    let siege = Siege { field, people };
    for case in cases() {
        if !wanted.has(&case.name) {
            continue;
        }
        beside.take_slowest();
        let mut problems = (case.run)(&siege);
        problems.extend(beside.slow_answers(record));
        let after = field.served.get("/readyz");
        if after.status != 200 {
            problems.push(format!(
                "the server is not well afterwards: {}",
                after.text()
            ));
        }
        record.add(&case.name, "client".to_owned(), problems);
    }
}
