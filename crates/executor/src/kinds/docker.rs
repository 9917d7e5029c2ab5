//! A Docker engine on this machine, reached by its socket.
//!
//! The engine gets the image once, by content, and makes one container per job; the shim watches it as one of our own. What
//! an engine cannot promise is said by name in the isolation report and does not keep jobs from running here: whoever
//! chooses this executor has chosen that. Everything else is refused as in the sandbox.

use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use container::engine::{About, Engine, EngineError, LoadImageError};
use container::image::StoredImage;
use container::sandbox::{ContainerPlan, EngineGpus, EnginePlan, Waivable};
use domain::{Failure, FailureReason, GpuRecord, GpuRequest};

use super::local::{record, select};
use super::{Executor, GrantedGpu, Kind, Unable};
use crate::execute::internal;

/// Where engines listen when nobody says otherwise.
pub const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// The engine behind one socket.
#[derive(Debug)]
pub struct Docker {
    socket: Utf8PathBuf,
    about: OnceLock<About>,
}

impl Docker {
    /// The engine that listens there, asked when it is needed; `unix://` before the path is left out.
    #[must_use]
    pub fn at(socket: &Utf8Path) -> Self {
        let path = socket.as_str();
        Self {
            socket: path.strip_prefix("unix://").unwrap_or(path).into(),
            about: OnceLock::new(),
        }
    }

    fn connect(&self) -> Result<(Engine, &About), EngineError> {
        let engine = Engine::connect(&self.socket)?;
        if let Some(about) = self.about.get() {
            return Ok((engine, about));
        }
        let about = engine.about()?;
        Ok((engine, self.about.get_or_init(|| about)))
    }

    fn unable(&self) -> Option<Unable> {
        (!rustix::process::geteuid().is_root()).then(|| Unable {
            reason: "it needs root, to read back what is in force in the engine's container"
                .to_owned(),
            hint: Some("run as root, or use the executor `local`".to_owned()),
        })
    }
}

impl Executor for Docker {
    fn kind(&self) -> Kind {
        Kind::Docker
    }

    fn place(
        &self,
        plan: &mut ContainerPlan,
        image: &StoredImage,
        gpu: &GpuRequest,
    ) -> Result<Option<GrantedGpu>, Failure> {
        if let Some(unable) = self.unable() {
            let message = format!("the executor `docker` cannot run jobs: {}", unable.reason);
            let failure = Failure::new(FailureReason::NoResources, message);
            return Err(match unable.hint {
                Some(hint) => failure.with_hint(hint),
                None => failure,
            });
        }
        let (engine, about) = self.connect().map_err(|error| no_engine(&error))?;
        let id = engine
            .ensure_image(&image.digest, &plan.layers)
            .map_err(|error| match error {
                LoadImageError::Engine(error @ EngineError::NoAnswer { .. }) => no_engine(&error),
                other @ (LoadImageError::Engine(_)
                | LoadImageError::Read(_)
                | LoadImageError::Gone { .. }) => {
                    internal("give the image to the Docker engine", &other)
                }
            })?;
        if !about.own_ids {
            plan.waive.insert(Waivable::UserNamespace);
        }
        let devices = select(gpu, plan)?;
        let gpus = match &devices {
            None => EngineGpus::None,
            Some(devices) if about.cdi => EngineGpus::Cdi(vec![devices.name.clone()]),
            Some(devices) if about.nvidia => {
                let (_, id) = devices.name.split_once('=').unwrap_or(("", &devices.name));
                EngineGpus::Nvidia(vec![id.to_owned()])
            }
            Some(_) => {
                let message =
                    "the Docker engine gives no GPUs: it has neither CDI nor the runtime `nvidia`";
                return Err(Failure::new(FailureReason::NoResources, message)
                    .with_hint("switch CDI on in the engine, or use the executor `local`"));
            }
        };
        plan.engine = Some(EnginePlan {
            socket: self.socket.clone(),
            image: id,
            gpus,
        });
        Ok(devices.map(|devices| GrantedGpu {
            record: GpuRecord {
                // The engine applies the specification itself.
                left_out: Vec::new(),
                ..record(&devices)
            },
            lease: devices.lease,
        }))
    }

    fn runtime(&self) -> String {
        match self.about.get() {
            Some(about) => format!("docker {}", about.version),
            None => "docker".to_owned(),
        }
    }

    fn lacks(&self, promise: &str) -> Option<String> {
        let own_ids = self.about.get().is_some_and(|about| about.own_ids);
        (promise == "user_namespace" && !own_ids)
            .then(|| "its engine runs without `userns-remap`".to_owned())
    }

    fn sweep(&self, home: &Utf8Path) -> Result<usize, Unable> {
        let shared = home.join("shared");
        let swept = match self.connect() {
            Ok((engine, _)) => engine.sweep(&shared).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        swept.map_err(|reason| Unable { reason, hint: None })
    }

    fn diagnose(&self) -> Result<String, Unable> {
        let about = match self.connect() {
            Ok((_, about)) => about,
            Err(error) => {
                return Err(Unable {
                    reason: error.to_string(),
                    hint: Some(
                        "start the Docker engine, or say where it listens with `DOCKER_HOST`"
                            .to_owned(),
                    ),
                });
            }
        };
        if let Some(unable) = self.unable() {
            return Err(unable);
        }
        let ids = if about.own_ids {
            "ids of its own"
        } else {
            "no user namespace"
        };
        Ok(format!(
            "Docker {} at `{}`, storage `{}`, {ids}",
            about.version, self.socket, about.storage
        ))
    }
}

/// The engine is not there, which is a matter of this machine.
fn no_engine(error: &EngineError) -> Failure {
    let failure = Failure::new(FailureReason::NoResources, error.to_string());
    match error {
        EngineError::NoAnswer { .. } => failure.with_hint(
            "start the Docker engine, say where it listens with `DOCKER_HOST`, or use the executor `local`",
        ),
        EngineError::Refused { .. } | EngineError::Prepare(_) => {
            internal("talk to the Docker engine", error)
        }
    }
}
