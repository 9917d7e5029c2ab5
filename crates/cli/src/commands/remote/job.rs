//! A job on the server: where it stands, what it writes, its end.

use domain::Failure;
use serde_json::{Value, json};

use super::run;
use crate::arguments::{JobArguments, LogsArguments};
use crate::commands::{print, print_json, print_line};
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::remote::{Connection, events};
use crate::report;
use crate::terminal::{self, visible, visible_line};

fn path(job: &str) -> String {
    format!("/api/gantry/v1/jobs/{job}/")
}

/// Says where it stands.
pub(crate) fn status(arguments: &JobArguments) -> Result<ExitStatus, Problem> {
    let server = Connection::open()?;
    if let Some(archive) = &arguments.archive {
        return run::status(&server, (archive, &arguments.job), arguments.json);
    }
    let job: Value = server.get(&path(&arguments.job))?;
    tell(&job, arguments.json)
}

/// Asks for its end.
pub(crate) fn cancel(arguments: &JobArguments) -> Result<ExitStatus, Problem> {
    let server = Connection::open()?;
    if let Some(archive) = &arguments.archive {
        return run::cancel(&server, (archive, &arguments.job), arguments.json);
    }
    let job: Value = server.post(&format!("{}cancel/", path(&arguments.job)), &json!({}))?;
    tell(&job, arguments.json)?;
    Ok(ExitStatus::Succeeded)
}

/// Submits it once more.
pub(crate) fn retry(job: &str, is_waited: bool, json: bool) -> Result<ExitStatus, Problem> {
    let server = Connection::open()?;
    let made: Value = server.post(&format!("{}retry/", path(job)), &json!({}))?;
    let id = made["id"].as_str().unwrap_or_default();
    if is_waited {
        return wait(&server, id, json);
    }
    if json {
        print_json(&made)?;
    } else {
        print(&format!("{id}\n"))?;
    }
    Ok(ExitStatus::Succeeded)
}

/// Prints what it has written, and with `follow` what it writes.
pub(crate) fn logs(arguments: &LogsArguments) -> Result<ExitStatus, Problem> {
    let server = Connection::open()?;
    let say = |line: &Value| -> Result<(), Problem> {
        if arguments.json {
            return print_line(line);
        }
        let stream = if line["is_stderr"] == true {
            "stderr"
        } else {
            "stdout"
        };
        let text = visible_line(line["text"].as_str().unwrap_or_default());
        print(&format!(
            "{:>8.2} {stream} | {text}\n",
            line["seconds"].as_f64().unwrap_or(0.0)
        ))
    };
    if arguments.follow {
        events(
            &server,
            &arguments.job,
            &mut |event| match event.kind.as_str() {
                "log" => say(&event.data),
                _ => Ok(()),
            },
        )?;
    } else {
        let lines: Vec<Value> = server.get(&format!("{}log/", path(&arguments.job)))?;
        lines.iter().try_for_each(say)?;
    }
    Ok(ExitStatus::Succeeded)
}

/// Waits for the end, tells states as they come, and then everything.
pub(super) fn wait(server: &Connection, job: &str, json: bool) -> Result<ExitStatus, Problem> {
    events(server, job, &mut |event| {
        if !json && event.kind == "state" {
            let state = event.data["state"].as_str().unwrap_or_default();
            terminal::note(&format!("{job} {}", visible(state)));
        }
        Ok(())
    })?;
    let ended: Value = server.get(&path(job))?;
    tell(&ended, json)
}

/// Everything that is known; the exit code is that of `gantry run` once the job has ended.
fn tell(job: &Value, json: bool) -> Result<ExitStatus, Problem> {
    let failure: Option<Failure> = serde_json::from_value(job["failure"].clone()).unwrap_or(None);
    if json {
        print_json(job)?;
    } else {
        let id = job["id"].as_str().unwrap_or_default();
        let mut line = format!("{id} {}", job["state"].as_str().unwrap_or_default());
        if let (Some(ahead), Some(queued)) = (
            job["queue"]["ahead"].as_u64(),
            job["queue"]["queued"].as_u64(),
        ) {
            line += &format!(", {ahead} of {queued} queued jobs come before it");
        }
        if job["queue"]["lacks_disk"] == true {
            line += ", nothing begins until there is room on the server's disk";
        }
        if let Some(seconds) = job["run_seconds"].as_f64() {
            line += &format!(", ran {seconds:.2} s");
        }
        if job["has_warnings"] == true {
            line += ", with warnings";
        }
        print(&format!("{}\n", visible(&line)))?;
        if let Some(failure) = &failure {
            terminal::note(&report::failure(failure));
        }
    }
    Ok(match (job["state"].as_str(), failure) {
        (_, Some(failure)) => ExitStatus::of_reason(failure.reason),
        (Some("cancelled"), None) => ExitStatus::Cancelled,
        _ => ExitStatus::Succeeded,
    })
}
