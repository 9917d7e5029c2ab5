//! The shim: one process per container, outside of it, that builds the sandbox, watches the program and tells the end.
//!
//! It is single-threaded (it forks without executing), leads its own session, has a private mount namespace in which all
//! mounts of the container are made, and is the only one who writes into the plan's work folder. When it dies the
//! container dies with it and the mounts vanish; only empty cgroups can be left, which the next shim sweeps.

mod cgroup;
mod engine;
mod error;
mod id_range;
mod in_root;
mod init;
mod payload;
mod prepare;
mod process_one;
mod program;
mod read_facts;
mod rootfs;
mod sampler;
mod scratch;
mod seccomp;
mod system_mounts;
mod watch;

use std::io::{self, Write};
use std::time::Instant;

use camino::Utf8Path;

use super::outcome::{End, Outcome, ShimError, ShimTimings};
use super::plan::{ContainerPlan, PLAN_FILE, SHIM_LOG_FILE};
use super::ready_shim;
use error::OrShimError;

pub use cgroup::{LiveUsage, live_usage};
pub(crate) use engine::unmount_leftovers;

/// Waits until the caller says where a plan lies, and runs the container that it describes; the process's exit code says only
/// whether the clean-up worked, the rest stands in the outcome.
///
/// To be called before anything else is done: it closes all descriptors but the standard three.
pub fn main() -> i32 {
    match run() {
        Ok(()) => 0,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            1
        }
    }
}

fn run() -> Result<(), ShimError> {
    // Not fatal: a process that leads a group already has its own, which is all that matters here.
    let _ = rustix::process::setsid();
    super::sys::close_descriptors(false).or_internal("close what was inherited")?;
    // One that was started again in its namespace is there already.
    if !id_range::in_own_namespace() {
        let heard = ready_shim::hear().or_internal("hear where the plan lies")?;
        let Some(work_dir) = heard else {
            return Ok(());
        };
        settle_in(&work_dir).or_internal("go into the work folder")?;
    }
    let started = Instant::now();
    let plan: ContainerPlan = fs_err::read(PLAN_FILE)
        .and_then(|bytes| Ok(serde_json::from_slice(&bytes)?))
        .or_internal("read the container's plan")?;
    let alone = match &plan.engine {
        None => id_range::move_into_own_namespace(),
        Some(_) => engine::require_root(),
    };
    let prepared = alone.and_then(|()| prepare::prepare(&plan));
    let mut sandbox = match prepared {
        Ok(sandbox) => sandbox,
        Err(error) => {
            let timings = ShimTimings {
                provision_seconds: started.elapsed().as_secs_f64(),
                ..ShimTimings::default()
            };
            let outcome = Outcome {
                end: End::NotStarted { error },
                measured: None,
                facts: None,
                timings,
            };
            let told = tell(&plan, &outcome).and_then(|()| watch::await_release(&plan));
            return prepare::unmount_all(&plan).and(told);
        }
    };
    let mut outcome = watch::run_to_the_end(&plan, &mut sandbox);
    outcome.timings.provision_seconds =
        sandbox.provisioned_at.duration_since(started).as_secs_f64();
    // Nothing is left behind, also when the work folder is gone and nobody can be told.
    let told = tell(&plan, &outcome).and_then(|()| watch::await_release(&plan));
    sandbox.remove(&plan).and(told)
}

/// Makes the work folder the current one, and its log file the place for what goes wrong here.
fn settle_in(work_dir: &Utf8Path) -> io::Result<()> {
    rustix::process::chdir(work_dir.as_str())?;
    let said = fs_err::File::create(SHIM_LOG_FILE)?;
    rustix::stdio::dup2_stderr(said.file())?;
    Ok(())
}

/// Writes the outcome where the caller looks for it, whole or not at all, and rings.
fn tell(plan: &ContainerPlan, outcome: &Outcome) -> Result<(), ShimError> {
    let json = serde_json::to_vec(outcome).expect("an outcome holds nothing that JSON cannot");
    let staged = plan.work_dir.join("outcome.json.part");
    fs_err::write(&staged, json).or_internal("write the outcome")?;
    fs_err::rename(&staged, plan.outcome_path()).or_internal("write the outcome")?;
    ring();
    Ok(())
}

/// Wakes the caller, who looks into the files; a caller that is gone or busy needs no waking.
fn ring() {
    let _ = rustix::io::write(rustix::stdio::stdout(), b".");
}

/// The cgroups of a container whose shim was killed.
pub(super) fn clear_cgroups(id: &str) -> std::io::Result<()> {
    let removed = cgroup::Cgroup::of_lost(id)?.remove();
    removed.map_err(|error| std::io::Error::other(error.to_string()))
}
