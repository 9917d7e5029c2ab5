//! User namespaces: ids of the container that are ids of nobody on the host.

use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use camino::Utf8Path;
use fs_err::{File, OpenOptions};
use rustix::fs::FlockOperation;

use super::error::OrShimError;
use crate::sandbox::outcome::ShimError;
use crate::sandbox::sys::{self, Fork};

/// Ids in a range.
pub(super) const COUNT: u32 = 65_536;
/// First id of the first range: above what distributions give to users, sub-ids, and systemd's containers.
const FIRST: u32 = 0x7000_0000;
/// Ranges that fit below the ids which systemd reserves again (0x7FFF_0000).
const RANGES: u32 = 4_000;

/// A range of host ids that no other running container has.
#[derive(Debug)]
pub(super) struct IdRange {
    /// Host id of the container's root.
    pub(super) base: u32,
    _lock: File,
}

/// One line of an id map.
#[derive(Debug, Clone, Copy)]
pub(super) struct MapLine {
    /// Id inside.
    pub(super) inside: u32,
    /// Id in the parent user namespace.
    pub(super) outside: u32,
    /// How many follow each other.
    pub(super) count: u32,
}

impl IdRange {
    /// Takes the first free range; it is given back when the process ends, however it ends.
    pub(super) fn take(shared_dir: &Utf8Path) -> Result<Self, ShimError> {
        let folder = shared_dir.join("ids");
        fs_err::create_dir_all(&folder).or_internal("make the folder of id ranges")?;
        for index in 0..RANGES {
            let path = folder.join(index.to_string());
            let lock = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(path);
            let lock = lock.or_internal("open the lock of an id range")?;
            match rustix::fs::flock(lock.as_fd(), FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {
                    return Ok(Self {
                        base: FIRST + index * COUNT,
                        _lock: lock,
                    });
                }
                Err(rustix::io::Errno::WOULDBLOCK) => {}
                Err(error) => return Err(error).or_internal("lock an id range"),
            }
        }
        Err(ShimError::host(
            format!("all {RANGES} id ranges are in use, expected a free one"),
            "wait for other containers to end",
        ))
    }

    /// The whole range, as a map line.
    pub(super) fn line(&self) -> MapLine {
        MapLine {
            inside: 0,
            outside: self.base,
            count: COUNT,
        }
    }
}

/// A new user namespace with one map line each for users and groups, held by descriptor.
pub(super) fn user_namespace(users: MapLine, groups: MapLine) -> io::Result<OwnedFd> {
    let (wait, go) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    let child = match sys::fork(libc::CLONE_NEWUSER)? {
        Fork::Child => {
            drop(go);
            // Stays until the parent has taken the namespace and closes its end.
            let _ = rustix::io::read(&wait, &mut [0_u8; 1]);
            sys::exit_now(0);
        }
        Fork::Parent(child) => child,
    };
    let taken = write_maps(child.pid, users, groups)
        .and_then(|()| File::open(format!("/proc/{}/ns/user", child.pid)))
        .map(|file| OwnedFd::from(file.into_parts().0));
    drop(go);
    drop(wait);
    sys::reap(child.pid, true)?;
    taken
}

fn write_maps(pid: i32, users: MapLine, groups: MapLine) -> io::Result<()> {
    for (file, line) in [("uid_map", users), ("gid_map", groups)] {
        write_once(
            &format!("/proc/{pid}/{file}"),
            &format!("{} {} {}\n", line.inside, line.outside, line.count),
        )?;
    }
    Ok(())
}

/// Writes a kernel file with a single call, as the id maps want it.
pub(super) fn write_once(path: &str, text: &str) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .open(path)?
        .write_all(text.as_bytes())
}

/// Set in the environment of a shim that has already moved into a user namespace of its own.
const MOVED: &str = "GANTRY_SHIM_IN_OWN_NAMESPACE";

/// Whether this shim runs as nobody special, in a user namespace of its own in which it is root.
pub(super) fn in_own_namespace() -> bool {
    std::env::var_os(MOVED).is_some()
}

/// Moves a shim that is nobody special into a user namespace of its own in which it is root, and starts it again there:
/// only a program that was started inside may look at what it starts inside.
pub(super) fn move_into_own_namespace() -> Result<(), ShimError> {
    if rustix::process::geteuid().is_root() || in_own_namespace() {
        return Ok(());
    }
    become_root_of_own_namespace().map_err(|error| refusal(&error))?;
    let arguments = std::env::args_os().skip(1);
    let error = Command::new("/proc/self/exe")
        .arg0("gantry")
        .args(arguments)
        .env(MOVED, "1")
        .exec();
    Err(error).or_internal("start the shim again in its user namespace")
}

fn become_root_of_own_namespace() -> io::Result<()> {
    let uid = rustix::process::geteuid().as_raw();
    let gid = rustix::process::getegid().as_raw();
    sys::unshare(libc::CLONE_NEWUSER)?;
    write_once("/proc/self/setgroups", "deny")?;
    write_once("/proc/self/uid_map", &format!("0 {uid} 1\n"))?;
    write_once("/proc/self/gid_map", &format!("0 {gid} 1\n"))
}

/// This host gives no user namespaces to ordinary users.
pub(super) fn refusal(error: &io::Error) -> ShimError {
    ShimError::host(
        format!(
            "the guarantee `user_namespace` cannot be kept: this host refuses user namespaces to ordinary users: {error}"
        ),
        "run as root, or allow unprivileged user namespaces (`sysctl kernel.unprivileged_userns_clone`, AppArmor)",
    )
}

/// A path by which another process of ours can open a descriptor of this one.
pub(super) fn path_of(fd: &OwnedFd) -> String {
    format!("/proc/{}/fd/{}", std::process::id(), fd.as_raw_fd())
}
