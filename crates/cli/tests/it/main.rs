//! The binary as its users meet it: command line in; exit code, stdout and stderr out.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be made ready has failed"
)]

mod algorithm;
mod archive;
mod gantry;
mod images;
mod manifests;
mod runs;
mod scans;
mod served;
mod usage;
