//! How far a long reading is: a bar on a terminal, now and then a line elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{note, visible};
use crate::quantity;

/// Between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Progress through a known number of bytes.
pub(crate) struct Progress(Shown);

enum Shown {
    Bar(ProgressBar),
    Lines {
        what: String,
        total: u64,
        last: Instant,
    },
    Nothing,
}

impl Progress {
    /// Starts at 0 of `total` bytes, or of an unknown number; `what` is being done.
    pub(crate) fn start(what: &str, total: u64, quiet: bool) -> Self {
        let what = visible(what).into_owned();
        if quiet {
            return Self(Shown::Nothing);
        }
        if !std::io::stderr().is_terminal() {
            return Self(Shown::Lines {
                what,
                total,
                last: Instant::now(),
            });
        }
        // How long it is, the server does not always say.
        let template = if total == 0 {
            "{msg} {bytes} {bytes_per_sec}"
        } else {
            "{msg} {wide_bar} {bytes}/{total_bytes} {eta}"
        };
        let style = ProgressStyle::with_template(template)
            .expect("the template above is valid")
            .progress_chars("━╸ ");
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        bar.set_style(style);
        bar.set_message(what);
        Self(Shown::Bar(bar))
    }

    /// Starts at 0 of `total` things that are no bytes.
    pub(crate) fn start_count(what: &str, total: u64, quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self(Shown::Nothing);
        }
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}")
            .expect("the template above is valid")
            .progress_chars("━╸ ");
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        bar.set_style(style);
        bar.set_message(visible(what).into_owned());
        Self(Shown::Bar(bar))
    }

    /// `done` bytes are behind us.
    pub(crate) fn set(&mut self, done: u64) {
        match &mut self.0 {
            Shown::Bar(bar) => bar.set_position(done),
            Shown::Lines { what, total, last } => {
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    let of = if *total == 0 {
                        String::new()
                    } else {
                        format!(" of {}", quantity::bytes(*total))
                    };
                    note(&format!("{what}: {}{of}", quantity::bytes(done)));
                }
            }
            Shown::Nothing => {}
        }
    }
}

impl Drop for Progress {
    /// Takes the bar away, so that what is said next stands alone.
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
