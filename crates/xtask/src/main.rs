//! Automation of this repository: `cargo xtask TASK`.
#![expect(clippy::print_stdout, reason = "a task tells people what it did")]

mod images;

use std::process::ExitCode;

use anyhow::{Result, bail};
use xtask::tidy;

fn main() -> Result<ExitCode> {
    match std::env::args().nth(1).as_deref() {
        Some("images") => images::run()?,
        Some("tidy") => return tidy(),
        Some(task) => bail!("unknown task `{task}`, expected one of: images, tidy"),
        None => bail!("no task given, expected one of: images, tidy"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints what breaks a house rule, by `file:line`; exit code 1 when anything does.
fn tidy() -> Result<ExitCode> {
    let tree = tidy::Tree::read(&tidy::repository_root()?)?;
    let findings = tidy::check(&tree);
    for finding in &findings {
        println!("{finding}");
    }
    println!("{}", tidy::figures(&tree));
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}
