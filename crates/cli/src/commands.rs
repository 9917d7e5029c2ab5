//! One file per command.

mod run;

use crate::arguments::{Arguments, Command};
use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::problem::Problem;

/// Does what was asked.
pub(crate) fn dispatch(arguments: Arguments) -> Result<ExitStatus, Problem> {
    let Arguments { home, command } = arguments;
    match command {
        Command::Run(_) | Command::Image(_) | Command::Validate(_) | Command::Schema => {
            let home = Home::choose(home)?;
            Err(Problem::new(
                ExitStatus::Internal,
                format!("no such command yet; {}", home.path()),
            ))
        }
    }
}
