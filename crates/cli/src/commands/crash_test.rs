//! `gantry crash-test`: a server of its own, killed at every point of a job's life.
//!
//! Each round submits jobs, waits until one of them is in the round's state, kills the server with `SIGKILL`, starts it
//! again, and looks: every job must come to an end in time, with each output once or none, with its log; and no process,
//! mount, cgroup or folder may be left.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use super::remote;
use crate::arguments::CrashTestArguments;
use crate::commands::{print, print_line};
use crate::exit_status::ExitStatus;
use crate::locate;
use crate::problem::Problem;
use crate::remote::{Connection, events};

mod child;
mod leftovers;

use child::Child;
use leftovers::Leftovers;

/// Where a job is when the server is killed; `succeeded` is the moment after the first end.
const POINTS: [&str; 6] = [
    "validating",
    "queued",
    "provisioning",
    "executing",
    "parsing",
    "succeeded",
];
/// From the start of the next server until every job has ended.
const IN_TIME: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// What one round gave.
#[derive(Debug, Serialize)]
struct Round {
    number: u32,
    /// Where the first job was to be.
    killed_at: &'static str,
    /// Seconds from the start of the next server until the last job had ended.
    recovered_s: f64,
    /// Final states of the jobs.
    states: Vec<String>,
    /// Everything that is wrong; empty is good.
    problems: Vec<String>,
}

/// Does it.
pub(crate) fn crash_test(arguments: &CrashTestArguments) -> Result<ExitStatus, Problem> {
    let folder = tempfile::Builder::new()
        .prefix("gantry-crash-test-")
        .tempdir()
        .map_err(Problem::internal)?;
    let home = camino::Utf8PathBuf::from_path_buf(folder.path().join("home")).map_err(|path| {
        Problem::new(
            ExitStatus::HostUnable,
            format!("`{}` is not UTF-8", path.display()),
        )
    })?;
    let leftovers = Leftovers::before();
    let mut child = Child::start(&home)?;
    let login = child.log_in()?;
    let server = Connection::with(login.clone())?;
    let made = remote::create(&server, &arguments.manifest)?;
    let slug = made["slug"].as_str().unwrap_or_default().to_owned();
    let archive = archive(&arguments.manifest)?;
    remote::push(&server, (&slug, &archive), "", true)?;
    let mut is_good = true;
    for number in 1..=arguments.rounds {
        let point = POINTS[(number as usize - 1) % POINTS.len()];
        let server = Connection::with(child.login_again(&login))?;
        let jobs = submit(&server, (&slug, &arguments.input), arguments.jobs)?;
        wait_for(&server, &jobs[0], point)?;
        child.kill();
        let again = Instant::now();
        child = Child::start(&home)?;
        let server = Connection::with(child.login_again(&login))?;
        let ended = all_ended(&server, &jobs, again)?;
        let mut problems = problems(&server, &ended)?;
        problems.extend(leftovers.look(&home));
        let round = Round {
            number,
            killed_at: point,
            recovered_s: again.elapsed().as_secs_f64(),
            states: ended.iter().map(|job| word(job).to_owned()).collect(),
            problems,
        };
        is_good &= round.problems.is_empty();
        tell(&round, arguments.json)?;
    }
    child.kill();
    if is_good {
        return Ok(ExitStatus::Succeeded);
    }
    Err(Problem::new(
        ExitStatus::Internal,
        "a killed server lost or left something".to_owned(),
    ))
}

/// The archive that the manifest names.
fn archive(manifest: &camino::Utf8Path) -> Result<camino::Utf8PathBuf, Problem> {
    let path = locate::manifest(manifest)?;
    let text = fs_err::read_to_string(&path).map_err(Problem::internal)?;
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| Problem::from_error(ExitStatus::ImageRefused, error))?;
    let image = table
        .get("image")
        .and_then(toml::Value::as_str)
        .unwrap_or_default();
    let archive = path.with_file_name(image);
    if image.is_empty() || !archive.is_file() {
        let message = format!("the `image` of `{path}` is `{image}`, expected an archive");
        return Err(Problem::new(ExitStatus::ImageRefused, message));
    }
    Ok(archive)
}

fn submit(
    server: &Connection,
    (slug, input): (&str, &[String]),
    count: u32,
) -> Result<Vec<String>, Problem> {
    (0..count.max(1))
        .map(|_| {
            let made = remote::post(server, (slug, input), true)?;
            Ok(made["pk"].as_str().unwrap_or_default().to_owned())
        })
        .collect()
}

/// Returns when the job is or has been in a state, or has ended.
fn wait_for(server: &Connection, job: &str, state: &str) -> Result<(), Problem> {
    let reached = || Problem::new(ExitStatus::Succeeded, String::new());
    let heard = events(server, job, &mut |event| {
        // The way out of the events before their end.
        if event.kind == "state" && event.data["state"] == state {
            return Err(reached());
        }
        Ok(())
    });
    match heard {
        Err(problem) if problem.status() != ExitStatus::Succeeded => Err(problem),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn all_ended(server: &Connection, jobs: &[String], since: Instant) -> Result<Vec<Value>, Problem> {
    let mut found = Vec::new();
    for job in jobs {
        loop {
            let now: Value = server.get(&format!("/api/gantry/v1/jobs/{job}/"))?;
            let is_final = ["succeeded", "failed", "cancelled"].contains(&word(&now));
            // One that is late is told with its state.
            if is_final || since.elapsed() > IN_TIME {
                found.push(now);
                break;
            }
            std::thread::sleep(LOOK);
        }
    }
    Ok(found)
}

fn word(job: &Value) -> &str {
    job["state"].as_str().unwrap_or_default()
}

/// What is wrong with jobs that should have ended.
fn problems(server: &Connection, jobs: &[Value]) -> Result<Vec<String>, Problem> {
    let mut problems = Vec::new();
    for job in jobs {
        let id = job["id"].as_str().unwrap_or_default();
        let shown: Value = server.get(&format!("/api/v1/algorithms/jobs/{id}/"))?;
        let mut sockets: Vec<&str> = shown["outputs"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|output| output["socket"]["slug"].as_str())
            .collect();
        let count = sockets.len();
        sockets.sort_unstable();
        sockets.dedup();
        if sockets.len() != count {
            problems.push(format!("job {id} has an output twice"));
        }
        match word(job) {
            "succeeded" if count == 0 => {
                problems.push(format!("job {id} succeeded without outputs"))
            }
            "succeeded" => {
                let log: Vec<Value> = server.get(&format!("/api/gantry/v1/jobs/{id}/log/"))?;
                if log.is_empty() {
                    problems.push(format!("job {id} succeeded and its log is lost"));
                }
            }
            "failed" if job["failure"]["reason"] == "worker_lost" && count == 0 => {}
            state => {
                let reason = &job["failure"]["message"];
                problems.push(format!(
                    "job {id} is `{state}` with {count} outputs: {reason}"
                ));
            }
        }
    }
    Ok(problems)
}

fn tell(round: &Round, json: bool) -> Result<(), Problem> {
    if json {
        return print_line(round);
    }
    let verdict = if round.problems.is_empty() {
        "nothing lost, nothing left".to_owned()
    } else {
        round.problems.join("; ")
    };
    print(&format!(
        "round {:>3}: killed at {:<12} {} jobs ended in {:.2} s, {verdict}\n",
        round.number,
        round.killed_at,
        round.states.len(),
        round.recovered_s
    ))
}
