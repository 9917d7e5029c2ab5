//! What stands in Rust files.

use xtask::tidy::{banned, file_head, file_name, sql, tree, unsafe_code};

use super::holds;

#[test]
fn every_source_parses() {
    holds(tree::parses);
}

#[test]
fn every_file_starts_with_what_it_is_for() {
    holds(file_head::check);
}

#[test]
fn every_file_name_says_what_is_in_it() {
    holds(file_name::check);
}

#[test]
fn unsafe_code_stands_where_it_may_and_says_why() {
    holds(unsafe_code::check);
}

#[test]
fn banned_words_are_not_used() {
    holds(banned::check);
}

#[test]
fn sql_is_that_of_both_databases() {
    holds(sql::check);
}
