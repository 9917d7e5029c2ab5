//! The first process of a container as its watch needs it: ours, a child of the shim, or the gate in an engine's container.

use std::io::{self, BufReader};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use super::cgroup::Cgroup;
use super::engine::Gate;
use super::error::OrShimError;
use super::init::{self, Report};
use crate::sandbox::outcome::ShimError;
use crate::sandbox::sys::{self, Child};

/// Process 1 of a container.
pub(super) enum ProcessOne {
    /// Ours, forked by the shim.
    Ours(Child, UnixStream),
    /// Ours as well, but started by an engine.
    Gate(Gate),
}

/// What a container's processes used, all together.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Usage {
    pub(super) user_seconds: f64,
    pub(super) system_seconds: f64,
    /// Of the largest process, bytes.
    pub(super) resident_bytes: Option<u64>,
}

impl ProcessOne {
    /// Becomes readable when it has something to say, or is gone.
    pub(super) fn bell(&self) -> BorrowedFd<'_> {
        match self {
            Self::Ours(_, socket) => socket.as_fd(),
            Self::Gate(gate) => gate.bell(),
        }
    }

    /// Lets the program begin.
    pub(super) fn start_program(&self) -> Result<(), ShimError> {
        match self {
            Self::Ours(_, socket) => init::send(socket, &init::Go).or_internal("start the program"),
            Self::Gate(gate) => gate.start_program().or_internal("start the program"),
        }
    }

    /// SIGTERM to the program; fails when it has just ended, which the bell tells next.
    pub(super) fn terminate(&self) {
        let _ = match self {
            Self::Ours(child, _) => sys::signal_child(child, libc::SIGTERM),
            Self::Gate(gate) => gate.terminate(),
        };
    }

    /// SIGKILL to everything in the container; the gate itself stays, so that its cgroups can still be read.
    pub(super) fn kill(&self, cgroup: &Cgroup) {
        match self {
            Self::Ours(child, _) => {
                cgroup.kill();
                // The end of process 1 is the end of everything in its pid namespace.
                let _ = sys::signal_child(child, libc::SIGKILL);
            }
            Self::Gate(gate) => {
                let _ = gate.kill();
            }
        }
    }

    /// What it has to say; that ours says nothing means that it was killed.
    pub(super) fn hear(&self) -> Report {
        match self {
            Self::Ours(_, socket) => init::receive(&mut BufReader::new(socket))
                .unwrap_or(Report::Signaled(libc::SIGKILL)),
            Self::Gate(gate) => gate.hear(),
        }
    }

    /// Ends what is left after the program and says what all of it used.
    pub(super) fn finish(&self) -> io::Result<Option<Usage>> {
        match self {
            Self::Ours(child, _) => {
                let _ = sys::signal_child(child, libc::SIGKILL);
                Ok(sys::reap(child.pid, true)?.map(|reaped| Usage::of(&reaped.usage)))
            }
            Self::Gate(gate) => Ok(gate.usage()),
        }
    }

    /// Ends it, whatever state it is in.
    pub(super) fn abandon(&self) {
        match self {
            Self::Ours(child, _) => {
                // Fails when it is gone already, which is what is wanted.
                let _ = sys::signal_child(child, libc::SIGKILL);
                let _ = sys::reap(child.pid, true);
            }
            Self::Gate(gate) => {
                let _ = gate.kill();
            }
        }
    }
}

impl Usage {
    fn of(usage: &libc::rusage) -> Self {
        let seconds = |time: &libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
        Self {
            user_seconds: seconds(&usage.ru_utime),
            system_seconds: seconds(&usage.ru_stime),
            resident_bytes: u64::try_from(usage.ru_maxrss).ok().map(|kib| kib * 1024),
        }
    }
}
