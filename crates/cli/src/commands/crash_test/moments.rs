//! Bringing the server to the moment at which something is killed.

use std::io::Read;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use serde_json::{Value, json};

use super::points::{Victim, kill_one};
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::remote::{Connection, Login, events};

/// Between two looks for a process.
const LOOK: Duration = Duration::from_millis(1);
/// How long a job may take to be where it should be.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of the part whose sending is cut off.
const PART: u64 = 8 << 20;

/// Returns when the job is or has been in a state, or has ended.
pub(super) fn reach(server: &Connection, job: &str, state: &str) -> Result<(), Problem> {
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

/// Kills a process of one of the jobs as soon as there is one. `false`: all had ended before.
pub(super) fn kill_while_running(
    server: &Connection,
    jobs: &[String],
    (victim, folder): (Victim, &Utf8Path),
) -> Result<bool, Problem> {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        // Looking costs less than asking: jobs are short.
        for _ in 0..20 {
            if kill_one(victim, folder) {
                return Ok(true);
            }
            std::thread::sleep(LOOK);
        }
        let mut all_ended = true;
        for job in jobs {
            let now: Value = server.get(&format!("/api/gantry/v1/jobs/{job}/"))?;
            all_ended &= super::is_final(&now);
        }
        if all_ended {
            return Ok(false);
        }
    }
    Ok(false)
}

/// An upload that stops in the middle of a part and waits to be cut off.
pub(super) struct HalfUpload {
    sender: JoinHandle<()>,
    _go_on: Sender<()>,
}

impl HalfUpload {
    /// Returns when half of the part has been sent.
    pub(super) fn begin(login: Login) -> Result<HalfUpload, Problem> {
        let server = Connection::with(login)?;
        let begun: Value = server.post("/api/v1/uploads/", &json!({"filename": "half.bin"}))?;
        let text = |key: &str| begun[key].as_str().unwrap_or_default();
        let place = format!("/api/v1/uploads/{}/{}", text("pk"), text("s3_upload_id"));
        let signed: Value = server.patch(
            &format!("{place}/generate-presigned-urls/"),
            &json!({"part_numbers": [1]}),
        )?;
        let address = signed["presigned_urls"]["1"].as_str().unwrap_or_default();
        let address = address.to_owned();
        let (half, halfway) = channel();
        let (go_on, wait) = channel();
        let sender = std::thread::spawn(move || {
            let mut bytes = Half {
                sent: 0,
                half,
                wait,
            };
            // It must not go well: the server is killed meanwhile.
            let _ = server.put_part(&address, PART, &mut bytes);
        });
        halfway.recv_timeout(PATIENCE).map_err(Problem::internal)?;
        Ok(HalfUpload {
            sender,
            _go_on: go_on,
        })
    }

    /// After the server was killed.
    pub(super) fn end(self) {
        drop(self._go_on);
        // A thread that panicked has been told of.
        let _ = self.sender.join();
    }
}

/// Bytes that stop halfway.
struct Half {
    sent: u64,
    half: Sender<()>,
    wait: Receiver<()>,
}

impl Read for Half {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.sent >= PART / 2 {
            // Nobody listens only when the test has failed already.
            let _ = self.half.send(());
            let _ = self.wait.recv();
            return Err(std::io::ErrorKind::BrokenPipe.into());
        }
        let count = buffer.len().min(64 << 10);
        buffer[..count].fill(7);
        self.sent += count as u64;
        Ok(count)
    }
}

/// Asks for a version of an algorithm, and returns when its import has begun; its id.
pub(super) fn begin_import(
    server: &Connection,
    (slug, archive): (&str, &Utf8Path),
) -> Result<String, Problem> {
    let upload = crate::remote::upload_for_id(server, archive, true)?;
    let list = format!("/api/gantry/v1/algorithms/{slug}/images/");
    let pushed: Value = server.post(&list, &json!({"upload": upload, "comment": "killed"}))?;
    let id = pushed["id"].as_str().unwrap_or_default().to_owned();
    let since = Instant::now();
    while version(server, slug, &id)?["import_state"] == "queued" && since.elapsed() < PATIENCE {
        std::thread::sleep(LOOK);
    }
    Ok(id)
}

/// A version of an algorithm as it is now.
pub(super) fn version(server: &Connection, slug: &str, id: &str) -> Result<Value, Problem> {
    let all: Vec<Value> = server.get(&format!("/api/gantry/v1/algorithms/{slug}/images/"))?;
    let found = all.into_iter().find(|one| one["id"] == id);
    Ok(found.unwrap_or_default())
}
