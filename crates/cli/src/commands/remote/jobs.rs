//! `gantry jobs`: a list of jobs on the server.

use std::borrow::Cow;

use serde_json::Value;

use crate::arguments::JobsArguments;
use crate::commands::{print, print_json};
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::quantity;
use crate::remote::Connection;
use crate::terminal::{self, Table};

/// Lists jobs.
pub(crate) fn jobs(arguments: &JobsArguments) -> Result<ExitStatus, Problem> {
    let server = Connection::open()?;
    let mut path = format!("/api/gantry/v1/jobs/?limit={}", arguments.limit);
    for (key, value) in [
        ("algorithm", &arguments.algorithm),
        ("state", &arguments.state),
        ("search", &arguments.search),
        ("creator", &arguments.user),
        ("sort", &arguments.sort),
        ("after", &arguments.after),
    ] {
        if let Some(value) = value {
            path += &format!("&{key}={}", escaped(value));
        }
    }
    let found: Value = server.get(&path)?;
    if arguments.json {
        print_json(&found)?;
        return Ok(ExitStatus::Succeeded);
    }
    let mut table = Table::new(&[
        "job",
        "algorithm",
        "state",
        "submitted",
        "ran",
        "inputs",
        "comment",
    ]);
    for job in found["results"].as_array().into_iter().flatten() {
        table.row(row(job));
    }
    if table.is_empty() {
        terminal::note("no such jobs");
    } else {
        print(&table.render(0, terminal::columns()))?;
    }
    if let Some(next) = found["next"].as_str() {
        let count = found["count"].as_u64();
        let count = count.map_or_else(|| "more than 1000".to_owned(), |count| count.to_string());
        terminal::note(&format!("{count} in all; the next ones: `--after {next}`"));
    }
    Ok(ExitStatus::Succeeded)
}

fn row(job: &Value) -> [Cow<'_, str>; 7] {
    let text = |key: &str| Cow::from(job[key].as_str().unwrap_or_default());
    let state = match job["failure"].as_str() {
        Some(reason) => format!("{} ({reason})", text("state")).into(),
        None if job["has_warnings"] == true => format!("{} (warnings)", text("state")).into(),
        None => text("state"),
    };
    let submitted = text("created_at").chars().take(16).collect::<String>();
    let ran = job["run_seconds"].as_f64().map(quantity::seconds);
    let inputs = job["inputs"].as_array().into_iter().flatten();
    let inputs: Vec<&str> = inputs.filter_map(Value::as_str).collect();
    [
        text("id"),
        text("algorithm"),
        state,
        submitted.replace('T', " ").into(),
        ran.unwrap_or_default().into(),
        inputs.join(", ").into(),
        text("comment"),
    ]
}

/// A value behind the `?` of an address.
pub(super) fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
