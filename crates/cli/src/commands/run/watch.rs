//! What is shown on stderr while a run goes on.

use std::time::{Duration, Instant};

use container::sandbox::Stream;
use executor::{Observer, Phase};

use super::live_log;
use crate::terminal::{self, FAINT};

/// More lines than this in a second are not shown: nobody can read them, and a terminal would take longer to print them than
/// the algorithm to write them.
const LINES_A_SECOND: u32 = 1000;

/// Shows phases and log lines as they come.
pub(super) struct Watch {
    /// Shows nothing.
    quiet: bool,
    /// Since when `shown` is counted.
    since: Instant,
    shown: u32,
    left_out: u64,
}

impl Watch {
    pub(super) fn new(quiet: bool) -> Self {
        Self {
            quiet,
            since: Instant::now(),
            shown: 0,
            left_out: 0,
        }
    }

    /// Whether this line may be shown.
    fn takes_a_line(&mut self) -> bool {
        if self.since.elapsed() >= Duration::from_secs(1) {
            self.tell_what_was_left_out();
            self.since = Instant::now();
            self.shown = 0;
        }
        let room = self.shown < LINES_A_SECOND;
        if room {
            self.shown += 1;
        } else {
            self.left_out += 1;
        }
        room
    }

    fn tell_what_was_left_out(&mut self) {
        if self.left_out > 0 {
            let count = std::mem::take(&mut self.left_out);
            terminal::note(&format!(
                "{FAINT}… {count} lines not shown, they are in the log files{FAINT:#}"
            ));
        }
    }
}

impl Observer for Watch {
    fn phase(&mut self, phase: Phase) {
        self.tell_what_was_left_out();
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
        if !self.quiet && self.takes_a_line() {
            live_log::show(stream, at, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_told_and_then_lines_are_shown_again() {
        let mut watch = Watch::new(false);
        let taken = (0..5000).filter(|_| watch.takes_a_line()).count();
        assert_eq!((taken, watch.left_out), (1000, 4000));
        watch.since -= Duration::from_secs(1);
        assert!(watch.takes_a_line());
        assert_eq!((watch.shown, watch.left_out), (1, 0));
    }
}
