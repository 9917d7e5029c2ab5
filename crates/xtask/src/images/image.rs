//! A container image: layers and the configuration that names them.

use anyhow::Result;
use serde_json::json;

use super::sha256;

/// Fixed, so that the same sources give the same image.
pub(super) const CREATED: &str = "1970-01-01T00:00:00Z";
/// Version of the images, and their tag.
pub(super) const TAG: &str = env!("CARGO_PKG_VERSION");

/// What an image runs.
pub(super) struct Program<'a> {
    /// Last part of the image's name.
    pub(super) name: &'a str,
    /// One line for people.
    pub(super) title: &'a str,
    /// SPDX expression for everything inside.
    pub(super) licence: &'a str,
    /// `ENTRYPOINT`, or nothing.
    pub(super) entrypoint: &'a [&'a str],
    /// `CMD`, or nothing.
    pub(super) command: &'a [&'a str],
}

/// One layer.
pub(super) struct Layer {
    /// The uncompressed archive.
    pub(super) tar: Vec<u8>,
    /// Digest of it, hexadecimal.
    pub(super) diff_id: String,
}

/// An image in memory.
pub(super) struct Image {
    /// Name without tag.
    pub(super) repository: String,
    /// The configuration document (OCI image specification, "Image Configuration"), which Docker reads as well.
    pub(super) config: Vec<u8>,
    /// Bottom first.
    pub(super) layers: Vec<Layer>,
}

impl Image {
    /// An image that runs the program as the user `algorithm`.
    pub(super) fn new(program: &Program<'_>, layers: Vec<Vec<u8>>) -> Result<Self> {
        let layers: Vec<Layer> = layers
            .into_iter()
            .map(|tar| Layer {
                diff_id: sha256::hex(&tar),
                tar,
            })
            .collect();
        Ok(Self {
            repository: format!("gantry/{}", program.name),
            config: serde_json::to_vec(&config(program, &layers))?,
            layers,
        })
    }

    /// Name and tag.
    pub(super) fn reference(&self) -> String {
        format!("{}:{TAG}", self.repository)
    }
}

fn config(program: &Program<'_>, layers: &[Layer]) -> serde_json::Value {
    let diff_ids: Vec<String> = layers
        .iter()
        .map(|layer| format!("sha256:{}", layer.diff_id))
        .collect();
    let history: Vec<_> = layers
        .iter()
        .map(|_| json!({"created": CREATED, "created_by": "cargo xtask images"}))
        .collect();
    let or_null = |words: &[&str]| {
        if words.is_empty() {
            json!(null)
        } else {
            json!(words)
        }
    };
    json!({
        "created": CREATED,
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "User": "algorithm",
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "Entrypoint": or_null(program.entrypoint),
            "Cmd": or_null(program.command),
            "WorkingDir": "/opt/app",
            "Labels": {
                "org.grand-challenge.api-method": "exec",
                "org.opencontainers.image.licenses": program.licence,
                "org.opencontainers.image.title": program.title,
                "org.opencontainers.image.version": TAG,
            },
        },
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": history,
    })
}
