//! SQL that SQLite and PostgreSQL both understand, and that stands where SQL belongs.

use super::{Finding, Source, Tree};

/// Where SQL is.
const STORE: &str = "crates/store/src/";
/// The one file that may know which database it is.
const DATABASE: &str = "crates/store/src/database.rs";

/// Words and phrases that only one of the databases has, and what both have.
const ONE_SIDED: &[(&str, &str)] = &[
    ("INSERT OR", "`ON CONFLICT … DO`"),
    ("REPLACE INTO", "`ON CONFLICT … DO UPDATE`"),
    ("UPDATE OR", "`ON CONFLICT`"),
    ("AUTOINCREMENT", "numbers from the table `counter`"),
    ("ROWID", "a column of our own"),
    ("LAST_INSERT_ROWID", "`RETURNING`"),
    ("STRFTIME", "times as arguments"),
    ("DATETIME", "times as arguments"),
    ("JULIANDAY", "times as arguments"),
    ("UNIXEPOCH", "times as arguments"),
    ("PRAGMA", "nothing: this is for `database.rs`"),
    ("VACUUM", "nothing: this is for `database.rs`"),
    ("SQLITE_MASTER", "nothing: this is for tests"),
    ("IFNULL", "`COALESCE`"),
    ("IIF", "`CASE`"),
    ("GLOB", "`LIKE`"),
    ("GROUP_CONCAT", "rows"),
    ("JSON_EXTRACT", "a column of its own"),
    ("JSON_EACH", "a table of its own"),
    ("ILIKE", "`LOWER(…) LIKE`"),
    ("INDEXED BY", "an index that is chosen by itself"),
    ("WITHOUT ROWID", "an ordinary table"),
    ("CURRENT_TIMESTAMP", "times as arguments"),
];

/// How a statement begins.
const STATEMENTS: [&str; 8] = [
    "SELECT ", "INSERT ", "UPDATE ", "DELETE ", "PRAGMA ", "VACUUM ", "BEGIN ", "WITH ",
];

/// Text in the store that is SQL is in both dialects.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let store = tree
        .programs()
        .filter(|source| source.path.starts_with(STORE) && source.path != DATABASE);
    store.flat_map(of_source).collect()
}

fn of_source(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let texts = source
        .program_tokens()
        .filter(|token| token.text.starts_with('"') && is_sql(&token.text));
    for token in texts {
        let words = plain(&token.text);
        for (phrase, instead) in ONE_SIDED {
            if words.contains(&plain(phrase)) {
                let message = format!("`{phrase}` is not SQL of both databases: use {instead}");
                findings.push(Finding::new(&source.path, token.line, message));
            }
        }
    }
    findings
}

/// A statement, or a part of one that begins with a space.
fn is_sql(literal: &str) -> bool {
    let text = literal.trim_start_matches('"');
    let start = text.trim_start();
    STATEMENTS.iter().any(|word| start.starts_with(word))
        || (text.starts_with(' ') && text.to_uppercase() != text.to_lowercase())
}

/// Upper case, one space between words and around signs, so that a word is found as a whole.
fn plain(text: &str) -> String {
    let mut plain = String::from(" ");
    for character in text.to_uppercase().chars() {
        if character.is_alphanumeric() || character == '_' {
            plain.push(character);
        } else if !plain.ends_with(' ') {
            plain.push(' ');
        }
    }
    if !plain.ends_with(' ') {
        plain.push(' ');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, sql: &str) -> usize {
        let text = format!("fn a() {{\n    query(\"{sql}\");\n}}\n");
        check(&Tree::of(&[(path, &text)])).len()
    }

    #[test]
    fn what_one_database_has_is_found() {
        let path = "crates/store/src/jobs.rs";
        for sql in [
            "INSERT OR IGNORE INTO a (b) VALUES (?)",
            "SELECT strftime('%s', at) FROM a",
            "PRAGMA user_version",
            "SELECT rowid FROM a",
            "SELECT IFNULL(b, 0) FROM a",
            " ORDER BY datetime(at)",
        ] {
            assert_eq!(found(path, sql), 1, "{sql}");
        }
    }

    #[test]
    fn what_both_have_is_not() {
        let path = "crates/store/src/jobs.rs";
        for sql in [
            "INSERT INTO a (b) VALUES (?) ON CONFLICT DO NOTHING",
            "SELECT global FROM a",
            "no statement: PRAGMA",
        ] {
            assert_eq!(found(path, sql), 0, "{sql}");
        }
        assert_eq!(found(DATABASE, "PRAGMA integrity_check"), 0);
        assert_eq!(found("crates/store/tests/it/a.rs", "PRAGMA x"), 0);
    }
}
