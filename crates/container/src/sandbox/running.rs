//! The caller's side: starts the shim, follows the log, asks for an end, opens the outputs, lets go.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus};
use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;
use rustix::fs::{Mode, OFlags};

use super::log::{LogChunk, LogError, LogReader};
use super::outcome::Outcome;
use super::plan::{ContainerPlan, PLAN_FILE};
use super::ready_shim::{ReadyShim, ShimParts};
use super::shim;

/// A container could not be started at all.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The plan could not be written.
    #[error("failed to write the container's plan")]
    WritePlan(#[source] io::Error),
    /// This program could not be started again.
    #[error("failed to start the container's shim `{program}`")]
    Spawn {
        /// What was started.
        program: Utf8PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

/// The end of a container could not be learned.
#[derive(Debug, thiserror::Error)]
pub enum WaitError {
    /// The log is unreadable.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The shim is gone and left no outcome.
    #[error("the container's shim ended without an outcome ({status}): {said}")]
    ShimLost {
        /// How it ended.
        status: ExitStatus,
        /// The end of what it wrote about itself.
        said: String,
    },
    /// The outcome cannot be read.
    #[error("failed to read the container's outcome")]
    Outcome(#[source] io::Error),
}

/// The container's remains could not be cleaned away.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// Waiting for the shim failed.
    #[error("failed to wait for the container's shim")]
    Wait(#[source] io::Error),
    /// The shim could not clean up.
    #[error("the container's shim could not clean up ({status}): {said}")]
    Cleanup {
        /// How it ended.
        status: ExitStatus,
        /// The end of what it wrote about itself.
        said: String,
    },
}

/// A container that was started.
#[derive(Debug)]
pub struct Running {
    shim: Child,
    bell: ChildStdout,
    control: Canceller,
    log: LogReader,
    plan: ContainerPlan,
}

/// A container whose shim cleans up.
#[derive(Debug)]
pub struct Leaving {
    shim: Child,
    plan: ContainerPlan,
}

/// Asks a container to end; may be used from any thread or signal watcher, any number of times.
#[derive(Debug, Clone)]
pub struct Canceller {
    control: Arc<Mutex<Option<ChildStdin>>>,
}

impl Canceller {
    /// First call: SIGTERM, and SIGKILL after the grace period. Second call: SIGKILL now.
    pub fn cancel(&self) {
        self.say(b"c");
    }

    fn say(&self, word: &[u8]) {
        let mut control = self
            .control
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(pipe) = control.as_mut()
            && pipe.write_all(word).is_err()
        {
            // The shim is gone; whoever waits for it will see that.
            *control = None;
        }
    }
}

/// Starts a container in a shim that has started already.
///
/// # Errors
/// When the plan cannot be written into its work folder.
pub fn start(plan: &ContainerPlan, shim: ReadyShim) -> Result<Running, StartError> {
    let json = serde_json::to_vec(plan).expect("a plan holds nothing that JSON cannot");
    fs_err::write(plan.plan_path(), json).map_err(StartError::WritePlan)?;
    File::create(plan.log_path()).map_err(StartError::WritePlan)?;
    let log = LogReader::open(&plan.log_path())
        .map_err(|error| StartError::WritePlan(io::Error::other(error)))?;
    let ShimParts {
        child,
        control,
        bell,
    } = shim.send_to(&plan.work_dir);
    let control = Canceller {
        control: Arc::new(Mutex::new(Some(control))),
    };
    Ok(Running {
        shim: child,
        bell,
        control,
        log,
        plan: plan.clone(),
    })
}

/// Takes away the cgroups of a container that was started in this work folder, after its caller and its shim were killed.
/// Its processes and mounts are gone with the shim. Without a plan in the folder there is nothing to take away.
///
/// # Errors
/// When the plan cannot be read, or a cgroup still has processes after some seconds.
pub fn clear_lost(work_dir: &Utf8Path) -> io::Result<()> {
    let json = match fs_err::read(work_dir.join(PLAN_FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read?,
    };
    let plan: ContainerPlan = match serde_json::from_slice(&json) {
        Ok(plan) => plan,
        // It was being written: nothing was started with it.
        Err(error) if error.is_eof() => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    shim::clear_cgroups(&plan.id)
}

impl Running {
    /// A handle with which others can ask for the end.
    pub fn canceller(&self) -> Canceller {
        self.control.clone()
    }

    /// Waits for the end and hands over each piece of log as it comes.
    pub fn wait(&mut self, on_log: &mut dyn FnMut(LogChunk)) -> Result<Outcome, WaitError> {
        let mut rings = [0; 4096];
        loop {
            let count = self.bell.read(&mut rings).unwrap_or(0);
            while let Some(chunk) = self.log.next_chunk()? {
                on_log(chunk);
            }
            if self.plan.outcome_path().exists() {
                // Nothing is written to the log after the outcome; read what came between.
                while let Some(chunk) = self.log.next_chunk()? {
                    on_log(chunk);
                }
                return self.read_outcome();
            }
            if count == 0 {
                let status = self.shim.wait().map_err(WaitError::Outcome)?;
                // It could not do so itself; what cannot be removed is swept by a later container.
                let _ = shim::clear_cgroups(&self.plan.id);
                return Err(WaitError::ShimLost {
                    status,
                    said: last_words(&self.plan.shim_log_path()),
                });
            }
        }
    }

    fn read_outcome(&self) -> Result<Outcome, WaitError> {
        let bytes = fs_err::read(self.plan.outcome_path()).map_err(WaitError::Outcome)?;
        serde_json::from_slice(&bytes).map_err(|error| WaitError::Outcome(error.into()))
    }

    /// Opens a writable folder of the container, as it was left; only between [`Running::wait`] and [`Running::let_go`].
    pub fn open_writable(&self, target: &str) -> io::Result<OwnedFd> {
        let index = self
            .plan
            .writable
            .iter()
            .position(|folder| folder.target == target);
        let index = index.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let path = format!(
            "/proc/{}/root{}/scratch/w/{index}",
            self.shim.id(),
            self.plan.mounts_dir()
        );
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::open(path, flags, Mode::empty())?)
    }

    /// Lets the shim clean up: cgroups, mounts, the scratch file system. Descriptors from [`Running::open_writable`] must
    /// be closed before, or the scratch file system lives as long as they do.
    pub fn let_go(self) -> Leaving {
        self.control.say(b"r");
        Leaving {
            shim: self.shim,
            plan: self.plan,
        }
    }
}

impl Leaving {
    /// Waits until nothing is left.
    ///
    /// # Errors
    /// When the shim could not clean up.
    pub fn wait(mut self) -> Result<(), ReleaseError> {
        let status = self.shim.wait().map_err(ReleaseError::Wait)?;
        if status.success() {
            return Ok(());
        }
        // Killed before it could: mounts and processes are gone with it, and the cgroups go here.
        if status.signal().is_some() && shim::clear_cgroups(&self.plan.id).is_ok() {
            return Ok(());
        }
        Err(ReleaseError::Cleanup {
            status,
            said: last_words(&self.plan.shim_log_path()),
        })
    }
}

/// The end of what the shim wrote about itself.
fn last_words(path: &Utf8Path) -> String {
    let said = fs_err::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    if lines.is_empty() {
        "it said nothing".to_owned()
    } else {
        lines.into_iter().rev().collect::<Vec<_>>().join("; ")
    }
}
