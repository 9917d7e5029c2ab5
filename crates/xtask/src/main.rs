//! Automation of this repository: `cargo xtask TASK`.
#![expect(clippy::print_stdout, reason = "a task tells people what it did")]

mod figures;
mod images;
mod soak;

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use camino::Utf8Path;
use xtask::tidy;

fn main() -> Result<ExitCode> {
    match std::env::args().nth(1).as_deref() {
        Some("figures") => {
            let path = std::env::args()
                .nth(2)
                .context("expected the file of figures")?;
            figures::run(&tidy::repository_root()?, Utf8Path::new(&path))?;
        }
        Some("images") => images::run()?,
        Some("soak") => {
            let path = std::env::args()
                .nth(2)
                .context("expected the file of samples")?;
            soak::run(&tidy::repository_root()?, Utf8Path::new(&path))?;
        }
        Some("tidy") => return tidy(),
        Some(task) => bail!("unknown task `{task}`, expected one of: figures, images, soak, tidy"),
        None => bail!("no task given, expected one of: figures, images, soak, tidy"),
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
