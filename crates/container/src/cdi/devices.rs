//! What a container gets with a device.

use camino::Utf8PathBuf;
use serde::Serialize;

use super::lease::GpuLease;

/// One device, held for one job, and everything that a container needs for it.
#[derive(Debug, Serialize)]
pub struct GpuDevices {
    /// `vendor/class=name`.
    pub name: String,
    /// The specification file.
    pub spec: Utf8PathBuf,
    /// Device nodes of the host.
    pub nodes: Vec<DeviceNode>,
    /// Files and folders of the driver, parents before children, always read-only.
    pub mounts: Vec<DriverMount>,
    /// `NAME=value`, each name once.
    pub env: Vec<String>,
    /// Folders in the container that would be added to its library cache; programs find what is new in them through
    /// [`GpuDevices::library_path`] instead.
    pub library_folders: Vec<String>,
    /// Symlinks to make inside the container's root, replacing files but not folders, in this order. Symlinks on the
    /// way must be resolved inside that root.
    pub links: Vec<Link>,
    /// A folder in the container that holds links to the driver's libraries and to nothing else, made by `links`; it
    /// belongs into `LD_LIBRARY_PATH`. The folders of the libraries themselves do not: as a rule they are the image's own
    /// library folders, and naming them there would put them before what a program brings along.
    pub library_path: Option<String>,
    /// What the specification asks for and the container does not get, and what is done instead.
    pub left_out: Vec<LeftOut>,
    /// Keeps other jobs from the device while it lives.
    #[serde(skip)]
    pub lease: GpuLease,
}

/// A character device of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceNode {
    /// On the host.
    pub host: Utf8PathBuf,
    /// In the container, below `/dev`.
    pub container: String,
    /// Major number, from the node itself.
    pub major: u32,
    /// Minor number, from the node itself.
    pub minor: u32,
}

/// A file or folder of the driver, bound read-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DriverMount {
    /// On the host.
    pub host: Utf8PathBuf,
    /// In the container.
    pub container: String,
    /// As the specification has them; `ro`, `nosuid` and `nodev` hold whether they are named or not.
    pub options: Vec<String>,
    /// Whether code may be run or mapped from it.
    pub executable: bool,
}

/// A symlink in the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Where, absolute.
    pub path: String,
    /// What it says, absolute or relative to its folder.
    pub target: String,
}

/// A part of a specification that is not applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Such as "hook `update-ldcache`".
    pub what: String,
    /// Why that does no harm, or what is done instead.
    pub instead: String,
}

impl LeftOut {
    pub(super) fn new(what: impl Into<String>, instead: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            instead: instead.into(),
        }
    }
}
