//! Budgets of files and functions.

use xtask::tidy::{file_size, functions};

use super::holds;

#[test]
fn files_are_short() {
    holds(file_size::check);
}

#[test]
fn functions_are_short_and_take_few_parameters() {
    holds(functions::check);
}
