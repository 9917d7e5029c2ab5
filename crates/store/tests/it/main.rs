//! The store on a real database in a temporary folder.

mod accounts;
mod opened;
mod uploads;
