//! The life of a job: its states, who may leave them, and for how long it may stay.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum JobState {
    /// Inputs are being judged.
    Validating,
    /// It waits for a worker.
    Queued,
    /// A worker lays out its inputs and builds the sandbox.
    Provisioning {
        /// Counted from 1.
        attempt: u32,
    },
    /// The program runs.
    Executing {
        /// Counted from 1.
        attempt: u32,
    },
    /// Outputs are being judged.
    Parsing {
        /// Counted from 1.
        attempt: u32,
    },
    /// Exit code 0 and all outputs are valid.
    Succeeded,
    /// Something is wrong.
    Failed {
        /// What.
        failure: Box<Failure>,
    },
    /// Somebody ended it.
    Cancelled,
}

/// What can happen to a job.
#[derive(Debug, Clone, PartialEq)]
pub enum JobEvent {
    /// Its inputs are fine.
    InputsAccepted,
    /// A worker took it.
    Claimed,
    /// The sandbox stands.
    Provisioned,
    /// The program has ended with code 0.
    Executed,
    /// All outputs are fine.
    OutputsAccepted,
    /// Something is wrong.
    Failed(Box<Failure>),
    /// Somebody wants it ended.
    Cancelled,
    /// Whoever worked on it is gone; it may be tried again.
    WorkerLost,
}

/// An event that a state does not know.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("a job that is `{state:?}` cannot take the event `{event:?}`")]
pub struct ImpossibleTransition {
    state: JobState,
    event: JobEvent,
}

impl JobState {
    /// Whether nothing more will happen.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed { .. } | Self::Cancelled
        )
    }

    /// Whether a worker holds it.
    pub fn is_claimed(&self) -> bool {
        matches!(
            self,
            Self::Provisioning { .. } | Self::Executing { .. } | Self::Parsing { .. }
        )
    }

    /// The state after an event.
    ///
    /// # Errors
    /// When the event cannot happen in this state.
    pub fn next(self, event: JobEvent) -> Result<Self, ImpossibleTransition> {
        match (self, event) {
            (Self::Validating, JobEvent::InputsAccepted) => Ok(Self::Queued),
            (Self::Queued, JobEvent::Claimed) => Ok(Self::Provisioning { attempt: 1 }),
            (Self::Provisioning { attempt }, JobEvent::Provisioned) => {
                Ok(Self::Executing { attempt })
            }
            (Self::Executing { attempt }, JobEvent::Executed) => Ok(Self::Parsing { attempt }),
            (Self::Parsing { .. }, JobEvent::OutputsAccepted) => Ok(Self::Succeeded),
            (state, JobEvent::Failed(failure)) if !state.is_final() => Ok(Self::Failed { failure }),
            (state, JobEvent::Cancelled) if !state.is_final() => Ok(Self::Cancelled),
            (
                Self::Provisioning { attempt }
                | Self::Executing { attempt }
                | Self::Parsing { attempt },
                JobEvent::WorkerLost,
            ) => Ok(Self::Provisioning {
                attempt: attempt + 1,
            }),
            (state, event) => Err(ImpossibleTransition { state, event }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureReason;

    #[test]
    fn the_straight_line_leads_to_success() {
        let events = [
            JobEvent::InputsAccepted,
            JobEvent::Claimed,
            JobEvent::Provisioned,
            JobEvent::Executed,
            JobEvent::OutputsAccepted,
        ];
        let end = events
            .into_iter()
            .try_fold(JobState::Validating, JobState::next)
            .unwrap();
        assert_eq!(end, JobState::Succeeded);
    }

    #[test]
    fn final_states_stay() {
        let failure = Box::new(Failure::new(FailureReason::Internal, "x"));
        for state in [
            JobState::Succeeded,
            JobState::Cancelled,
            JobState::Failed {
                failure: failure.clone(),
            },
        ] {
            for event in [
                JobEvent::Cancelled,
                JobEvent::Failed(failure.clone()),
                JobEvent::WorkerLost,
                JobEvent::Claimed,
            ] {
                assert!(state.clone().next(event).is_err());
            }
        }
    }

    #[test]
    fn a_lost_worker_is_another_attempt() {
        let state = JobState::Executing { attempt: 1 }
            .next(JobEvent::WorkerLost)
            .unwrap();
        assert_eq!(state, JobState::Provisioning { attempt: 2 });
    }
}
