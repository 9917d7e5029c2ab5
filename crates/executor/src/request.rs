//! What is asked of one run, and who watches it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use camino::Utf8PathBuf;
use container::image::StoredImage;
use container::sandbox::{Canceller, Shims, Stream};
use domain::{Algorithm, Guarantee};

use crate::kinds::Executor;

/// One run of one algorithm image on one set of inputs.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// The algorithm, with the limits that hold for this run.
    pub algorithm: Algorithm,
    /// Whether a manifest declares it; if not, sockets are inferred from what is given and found.
    pub declared: bool,
    /// Its container image.
    pub image: StoredImage,
    /// What fills its input sockets.
    pub inputs: GivenInputs,
    /// Weights that appear in `/opt/ml/model`: a folder, or a tarball that is unpacked first.
    pub model: Option<Utf8PathBuf>,
    /// Where outputs, logs and the report go; made if missing.
    pub output_dir: Utf8PathBuf,
    /// Whether what an earlier run left in `output_dir` may be replaced.
    pub overwrite: bool,
    /// Gantry's data folder: empty disk images, locks.
    pub home: Utf8PathBuf,
    /// The folder in which the work folder of this run is made; made if missing. On the file system of `home`.
    pub runs: Utf8PathBuf,
    /// Guarantees that the user does without, by name, where the host cannot give them.
    pub waive: BTreeSet<Guarantee>,
    /// Where the container runs.
    pub executor: Arc<dyn Executor>,
    /// Where the shim of the container comes from.
    pub shims: Arc<Shims>,
}

/// What fills the input sockets.
#[derive(Debug, Clone)]
pub enum GivenInputs {
    /// Slug and value as typed: literal JSON, `@file`, or the path of an image or file.
    Values(Vec<(String, String)>),
    /// A folder laid out as `/input`.
    Folder(Utf8PathBuf),
}

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reading and judging the inputs.
    Checking,
    /// Laying out the inputs and building the sandbox.
    Provisioning,
    /// The program runs.
    Executing,
    /// Taking and judging the outputs.
    Collecting,
    /// The report is complete.
    Done,
}

/// Watches a run.
pub trait Observer {
    /// A phase begins.
    fn phase(&mut self, phase: Phase);
    /// The program wrote a line, `at` after its start. Bytes that are no UTF-8 are replaced; control characters are left
    /// in.
    fn log(&mut self, stream: Stream, at: Duration, line: &str);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn phase(&mut self, _phase: Phase) {}
    fn log(&mut self, _stream: Stream, _at: Duration, _line: &str) {}
}

/// Ends a run from elsewhere: another thread, a signal's watcher.
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    state: Arc<Mutex<CancelState>>,
}

#[derive(Debug, Default)]
struct CancelState {
    asked: u32,
    container: Option<Canceller>,
}

impl CancelToken {
    /// A token that has not been used.
    pub fn new() -> Self {
        Self::default()
    }

    /// First call: the program gets SIGTERM and the grace period; second call: it is killed.
    pub fn cancel(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.asked += 1;
        if let Some(container) = &state.container {
            container.cancel();
        }
    }

    /// Whether somebody asked.
    pub fn is_cancelled(&self) -> bool {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .asked
            > 0
    }

    /// From now on this container is what is ended; what was asked before is passed on.
    pub(crate) fn attach(&self, container: Canceller) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..state.asked {
            container.cancel();
        }
        state.container = Some(container);
    }
}
