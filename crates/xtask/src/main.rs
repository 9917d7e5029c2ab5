//! Automation of this repository: `cargo xtask TASK`.
#![expect(clippy::print_stdout, reason = "a task tells people what it did")]

mod images;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("images") => images::run(),
        Some(task) => bail!("unknown task `{task}`, expected one of: images"),
        None => bail!("no task given, expected one of: images"),
    }
}
