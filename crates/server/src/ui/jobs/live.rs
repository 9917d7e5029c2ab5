//! What changes while a job goes on: its state, its phases, its place in the queue. Drawn into the page, and alone for the
//! script that follows the job.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::FailureReason;
use domain::job::JobState;
use jiff::Timestamp;
use store::ids::JobId;
use store::jobs::{JobRecord, StoredJob};

use super::waiting::{self, Waiting};
use crate::error::ApiError;
use crate::own::jobs::visible;
use crate::path::Id;
use crate::state::AppState;
use crate::ui::page;
use crate::ui::problem::PageError;
use crate::ui::quantity::{Moment, counted, seconds};
use crate::ui::visitor::Visitor;

/// What changes while a job goes on.
#[derive(Template)]
#[template(path = "jobs/live.html")]
pub(super) struct Live {
    pub(super) id: String,
    pub(super) word: &'static str,
    pub(super) badge: Badge,
    pub(super) phases: Vec<Phase>,
    /// Its place in the queue, in words.
    pub(super) waiting: Option<String>,
    pub(super) is_active: bool,
    pub(super) is_cancelling: bool,
    /// Since when the program runs.
    pub(super) runs_since: Option<Moment>,
    pub(super) run_seconds: f64,
    /// What a job of this algorithm usually takes, seconds and in words.
    pub(super) usual: Option<(f64, String)>,
    pub(super) limit: String,
    /// Titles of inputs that are still on their way.
    pub(super) waits_for: Vec<String>,
    /// Which time it runs, from 2 on.
    pub(super) attempt: Option<u32>,
}

/// A state, in colour and words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) struct Badge {
    pub(in crate::ui) class: &'static str,
    pub(in crate::ui) text: &'static str,
}

/// A part of a job's life.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Phase {
    pub(super) name: &'static str,
    /// `done`, `now`, `bad`, or empty for one that has not come.
    pub(super) class: &'static str,
    pub(super) took: Option<String>,
    /// For one that goes on: since when.
    pub(super) since: Option<String>,
}

/// The state of a job by its word.
pub(in crate::ui) fn badge(word: &str, has_warnings: bool) -> Badge {
    let (class, text) = match word {
        "validating" => ("busy", "Waiting for its inputs"),
        "queued" => ("", "Queued"),
        "provisioning" => ("busy", "Preparing"),
        "executing" => ("busy", "Running"),
        "parsing" => ("busy", "Checking outputs"),
        "succeeded" if has_warnings => ("warning", "Succeeded, with warnings"),
        "succeeded" => ("good", "Succeeded"),
        "failed" => ("bad", "Failed"),
        "cancelled" => ("", "Cancelled"),
        _ => ("", "Unknown"),
    };
    Badge { class, text }
}

/// The part that changes, alone.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Id(id): Id<JobId>,
) -> Result<Response, PageError> {
    let job = visible(&state, &visitor.caller, id).await?;
    Ok(page::part(&of(&state, &job).await?)?)
}

/// What is to be told of a job now.
pub(super) async fn of(state: &AppState, job: &StoredJob) -> Result<Live, ApiError> {
    let store = state.store();
    let now = Timestamp::now();
    let records = store.job_records(job.id, 0).await?;
    let algorithm = store.algorithm(job.algorithm).await?;
    let waiting = match store.queue_place(job.id).await? {
        Some(place) => Some(place_in_words(
            waiting::before(state, Some(place.ahead)).await?,
            state.worker().lacks_disk(),
        )),
        None => None,
    };
    let mut waits_for = Vec::new();
    for pending in store.pending_inputs(job.id).await? {
        let mut sockets = algorithm.iter().flat_map(|it| &it.interfaces);
        let found = sockets.find_map(|interface| {
            let mut inputs = interface.inputs.iter();
            inputs.find(|stored| stored.id == pending.socket)
        });
        waits_for.extend(found.map(|stored| stored.socket.title.clone()));
    }
    let runs_since = match job.state {
        JobState::Executing { .. } => Some(job.state_since),
        JobState::Validating
        | JobState::Queued { .. }
        | JobState::Provisioning { .. }
        | JobState::Parsing { .. }
        | JobState::Succeeded
        | JobState::Failed { .. }
        | JobState::Cancelled => None,
    };
    let is_active = !job.state.is_final();
    Ok(Live {
        id: job.id.to_string(),
        word: job.state.word(),
        badge: badge(job.state.word(), job.has_warnings),
        phases: phases(&records, ends_in(&job.state), now),
        waiting,
        is_active,
        is_cancelling: is_active && job.cancel_asked_at.is_some(),
        run_seconds: runs_since.map_or(0.0, |since| between(since, now)),
        runs_since: runs_since.map(Moment::from),
        usual: algorithm
            .and_then(|found| found.average_seconds)
            .map(|usual| (usual, seconds(usual))),
        limit: seconds(job.limits.wall_time_ms as f64 / 1000.0),
        waits_for,
        attempt: Some(job.attempt).filter(|attempt| *attempt > 1),
    })
}

fn place_in_words(waiting: Waiting, lacks_disk: bool) -> String {
    let place = match (waiting.ahead, waiting.seconds) {
        (0, _) => "Next in the queue".to_owned(),
        (ahead, None) => format!("{ahead} before it in the queue"),
        (ahead, Some(time)) => format!("{ahead} before it in the queue, about {}", seconds(time)),
    };
    let running = counted(waiting.running, "job runs", "jobs run");
    if lacks_disk {
        return format!("{place}. Nothing begins until there is room on the server's disk.");
    }
    format!("{place}. {running} now.")
}

/// How a job that has ended did so, as its phases show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It goes on.
    NotYet,
    Good,
    /// In the phase that was the last one.
    Bad,
    /// By the program, whatever was done after.
    Program,
}

fn ends_in(state: &JobState) -> Ending {
    match state {
        JobState::Succeeded => Ending::Good,
        JobState::Cancelled => Ending::Program,
        JobState::Failed { failure } => match failure.reason {
            FailureReason::ExitCode
            | FailureReason::Signal
            | FailureReason::MemoryLimit
            | FailureReason::PidsLimit
            | FailureReason::DiskLimit
            | FailureReason::TimeLimit
            | FailureReason::LogLimit
            | FailureReason::GpuMemory
            | FailureReason::CancelledByUser => Ending::Program,
            FailureReason::OutputMissing
            | FailureReason::OutputInvalid
            | FailureReason::OutputAmbiguous
            | FailureReason::GeometryRefused
            | FailureReason::InputInvalid
            | FailureReason::ImageUnusable
            | FailureReason::NoResources
            | FailureReason::WorkerLost
            | FailureReason::Internal => Ending::Bad,
        },
        JobState::Validating
        | JobState::Queued { .. }
        | JobState::Provisioning { .. }
        | JobState::Executing { .. }
        | JobState::Parsing { .. } => Ending::NotYet,
    }
}

/// The five phases, as far as the last attempt has come.
fn phases(records: &[JobRecord], ending: Ending, now: Timestamp) -> Vec<Phase> {
    const PHASES: [(&str, &str); 5] = [
        ("validating", "Inputs arrive"),
        ("queued", "Waits"),
        ("provisioning", "Prepared"),
        ("executing", "Runs"),
        ("parsing", "Outputs checked"),
    ];
    let queued = last_of(records, "queued").unwrap_or(0);
    // Where the last phase is that counts.
    let last = records.len().saturating_sub(match ending {
        Ending::NotYet => 1,
        Ending::Good | Ending::Bad | Ending::Program => 2,
    });
    let last = match last_of(records, "executing").filter(|place| *place >= queued) {
        Some(place) if ending == Ending::Program => place,
        Some(_) | None => last,
    };
    let mut phases = Vec::new();
    for (word, name) in PHASES {
        let found = last_of(records, word)
            .filter(|place| *place >= queued || word == "validating")
            .filter(|place| *place <= last);
        let Some(place) = found else {
            // What was there at the submission never had to arrive.
            if word != "validating" {
                phases.push(Phase {
                    name,
                    class: "",
                    took: None,
                    since: None,
                });
            }
            continue;
        };
        let next = records.get(place + 1);
        let class = match (place == last, ending) {
            (true, Ending::NotYet) => "now",
            (true, Ending::Bad | Ending::Program) => "bad",
            (true, Ending::Good) | (false, _) => "done",
        };
        let began = records[place].at;
        phases.push(Phase {
            name,
            class,
            took: Some(seconds(between(began, next.map_or(now, |next| next.at)))),
            since: (class == "now").then(|| began.to_string()),
        });
    }
    phases
}

fn last_of(records: &[JobRecord], word: &str) -> Option<usize> {
    records.iter().rposition(|record| record.state == word)
}

/// Seconds from one moment to another.
pub(super) fn between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use serde_json::Value;

    use super::*;

    fn records(words: &[&str]) -> Vec<JobRecord> {
        let start = Timestamp::UNIX_EPOCH;
        let numbered = words.iter().zip(1_u64..);
        numbered
            .map(|(word, number)| JobRecord {
                number,
                at: start + i64::try_from(number).unwrap().seconds(),
                state: (*word).to_owned(),
                detail: Value::Null,
            })
            .collect()
    }

    fn classes(words: &[&str], ending: Ending) -> Vec<&'static str> {
        let now = Timestamp::UNIX_EPOCH + 60.seconds();
        let phases = phases(&records(words), ending, now);
        phases.iter().map(|phase| phase.class).collect()
    }

    #[test]
    fn phases_say_how_far_the_last_attempt_is() {
        assert_eq!(classes(&["queued"], Ending::NotYet), ["now", "", "", ""]);
        assert_eq!(
            classes(&["validating"], Ending::NotYet),
            ["now", "", "", "", ""]
        );
        assert_eq!(
            classes(
                &["queued", "provisioning", "executing", "failed"],
                Ending::Bad
            ),
            ["done", "done", "bad", ""]
        );
        let all = [
            "queued",
            "provisioning",
            "executing",
            "parsing",
            "succeeded",
        ];
        assert_eq!(classes(&all, Ending::Good), ["done"; 4]);
        let outputs = ["queued", "provisioning", "executing", "parsing", "failed"];
        assert_eq!(
            classes(&outputs, Ending::Bad),
            ["done", "done", "done", "bad"]
        );
        assert_eq!(
            classes(&outputs, Ending::Program),
            ["done", "done", "bad", ""]
        );
        let lost = ["queued", "provisioning", "executing", "queued"];
        assert_eq!(classes(&lost, Ending::NotYet), ["now", "", "", ""]);
        assert_eq!(
            classes(&["queued", "cancelled"], Ending::Program),
            ["bad", "", "", ""]
        );
    }

    #[test]
    fn a_phase_lasts_until_the_next() {
        let now = Timestamp::UNIX_EPOCH + 60.seconds();
        let phases = phases(&records(&["queued", "provisioning"]), Ending::NotYet, now);
        assert_eq!(phases[0].took.as_deref(), Some("1.0 s"));
        assert_eq!(phases[1].took.as_deref(), Some("58.0 s"));
        assert_eq!(phases[1].since.as_deref(), Some("1970-01-01T00:00:02Z"));
    }
}
