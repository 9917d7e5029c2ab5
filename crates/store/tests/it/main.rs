//! The store on a real database in a temporary folder.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be made ready has failed"
)]

mod accounts;
mod archives;
mod catalog;
mod images;
mod jobs;
mod lists;
mod opened;
mod operator;
mod uploads;
