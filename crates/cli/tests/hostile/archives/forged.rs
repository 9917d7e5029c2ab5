//! Parts of archives that no honest tool makes.

use std::io::Write;

use serde_json::{Value, json};

use crate::ground::hex;
use crate::image::docker_archive;
use crate::tarball::Tar;

/// A whole image with this layer.
pub(crate) fn image(layer: Tar) -> Vec<u8> {
    docker_archive("forged:1", "1000:1000", &["/run"], &layer.bytes())
}

/// `sha256:` and digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(bytes))
}

/// The configuration of an image with this one layer.
pub(crate) fn config(layer: &[u8]) -> Value {
    json!({
        "architecture": "amd64",
        "os": "linux",
        "config": { "User": "1000:1000", "Entrypoint": ["/run"] },
        "rootfs": { "type": "layers", "diff_ids": [digest(layer)] },
    })
}

/// As `docker save` writes it, with any configuration.
pub(crate) fn saved(config: &Value, layer: &[u8]) -> Vec<u8> {
    let config = config.to_string();
    let name = format!("{}.json", hex(config.as_bytes()));
    let manifest = json!([{ "Config": name, "RepoTags": ["forged:1"], "Layers": ["layer.tar"] }]);
    Tar::new()
        .file(&name, config.as_bytes())
        .file("layer.tar", layer)
        .file("manifest.json", manifest.to_string().as_bytes())
        .bytes()
}

/// A small honest layer.
pub(crate) fn honest() -> Vec<u8> {
    Tar::new().executable("run", 0o755, b"program").bytes()
}

/// An OCI layout whose documents are changed before they are written down.
pub(crate) struct Layout {
    pub(crate) layer: Vec<u8>,
    pub(crate) layer_said: Value,
    pub(crate) manifest: fn(&mut Value),
    pub(crate) index: fn(&mut Value),
    /// Blobs that are left out, by their place: 0 configuration, 1 layer, 2 manifest.
    pub(crate) without: Option<usize>,
}

impl Layout {
    pub(crate) fn new() -> Layout {
        let layer = honest();
        let layer_said = json!({
            "mediaType": "application/vnd.oci.image.layer.v1.tar",
            "digest": digest(&layer),
            "size": layer.len(),
        });
        Layout {
            layer,
            layer_said,
            manifest: |_| (),
            index: |_| (),
            without: None,
        }
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        let config = config(&self.layer).to_string().into_bytes();
        let mut manifest = json!({
            "schemaVersion": 2,
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": digest(&config),
                "size": config.len(),
            },
            "layers": [self.layer_said],
        });
        (self.manifest)(&mut manifest);
        let manifest = manifest.to_string().into_bytes();
        let mut index = json!({ "schemaVersion": 2, "manifests": [{
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": digest(&manifest),
            "size": manifest.len(),
        }]});
        (self.index)(&mut index);
        let mut tar = Tar::new().file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#);
        for (place, blob) in [config, self.layer, manifest].iter().enumerate() {
            if self.without != Some(place) {
                tar = tar.file(&format!("blobs/sha256/{}", hex(blob)), blob);
            }
        }
        tar.file("index.json", index.to_string().as_bytes()).bytes()
    }
}

/// Gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

/// A gzip stream of this text and then so many mebibytes of zeros, made without holding them.
pub(crate) fn gzip_bomb(head: &[u8], mebibytes: usize) -> Vec<u8> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    to.write_all(head).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..mebibytes {
        to.write_all(&zeros).unwrap();
    }
    to.finish().unwrap()
}

/// A zstd frame of this text and then zeros: blocks of one byte that stand for 128 KiB each.
pub(crate) fn zstd_bomb(head: &[u8], mebibytes: usize) -> Vec<u8> {
    // Magic number; no checksum, no size; a window of 1 MiB.
    let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x50];
    let mut block = |kind: u32, size: usize, bytes: &[u8], is_last: bool| {
        let size = u32::try_from(size).unwrap();
        let header = (size << 3) | (kind << 1) | u32::from(is_last);
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.extend_from_slice(bytes);
    };
    for piece in head.chunks(100_000) {
        block(0, piece.len(), piece, false);
    }
    for _ in 0..mebibytes * 8 {
        block(1, 128 << 10, &[0], false);
    }
    block(0, 0, &[], true);
    frame
}

/// A header of a regular file of this size, without its content.
pub(crate) fn only_header(path: &str, size: u64) -> Vec<u8> {
    let mut bytes = Tar::new().lying(path, size, b"").bytes();
    bytes.truncate(512);
    bytes
}
