//! A program that tries to break out of, or to break, the container it runs in, and says what happened.
//!
//! `probe TASK [ARGUMENT]`: each task prints one fact per line on stdout, `name value`. It is linked statically, so that it
//! runs in an empty root file system.
#![expect(
    unsafe_code,
    reason = "an attacker is not bound by what libraries offer: these are raw system calls"
)]
#![expect(clippy::print_stdout, reason = "stdout is what this program is for")]
#![expect(
    clippy::disallowed_methods,
    reason = "error numbers are the result here, and errors that name paths lose them"
)]

mod attempts;
mod errno;
mod exhaust;
mod files;
mod leftovers;
mod network;
mod process;
mod siege;
mod works;

use std::process::ExitCode;

/// One task: its name, and what it does with its argument.
type Task = (&'static str, fn(&str));

const TASKS: &[Task] = &[
    ("attempts", attempts::all),
    ("works", works::all),
    ("memory", exhaust::memory),
    ("memory-in-child", exhaust::memory_in_child),
    ("fill", exhaust::fill),
    ("inodes", exhaust::inodes),
    ("threads", exhaust::threads),
    ("forks", exhaust::forks),
    ("fork-bomb", exhaust::fork_bomb),
    ("flood", exhaust::flood),
    ("network", network::all),
    ("ignore-term", process::ignore_term),
    ("exit-on-term", process::exit_on_term),
    ("daemon", process::daemon),
    ("hold-pipe", process::hold_pipe),
    ("facts", process::facts),
    ("spin", process::spin),
    ("attempt", siege::attempt),
    ("families", siege::families),
    ("connect", siege::connect),
    ("unix", siege::unix),
    ("descriptors", siege::descriptors),
    ("shared", siege::shared),
    ("handles", leftovers::handles),
    ("zombies", leftovers::zombies),
    ("kill-all", leftovers::kill_all),
    ("stopped", leftovers::stopped),
    ("frozen-parent", leftovers::frozen_parent),
    ("racer", leftovers::racer),
    ("orphan", leftovers::orphan),
    ("spin-forever", leftovers::spin_forever),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let argument = arguments.next().unwrap_or_default();
    let Some((_, task)) = TASKS.iter().find(|(task, _)| *task == name) else {
        println!("unknown task `{name}`, expected one of:");
        TASKS.iter().for_each(|(task, _)| println!("  {task}"));
        return ExitCode::from(64);
    };
    task(&argument);
    ExitCode::SUCCESS
}
