//! The container's stdout and stderr as they come, told apart, on our stderr.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use container::sandbox::Stream;

use crate::terminal::{self, visible_line};

const STDOUT: Style = AnsiColor::Blue.on_default();
const STDERR: Style = AnsiColor::Magenta.on_default();

/// Prints one line with its stream and the seconds since the program started.
pub(crate) fn show(stream: Stream, at: Duration, line: &str) {
    terminal::note(&prefixed(stream, at, line));
}

fn prefixed(stream: Stream, at: Duration, line: &str) -> String {
    let (style, name) = match stream {
        Stream::Stdout => (STDOUT, "stdout"),
        Stream::Stderr => (STDERR, "stderr"),
    };
    format!(
        "{style}{:>7.2} {name} |{style:#} {}",
        at.as_secs_f64(),
        visible_line(line)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_told_apart_without_colours_too() {
        let line = |stream, text| {
            let line = prefixed(stream, Duration::from_millis(1250), text);
            anstream::adapter::strip_str(&line).to_string()
        };
        assert_eq!(
            line(Stream::Stdout, "loading\n"),
            "   1.25 stdout | loading"
        );
        assert_eq!(
            line(Stream::Stderr, "\u{1b}[1mstdout | x\u{1b}[2K"),
            "   1.25 stderr | stdout | x"
        );
    }
}
