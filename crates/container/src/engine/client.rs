//! Requests to the engine, one at a time.

use std::io;
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, ContainerInspectResponse, SystemInfo};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, InspectContainerOptions, ListContainersOptionsBuilder,
    RemoveContainerOptionsBuilder, StartContainerOptions, WaitContainerOptionsBuilder,
};
use bollard::{API_DEFAULT_VERSION, Docker};
use camino::{Utf8Path, Utf8PathBuf};
use tokio::runtime::Runtime;
use tokio_stream::StreamExt as _;

/// On containers of ours: the id of the plan.
pub(crate) const CONTAINER_LABEL: &str = "org.gantry.container";

/// An answer takes longer only when something is wrong, seconds.
const PATIENCE: u64 = 60;
/// Taking a large image may take long, seconds.
const LONG_PATIENCE: u64 = 4 * 3600;
/// A container whose process 1 was let go ends at once.
const STOPPING: Duration = Duration::from_secs(3);

/// A Docker engine that listens on a socket of this machine.
#[derive(Debug)]
pub struct Engine {
    pub(super) docker: Docker,
    pub(super) runtime: Runtime,
    pub(super) socket: Utf8PathBuf,
}

/// What an engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Such as `28.2.2`.
    pub version: String,
    /// How it keeps layers, such as `overlay2`.
    pub storage: String,
    /// Whether ids of its containers are ids of nobody on the host (`userns-remap`, or an engine without root).
    pub own_ids: bool,
    /// Whether it gives GPUs by names of the Container Device Interface.
    pub cdi: bool,
    /// Whether it has NVIDIA's own runtime.
    pub nvidia: bool,
}

/// A request that was not fulfilled.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is nobody, or nobody who understands.
    #[error("no Docker engine answers at `{socket}`: {source}")]
    NoAnswer {
        /// Where.
        socket: Utf8PathBuf,
        /// Why.
        source: Box<Error>,
    },
    /// The engine says no.
    #[error("the Docker engine refused to {step}: {message}")]
    Refused {
        /// What was asked.
        step: &'static str,
        /// The status of the answer, as in HTTP.
        status: u16,
        /// The engine's own words.
        message: String,
    },
    /// Our side cannot ask.
    #[error("failed to prepare for talking to the Docker engine")]
    Prepare(#[from] io::Error),
}

/// What a container carries.
pub(super) type Labels = std::collections::HashMap<String, String>;

/// A container to be made.
pub(crate) struct NewContainer {
    pub(crate) name: String,
    pub(crate) body: ContainerCreateBody,
}

impl Engine {
    /// Connects, and agrees on a version of its interface.
    ///
    /// # Errors
    /// When nobody answers there.
    pub fn connect(socket: &Utf8Path) -> Result<Self, EngineError> {
        Self::connect_for(socket, PATIENCE)
    }

    /// As [`Engine::connect`], for a request that may take hours.
    pub(super) fn patient(&self) -> Result<Self, EngineError> {
        Self::connect_for(&self.socket, LONG_PATIENCE)
    }

    fn connect_for(socket: &Utf8Path, patience: u64) -> Result<Self, EngineError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let no_answer = |source| EngineError::NoAnswer {
            socket: socket.to_owned(),
            source: Box::new(source),
        };
        let docker = Docker::connect_with_unix(socket.as_str(), patience, API_DEFAULT_VERSION)
            .map_err(no_answer)?;
        let docker = runtime
            .block_on(docker.negotiate_version())
            .map_err(no_answer)?;
        Ok(Self {
            docker,
            runtime,
            socket: socket.to_owned(),
        })
    }

    /// What it says of itself.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn about(&self) -> Result<About, EngineError> {
        let info = self
            .runtime
            .block_on(self.docker.info())
            .map_err(|error| self.failed("describe itself", error))?;
        Ok(About::of(info))
    }

    pub(crate) fn create(&self, new: NewContainer) -> Result<String, EngineError> {
        let options = CreateContainerOptionsBuilder::default()
            .name(&new.name)
            .build();
        let made = self
            .runtime
            .block_on(self.docker.create_container(Some(options), new.body));
        made.map(|made| made.id)
            .map_err(|error| self.failed("make the container", error))
    }

    pub(crate) fn start(&self, id: &str) -> Result<(), EngineError> {
        self.runtime
            .block_on(
                self.docker
                    .start_container(id, None::<StartContainerOptions>),
            )
            .map_err(|error| self.failed("start the container", error))
    }

    pub(crate) fn inspect(&self, id: &str) -> Result<ContainerInspectResponse, EngineError> {
        self.runtime
            .block_on(
                self.docker
                    .inspect_container(id, None::<InspectContainerOptions>),
            )
            .map_err(|error| self.failed("describe the container", error))
    }

    /// Waits until the engine knows that a container has ended, some seconds at most: one that goes on is killed next.
    pub(crate) fn wait_stopped(&self, id: &str) {
        let options = WaitContainerOptionsBuilder::default()
            .condition("not-running")
            .build();
        let mut ends = Box::pin(self.docker.wait_container(id, Some(options)));
        self.runtime.block_on(async {
            // Whatever it says, and also when it says nothing, what follows is the removal.
            let _ = tokio::time::timeout(STOPPING, ends.next()).await;
        });
    }

    /// Ends and removes a container; one that is gone already is no error.
    pub(crate) fn remove(&self, id: &str) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::default()
            .force(true)
            .v(true)
            .build();
        let removed = self
            .runtime
            .block_on(self.docker.remove_container(id, Some(options)));
        match removed.map_err(|error| self.failed("remove the container", error)) {
            Err(EngineError::Refused { status: 404, .. }) => Ok(()),
            done => done,
        }
    }

    /// Ids and labels of all containers that carry a label with this value.
    pub(super) fn labelled(
        &self,
        label: &str,
        value: &str,
    ) -> Result<Vec<(String, Labels)>, EngineError> {
        let wanted = format!("{label}={value}");
        let filters = std::collections::HashMap::from([("label", vec![wanted.as_str()])]);
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&filters)
            .build();
        let found = self
            .runtime
            .block_on(self.docker.list_containers(Some(options)))
            .map_err(|error| self.failed("list its containers", error))?;
        let entry = |found: bollard::models::ContainerSummary| {
            Some((found.id?, found.labels.unwrap_or_default()))
        };
        Ok(found.into_iter().filter_map(entry).collect())
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "all other errors are of talking with the engine"
    )]
    pub(super) fn failed(&self, step: &'static str, error: Error) -> EngineError {
        match error {
            Error::DockerResponseServerError {
                status_code,
                message,
            } => EngineError::Refused {
                step,
                status: status_code,
                message,
            },
            Error::DockerStreamError { error } => EngineError::Refused {
                step,
                status: 500,
                message: error,
            },
            other => EngineError::NoAnswer {
                socket: self.socket.clone(),
                source: Box::new(other),
            },
        }
    }
}

impl About {
    fn of(info: SystemInfo) -> Self {
        let options = info.security_options.unwrap_or_default();
        let has = |word: &str| options.iter().any(|option| option.contains(word));
        let runtimes = info.runtimes.unwrap_or_default();
        Self {
            version: info.server_version.unwrap_or_default(),
            storage: info.driver.unwrap_or_default(),
            own_ids: has("name=userns") || has("name=rootless"),
            cdi: info
                .cdi_spec_dirs
                .is_some_and(|folders| !folders.is_empty()),
            nvidia: runtimes.contains_key("nvidia"),
        }
    }
}
