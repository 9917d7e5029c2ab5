//! The database and the bytes: the only SQL, and the only place that knows where bytes lie.
//!
//! [`Store::open`] makes or migrates an SQLite database (WAL) in a folder, with a folder of content-addressed bytes beside
//! it. One file per table; everything that belongs together is one transaction. Nothing here reads a clock: every
//! operation that notes a time is told it.
//!
//! This crate knows neither HTTP nor containers.

pub mod accounts;
pub mod algorithm_images;
pub mod algorithm_models;
pub mod algorithm_versions;
pub mod algorithms;
pub mod archives;
pub mod audit;
pub mod blobs;
pub mod cases;
pub mod database;
pub mod disk;
pub mod error;
pub mod ids;
pub mod image_imports;
pub mod images;
pub mod interfaces;
pub mod inventory;
pub mod jobs;
pub mod page;
pub mod quotas;
pub mod sessions;
pub mod sockets;
mod tally;
pub mod time;
pub mod tokens;
pub mod uploads;
pub mod values;
pub mod viewer;

pub use database::{OpenStoreError, Store};
pub use error::{Failing, StoreError};
pub use page::{Listed, Page};
pub use viewer::Viewer;
