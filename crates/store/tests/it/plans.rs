//! How the database answers every question that may be asked of many rows: it never reads a table that grows from end to end,
//! and sorts only what an index has already made few.
//!
//! The statements are those that the store sends, heard where they are sent. Every function of the store that gives a list
//! must be asked here, and so must everything that writes, because writing asks too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use camino::Utf8Path;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

mod asked;

/// Tables with rows by the thousand: all others have as many as people, algorithms and archives there are.
const GROWING: [&str; 19] = [
    "archive_item",
    "archive_item_value",
    "archive_run",
    "audit",
    "blob",
    "image",
    "image_import",
    "image_import_upload",
    "image_shown",
    "job",
    "job_event",
    "job_pending",
    "job_value",
    "job_viewer",
    "job_word",
    "login_failure",
    "upload",
    "upload_part",
    "value",
];

/// Indexes that hold few rows, whatever the table: jobs that are public, and jobs that wait.
const FEW: [&str; 4] = [
    "job_public",
    "job_public_algorithm",
    "job_queue",
    "job_waiting",
];

/// Statements that may do what others may not, by how they begin, and why.
const ALLOWED: [(&str, &str); 4] = [
    (
        "INSERT INTO account",
        "SQLite plans a look at the rows that name an account, and takes it only after a violation",
    ),
    (
        "SELECT id, comment FROM job WHERE comment <> ''",
        "once, when a database of the first version is opened",
    ),
    (
        "SELECT job_id, value_id, image_id FROM job_value JOIN value",
        "once, when a database of the first version is opened",
    ),
    (
        "SELECT part, COUNT(*), COALESCE(SUM(size), 0) FROM (SELECT size, CASE",
        "the operator asks what all bytes are for, and knows that each is looked at",
    ),
];

/// A line of a plan, and the number of what it is part of.
type Line = (i64, String);

/// Hears what is sent to the database.
#[derive(Clone, Default)]
struct Ear {
    heard: Arc<Mutex<BTreeSet<String>>>,
}

#[derive(Default)]
struct Words {
    summary: String,
    statement: String,
}

impl Visit for Words {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.trim().clone_into(&mut self.statement),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut words = Words::default();
        event.record(&mut words);
        // A short statement is its own summary.
        let statement = if words.statement.is_empty() {
            words.summary
        } else {
            words.statement
        };
        self.heard.lock().unwrap().insert(statement);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What is wrong with a plan.
fn complaints(plan: &[Line], statement: &str) -> Vec<String> {
    let begins = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    if ALLOWED.iter().any(|(start, _)| begins.starts_with(start)) {
        return Vec::new();
    }
    let scans = |table: &str, line: &str| {
        let rest = line.strip_prefix("SCAN ");
        rest.is_some_and(|rest| rest == table || rest.starts_with(&format!("{table} ")))
    };
    let names = aliases(&begins);
    let sorts = |part: i64| {
        let mut beside = plan.iter().filter(|(other, _)| *other == part);
        beside.any(|(_, line)| line.ends_with("TEMP B-TREE FOR ORDER BY"))
    };
    let is_fine = |part: i64, line: &str| {
        let index = line.split(" INDEX ").nth(1).unwrap_or_default();
        // Walking along an index in the order of the list ends with the page.
        let is_walk = !index.is_empty() && begins.contains(" LIMIT ") && !sorts(part);
        is_walk || FEW.contains(&index)
    };
    plan.iter()
        .filter(|(part, line)| names.iter().any(|name| scans(name, line)) && !is_fine(*part, line))
        .map(|(_, line)| line.clone())
        .collect()
}

/// The names of the growing tables in a statement.
fn aliases(statement: &str) -> Vec<String> {
    let words: Vec<&str> = statement.split([' ', '(', ')', ',']).collect();
    let mut names: Vec<String> = GROWING.iter().map(|name| (*name).to_owned()).collect();
    for three in words.windows(3) {
        if GROWING.contains(&three[0]) && three[1] == "AS" {
            names.push(three[2].to_owned());
        }
    }
    names
}

async fn plan(database: &mut SqliteConnection, statement: &str) -> Vec<Line> {
    let question = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(question)
        .fetch_all(database)
        .await
        .unwrap_or_else(|problem| panic!("{statement}: {problem}"));
    rows.into_iter()
        .map(|(_, part, _, line)| (part, line))
        .collect()
}

#[tokio::test]
async fn no_question_reads_a_growing_table_from_end_to_end() {
    let ear = Ear::default();
    tracing::subscriber::set_global_default(ear.clone()).unwrap();
    let (home, functions) = asked::everything().await;
    let heard = ear.heard.lock().unwrap().clone();
    let path = Utf8Path::from_path(home.path()).unwrap();
    let options = SqliteConnectOptions::new().filename(path.join("gantry.db"));
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut looked = 0;
    for statement in &heard {
        let is_question = ["SELECT", "INSERT", "UPDATE", "DELETE"]
            .iter()
            .any(|word| statement.starts_with(word));
        // The migrations have tables of their own, and fill new ones from old ones once.
        if !is_question || statement.contains("_sqlx_migrations") || statement.contains(";\n") {
            continue;
        }
        looked += 1;
        let plan = plan(&mut database, statement).await;
        let complaints = complaints(&plan, statement);
        if !complaints.is_empty() {
            wrong.insert(statement.clone(), complaints);
        }
    }
    assert!(looked > 100, "{looked} statements were heard");
    assert!(wrong.is_empty(), "{wrong:#?}");
    let missing: Vec<String> = lists().difference(&functions).cloned().collect();
    assert!(missing.is_empty(), "these lists are not asked: {missing:?}");
}

/// The functions of the store that give a list, read from its source.
fn lists() -> BTreeSet<String> {
    let source = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source];
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs_err::read_to_string(&path).unwrap();
            for function in text.split("    pub async fn ").skip(1) {
                let head = function.split(" {\n").next().unwrap();
                let gives = head.rsplit("->").next().unwrap();
                let is_list = ["Vec<", "Listed<", "JobLines", "BTreeMap<"];
                let name = head.split(['(', '<']).next().unwrap();
                if is_list.iter().any(|word| gives.contains(word)) || name.starts_with("count_") {
                    found.insert(name.to_owned());
                }
            }
        }
    }
    found
}

/// A plan that is refused is refused: otherwise the test above could not fail.
#[test]
fn scans_and_sorts_of_growing_tables_are_noticed() {
    let refuses = |statement: &str, lines: &[&str]| {
        let plan: Vec<Line> = lines.iter().map(|line| (0, (*line).to_owned())).collect();
        !complaints(&plan, statement).is_empty()
    };
    assert!(refuses(
        "SELECT * FROM job WHERE comment = ?",
        &["SCAN job"]
    ));
    let counted = "SCAN job USING COVERING INDEX job_created";
    assert!(refuses("SELECT COUNT(*) FROM job", &[counted]));
    let walk = "SCAN job USING INDEX job_created";
    let list = "SELECT * FROM job ORDER BY created_at LIMIT ?";
    assert!(!refuses(list, &[walk]));
    assert!(refuses(list, &[walk, "USE TEMP B-TREE FOR ORDER BY"]));
    let other = "SELECT 1 FROM job AS other LIMIT ?";
    assert!(refuses(other, &["SCAN other"]));
    let small = "SCAN algorithm";
    assert!(!refuses("SELECT * FROM algorithm", &[small]));
}
