//! The disk on which everything lies, as a victim: its power is cut, or it is full.

use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use container::trial_disk::TrialDisk;
use serde_json::Value;

use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::remote::Connection;

/// Bytes of the disk: room for a few hundred rounds.
const BYTES: u64 = 2 << 30;
/// How long the disk stays as it is, broken or full.
const MEANWHILE: Duration = Duration::from_millis(700);
/// Within which a server whose disk fails has to answer, whatever it answers.
const ANSWER: Duration = Duration::from_secs(2);

/// The disk below the folder of a crash test; none without root.
pub(super) struct Disk(Option<TrialDisk>);

impl Disk {
    /// Mounts one at `folder`, which it makes.
    pub(super) fn make(folder: &Utf8Path) -> Result<Disk, Problem> {
        fs_err::create_dir_all(folder).map_err(Problem::internal)?;
        if !rustix::process::geteuid().is_root() {
            crate::terminal::note(
                "the disk is not made to fail: that needs root, for a disk of its own",
            );
            return Ok(Disk(None));
        }
        let image = folder.with_extension("img");
        let disk = TrialDisk::make(&image, folder, BYTES).map_err(|error| {
            Problem::from_error(ExitStatus::HostUnable, error)
                .context("failed to make a disk that can fail".to_owned())
        })?;
        Ok(Disk(Some(disk)))
    }

    /// Whether there is one that can fail.
    pub(super) fn can_fail(&self) -> bool {
        self.0.is_some()
    }

    fn disk(&mut self) -> Result<&mut TrialDisk, Problem> {
        let none = || Problem::new(ExitStatus::Internal, "there is no disk to fail".to_owned());
        self.0.as_mut().ok_or_else(none)
    }

    /// Cuts its power, and gives back what is wrong with the server meanwhile.
    pub(super) fn cut(&mut self, server: &Connection) -> Result<Option<String>, Problem> {
        self.disk()?.cut().map_err(Problem::internal)?;
        Ok(answers(server, "the power of the disk is cut"))
    }

    /// Brings it back, with what had been written; everybody who used it has been killed.
    pub(super) fn restore(&mut self) -> Result<(), Problem> {
        self.disk()?.restore().map_err(Problem::internal)
    }

    /// Takes all the room, and gives back what is wrong with the server meanwhile, with what takes the room.
    pub(super) fn fill(
        &mut self,
        server: &Connection,
    ) -> Result<(Utf8PathBuf, Option<String>), Problem> {
        let ballast = self.disk()?.fill("ballast").map_err(Problem::internal)?;
        Ok((ballast, answers(server, "the disk is full")))
    }
}

/// Asks again and again; what is wrong is that an answer does not come.
fn answers(server: &Connection, when: &str) -> Option<String> {
    let since = Instant::now();
    while since.elapsed() < MEANWHILE {
        let asked = Instant::now();
        // A refusal is an answer: it says that something is wrong.
        let answer = server.get::<Value>("/api/gantry/v1/jobs/");
        let unheard = matches!(&answer, Err(problem) if problem.status() == ExitStatus::HostUnable);
        if unheard || asked.elapsed() > ANSWER {
            return Some(format!("the server does not answer while {when}"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    None
}
