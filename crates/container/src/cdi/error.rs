//! Why a GPU cannot be given, and what to do about it.

use camino::{Utf8Path, Utf8PathBuf};

/// Makes a specification for NVIDIA devices.
const GENERATE: &str = "nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml";

/// A specification file that is not used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: {message}")]
pub struct SpecProblem {
    /// The file, or the folder when it cannot be listed.
    pub path: Utf8PathBuf,
    /// What is wrong.
    pub message: String,
}

/// A lock that says which job has a device could not be used at all.
#[derive(Debug, thiserror::Error)]
#[error("failed to {action} `{path}`: {source}")]
pub struct LeaseError {
    /// Such as "lock".
    pub action: &'static str,
    /// The lock file or its folder.
    pub path: Utf8PathBuf,
    /// Why.
    pub source: std::io::Error,
}

/// A part of a device's description that cannot be applied, so that the device is not given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EditProblem {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl EditProblem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The specification speaks of something that this host does not have (any more).
    pub(super) fn outdated(message: impl Into<String>) -> Self {
        Self::new(message).hint(format!(
            "the specification may be older than the driver: write it anew with `{GENERATE}`"
        ))
    }
}

/// No GPU is given.
#[derive(Debug, thiserror::Error)]
pub enum SelectGpuError {
    /// Nothing describes a device.
    #[error("no GPU can be given: no CDI specification in {}", folder_list(.folders))]
    NoSpecification {
        /// Where was looked.
        folders: Vec<Utf8PathBuf>,
    },
    /// There are files, and none can be used.
    #[error("no GPU can be given: no usable CDI specification in {}: {}", folder_list(.folders), problem_list(.problems))]
    NoUsableSpecification {
        /// Where was looked.
        folders: Vec<Utf8PathBuf>,
        /// What is wrong with each.
        problems: Vec<SpecProblem>,
    },
    /// Devices are described, but no single GPU among them.
    #[error("no GPU can be given: the CDI specifications describe {}, expected a single device of class `gpu` or `mig`", names(.known))]
    NoGpu {
        /// What they describe.
        known: Vec<String>,
    },
    /// No such device.
    #[error("the GPU `{name}` is unknown, expected one of {}{}", names(.known), ignored(.problems))]
    Unknown {
        /// As asked.
        name: String,
        /// All full names, sorted.
        known: Vec<String>,
        /// Files that were not used and may describe it.
        problems: Vec<SpecProblem>,
    },
    /// A short name that fits devices of several kinds.
    #[error("the GPU `{name}` is one of {}, expected a full name", names(.matches))]
    Ambiguous {
        /// As asked.
        name: String,
        /// Full names.
        matches: Vec<String>,
    },
    /// Two files of the same folder describe it differently.
    #[error("the GPU `{name}` is described by {}, expected one specification", paths(.specs))]
    Conflict {
        /// Full name.
        name: String,
        /// The files.
        specs: Vec<Utf8PathBuf>,
    },
    /// Other jobs have what was asked for.
    #[error("no GPU is free: {} in use by other jobs", names(.busy))]
    Busy {
        /// Full names of the devices.
        busy: Vec<String>,
    },
    /// A device is known and free, but cannot be given.
    #[error("the GPU `{name}` cannot be given (`{spec}`): {problem}")]
    Unusable {
        /// Full name.
        name: String,
        /// The specification.
        spec: Utf8PathBuf,
        /// Why.
        problem: EditProblem,
    },
    /// The locks cannot be used.
    #[error("the GPU `{name}` cannot be locked for one job: {source}")]
    Lease {
        /// Full name.
        name: String,
        /// Why.
        source: LeaseError,
    },
}

impl SelectGpuError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoSpecification { .. } => Some(format!(
                "install the driver and its container toolkit, then run `{GENERATE}`"
            )),
            Self::NoUsableSpecification { .. } => Some(format!(
                "mend the files, or write one anew with `{GENERATE}`"
            )),
            Self::NoGpu { .. } => Some(format!(
                "name a device in full, such as `vendor.com/class=name`, or run `{GENERATE}`"
            )),
            Self::Unknown { name, .. } if name.starts_with("GPU-") || name.starts_with("MIG-") => {
                Some(format!(
                    "to name devices by UUID, run `{GENERATE} --device-name-strategy=uuid`"
                ))
            }
            Self::Unknown { .. } | Self::Ambiguous { .. } => {
                Some("name the device in full, such as `nvidia.com/gpu=0`, or ask for any".into())
            }
            Self::Conflict { .. } => Some("remove all but one of the files".into()),
            Self::Busy { .. } => Some("wait for another job to end".into()),
            Self::Unusable { problem, .. } => problem.hint.clone(),
            Self::Lease { .. } => None,
        }
    }
}

fn quoted<T: AsRef<str>>(items: &[T], between: &str) -> String {
    const SHOWN: usize = 12;
    let mut parts: Vec<String> = items
        .iter()
        .take(SHOWN)
        .map(|item| format!("`{}`", item.as_ref()))
        .collect();
    if items.len() > SHOWN {
        parts.push(format!("{} more", items.len() - SHOWN));
    }
    parts.join(between)
}

fn folder_list(folders: &[Utf8PathBuf]) -> String {
    quoted(folders, " or ")
}

fn paths(paths: &[Utf8PathBuf]) -> String {
    quoted(paths, " and ")
}

fn names(names: &[String]) -> String {
    if names.is_empty() {
        return "no device".into();
    }
    quoted(names, ", ")
}

fn problem_list(problems: &[SpecProblem]) -> String {
    let parts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    parts.join("; ")
}

fn ignored(ignored: &[SpecProblem]) -> String {
    if ignored.is_empty() {
        return String::new();
    }
    format!(" (not used: {})", problem_list(ignored))
}

/// The error of one file.
pub(super) fn of_file(path: &Utf8Path, message: impl Into<String>) -> SpecProblem {
    SpecProblem {
        path: path.to_owned(),
        message: message.into(),
    }
}
