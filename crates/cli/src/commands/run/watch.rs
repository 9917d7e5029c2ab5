//! What is shown on stderr while a run goes on.

use std::time::Duration;

use container::sandbox::Stream;
use executor::{Observer, Phase};

use super::live_log;
use crate::terminal::{self, FAINT};

/// Shows phases and log lines as they come.
pub(super) struct Watch {
    /// Shows nothing.
    pub(super) quiet: bool,
}

impl Observer for Watch {
    fn phase(&mut self, phase: Phase) {
        let doing = match phase {
            Phase::Checking => "checking the inputs",
            Phase::Provisioning => "building the sandbox",
            Phase::Executing => "running the algorithm",
            Phase::Collecting => "judging the outputs",
            Phase::Done => return,
        };
        if !self.quiet {
            terminal::note(&format!("{FAINT}{doing}{FAINT:#}"));
        }
    }

    fn log(&mut self, stream: Stream, at: Duration, line: &str) {
        if !self.quiet {
            live_log::show(stream, at, line);
        }
    }
}
