//! What reaches the user's terminal: data on stdout, everything else on stderr, styles only where they are understood,
//! and no control characters of others.

mod progress;
mod table;

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};

pub(crate) use progress::Progress;
pub(crate) use table::Table;

/// A failure.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Something to look at.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// Something that is as it should be.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// A piece of advice.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();
/// A heading.
pub(crate) const HEADING: Style = Style::new().bold();
/// Something that is only there for completeness.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Prints data for the user or the next program. A reader that has gone away has what it wanted; other failures of
/// stdout are errors.
pub(crate) fn data(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// How wide the lines on stdout may be: what `COLUMNS` says, else as wide as the terminal; `None` where nobody is known to
/// look at them.
pub(crate) fn columns() -> Option<usize> {
    let asked = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    asked.or_else(width_of_terminal).filter(|width| *width > 0)
}

fn width_of_terminal() -> Option<usize> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(stdout).ok()?;
    Some(usize::from(size.ws_col))
}

/// Prints one line (or several) on stderr.
pub(crate) fn note(text: &str) {
    // When stderr is gone there is nobody to tell about it.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// The text without anything that a terminal would act on: escape sequences of a container must not move the cursor,
/// set titles or paint over our own lines. A tab stays, other control characters become `U+FFFD`; marks that turn the
/// direction of writing or have no width are written out.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let bad = |c: char| c.is_control() && c != '\t' && c != '\n';
    let shown = domain::visible(text);
    if shown.contains(bad) {
        Cow::Owned(shown.replace(bad, "\u{fffd}"))
    } else {
        shown
    }
}

/// A line of a program's log, for people: colour sequences are dropped whole and a progress bar that paints over itself
/// with carriage returns keeps its last state; then as [`visible`].
pub(crate) fn visible_line(line: &str) -> String {
    let plain = anstream::adapter::strip_str(line.trim_end_matches(['\r', '\n'])).to_string();
    let last = plain.rsplit('\r').next().unwrap_or_default();
    visible(last).replace('\n', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_act_on_the_terminal() {
        assert_eq!(
            visible_line("\u{1b}[31mred\u{1b}[0m\ttext\r\n"),
            "red\ttext"
        );
        assert_eq!(visible_line(" 10%\r 50%\r100%"), "100%");
        assert!(!visible_line("a\u{1b}]0;title\u{7}b").contains('\u{1b}'));
        assert_eq!(visible_line("a\u{202e}bc"), "a⟨U+202E⟩bc");
        assert_eq!(visible("a\u{8}b"), "a\u{fffd}b");
    }
}
