//! A container that an engine makes and that is watched as one of our own: the main line of its building.
//!
//! The engine gives namespaces, cgroups, capabilities, mounts and the root file system. From us it gets process 1 (the
//! [`gate`]), the file system of `/output` and `/tmp`, inputs shown as the container user's own, the system call filter on
//! top of its own, and the pipes of the log. So the limits, the facts and the end are those of the sandbox, and are read at
//! the same moment: when everything is in force and the program has not begun.

mod gate;
mod mounts;
mod request;
mod root_usage;
mod trap;

use std::io;
use std::os::fd::OwnedFd;
use std::time::Instant;

use camino::Utf8Path;
use fs_err::File;
use rustix::pipe::{PipeFlags, pipe_with};

use super::cgroup::Cgroup;
use super::error::OrShimError;
use super::payload;
use super::prepare::{self, Sandbox};
use super::process_one::ProcessOne;
use super::program::{self, Program};
use super::read_facts;
use super::seccomp;
use crate::engine::{Engine, EngineError, lock_path, take_lock};
use crate::image::read_in_layers;
use crate::sandbox::facts::KernelFacts;
use crate::sandbox::outcome::ShimError;
use crate::sandbox::plan::{ContainerPlan, EnginePlan};
use crate::sandbox::promise;
use crate::sandbox::sys;
use crate::user::ResolvedUser;

pub(super) use gate::Gate;
use mounts::Mounted;
pub(super) use mounts::unmount_all;
pub(crate) use mounts::unmount_leftovers;
pub(super) use root_usage::RootUsage;

/// What the engine has of a container.
#[derive(Debug)]
pub(super) struct InEngine {
    engine: Engine,
    id: String,
    lock: (File, camino::Utf8PathBuf),
    /// The highest number of processes before the program: the engine's own count in the same place.
    pub(super) pids_before: Option<u64>,
}

impl InEngine {
    /// Ends the container and takes it away; its process 1 has been let go, or is killed.
    pub(super) fn remove(&self) -> Result<(), ShimError> {
        // An engine that hears of the end while it removes may list the container for ever.
        self.engine.wait_stopped(&self.id);
        self.engine
            .remove(&self.id)
            .map_err(|error| refused(&error))?;
        // Nothing is left that a sweep would have to find.
        match fs_err::remove_file(&self.lock.1) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).or_internal("remove the container's lock")
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Whether the engine saw the kernel kill for lack of memory; for containers whose cgroups are gone.
    pub(super) fn ran_out_of_memory(&self) -> bool {
        let state = self
            .engine
            .inspect(&self.id)
            .ok()
            .and_then(|found| found.state);
        state.is_some_and(|state| state.running == Some(false) && state.oom_killed == Some(true))
    }
}

/// Only root may read what is in force for the processes of others, and mount.
pub(super) fn require_root() -> Result<(), ShimError> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    Err(ShimError::host(
        "the executor `docker` needs root to read back what is in force in the engine's container",
        "run as root, or with `--executor local`, which does without",
    ))
}

/// Builds everything up to the last step before the program, and reads back what is in force.
pub(super) fn prepare(plan: &ContainerPlan, wanted: &EnginePlan) -> Result<Sandbox, ShimError> {
    let engine = Engine::connect(&wanted.socket).map_err(|error| refused(&error))?;
    let lock = take_lock(&plan.shared_dir, &plan.id)
        .or_internal("lock the container")?
        .ok_or_else(|| ShimError::internal("a container of this name is there already"))?;
    let lock_path = lock_path(&plan.shared_dir, &plan.id);
    let built = build(plan, wanted, engine, (lock, lock_path.clone()));
    built.map_err(|(error, in_engine)| {
        let removed = match in_engine {
            Some(container) => container.remove(),
            None => fs_err::remove_file(&lock_path).or_internal("remove the container's lock"),
        };
        let unmounted = unmount_all(plan);
        // What led here is what the user has to know, but nothing may be left unsaid.
        match removed.and(unmounted) {
            Ok(()) => error,
            Err(also) => ShimError {
                message: format!("{}; also: {also}", error.message),
                ..error
            },
        }
    })
}

/// An error, and the container that was made before.
type Failed = (ShimError, Option<InEngine>);

fn build(
    plan: &ContainerPlan,
    wanted: &EnginePlan,
    engine: Engine,
    lock: (File, camino::Utf8PathBuf),
) -> Result<Sandbox, Failed> {
    let early = |error| (error, None);
    trap::require_files(&plan.layers).map_err(early)?;
    let user = user_of(plan).map_err(early)?;
    let program = program::program(plan, &user, true);
    let processors = prepare::choose_processors(plan).map_err(early)?;
    let mounted = Mounted::make(plan, &user, &processors).map_err(early)?;
    let gate = gate::Listening::open(plan).map_err(early)?;
    let request = request::container(plan, wanted, &program, &mounted).map_err(early)?;
    let id = engine
        .create(request)
        .map_err(|error| early(start_refused(&error, &program)))?;
    let mut in_engine = InEngine {
        engine,
        id,
        lock,
        pids_before: None,
    };
    match start(plan, &program, (mounted, &processors), gate, &in_engine) {
        Ok(started) => {
            in_engine.pids_before = started.cgroup.counters().peak_pids;
            Ok(started.into_sandbox(in_engine))
        }
        Err(error) => Err((error, Some(in_engine))),
    }
}

/// A container with its gate waiting.
struct Started {
    cgroup: Cgroup,
    mounted: Mounted,
    gate: Gate,
    stdout: OwnedFd,
    stderr: OwnedFd,
    facts: KernelFacts,
    root_usage: Option<RootUsage>,
}

impl Started {
    fn into_sandbox(self, in_engine: InEngine) -> Sandbox {
        Sandbox {
            cgroup: self.cgroup,
            scratch: self.mounted.scratch,
            process_one: ProcessOne::Gate(self.gate),
            stdout: self.stdout,
            stderr: self.stderr,
            facts: self.facts,
            provisioned_at: Instant::now(),
            root_usage: self.root_usage,
            in_engine: Some(in_engine),
            _ids: None,
        }
    }
}

fn start(
    plan: &ContainerPlan,
    program: &Program,
    (mounted, processors): (Mounted, &[usize]),
    listening: gate::Listening,
    in_engine: &InEngine,
) -> Result<Started, ShimError> {
    let InEngine { engine, id, .. } = in_engine;
    engine
        .start(id)
        .map_err(|error| start_refused(&error, program))?;
    let inspected = engine.inspect(id).map_err(|error| refused(&error))?;
    let pid = inspected.state.and_then(|state| state.pid).unwrap_or(0);
    let (out_read, stdout) = pipe_with(PipeFlags::CLOEXEC).or_internal("make a pipe")?;
    let (err_read, stderr) = pipe_with(PipeFlags::CLOEXEC).or_internal("make a pipe")?;
    for pipe in [&stdout, &stderr] {
        // Programs open `/dev/stdout` anew, which only its owner may.
        let (uid, gid) = (
            rustix::fs::Uid::from_raw(program.uid),
            rustix::fs::Gid::from_raw(program.gid),
        );
        rustix::fs::fchown(pipe, Some(uid), Some(gid)).or_internal("give a pipe away")?;
    }
    let gate = listening.accept(pid, program)?;
    gate.clothe([&stdout, &stderr], &seccomp::Filters::compile())?;
    sys::keep_on(gate.pid(), processors).or_internal("restrict the processors")?;
    // From here on the engine's container holds all mounts that it needs.
    mounted
        .hide()
        .or_internal("take our mounts out of the host's sight")?;
    let cgroup = Cgroup::of_process(gate.pid()).or_internal("find the container's cgroups")?;
    let root_usage = RootUsage::of(gate.pid());
    let mut facts = read_facts::read(gate.pid(), plan).or_internal("read back what is in force")?;
    facts.cgroup = cgroup.facts();
    facts.scratch = mounted.facts(root_usage.is_some());
    facts.seccomp_allowed_calls = seccomp::allowed_calls();
    promise::require(plan, &facts)?;
    Ok(Started {
        cgroup,
        mounted,
        gate,
        stdout: out_read,
        stderr: err_read,
        facts,
        root_usage,
    })
}

/// The image's user, from the image's own databases.
fn user_of(plan: &ContainerPlan) -> Result<ResolvedUser, ShimError> {
    let database = |path: &str| {
        read_in_layers(plan.layers.iter(), path, program::DATABASE_LIMIT)
            .map(Option::unwrap_or_default)
            .map_err(|error| ShimError::image(format!("`/{path}` is unreadable: {error}"), None))
    };
    let user = program::resolve(
        &plan.process.user,
        &database("etc/passwd")?,
        &database("etc/group")?,
    )?;
    program::require_small_ids(&user)?;
    Ok(user)
}

/// An answer of the engine that nobody expects.
fn refused(error: &EngineError) -> ShimError {
    let message = error.to_string();
    match error {
        EngineError::NoAnswer { .. } => ShimError::host(
            message,
            "start the Docker engine, or run with `--executor local`",
        ),
        EngineError::Refused { .. } | EngineError::Prepare(_) => ShimError::internal(message),
    }
}

/// The engine could not make or start the container; when it is the image's fault, in the words of the sandbox.
fn start_refused(error: &EngineError, program: &Program) -> ShimError {
    let said = error.to_string();
    let folder = &program.working_dir;
    if said.contains("chdir to cwd") || said.contains("mkdir") && said.contains(folder.as_str()) {
        return payload::closed_folder(folder, &said);
    }
    refused(error)
}

/// A folder that may be missing is no error.
fn remove_folder(path: &Utf8Path) -> io::Result<()> {
    match fs_err::remove_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
