//! `gantry crash-test`: a server of its own, killed at every point of a job's life.
//!
//! Each round submits jobs, waits until one of them is in the round's state, kills the server with `SIGKILL`, starts it
//! again, and looks: every job must come to an end in time, with each output once or none, with its log; and no process,
//! mount, cgroup, folder or half-written file may be left. Some rounds kill the process that watches a container or the
//! program in it instead, or the server while something is on its way in. As root, everything lies on a disk of its own, and
//! in some rounds its power is cut (what was not on it yet is gone) or it is full for a while. At the end, everything is
//! verified.

use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use serde_json::Value;
use server::verify::Depth;

use super::remote;
use crate::arguments::CrashTestArguments;
use crate::commands::{print, print_line};
use crate::exit_status::ExitStatus;
use crate::locate;
use crate::problem::Problem;
use crate::remote::{Connection, Login};

mod child;
mod disk;
mod leftovers;
mod moments;
mod points;

use child::Child;
use disk::Disk;
use leftovers::Leftovers;
use moments::{HalfUpload, begin_import, kill_while_running, reach, version};
use points::{Moment, Point, Victim};

/// Until a container image is imported.
const IMPORTED: Duration = Duration::from_secs(120);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// What one round gave.
#[derive(Debug, Serialize)]
struct Round {
    number: u32,
    /// What was killed, and where the first job was to be.
    killed_at: String,
    /// Whether there was something to kill; jobs can end before their process is found.
    killed: bool,
    /// Seconds from the kill, or the start of the next server, until the last job had ended.
    recovered_s: f64,
    /// Final states of the jobs.
    states: Vec<String>,
    /// Why jobs failed.
    failures: Vec<String>,
    /// Everything that is wrong; empty is good.
    problems: Vec<String>,
}

/// Does it.
pub(crate) fn crash_test(arguments: &CrashTestArguments) -> Result<ExitStatus, Problem> {
    let folder = tempfile::Builder::new()
        .prefix("gantry-crash-test-")
        .tempdir()
        .map_err(Problem::internal)?;
    let disk = Utf8PathBuf::from_path_buf(folder.path().join("disk")).map_err(|path| {
        Problem::new(
            ExitStatus::HostUnable,
            format!("`{}` is not UTF-8", path.display()),
        )
    })?;
    let mut test = CrashTest::prepare(arguments, &disk)?;
    let mut is_good = true;
    let mut killed = 0;
    for number in 1..=arguments.rounds {
        let round = test.round(number)?;
        is_good &= round.problems.is_empty();
        killed += u32::from(round.killed);
        tell(&round, arguments.json)?;
    }
    test.child.kill();
    let verified = server::verify::verify(&test.home, Depth::Contents, &mut |_, _| {})
        .map_err(Problem::internal)?;
    if !arguments.json {
        print(&format!(
            "{killed} kills in {} rounds; at the end {} blobs and {} layers are as they were written\n",
            arguments.rounds, verified.blobs.files, verified.layers
        ))?;
    }
    for problem in &verified.problems {
        crate::terminal::note(&format!(
            "{} {}: {}",
            problem.kind, problem.name, problem.problem
        ));
    }
    if is_good && verified.is_fine {
        return Ok(ExitStatus::Succeeded);
    }
    Err(Problem::new(
        ExitStatus::Internal,
        "a killed process lost or left something".to_owned(),
    ))
}

/// A server, and what every round needs.
struct CrashTest<'a> {
    arguments: &'a CrashTestArguments,
    disk: Disk,
    home: Utf8PathBuf,
    leftovers: Leftovers,
    child: Child,
    login: Login,
    slug: String,
    archive: Utf8PathBuf,
}

impl CrashTest<'_> {
    fn prepare<'a>(
        arguments: &'a CrashTestArguments,
        folder: &Utf8Path,
    ) -> Result<CrashTest<'a>, Problem> {
        let leftovers = Leftovers::before();
        let disk = Disk::make(folder)?;
        let home = folder.join("home");
        let child = Child::start(&home)?;
        let login = child.log_in()?;
        let server = Connection::with(login.clone())?;
        let made = remote::create(&server, &arguments.manifest)?;
        let slug = made["slug"].as_str().unwrap_or_default().to_owned();
        let archive = archive(&arguments.manifest)?;
        remote::push(&server, (&slug, &archive), "", true)?;
        Ok(CrashTest {
            arguments,
            disk,
            home,
            leftovers,
            child,
            login,
            slug,
            archive,
        })
    }

    fn server(&self) -> Result<Connection, Problem> {
        Connection::with(self.child.login_again(&self.login))
    }

    /// Kills something, and looks at what becomes of everything.
    fn round(&mut self, number: u32) -> Result<Round, Problem> {
        let point = Point::of_round(number, self.disk.can_fail());
        let server = self.server()?;
        let input = &self.arguments.input;
        let jobs = submit(&server, (&self.slug, input), self.arguments.jobs)?;
        let mut import = None;
        let mut upload = None;
        match point.moment {
            Moment::State(state) if point.kills_at_state() => reach(&server, &jobs[0], state)?,
            Moment::State(_) => {}
            Moment::Uploading => {
                upload = Some(HalfUpload::begin(self.child.login_again(&self.login))?);
            }
            Moment::ImportingContainer => {
                import = Some(begin_import(&server, (&self.slug, &self.archive))?);
            }
        }
        let (killed, mut problems) = self.strike(point, &server, &jobs)?;
        if let Some(upload) = upload {
            upload.end();
        }
        let again = Instant::now();
        if point.ends_server() {
            self.child = Child::start(&self.home)?;
        }
        let server = self.server()?;
        let within = Duration::from_secs(self.arguments.within);
        let ended = all_ended(&server, &jobs, (again, within))?;
        let recovered_s = again.elapsed().as_secs_f64();
        problems.extend(wrong_ends(&server, &ended, point)?);
        if let Some(import) = import {
            problems.extend(self.imported(&server, &import)?);
        }
        problems.extend(self.leftovers.look(&self.home));
        Ok(Round {
            number,
            killed_at: point.name(),
            killed,
            recovered_s,
            states: ended.iter().map(|job| word(job).to_owned()).collect(),
            failures: ended.iter().filter_map(reason).collect(),
            problems,
        })
    }

    /// Kills the victim; whether there was one, and what is wrong right then.
    fn strike(
        &mut self,
        point: Point,
        server: &Connection,
        jobs: &[String],
    ) -> Result<(bool, Vec<String>), Problem> {
        let mut killed = true;
        let mut problem = None;
        match point.victim {
            Victim::Server => self.child.kill(),
            Victim::Shim | Victim::Program | Victim::Both => {
                let folder = self.home.join("jobs");
                killed = kill_while_running(server, jobs, (point.victim, &folder))?;
                if point.ends_server() {
                    self.child.kill();
                }
            }
            Victim::DiskPower => {
                problem = self.disk.cut(server)?;
                self.child.kill();
                self.disk.restore()?;
            }
            Victim::DiskRoom => {
                let (ballast, wrong) = self.disk.fill(server)?;
                problem = wrong;
                fs_err::remove_file(ballast).map_err(Problem::internal)?;
            }
        }
        Ok((killed, problem.into_iter().collect()))
    }

    /// A container image whose import was killed is imported after all.
    fn imported(&self, server: &Connection, import: &str) -> Result<Option<String>, Problem> {
        let since = Instant::now();
        loop {
            let now = version(server, &self.slug, import)?;
            match now["import_state"].as_str() {
                Some("completed") => return Ok(None),
                Some("queued" | "started") if since.elapsed() < IMPORTED => {
                    std::thread::sleep(LOOK);
                }
                _ => return Ok(Some(format!("the import has come to {now}"))),
            }
        }
    }
}

/// The archive that the manifest names.
fn archive(manifest: &Utf8Path) -> Result<Utf8PathBuf, Problem> {
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

fn all_ended(
    server: &Connection,
    jobs: &[String],
    (since, within): (Instant, Duration),
) -> Result<Vec<Value>, Problem> {
    let mut found = Vec::new();
    for job in jobs {
        loop {
            let now: Value = server.get(&format!("/api/gantry/v1/jobs/{job}/"))?;
            // One that is late is told with its state.
            if is_final(&now) || since.elapsed() > within {
                found.push(now);
                break;
            }
            std::thread::sleep(LOOK);
        }
    }
    Ok(found)
}

fn is_final(job: &Value) -> bool {
    ["succeeded", "failed", "cancelled"].contains(&word(job))
}

fn word(job: &Value) -> &str {
    job["state"].as_str().unwrap_or_default()
}

/// Why a job failed, if it did.
fn reason(job: &Value) -> Option<String> {
    job["failure"]["message"].as_str().map(str::to_owned)
}

/// What is wrong with jobs that should have ended.
fn wrong_ends(server: &Connection, jobs: &[Value], point: Point) -> Result<Vec<String>, Problem> {
    let mut problems = Vec::new();
    if point.moment == Moment::State("succeeded") && word(&jobs[0]) != "succeeded" {
        let now = word(&jobs[0]);
        problems.push(format!(
            "the first job had succeeded before, and is `{now}` now"
        ));
    }
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
            "failed" if job["failure"]["code"] == "worker_lost" && count == 0 => {}
            // Who killed the program is the same; what it had written by then and is valid is kept.
            "failed" if point.victim == Victim::Program && job["failure"]["code"] == "signal" => {}
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
    let verdict = if !round.killed {
        "nothing was there to be killed".to_owned()
    } else if round.problems.is_empty() {
        "nothing lost, nothing left".to_owned()
    } else {
        round.problems.join("; ")
    };
    print(&format!(
        "round {:>3}: killed at {:<27} {} jobs ended in {:.2} s, {verdict}\n",
        round.number,
        round.killed_at,
        round.states.len(),
        round.recovered_s
    ))
}
