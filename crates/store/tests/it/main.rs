//! The store on a real database in a temporary folder.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be made ready has failed"
)]

mod accounts;
mod archives;
mod cases;
mod catalog;
mod images;
mod inventory;
mod jobs;
mod lists;
mod migrations;
mod opened;
mod operator;
mod plans;
mod queue;
mod quotas;
mod uploads;
mod walks;
