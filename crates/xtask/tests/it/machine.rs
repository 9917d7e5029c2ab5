//! Nothing of one machine stands in the repository.

use xtask::tidy::machine;

use super::holds;

#[test]
fn no_text_names_one_machine() {
    holds(machine::check);
}
