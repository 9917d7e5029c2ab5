//! Our end of the socket to the gate, process 1 in an engine's container (`gate/gate.rs`).

use std::cell::Cell;
use std::io::{self, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};

use camino::Utf8PathBuf;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

use super::mounts::open_to_all;
use crate::sandbox::outcome::ShimError;
use crate::sandbox::plan::ContainerPlan;
use crate::sandbox::shim::error::OrShimError;
use crate::sandbox::shim::init::Report;
use crate::sandbox::shim::payload;
use crate::sandbox::shim::process_one::Usage;
use crate::sandbox::shim::program::Program;
use crate::sandbox::shim::seccomp::Filters;

/// Where the container sees it.
pub(super) const FOLDER: &str = "/.gantry";
/// The program that the engine is asked to start.
pub(super) const PROGRAM: &str = "/.gantry/gate";

/// As `build.rs` made it.
const GATE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/gate"));
/// A container that has not come so far by then never will.
const PATIENCE: Timespec = Timespec {
    tv_sec: 60,
    tv_nsec: 0,
};
/// Of a second (`USER_HZ`).
const TICKS: f64 = 100.0;

/// The folder on the host.
pub(super) fn folder(plan: &ContainerPlan) -> Utf8PathBuf {
    plan.work_dir.join("gate")
}

/// Puts the gate where the container is going to see it.
pub(super) fn lay_out(plan: &ContainerPlan) -> io::Result<()> {
    let folder = folder(plan);
    fs_err::create_dir(&folder)?;
    open_to_all(&folder, 0o755)?;
    let program = folder.join("gate");
    fs_err::write(&program, GATE)?;
    open_to_all(&program, 0o555)
}

/// Takes it away again.
pub(super) fn clear(plan: &ContainerPlan) -> io::Result<()> {
    match fs_err::remove_dir_all(folder(plan)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Waits for the gate.
pub(super) struct Listening {
    socket: UnixListener,
    path: Utf8PathBuf,
}

impl Listening {
    /// Opens the socket beside the gate.
    pub(super) fn open(plan: &ContainerPlan) -> Result<Self, ShimError> {
        // The work folder is our current folder: the paths of sockets are short.
        let socket = UnixListener::bind("gate/socket").or_internal("listen for the container")?;
        let path = folder(plan).join("socket");
        open_to_all(&path, 0o666).or_internal("listen for the container")?;
        Ok(Self { socket, path })
    }

    /// The gate of the container whose process 1 the engine says is `pid`. Nobody else can come in after it.
    pub(super) fn accept(self, pid: i64, program: &Program) -> Result<Gate, ShimError> {
        let mut ready = [PollFd::new(&self.socket, PollFlags::IN)];
        let count = poll(&mut ready, Some(&PATIENCE)).or_internal("wait for the container")?;
        if count == 0 {
            return Err(ShimError::internal(
                "the engine's container does not call, expected its process 1 within a minute",
            ));
        }
        let (socket, _) = self.socket.accept().or_internal("hear the container")?;
        fs_err::remove_file(&self.path).or_internal("stop listening")?;
        let peer = rustix::net::sockopt::socket_peercred(&socket)
            .or_internal("see who calls from the container")?;
        let peer = peer.pid.as_raw_nonzero().get();
        if i64::from(peer) != pid {
            return Err(ShimError::host(
                format!("the engine says that process 1 is {pid}, and {peer} calls"),
                "the executor `docker` needs an engine on this very machine, in the same process namespace",
            ));
        }
        Ok(Gate {
            socket,
            pid: peer,
            command: program.command.first().cloned().unwrap_or_default(),
            working_dir: program.working_dir.clone(),
            used: Cell::new(None),
        })
    }
}

/// A gate that has called.
pub(in super::super) struct Gate {
    socket: UnixStream,
    pid: i32,
    /// For messages.
    command: String,
    working_dir: String,
    used: Cell<Option<Usage>>,
}

impl Gate {
    /// Its number on the host.
    pub(super) fn pid(&self) -> i32 {
        self.pid
    }

    /// Readable when it says something or is gone.
    pub(in super::super) fn bell(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Gives it the log's pipes and the system call filters; afterwards everything is in force.
    pub(super) fn clothe(&self, pipes: [&OwnedFd; 2], filters: &Filters) -> Result<(), ShimError> {
        self.send_pipes(pipes.map(AsFd::as_fd))
            .or_internal("give the container its log")?;
        let mut socket = &self.socket;
        let mut send = || {
            for filter in filters.as_bytes() {
                let length = u32::try_from(filter.len()).map_err(io::Error::other)?;
                socket.write_all(&length.to_le_bytes())?;
                socket.write_all(&filter)?;
            }
            socket.write_all(&0_u32.to_le_bytes())
        };
        send().or_internal("give the container its system call filter")?;
        let mut answer = [0; 1];
        socket
            .read_exact(&mut answer)
            .or_internal("hear that the system call filter is in force")?;
        if answer == *b"R" {
            return Ok(());
        }
        let mut number = [0; 4];
        socket
            .read_exact(&mut number)
            .or_internal("hear why the system call filter is refused")?;
        let error = io::Error::from_raw_os_error(-i32::from_le_bytes(number));
        Err(ShimError::internal(format!(
            "failed to install the system call filter: {error}"
        )))
    }

    fn send_pipes(&self, pipes: [BorrowedFd<'_>; 2]) -> io::Result<()> {
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut control = SendAncillaryBuffer::new(&mut room);
        control.push(SendAncillaryMessage::ScmRights(&pipes));
        let text = [io::IoSlice::new(b"p")];
        sendmsg(&self.socket, &text, &mut control, SendFlags::empty())?;
        Ok(())
    }

    pub(in super::super) fn start_program(&self) -> io::Result<()> {
        self.say(b"g")
    }

    pub(in super::super) fn terminate(&self) -> io::Result<()> {
        self.say(b"t")
    }

    pub(in super::super) fn kill(&self) -> io::Result<()> {
        self.say(b"k")
    }

    fn say(&self, word: &[u8]) -> io::Result<()> {
        (&self.socket).write_all(word)
    }

    /// What it says of the end of the program; that it says nothing means that it is gone.
    pub(in super::super) fn hear(&self) -> Report {
        // Its children are all reaped now, and what they used is added up there.
        self.used.set(usage(self.pid));
        let mut message = [0; 5];
        if (&self.socket).read_exact(&mut message).is_err() {
            return Report::Lost(
                "the engine's container was ended by somebody else, or its engine went away".into(),
            );
        }
        let [kind, a, b, c, d] = message;
        let number = i32::from_le_bytes([a, b, c, d]);
        match kind {
            b'E' => Report::Exited(number),
            b'S' => Report::Signaled(number),
            b'D' => Report::Failed(payload::closed_folder(
                &self.working_dir,
                &io::Error::from_raw_os_error(-number),
            )),
            b'X' => Report::Failed(payload::refusal(
                &self.command,
                &io::Error::from_raw_os_error(-number),
            )),
            _ => Report::Lost("process 1 of the engine's container says nonsense".into()),
        }
    }

    /// What the container's processes used until the end of the program.
    pub(in super::super) fn usage(&self) -> Option<Usage> {
        self.used.get()
    }
}

/// Processor time of process 1 and of all that it has reaped.
fn usage(pid: i32) -> Option<Usage> {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Fields 14 to 17 (proc(5)), counted from the last bracket, since a name may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<f64> = rest
        .split_ascii_whitespace()
        .skip(11)
        .take(4)
        .filter_map(|field| field.parse().ok())
        .collect();
    let [user, system, reaped_user, reaped_system] = fields.try_into().ok()?;
    Some(Usage {
        user_seconds: (user + reaped_user) / TICKS,
        system_seconds: (system + reaped_system) / TICKS,
        resident_bytes: None,
    })
}
