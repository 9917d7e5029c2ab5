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

    /// A medical image that was refused.
    pub(crate) fn unreadable(error: imaging::ReadImageError) -> Self {
        let hint = error.hint();
        Self::from_error(ExitStatus::IMAGE_NOT_GOOD, error).maybe_hint(hint)
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

    /// The message with its causes, as one line of plain text.
    pub(crate) fn message(&self) -> String {
        let causes = self.causes();
        causes.iter().fold(self.error.to_string(), |said, cause| {
            format!("{said}: {cause}")
        })
    }

    /// What the user can do, if anything is known.
    pub(crate) fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// What led to the message. Transparent errors and errors that already quote their source would only repeat
    /// themselves; they are left out.
    fn causes(&self) -> Vec<String> {
        let mut said = self.error.to_string();
        let mut causes = Vec::new();
        for cause in self.error.chain().skip(1) {
            let cause = cause.to_string();
            if !said.contains(&cause) {
                causes.push(cause.clone());
            }
            said = cause;
        }
        causes
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
        for cause in self.causes() {
            write!(f, "\n  caused by: {}", visible(&cause))?;
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
        assert_eq!(
            problem.message(),
            "failed to write `a`: disk\u{1b}[2J on fire"
        );
    }
}
