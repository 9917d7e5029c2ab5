//! Documents and their links.

use xtask::tidy::markdown;

use super::holds;

#[test]
fn links_of_documents_lead_somewhere() {
    holds(markdown::check);
}

#[test]
fn the_documents_that_people_look_for_exist() {
    holds(markdown::documents);
}
