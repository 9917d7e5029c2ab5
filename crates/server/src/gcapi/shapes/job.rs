//! Jobs.

use domain::job::JobState;
use domain::{Failure, FailureReason};
use serde_json::{Value, json};
use store::jobs::StoredJob;
use store::values::StoredValue;

use super::{value, written_value};
use crate::links::Links;

/// `HyperlinkedJob`, with keys of older clients and the reason of a failure beside it.
pub(in crate::gcapi) fn job(
    stored: &StoredJob,
    (inputs, outputs): (&[StoredValue], &[StoredValue]),
    links: &Links,
) -> Value {
    let values = |values: &[StoredValue]| -> Vec<Value> {
        values.iter().map(|stored| value(stored, links)).collect()
    };
    json!({
        "pk": stored.id,
        "url": links.absolute(&format!("/jobs/{}/", stored.id)),
        "api_url": links.api("algorithms/jobs", stored.id),
        "algorithm": links.api("algorithms", stored.algorithm),
        "algorithm_image": links.api("algorithms/images", stored.image),
        "inputs": values(inputs),
        "outputs": values(outputs),
        "status": status(&stored.state),
        "hanging_protocol": null,
        "optional_hanging_protocols": [],
        "view_content": {},
        // Clients of 0.14 and 0.15 refuse null here.
        "exec_duration": duration(stored.run_seconds.unwrap_or(0.0)),
        "invoke_duration": duration(0.0),
        "created": stored.created_at.to_string(),
        "started_at": stored.started_at.map(|at| at.to_string()),
        "completed_at": stored.completed_at.map(|at| at.to_string()),
        "comment": stored.comment,
        "error_message": failure(&stored.state).map_or("", |failure| &failure.message),
    })
}

/// `JobPost`: only inputs that are there already.
pub(in crate::gcapi) fn posted_job(
    stored: &StoredJob,
    inputs: &[StoredValue],
    links: &Links,
) -> Value {
    let inputs: Vec<Value> = inputs
        .iter()
        .map(|input| written_value(input, links))
        .collect();
    json!({
        "pk": stored.id,
        "api_url": links.api("algorithms/jobs", stored.id),
        "inputs": inputs,
        "status": status(&stored.state),
    })
}

fn failure(state: &JobState) -> Option<&Failure> {
    match state {
        JobState::Failed { failure } => Some(failure),
        JobState::Validating
        | JobState::Queued { .. }
        | JobState::Provisioning { .. }
        | JobState::Executing { .. }
        | JobState::Parsing { .. }
        | JobState::Succeeded
        | JobState::Cancelled => None,
    }
}

/// The labels that clients compare with. Inputs that were refused after the job was accepted count as cancelled.
fn status(state: &JobState) -> &'static str {
    match state {
        JobState::Validating => "Validating inputs",
        JobState::Queued { attempts: 0 } => "Queued",
        JobState::Queued { .. } => "Re-Queued",
        JobState::Provisioning { .. } => "Provisioning",
        JobState::Executing { .. } => "Executing",
        JobState::Parsing { .. } => "Parsing Outputs",
        JobState::Succeeded => "Succeeded",
        JobState::Failed { failure } if failure.reason == FailureReason::InputInvalid => {
            "Cancelled"
        }
        JobState::Failed { .. } => "Failed",
        JobState::Cancelled => "Cancelled",
    }
}

/// ISO 8601, as Python's libraries read it: `P0DT00H01M02.500000S`.
fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).floor();
    let micros = ((seconds.max(0.0) - whole) * 1e6).round().min(999_999.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float to an integer saturates, and neither is negative"
    )]
    let (whole, micros) = (whole as u64, micros as u64);
    let (days, rest) = (whole / 86400, whole % 86400);
    let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
    let fraction = if micros == 0 {
        String::new()
    } else {
        format!(".{micros:06}")
    };
    format!("P{days}DT{hours:02}H{minutes:02}M{seconds:02}{fraction}S")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_iso_8601() {
        assert_eq!(duration(0.0), "P0DT00H00M00S");
        assert_eq!(duration(5.25), "P0DT00H00M05.250000S");
        assert_eq!(duration(90_061.0), "P1DT01H01M01S");
        assert_eq!(duration(f64::NAN), "P0DT00H00M00S");
    }
}
