//! What a crate uses, knows, and how its tests are laid out.

use xtask::tidy::{edges, knowledge, test_layout};

use super::holds;

#[test]
fn crates_use_only_the_crates_below_them() {
    holds(edges::check);
}

#[test]
fn crates_know_only_what_they_may() {
    holds(knowledge::check);
}

#[test]
fn there_is_one_test_binary_per_crate() {
    holds(test_layout::check);
}
