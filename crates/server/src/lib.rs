//! Jobs through a REST API.
//!
//! Reading order of a job: `gcapi::jobs` or `own::jobs` → [`submit`] → [`worker`] → `media`.
//!
//! This crate parses no arguments and speaks no SQL.

pub mod api;
pub mod auth;
pub mod backup;
mod chunks;
pub mod config;
pub mod error;
pub mod events;
pub mod fill;
pub mod first_start;
pub mod gcapi;
pub mod health;
pub mod imports;
pub mod json;
pub mod links;
mod login;
pub mod media;
pub mod own;
pub mod passwords;
pub mod path;
pub mod query;
pub mod quota;
pub mod run_archive;
pub mod serve;
pub mod state;
pub mod submit;
mod sweep;
pub mod tls;
mod trials;
pub mod ui;
pub mod verify;
pub mod view;
pub mod worker;
mod zip_stream;
