//! The binary as its users meet it: command line in; exit code, stdout and stderr out.

mod algorithm;
mod archive;
mod gantry;
mod images;
mod manifests;
mod runs;
mod scans;
mod served;
mod usage;
