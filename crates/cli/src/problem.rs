//! Why a command did not do what it was asked: one message, its causes, one hint, one exit code.

use std::fmt;

use crate::exit_status::ExitStatus;
use crate::terminal::{ERROR, HINT, visible};

/// A command's error, as it is printed on stderr.
#[derive(Debug)]
pub(crate) struct Problem {
    status: ExitStatus,
    error: anyhow::Error,
    hint: Option<String>,
}

impl Problem {
    /// A problem with a message of its own.
    pub(crate) fn new(status: ExitStatus, message: String) -> Self {
        Self {
            status,
            error: anyhow::Error::msg(message),
            hint: None,
        }
    }

    /// A problem that an error tells.
    pub(crate) fn from_error(
        status: ExitStatus,
        error: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            status,
            error: anyhow::Error::new(error),
            hint: None,
        }
    }

    /// Something that should not have happened.
    pub(crate) fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::from_error(ExitStatus::Internal, error)
    }

    /// Says what was being done, above the message there is.
    pub(crate) fn context(mut self, doing: String) -> Self {
        self.error = self.error.context(doing);
        self
    }

    /// Says what the user can do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// As [`Self::hint`], where there may be none.
    pub(crate) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// The exit code that fits.
    pub(crate) fn status(&self) -> ExitStatus {
        self.status
    }
}

impl fmt::Display for Problem {
    /// Several lines with styles and without a newline at the end; messages may quote foreign names, so control
    /// characters are made visible.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{ERROR}error:{ERROR:#} {}",
            visible(&self.error.to_string())
        )?;
        let mut said = self.error.to_string();
        for cause in self.error.chain().skip(1) {
            let cause = cause.to_string();
            // Transparent errors and errors that already quote their source would only repeat themselves.
            if !said.contains(&cause) {
                write!(f, "\n  caused by: {}", visible(&cause))?;
            }
            said = cause;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n{HINT}hint:{HINT:#} {}", visible(hint))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_and_hint_stand_below_the_message() {
        let problem = Problem::internal(std::io::Error::other("disk\u{1b}[2J on fire"))
            .context("failed to write `a`".to_owned())
            .hint("put it out");
        assert_eq!(
            anstream::adapter::strip_str(&problem.to_string()).to_string(),
            "error: failed to write `a`\n  caused by: disk\u{fffd}[2J on fire\nhint: put it out"
        );
    }
}
