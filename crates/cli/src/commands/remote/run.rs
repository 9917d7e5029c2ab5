//! A run of an algorithm over a whole archive, on the server.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Value, json};

use crate::commands::{print, print_json};
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::remote::Connection;
use crate::terminal::{self, Progress, Table, visible};

/// Between two looks at a run.
const LOOK: Duration = Duration::from_millis(500);

/// Where a run is on the server.
pub(super) fn path(archive: &str, run: &str) -> String {
    format!("/api/gantry/v1/archives/{archive}/runs/{run}/")
}

/// Starts a run; with `wait`, goes on until all its jobs have ended.
pub(super) fn start(
    server: &Connection,
    (archive, algorithm): (&str, &str),
    wait: bool,
    json: bool,
) -> Result<ExitStatus, Problem> {
    let runs = format!("/api/gantry/v1/archives/{archive}/runs/");
    let run: Value = server.post(&runs, &json!({"algorithm": algorithm}))?;
    let id = run["id"].as_str().unwrap_or_default().to_owned();
    if !json {
        let skipped = run["skipped"].as_array().into_iter().flatten();
        for one in skipped {
            let text = |key: &str| visible(one[key].as_str().unwrap_or_default());
            terminal::note(&format!(
                "skipped item {}: {}",
                text("item"),
                text("reason")
            ));
        }
    }
    if !wait {
        if json {
            print_json(&run)?;
        } else {
            print(&format!("{id}\n"))?;
        }
        return Ok(ExitStatus::Succeeded);
    }
    let total = run["total"].as_u64().unwrap_or(0);
    let mut progress = Progress::start_count(&format!("{algorithm} on {archive}"), total, json);
    let run = loop {
        let run: Value = server.get(&path(archive, &id))?;
        let ended = run["ended"].as_u64().unwrap_or(0);
        progress.set(ended);
        if ended >= total {
            break run;
        }
        std::thread::sleep(LOOK);
    };
    drop(progress);
    tell(&run, json)
}

/// How far a run is.
pub(super) fn status(
    server: &Connection,
    (archive, run): (&str, &str),
    json: bool,
) -> Result<ExitStatus, Problem> {
    tell(&server.get(&path(archive, run))?, json)
}

/// Ends a run.
pub(super) fn cancel(
    server: &Connection,
    (archive, run): (&str, &str),
    json: bool,
) -> Result<ExitStatus, Problem> {
    let address = format!("{}cancel/", path(archive, run));
    tell(&server.post(&address, &json!({}))?, json)?;
    Ok(ExitStatus::Succeeded)
}

/// Prints it. Once all have ended, a job that failed is a failure of the algorithm, and one that was cancelled a cancellation.
fn tell(run: &Value, json: bool) -> Result<ExitStatus, Problem> {
    if json {
        print_json(run)?;
    } else {
        let text = |key: &str| visible(run[key].as_str().unwrap_or_default()).into_owned();
        print(&format!(
            "{} {} on {}: {} of {} jobs have ended\n",
            text("id"),
            text("algorithm"),
            text("archive"),
            run["ended"],
            run["total"],
        ))?;
        let mut table = Table::new(&["", ""]);
        for (state, count) in run["jobs"].as_object().into_iter().flatten() {
            table.row([Cow::from(state), count.to_string().into()]);
        }
        print(&table.render(2, terminal::columns()))?;
    }
    let count = |state: &str| run["jobs"][state].as_u64().unwrap_or(0);
    Ok(
        if run["ended"] != run["total"] || (count("failed") == 0 && count("cancelled") == 0) {
            ExitStatus::Succeeded
        } else if count("failed") > 0 {
            ExitStatus::AlgorithmFailed
        } else {
            ExitStatus::Cancelled
        },
    )
}
