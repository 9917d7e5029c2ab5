//! What an image's configuration says about running it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How the image's author wants it to run, as in the image's configuration document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// Processor architecture in Go's spelling, such as `amd64`.
    pub architecture: String,
    /// Operating system in Go's spelling, such as `linux`.
    pub os: String,
    /// `USER` of the Dockerfile: `name`, `uid`, `name:group`, `uid:gid`, or empty for root.
    pub user: String,
    /// Environment as `NAME=value`.
    pub env: Vec<String>,
    /// `ENTRYPOINT`, if it has one.
    pub entrypoint: Option<Vec<String>>,
    /// `CMD`, if it has one.
    pub cmd: Option<Vec<String>>,
    /// `WORKDIR`, or empty for `/`.
    pub working_dir: String,
    /// `LABEL`s.
    pub labels: BTreeMap<String, String>,
    /// When the image was built, as its builder wrote it (RFC 3339).
    pub created: Option<String>,
}
