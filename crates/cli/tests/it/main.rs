//! The binary as its users meet it: command line in; exit code, stdout and stderr out.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be made ready has failed"
)]

mod algorithm;
mod archive;
mod builds;
mod cases;
mod checks;
#[path = "../../../container/tests/it/docker_engine.rs"]
#[expect(dead_code, reason = "tests of the sandbox also crash it")]
mod docker_engine;
mod executors;
mod faq;
mod forge;
mod gantry;
mod images;
mod init;
mod manifests;
mod packages;
mod papers;
mod python;
mod runs;
mod scans;
mod served;

mod usage;
