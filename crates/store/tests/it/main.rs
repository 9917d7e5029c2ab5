//! The store on a real database in a temporary folder.

mod accounts;
mod archives;
mod catalog;
mod images;
mod jobs;
mod opened;
mod uploads;
