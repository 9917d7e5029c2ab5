//! The router as clients meet it, on loopback, over the real database: who may do what.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be made ready has failed"
)]

mod clinic;
mod csrf;
mod job_pages;
mod listed;
mod pages;
mod roles;
mod try_pages;
mod visit;
