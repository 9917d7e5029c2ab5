//! The one binary `gantry`: argument parsing, printing, exit codes; the work is done by `executor` and `container`.
//!
//! Reading order: [`main`] → `arguments` (what can be asked) → `commands/run` (the main line) → `report` (what is said).

mod arguments;
mod commands;
mod declared_image;
mod embedded;
mod exit_status;
mod forge;
mod home;
mod images;
mod imported;
mod locate;
mod manifest;
mod package;
mod place;
mod problem;
mod profile;
mod quantity;
mod remote;
mod report;
mod terminal;
mod window;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use exit_status::ExitStatus;

/// How the sandbox starts this program again; see `container::sandbox`.
const SHIM: &str = "shim";

fn main() -> ExitCode {
    // First of all, because every container waits for it: no arguments are parsed and no folder is looked for.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == SHIM)
    {
        std::process::exit(container::sandbox::shim_main());
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse_arguments(&error),
    };
    match commands::dispatch(arguments) {
        Ok(status) => status.into(),
        Err(problem) => {
            terminal::note(&problem.to_string());
            problem.status().into()
        }
    }
}

/// Prints what clap has to say: help and version are answers, the rest is a wrong usage.
fn refuse_arguments(error: &clap::Error) -> ExitCode {
    // Nobody is left to tell when the terminal itself is gone.
    let _ = error.print();
    if error.use_stderr() {
        ExitStatus::Usage.into()
    } else {
        ExitStatus::Succeeded.into()
    }
}
