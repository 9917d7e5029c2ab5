//! The events of a job, until it has ended; goes on where it stopped when the connection breaks.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use serde_json::Value;

use super::connection::Connection;
use crate::exit_status::ExitStatus;
use crate::problem::Problem;

/// Connections that may break one after the other without an event between them.
const PATIENCE: u32 = 10;
/// Before the next connection.
const PAUSE: Duration = Duration::from_millis(500);

/// What happened.
pub(crate) struct Event {
    /// `state`, `log`, `attempt` or `end`.
    pub(crate) kind: String,
    /// What the server says of it.
    pub(crate) data: Value,
}

/// Hands every event to `hear`, until the one that says the end, which is returned.
pub(crate) fn events(
    server: &Connection,
    job: &str,
    hear: &mut dyn FnMut(&Event) -> Result<(), Problem>,
) -> Result<Value, Problem> {
    let mut after = String::new();
    let mut broken = 0;
    while broken < PATIENCE {
        let path = format!("/api/gantry/v1/jobs/{job}/events/?after={after}");
        let mut lines = BufReader::new(server.download(&path)?).lines();
        let mut event = Event {
            kind: String::new(),
            data: Value::Null,
        };
        // An error ends a connection as its end does.
        while let Some(Ok(line)) = lines.next() {
            match line
                .split_once(':')
                .map(|(field, value)| (field, value.trim_start()))
            {
                Some(("event", value)) => value.clone_into(&mut event.kind),
                Some(("id", value)) => value.clone_into(&mut after),
                Some(("data", value)) => {
                    event.data = serde_json::from_str(value).unwrap_or(Value::Null);
                }
                Some(_) | None if line.is_empty() && !event.kind.is_empty() => {
                    broken = 0;
                    if event.kind == "end" {
                        return Ok(event.data);
                    }
                    hear(&event)?;
                    event.kind.clear();
                }
                Some(_) | None => {}
            }
        }
        broken += 1;
        std::thread::sleep(PAUSE);
    }
    let message =
        format!("the server ended the events of job `{job}` {PATIENCE} times without a word");
    Err(Problem::new(ExitStatus::HostUnable, message))
}
