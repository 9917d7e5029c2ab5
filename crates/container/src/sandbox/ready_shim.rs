//! A shim that has started and waits for its plan.
//!
//! To start a program of this size takes the kernel and the linker milliseconds, which no container has to wait for: the shim
//! starts while its caller still reads what is to be run. The caller then says where the plan lies, in a frame: four bytes with the
//! length of the path, little-endian, and the path. A pipe that ends before that means that no container is wanted.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use std::sync::{Mutex, MutexGuard, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use rustix::stdio;

use super::running::StartError;

/// Bytes of a path; the kernel takes no more.
const MOST: usize = 4096;

/// Where shims come from; one of them may have started already.
#[derive(Debug)]
pub struct Shims {
    program: Vec<String>,
    ready: Mutex<Option<ReadyShim>>,
}

/// A started shim. Ends when it is dropped.
#[derive(Debug)]
pub struct ReadyShim {
    /// All three are there until the shim gets its plan.
    parts: Option<ShimParts>,
}

/// Its process, the pipe that it hears, the pipe on which it rings.
#[derive(Debug)]
pub(super) struct ShimParts {
    pub(super) child: Child,
    pub(super) control: ChildStdin,
    pub(super) bell: ChildStdout,
}

impl Shims {
    /// A program and its arguments, as for [`ReadyShim::start`].
    #[must_use]
    pub fn of(program: &[&str]) -> Self {
        Self {
            program: program.iter().map(|word| (*word).to_owned()).collect(),
            ready: Mutex::new(None),
        }
    }

    /// Starts one for whoever comes next, unless there is one. That it could not be started is told to who takes it.
    pub fn prepare(&self) {
        let mut ready = self.ready();
        if ready.is_none() {
            *ready = ReadyShim::start(&self.program).ok();
        }
    }

    /// One that has started, or starts one.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn take(&self) -> Result<ReadyShim, StartError> {
        let ready = self.ready().take();
        match ready.filter(ReadyShim::is_there) {
            Some(ready) => Ok(ready),
            None => ReadyShim::start(&self.program),
        }
    }

    fn ready(&self) -> MutexGuard<'_, Option<ReadyShim>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReadyShim {
    /// Starts `shim_program` (a program and its arguments), which must hand control to [`crate::sandbox::shim_main`] when its
    /// arguments are those. They say nothing of the container, because its processes can read them.
    ///
    /// # Errors
    /// When the program cannot be started.
    ///
    /// # Panics
    /// When no program is named.
    pub fn start(shim_program: &[impl AsRef<str>]) -> Result<Self, StartError> {
        let (program, arguments) = shim_program
            .split_first()
            .expect("the caller names a program");
        let mut command = Command::new(program.as_ref());
        command
            .args(arguments.iter().map(AsRef::as_ref))
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = spawn_in_own_group(&mut command).map_err(|source| StartError::Spawn {
            program: Utf8PathBuf::from(program.as_ref()),
            source,
        })?;
        let control = child.stdin.take().expect("stdin is piped");
        let bell = child.stdout.take().expect("stdout is piped");
        Ok(Self {
            parts: Some(ShimParts {
                child,
                control,
                bell,
            }),
        })
    }

    /// Whether nobody has ended it while it waited.
    fn is_there(&self) -> bool {
        let parts = self.parts.as_ref();
        let id = parts.map(|parts| parts.child.id());
        let id = id.and_then(|id| Pid::from_raw(id.cast_signed()));
        // It is asked about and not waited for: whoever drops it does that.
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        id.is_some_and(|id| matches!(waitid(WaitId::Pid(id), look), Ok(None)))
    }

    /// Says where the plan lies. A shim that has died meanwhile is not noticed here, but by whoever waits for it.
    pub(super) fn send_to(mut self, work_dir: &Utf8Path) -> ShimParts {
        let mut parts = self.parts.take().expect("only this takes them");
        let length = u32::try_from(work_dir.as_str().len()).expect("paths are short");
        let frame = [&length.to_le_bytes(), work_dir.as_str().as_bytes()].concat();
        let _ = parts.control.write_all(&frame);
        parts
    }
}

impl Drop for ReadyShim {
    fn drop(&mut self) {
        if let Some(ShimParts {
            mut child, control, ..
        }) = self.parts.take()
        {
            drop(control);
            // It ends of itself; there is nobody to tell if it cannot be waited for.
            let _ = child.wait();
        }
    }
}

/// In a group of its own, so that Ctrl-C at the terminal reaches the caller only.
fn spawn_in_own_group(command: &mut Command) -> io::Result<Child> {
    use std::os::unix::process::CommandExt;
    command.arg0("gantry").process_group(0).spawn()
}

/// The shim's side: waits until it is told where its plan lies; `None`: no container is wanted.
pub(super) fn hear() -> io::Result<Option<Utf8PathBuf>> {
    let mut pipe = std::fs::File::from(rustix::io::dup(stdio::stdin())?);
    let mut length = [0; 4];
    if pipe.read(&mut length[..1])? == 0 {
        return Ok(None);
    }
    pipe.read_exact(&mut length[1..])?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MOST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut path = vec![0; length];
    pipe.read_exact(&mut path)?;
    let path = String::from_utf8(path).map_err(io::Error::other)?;
    Ok(Some(Utf8PathBuf::from(path)))
}
