//! Turning what the kernel refused into a message that says whose matter it is.

use std::fmt::Display;
use std::io;

use crate::sandbox::outcome::{ShimError, StartProblem};

impl ShimError {
    /// The container image is at fault.
    pub(super) fn image(message: impl Into<String>, hint: Option<&str>) -> Self {
        Self {
            problem: StartProblem::Image,
            message: message.into(),
            hint: hint.map(str::to_owned),
        }
    }

    /// The host cannot give what was asked for.
    pub(super) fn host(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            problem: StartProblem::Host,
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// We failed.
    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self {
            problem: StartProblem::Internal,
            message: message.into(),
            hint: None,
        }
    }
}

/// Names the step at which a call failed.
pub(super) trait OrShimError<T> {
    /// As "failed to `step`: `cause`", our fault.
    fn or_internal(self, step: impl Display) -> Result<T, ShimError>;
}

impl<T> OrShimError<T> for io::Result<T> {
    fn or_internal(self, step: impl Display) -> Result<T, ShimError> {
        self.map_err(|error| ShimError::internal(format!("failed to {step}: {error}")))
    }
}

impl<T> OrShimError<T> for rustix::io::Result<T> {
    fn or_internal(self, step: impl Display) -> Result<T, ShimError> {
        self.map_err(io::Error::from).or_internal(step)
    }
}
