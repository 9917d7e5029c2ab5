//! Process 1 of the container: enters what the shim has prepared, gives every right away, starts the program and reaps.
//!
//! It talks with the shim in lines of JSON over a socket. It never executes anything itself, so what it holds of this
//! program's memory must not be readable from inside: it is not dumpable, and its system calls are filtered as well.

use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use camino::Utf8PathBuf;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::OrShimError;
use super::in_root::Root;
use super::payload;
use super::program::Program;
use super::seccomp::Filters;
use super::system_mounts;
use crate::sandbox::outcome::ShimError;
use crate::sandbox::sys::{self, Fork};

/// What process 1 knows from its birth.
pub(super) struct Birth {
    pub(super) host_name: String,
    /// Files into which it writes itself to enter its cgroups.
    pub(super) cgroup_entrances: Vec<Utf8PathBuf>,
    pub(super) processors: Vec<usize>,
    pub(super) open_files: u64,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
    pub(super) socket: UnixStream,
}

/// From the shim: the root file system stands.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RootReady {
    pub(super) root: Utf8PathBuf,
    pub(super) root_owner: (u32, u32),
    /// Where to open the user namespace to enter, if there is one.
    pub(super) user_namespace: Option<String>,
    /// The folder with the processor views, if the container shall see fewer processors than there are.
    pub(super) processor_views: Option<Utf8PathBuf>,
    pub(super) program: Program,
}

/// From the shim: everything was looked at, start the program.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Go;

/// From process 1.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// Everything is in force; the program is next.
    Ready,
    /// The program returned a code.
    Exited(i32),
    /// The program was ended by a signal.
    Signaled(i32),
    /// There is no program, and why.
    Failed(ShimError),
    /// An engine's container is gone, and nobody knows how the program ended.
    Lost(String),
}

/// Sends one message.
pub(super) fn send(mut socket: &UnixStream, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message).expect("messages hold nothing that JSON cannot");
    line.push(b'\n');
    socket.write_all(&line)
}

/// Receives one message.
pub(super) fn receive<T: DeserializeOwned>(reader: &mut impl BufRead) -> io::Result<T> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&line)?)
}

/// The life of process 1; never returns.
pub(super) fn live(birth: Birth) -> ! {
    let report = match enter(&birth) {
        Ok(program) => start_and_reap(&birth, &program),
        Err(error) => Report::Failed(error),
    };
    // Nobody listens any more when this fails.
    let _ = send(&birth.socket, &report);
    sys::exit_now(0)
}

/// Everything between the fork and the program.
fn enter(birth: &Birth) -> Result<Program, ShimError> {
    for entrance in &birth.cgroup_entrances {
        super::id_range::write_once(entrance.as_str(), "0")
            .or_internal(format_args!("enter the cgroup `{entrance}`"))?;
    }
    sys::unshare(libc::CLONE_NEWCGROUP).or_internal("unshare the cgroup namespace")?;
    sys::set_host_name(&birth.host_name).or_internal("set the host name")?;
    sys::loopback_up().or_internal("bring the loopback interface up")?;
    // Should the host itself run out of memory, containers are to go first.
    super::id_range::write_once("/proc/self/oom_score_adj", "500")
        .or_internal("set the out-of-memory score")?;

    let filters = Filters::compile();
    let mut reader = BufReader::new(&birth.socket);
    let ready: RootReady =
        receive(&mut reader).or_internal("hear that the root file system stands")?;
    sys::unshare(libc::CLONE_NEWNS).or_internal("unshare the mount namespace")?;
    let user_namespace = ready
        .user_namespace
        .as_deref()
        .map(fs_err::File::open)
        .transpose();
    let user_namespace = user_namespace.or_internal("open the user namespace")?;
    move_into_root(&ready)?;
    system_mounts::restrict_kernel_views()?;
    restrict_process(birth)?;
    if let Some(namespace) = user_namespace {
        sys::enter_namespace(namespace.as_fd(), libc::CLONE_NEWUSER)
            .or_internal("enter the user namespace")?;
    }
    give_up_rights(&ready.program, &filters)?;
    send(&birth.socket, &Report::Ready).or_internal("report readiness")?;
    let _: Go = receive(&mut reader).or_internal("hear the start")?;
    Ok(ready.program)
}

fn move_into_root(ready: &RootReady) -> Result<(), ShimError> {
    let folder = fs_err::File::open(&ready.root).or_internal("open the root file system")?;
    let root = Root {
        folder: folder.as_fd(),
        owner: ready.root_owner,
    };
    system_mounts::mount_kernel_views(&root)?;
    if let Some(views) = &ready.processor_views {
        system_mounts::show_processors(&root, views)
            .or_internal("show the processors of the container")?;
    }
    rustix::process::fchdir(&folder).or_internal("enter the root file system")?;
    sys::pivot_root_here().or_internal("change the root")?;
    sys::unmount(".", true).or_internal("leave the host's file system")?;
    rustix::process::chdir("/").or_internal("enter the root")
}

fn restrict_process(birth: &Birth) -> Result<(), ShimError> {
    sys::new_session_keyring().or_internal("take an empty keyring")?;
    sys::run_on(&birth.processors).or_internal("restrict the processors")?;
    sys::set_rlimit(libc::RLIMIT_CORE, 0).or_internal("switch core dumps off")?;
    limit_open_files(birth.open_files).or_internal("limit open files")?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    sys::block_signals().or_internal("block signals")
}

/// Sets the limit; where the host's own is lower and this process may not raise it, the host's stays, which is stricter.
pub(super) fn limit_open_files(asked: u64) -> io::Result<()> {
    match sys::set_rlimit(libc::RLIMIT_NOFILE, asked) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let host = rustix::process::getrlimit(rustix::process::Resource::Nofile);
            let most = host.maximum.unwrap_or(asked);
            sys::set_rlimit(libc::RLIMIT_NOFILE, most.min(asked))
        }
        set => set,
    }
}

/// From here on nothing can be undone.
fn give_up_rights(program: &Program, filters: &Filters) -> Result<(), ShimError> {
    sys::become_user(program.uid, program.gid, program.groups.as_deref())
        .or_internal("become the container's user")?;
    sys::drop_capabilities().or_internal("drop all capabilities")?;
    sys::prctl(libc::PR_SET_DUMPABLE, 0).or_internal("hide the memory of process 1")?;
    let kill = libc::SIGKILL as libc::c_ulong;
    sys::prctl(libc::PR_SET_PDEATHSIG, kill).or_internal("tie the container to its shim")?;
    sys::prctl(libc::PR_SET_NO_NEW_PRIVS, 1).or_internal("switch new privileges off")?;
    filters.install()
}

/// Starts the program and reaps whatever becomes an orphan, until the program itself has ended.
fn start_and_reap(birth: &Birth, program: &Program) -> Report {
    let program_pid = match sys::fork(0) {
        Ok(Fork::Child) => payload::become_program(birth, program),
        Ok(Fork::Parent(child)) => child.pid,
        Err(error) => {
            return Report::Failed(ShimError::internal(format!(
                "failed to fork the program: {error}"
            )));
        }
    };
    loop {
        if matches!(sys::next_signal(), Ok(libc::SIGTERM)) {
            // Fails only when the program has just ended, which the lines below see.
            let _ = sys::kill(-program_pid, libc::SIGTERM);
        }
        while let Ok(Some(reaped)) = sys::reap(-1, false) {
            if reaped.pid == program_pid {
                return classify(reaped.status);
            }
        }
    }
}

fn classify(status: i32) -> Report {
    if libc::WIFSIGNALED(status) {
        Report::Signaled(libc::WTERMSIG(status))
    } else {
        Report::Exited(libc::WEXITSTATUS(status))
    }
}
