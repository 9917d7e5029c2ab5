//! The life of a job: its states, who may leave them, and for how long it may stay.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::limits::Limits;

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum JobState {
    /// Inputs are being judged.
    Validating,
    /// It waits for a worker.
    Queued {
        /// How often a worker took it and was lost; 0 at first.
        attempts: u32,
    },
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
    /// Whoever worked on it is gone, or its disk is full. It is tried again, but not for ever.
    WorkerLost(Box<Failure>),
    /// Whoever works on it stops in an orderly way: it goes back as if it had never been taken.
    Interrupted,
}

/// An event that a state does not know.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("a job that is `{state:?}` cannot take the event `{event:?}`")]
pub struct ImpossibleTransition {
    state: JobState,
    event: JobEvent,
}

/// How often a job is tried when what ran it is lost: a job that takes the machine down must not do so for ever.
pub const MAX_ATTEMPTS: u32 = 2;

impl JobState {
    /// Its word in tables, URLs and answers.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Validating => "validating",
            Self::Queued { .. } => "queued",
            Self::Provisioning { .. } => "provisioning",
            Self::Executing { .. } => "executing",
            Self::Parsing { .. } => "parsing",
            Self::Succeeded => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// How often a worker took it, where the state tells.
    pub fn attempt(&self) -> Option<u32> {
        match self {
            Self::Queued { attempts } => Some(*attempts),
            Self::Provisioning { attempt }
            | Self::Executing { attempt }
            | Self::Parsing { attempt } => Some(*attempt),
            Self::Validating | Self::Succeeded | Self::Failed { .. } | Self::Cancelled => None,
        }
    }

    /// How long it may stay so before something is wrong with whoever should move it on; `None` for ever.
    pub fn allowance(&self, limits: &Limits) -> Option<Duration> {
        const MINUTE: Duration = Duration::from_secs(60);
        match self {
            Self::Validating => Some(60 * MINUTE),
            Self::Provisioning { .. } => Some(10 * MINUTE),
            // The sandbox itself ends the program at its limit; this is for a sandbox that does not.
            Self::Executing { .. } => Some(Duration::from_millis(limits.wall_time_ms) + 5 * MINUTE),
            Self::Parsing { .. } => Some(30 * MINUTE),
            Self::Queued { .. } | Self::Succeeded | Self::Failed { .. } | Self::Cancelled => None,
        }
    }

    /// Whether nothing more will happen.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed { .. } | Self::Cancelled
        )
    }

    /// Whether it waits for a worker.
    pub fn is_claimable(&self) -> bool {
        matches!(self, Self::Queued { .. })
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
            (Self::Validating, JobEvent::InputsAccepted) => Ok(Self::Queued { attempts: 0 }),
            (Self::Queued { attempts }, JobEvent::Claimed) => Ok(Self::Provisioning {
                attempt: attempts + 1,
            }),
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
                JobEvent::WorkerLost(failure),
            ) => Ok(if attempt < MAX_ATTEMPTS {
                Self::Queued { attempts: attempt }
            } else {
                Self::Failed { failure }
            }),
            (
                Self::Provisioning { attempt }
                | Self::Executing { attempt }
                | Self::Parsing { attempt },
                JobEvent::Interrupted,
            ) => Ok(Self::Queued {
                attempts: attempt.saturating_sub(1),
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
                JobEvent::WorkerLost(failure.clone()),
                JobEvent::Claimed,
            ] {
                assert!(state.clone().next(event).is_err());
            }
        }
    }

    #[test]
    fn a_lost_worker_is_another_attempt_but_not_for_ever() {
        let lost = || {
            let failure = Failure::new(FailureReason::WorkerLost, "the server was killed");
            JobEvent::WorkerLost(Box::new(failure))
        };
        let mut state = JobState::Queued { attempts: 0 };
        for attempts in 1..MAX_ATTEMPTS {
            state = state.next(JobEvent::Claimed).unwrap();
            assert_eq!(state.attempt(), Some(attempts));
            state = state.next(lost()).unwrap();
            assert_eq!(state, JobState::Queued { attempts });
        }
        state = state.next(JobEvent::Claimed).unwrap();
        state = state.next(lost()).unwrap();
        assert_eq!(state.word(), "failed");
    }

    #[test]
    fn an_orderly_stop_costs_no_attempt() {
        let running = JobState::Executing { attempt: 1 };
        let queued = running.next(JobEvent::Interrupted).unwrap();
        assert_eq!(queued, JobState::Queued { attempts: 0 });
        assert!(JobState::Validating.next(JobEvent::Interrupted).is_err());
    }

    #[test]
    fn whoever_should_move_it_on_has_a_deadline() {
        let limits = Limits::default();
        let running = JobState::Executing { attempt: 1 };
        assert!(running.allowance(&limits).unwrap() > Duration::from_millis(limits.wall_time_ms));
        assert_eq!(JobState::Queued { attempts: 0 }.allowance(&limits), None);
    }
}
