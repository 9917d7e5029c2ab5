//! Building the sandbox: cgroups, ids, file systems, process 1; in parallel where the kernel makes us wait.

use std::io::{self, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use rustix::pipe::{PipeFlags, pipe_with};

use super::cgroup::{Cgroup, Counters};
use super::engine::{self, InEngine, RootUsage};
use super::error::OrShimError;
use super::id_range::{self, IdRange, MapLine};
use super::in_root::Kind;
use super::init::{self, Birth, Report, RootReady};
use super::process_one::ProcessOne;
use super::program;
use super::read_facts;
use super::rootfs::RootFs;
use super::scratch::Scratch;
use super::seccomp;
use super::system_mounts;
use crate::sandbox::facts::KernelFacts;
use crate::sandbox::outcome::{ShimError, StartProblem};
use crate::sandbox::plan::{ContainerPlan, Waivable};
use crate::sandbox::promise;
use crate::sandbox::sys::{self, Child, Fork};

/// A sandbox in which the program can be started.
pub(super) struct Sandbox {
    pub(super) cgroup: Cgroup,
    pub(super) scratch: Scratch,
    pub(super) process_one: ProcessOne,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
    pub(super) facts: KernelFacts,
    /// When everything stood and was in force.
    pub(super) provisioned_at: Instant,
    /// The writable layer of an engine's container.
    pub(super) root_usage: Option<RootUsage>,
    /// What an engine has of the container.
    pub(super) in_engine: Option<InEngine>,
    /// Held for as long as the container has these ids.
    pub(super) _ids: Ids,
}

impl Sandbox {
    /// Nothing of the container may be left, whatever went wrong.
    pub(super) fn kill_all(&self) {
        if self.in_engine.is_none() {
            self.cgroup.kill();
        }
    }

    /// Takes the container out of its engine, if it has one: the last resort for one that does not end.
    pub(super) fn take_away(&self) {
        if let Some(engine) = &self.in_engine {
            // The next look tries again.
            let _ = engine.remove();
        }
    }

    /// What happened so far; `most_pids` is the most that samples saw, if any. The engine is asked when the cgroups are gone
    /// already, and what its own programs were there before ours is not taken for ours.
    pub(super) fn counters(&self, plan: &ContainerPlan, most_pids: Option<u64>) -> Counters {
        let mut counters = self.cgroup.counters();
        let Some(engine) = &self.in_engine else {
            return counters;
        };
        if counters.out_of_memory_kills == 0 && engine.ran_out_of_memory() {
            counters.out_of_memory_kills = 1;
        }
        if counters.peak_pids <= engine.pids_before {
            let refused = counters.pids_refusals > 0;
            counters.peak_pids = if refused {
                Some(plan.limits.pids.into())
            } else {
                most_pids
            };
        }
        counters
    }

    /// Takes everything away but the work folder's reports.
    pub(super) fn remove(self, plan: &ContainerPlan) -> Result<(), ShimError> {
        match self.in_engine {
            None => {
                let removed = self.cgroup.remove();
                unmount_all(plan).and(removed)
            }
            Some(engine) => {
                // Its process 1 ends with our end of the socket.
                drop(self.process_one);
                let removed = engine.remove();
                engine::unmount_all(plan).and(removed)
            }
        }
    }
}

/// The shim's ends of what it shares with process 1.
struct Ends {
    stdout: OwnedFd,
    stderr: OwnedFd,
    socket: UnixStream,
}

/// Builds everything up to the last step before the program, and reads back what is in force.
pub(super) fn prepare(plan: &ContainerPlan) -> Result<Sandbox, ShimError> {
    if let Some(engine) = &plan.engine {
        return engine::prepare(plan, engine);
    }
    let as_root = !id_range::in_own_namespace();
    let cgroup = Cgroup::create(plan)?;
    let result = build(plan, as_root, &cgroup);
    match result {
        Ok(built) => Ok(built.into_sandbox(cgroup)),
        Err(error) => {
            cgroup.kill();
            cgroup.remove()?;
            Err(error)
        }
    }
}

/// A sandbox without its cgroups.
struct Built {
    scratch: Scratch,
    init: Child,
    ends: Ends,
    facts: KernelFacts,
    ids: Ids,
}

impl Built {
    fn into_sandbox(self, cgroup: Cgroup) -> Sandbox {
        let Self {
            scratch,
            init,
            ends,
            facts,
            ids,
        } = self;
        let Ends {
            stdout,
            stderr,
            socket,
        } = ends;
        Sandbox {
            cgroup,
            scratch,
            process_one: ProcessOne::Ours(init, socket),
            stdout,
            stderr,
            facts,
            provisioned_at: Instant::now(),
            root_usage: None,
            in_engine: None,
            _ids: ids,
        }
    }
}

fn build(plan: &ContainerPlan, as_root: bool, cgroup: &Cgroup) -> Result<Built, ShimError> {
    sys::unshare(libc::CLONE_NEWNS).or_internal("unshare the mount namespace")?;
    let private = libc::MS_REC | libc::MS_PRIVATE;
    sys::mount("", "/", "", private, "").or_internal("make mounts private")?;
    let processors = choose_processors(plan)?;
    // Entering cgroups and making namespaces waits for the kernel; process 1 does that while we mount.
    let (init, ends) = give_birth(plan, cgroup, processors.clone())?;
    let mounted = mount_all(plan, as_root, &processors);
    let finished = mounted.and_then(|(scratch, ids, ready)| {
        let mut facts = finish(plan, &init, &ends, &ready)?;
        facts.cgroup = cgroup.facts();
        facts.scratch = scratch.facts();
        facts.seccomp_allowed_calls = seccomp::allowed_calls();
        promise::require(plan, &facts)?;
        Ok((scratch, ids, facts))
    });
    match finished {
        Ok((scratch, ids, facts)) => Ok(Built {
            scratch,
            init,
            ends,
            facts,
            ids,
        }),
        Err(error) => {
            // Fails only when it is gone already.
            let _ = sys::signal_child(&init, libc::SIGKILL);
            sys::reap(init.pid, true).or_internal("reap process 1")?;
            Err(error)
        }
    }
}

fn give_birth(
    plan: &ContainerPlan,
    cgroup: &Cgroup,
    processors: Vec<usize>,
) -> Result<(Child, Ends), ShimError> {
    let (out_read, stdout) = pipe_with(PipeFlags::CLOEXEC).or_internal("make a pipe")?;
    let (err_read, stderr) = pipe_with(PipeFlags::CLOEXEC).or_internal("make a pipe")?;
    let (ours, theirs) = UnixStream::pair().or_internal("make a socket pair")?;
    let birth = Birth {
        host_name: plan.id.clone(),
        cgroup_entrances: cgroup.entrances(),
        processors,
        open_files: plan.limits.open_files,
        stdout,
        stderr,
        socket: theirs,
    };
    let namespaces =
        libc::CLONE_NEWPID | libc::CLONE_NEWNET | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS;
    match sys::fork(namespaces).or_internal("fork process 1 into new namespaces")? {
        Fork::Child => {
            drop((out_read, err_read, ours));
            init::live(birth)
        }
        Fork::Parent(child) => Ok((
            child,
            Ends {
                stdout: out_read,
                stderr: err_read,
                socket: ours,
            },
        )),
    }
}

/// The range with the user namespace that maps it.
type Ids = Option<(IdRange, OwnedFd)>;

fn mount_all(
    plan: &ContainerPlan,
    as_root: bool,
    processors: &[usize],
) -> Result<(Scratch, Ids, RootReady), ShimError> {
    let mounts = plan.mounts_dir();
    fs_err::create_dir(&mounts).or_internal("make the folder of mounts")?;
    sys::mount(
        "gantry-mounts",
        mounts.as_str(),
        "tmpfs",
        libc::MS_NOSUID | libc::MS_NODEV,
        "size=16m,mode=0755",
    )
    .or_internal("mount the folder of mounts")?;
    fs_err::create_dir(mounts.join("scratch")).or_internal("make the folder of mounts")?;
    let scratch = Scratch::mount(plan, &mounts.join("scratch"), as_root)?;
    let mut ids = if as_root { range_of_ids(plan)? } else { None };
    let rootfs = RootFs::mount(plan, &mounts, ids.as_ref())?;
    let user = program::resolve_user(plan, &rootfs.root(), ids.as_ref().map(|(range, _)| range))?;
    // First what every container has: where the image makes one path of two, the plan's own folders lie on top.
    let devices = system_mounts::mount_devices(plan, &rootfs, &mounts)?;
    rootfs.populate(plan, &user)?;
    system_mounts::protect_devices(&devices)?;
    let program = program::program(plan, &user.inside, as_root);
    // Docker makes a missing working folder as well.
    rootfs
        .root()
        .mount_point(&program.working_dir, Kind::Folder)
        .map_err(|error| {
            let folder = &program.working_dir;
            ShimError::image(
                format!("the working folder `{folder}` of the image cannot be opened: {error}"),
                None,
            )
        })?;
    let views = system_mounts::processor_views(&mounts, processors)
        .or_internal("write the list of processors")?;
    let root_owner = rootfs.root().owner;
    let namespace = match &ids {
        Some((_, namespace)) => Some(id_range::path_of(namespace)),
        None if as_root => None,
        None => {
            let line = |inside| MapLine {
                inside,
                outside: 0,
                count: 1,
            };
            let namespace = id_range::user_namespace(line(user.inside.uid), line(user.inside.gid));
            let namespace = namespace.map_err(|error| id_range::refusal(&error))?;
            let path = id_range::path_of(&namespace);
            ids = None;
            // Lives as long as this process, which is what process 1 needs to open it.
            std::mem::forget(namespace);
            Some(path)
        }
    };
    let processor_views = views.then(|| mounts.clone());
    let ready = RootReady {
        root: rootfs.path.clone(),
        root_owner,
        user_namespace: namespace,
        processor_views,
        program,
    };
    Ok((scratch, ids, ready))
}

/// Takes the folder of mounts away, with everything in it; there is none when the building failed early.
pub(super) fn unmount_all(plan: &ContainerPlan) -> Result<(), ShimError> {
    let mounts = plan.mounts_dir();
    // Our current folder lies in there.
    rustix::process::chdir("/").or_internal("leave the folder of mounts")?;
    match sys::unmount(mounts.as_str(), true) {
        Ok(()) => {}
        // Not there, or not mounted yet.
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::EINVAL)) => {}
        Err(error) => return Err(error).or_internal("unmount the folder of mounts"),
    }
    match fs_err::remove_dir(&mounts) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).or_internal("remove the folder of mounts")
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn range_of_ids(plan: &ContainerPlan) -> Result<Ids, ShimError> {
    let range = IdRange::take(&plan.shared_dir)?;
    match id_range::user_namespace(range.line(), range.line()) {
        Ok(namespace) => Ok(Some((range, namespace))),
        Err(_) if plan.waive.contains(&Waivable::UserNamespace) => Ok(None),
        Err(error) => Err(ShimError::host(
            format!("the guarantee `user_namespace` cannot be kept: {error}"),
            "raise `sysctl user.max_user_namespaces`, or give up `user_namespace` by name",
        )),
    }
}

/// Lets process 1 finish, reads what is in force, and leaves it waiting for the start.
fn finish(
    plan: &ContainerPlan,
    init: &Child,
    ends: &Ends,
    ready: &RootReady,
) -> Result<KernelFacts, ShimError> {
    let lost = |_| ShimError {
        problem: StartProblem::Internal,
        message: "process 1 is gone".into(),
        hint: None,
    };
    // When it has failed already the reason waits in the socket.
    let _ = init::send(&ends.socket, ready);
    let mut reader = BufReader::new(&ends.socket);
    match init::receive(&mut reader).map_err(lost)? {
        Report::Ready => read_facts::read(init.pid, plan).or_internal("read back what is in force"),
        Report::Failed(error) => Err(error),
        Report::Exited(_) | Report::Signaled(_) | Report::Lost(_) => {
            Err(ShimError::internal("process 1 ended before its time"))
        }
    }
}

/// As many processors as the limit needs, chosen so that containers spread.
pub(super) fn choose_processors(plan: &ContainerPlan) -> Result<Vec<usize>, ShimError> {
    let all = sys::processors().or_internal("read the processors of this host")?;
    let wanted =
        usize::try_from(plan.limits.cpu_percent.div_ceil(100).max(1)).unwrap_or(usize::MAX);
    if wanted >= all.len() {
        return Ok(all);
    }
    let first = usize::try_from(std::process::id()).unwrap_or(0) % all.len();
    let mut chosen: Vec<usize> = (0..wanted)
        .map(|index| all[(first + index) % all.len()])
        .collect();
    chosen.sort_unstable();
    Ok(chosen)
}

/// Processor numbers as the kernel lists them: `0-3,8`.
pub(super) fn as_list(processors: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &processor in processors {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == processor => *last = processor,
            _ => runs.push((processor, processor)),
        }
    }
    let text = |&(first, last): &(usize, usize)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    };
    runs.iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::as_list;

    #[test]
    fn lists_processors_as_the_kernel_does() {
        assert_eq!(as_list(&[0]), "0");
        assert_eq!(as_list(&[0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
    }
}
