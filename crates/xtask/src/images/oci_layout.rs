//! An image as an OCI image layout in a tar archive, as `skopeo`, `buildah` and `podman save --format oci-archive` write it.

use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::Result;
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use super::file_tree::FileTree;
use super::image::{Image, TAG};
use super::sha256;

/// Blobs by digest, and the index that names the image.
pub(super) struct Layout {
    blobs: BTreeMap<String, Vec<u8>>,
    index: Value,
}

/// How layers lie in the layout.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum LayerForm {
    /// As they are.
    Plain,
    /// Compressed.
    Gzip,
}

/// The archive, its layers compressed.
pub(super) fn archive(image: &Image) -> Result<Vec<u8>> {
    let layout = Layout::new(image, LayerForm::Gzip)?;
    Ok(layout.into_tree()?.into_tar()?)
}

/// Compressed bytes without name and time.
pub(super) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

impl Layout {
    /// Lays out an image (OCI image specification, "Image Layout" and "Image Manifest").
    pub(super) fn new(image: &Image, form: LayerForm) -> Result<Self> {
        let mut blobs = BTreeMap::new();
        let config = store(
            &mut blobs,
            "application/vnd.oci.image.config.v1+json",
            image.config.clone(),
        );
        let mut layers = Vec::new();
        for layer in &image.layers {
            layers.push(match form {
                LayerForm::Plain => store(
                    &mut blobs,
                    "application/vnd.oci.image.layer.v1.tar",
                    layer.tar.clone(),
                ),
                LayerForm::Gzip => store(
                    &mut blobs,
                    "application/vnd.oci.image.layer.v1.tar+gzip",
                    gzip(&layer.tar)?,
                ),
            });
        }
        let manifest_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": manifest_type,
            "config": config,
            "layers": layers,
        });
        let mut entry = store(&mut blobs, manifest_type, serde_json::to_vec(&manifest)?);
        entry["platform"] = json!({"architecture": "amd64", "os": "linux"});
        entry["annotations"] = json!({
            "io.containerd.image.name": format!("docker.io/{}", image.reference()),
            "org.opencontainers.image.ref.name": TAG,
        });
        let index = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [entry],
        });
        Ok(Self { blobs, index })
    }

    /// The files of the layout, in the order of their names.
    pub(super) fn into_tree(self) -> Result<FileTree> {
        let tree = FileTree::new()
            .folder("blobs", 0o755)
            .folder("blobs/sha256", 0o755);
        let tree = self.blobs.iter().fold(tree, |tree, (digest, bytes)| {
            tree.file(&format!("blobs/sha256/{digest}"), 0o644, bytes)
        });
        Ok(tree
            .file("index.json", 0o644, &serde_json::to_vec(&self.index)?)
            .file("oci-layout", 0o644, br#"{"imageLayoutVersion":"1.0.0"}"#))
    }
}

/// Keeps a blob and describes it (OCI image specification, "Content Descriptors").
fn store(blobs: &mut BTreeMap<String, Vec<u8>>, media_type: &str, bytes: Vec<u8>) -> Value {
    let digest = sha256::hex(&bytes);
    let descriptor = json!({
        "mediaType": media_type,
        "digest": format!("sha256:{digest}"),
        "size": bytes.len(),
    });
    blobs.insert(digest, bytes);
    descriptor
}
