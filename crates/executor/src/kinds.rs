//! Where the container of a job runs: in our own sandbox, or in a Docker engine.
//!
//! An executor gets a finished [`ContainerPlan`] and adds what its place needs; everything else of a job (inputs, limits,
//! the watch over the program, outputs, failures) is the same code for all of them, so that a job ends in the same way
//! wherever it runs.

mod docker;
mod local;

use std::fmt::Debug;
use std::str::FromStr;
use std::sync::Arc;

use camino::Utf8Path;
use container::cdi::GpuLease;
use container::image::StoredImage;
use container::sandbox::ContainerPlan;
use domain::{Failure, GpuRecord, GpuRequest};

pub use docker::{DEFAULT_SOCKET, Docker};
pub use local::Local;

/// The kinds of executors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Our own sandbox.
    #[default]
    Local,
    /// A Docker engine on this machine.
    Docker,
}

/// What keeps an executor from working here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unable {
    /// As a lower-case fragment.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A GPU that a job has for as long as this lives.
#[derive(Debug)]
pub struct GrantedGpu {
    /// What the isolation report says of it.
    pub record: GpuRecord,
    /// Keeps other jobs from it.
    pub lease: GpuLease,
}

/// Where containers run.
pub trait Executor: Debug + Send + Sync {
    /// Which kind it is.
    fn kind(&self) -> Kind;

    /// Adds to a plan what this place needs, the GPU included. What is granted is to be kept while the container runs.
    ///
    /// # Errors
    /// When the place is not there, does not take the image or has no such GPU.
    fn place(
        &self,
        plan: &mut ContainerPlan,
        image: &StoredImage,
        gpu: &GpuRequest,
    ) -> Result<Option<GrantedGpu>, Failure>;

    /// Its name and version in the isolation report.
    fn runtime(&self) -> String;

    /// Why it cannot keep a promise of the sandbox that it was not asked to give up; `None` when it has to.
    fn lacks(&self, promise: &str) -> Option<String>;

    /// Takes away what containers of this data folder have left whose watch was killed; how many there were.
    ///
    /// # Errors
    /// When what is left cannot be found or taken away.
    fn sweep(&self, home: &Utf8Path) -> Result<usize, Unable>;

    /// What it is, in one line, if it can work here.
    ///
    /// # Errors
    /// What keeps it from working.
    fn diagnose(&self) -> Result<String, Unable>;
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Local, Self::Docker];

    /// As on the command line and in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Docker => "docker",
        }
    }

    /// The executor of this kind; an engine is looked for at `socket`.
    #[must_use]
    pub fn executor(self, socket: &Utf8Path) -> Arc<dyn Executor> {
        match self {
            Self::Local => Arc::new(Local),
            Self::Docker => Arc::new(Docker::at(socket)),
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| format!("`{text}` is no executor, expected `local` or `docker`"))
    }
}
