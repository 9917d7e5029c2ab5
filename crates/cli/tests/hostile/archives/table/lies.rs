//! Digests, sizes and parts that are not what is said of them.

use serde_json::json;

use super::forged;
use crate::archives::Fate::{Either, Refused};
use crate::archives::Forged;
use crate::archives::forged::{Layout, config, digest, gzip, honest, image, saved};
use crate::tarball::Tar;

/// All of them.
pub(super) fn all() -> Vec<Forged> {
    vec![
        forged(
            (
                "archive.wrong_layer_digest",
                "a layer that is not what the configuration says",
            ),
            (Refused, ""),
            |_| saved(&config(b"another"), &honest()),
        ),
        forged(
            (
                "archive.wrong_blob_digest",
                "a blob whose name is not its digest",
            ),
            (Refused, ""),
            |_| {
                let mut layout = Layout::new();
                layout.layer_said["digest"] = digest(b"another").into();
                layout.bytes()
            },
        ),
        forged(
            (
                "archive.wrong_size",
                "a blob of another size than its descriptor says",
            ),
            (Refused, ""),
            |_| {
                let mut layout = Layout::new();
                layout.layer_said["size"] = 7.into();
                layout.bytes()
            },
        ),
        forged(
            ("archive.negative_size", "a blob of negative size"),
            (Refused, ""),
            |_| {
                let mut layout = Layout::new();
                layout.layer_said["size"] = (-1).into();
                layout.bytes()
            },
        ),
        forged(
            ("archive.digest_is_a_path", "a digest that is a path"),
            (Refused, ""),
            |_| {
                let mut layout = Layout::new();
                layout.layer_said["digest"] = "sha256:../../../../victim".into();
                layout.bytes()
            },
        ),
        forged(
            (
                "archive.other_digest",
                "a digest of a kind that nobody computes",
            ),
            (Refused, ""),
            |_| {
                let mut layout = Layout::new();
                layout.layer_said["digest"] = "md5:00000000000000000000000000000000".into();
                layout.bytes()
            },
        ),
        forged(
            ("archive.missing_layer", "a layer that is not there"),
            (Refused, ""),
            |_| {
                Layout {
                    without: Some(1),
                    ..Layout::new()
                }
                .bytes()
            },
        ),
        forged(
            (
                "archive.missing_config",
                "a configuration that is not there",
            ),
            (Refused, ""),
            |_| {
                Layout {
                    without: Some(0),
                    ..Layout::new()
                }
                .bytes()
            },
        ),
        forged(
            ("archive.missing_manifest", "a manifest that is not there"),
            (Refused, ""),
            |_| {
                Layout {
                    without: Some(2),
                    ..Layout::new()
                }
                .bytes()
            },
        ),
        forged(
            (
                "archive.layer_from_elsewhere",
                "a layer that is to be fetched from another machine",
            ),
            (Refused, ""),
            |_| {
                let mut layout = Layout {
                    without: Some(1),
                    ..Layout::new()
                };
                layout.layer_said["urls"] = json!(["https://there/layer.tar"]);
                layout.layer_said["mediaType"] =
                    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip".into();
                layout.bytes()
            },
        ),
        forged(
            (
                "archive.not_what_it_says",
                "a layer that says gzip and is none",
            ),
            (Either, ""),
            |_| {
                let mut layout = Layout::new();
                layout.layer_said["mediaType"] =
                    "application/vnd.oci.image.layer.v1.tar+gzip".into();
                layout.bytes()
            },
        ),
        forged(
            (
                "archive.index_in_a_circle",
                "an index whose manifests are the index itself",
            ),
            (Refused, ""),
            |_| {
                let index = json!({ "schemaVersion": 2, "manifests": [{ "mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest(b"self"), "size": 4 }] });
                Tar::new()
                    .file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)
                    .file(
                        &format!("blobs/sha256/{}", crate::ground::hex(b"self")),
                        b"self",
                    )
                    .file("index.json", index.to_string().as_bytes())
                    .bytes()
            },
        ),
        forged(
            ("archive.two_manifests", "an index of two images"),
            (Either, ""),
            |_| {
                Layout {
                    index: |index| {
                        let one = index["manifests"][0].clone();
                        index["manifests"].as_array_mut().unwrap().push(one);
                    },
                    ..Layout::new()
                }
                .bytes()
            },
        ),
        forged(
            ("archive.cut_off", "half an archive"),
            (Refused, ""),
            |_| {
                let whole = image(Tar::new().file("x", &[7; 4096]));
                whole[..whole.len() / 2].to_vec()
            },
        ),
        forged(
            ("archive.cut_off_gzip", "half a gzip stream"),
            (Refused, ""),
            |_| {
                let whole = gzip(&image(Tar::new().file("x", &[7; 4096])));
                whole[..whole.len() / 2].to_vec()
            },
        ),
        forged(
            ("archive.not_one", "a page instead of an archive"),
            (Refused, ""),
            |_| b"<html><script>alert(1)</script></html>".to_vec(),
        ),
        forged(("archive.empty", "nothing"), (Refused, ""), |_| Vec::new()),
    ]
}
