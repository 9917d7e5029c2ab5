//! An image as `docker save` writes it, before Docker 25 and since.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value, json};

use super::file_tree::FileTree;
use super::image::{CREATED, Image, TAG};
use super::oci_layout::{LayerForm, Layout, gzip};
use super::sha256;

/// Since Docker 25: an OCI image layout with plain layers, and the older documents beside it.
pub(super) fn archive(image: &Image) -> Result<Vec<u8>> {
    let blob = |digest: &str| format!("blobs/sha256/{digest}");
    let layers: Vec<String> = image
        .layers
        .iter()
        .map(|layer| blob(&layer.diff_id))
        .collect();
    let sources: BTreeMap<String, Value> = image
        .layers
        .iter()
        .map(|layer| {
            let digest = format!("sha256:{}", layer.diff_id);
            let source = json!({
                "mediaType": "application/vnd.oci.image.layer.v1.tar",
                "size": layer.tar.len(),
                "digest": digest,
            });
            (digest, source)
        })
        .collect();
    let manifest = json!([{
        "Config": blob(&sha256::hex(&image.config)),
        "RepoTags": [image.reference()],
        "Layers": layers,
        "LayerSources": sources,
    }]);
    let tree = Layout::new(image, LayerForm::Plain)?
        .into_tree()?
        .file("manifest.json", 0o644, &serde_json::to_vec(&manifest)?)
        .file("repositories", 0o644, &repositories(image)?);
    Ok(tree.into_tar()?)
}

/// Before Docker 25: a folder per layer; compressed as a whole, as grand-challenge.org asks for it.
pub(super) fn legacy_archive(image: &Image) -> Result<Vec<u8>> {
    let ids = layer_ids(image);
    let config = format!("{}.json", sha256::hex(&image.config));
    let layers: Vec<String> = ids.iter().map(|id| format!("{id}/layer.tar")).collect();
    let manifest = json!([{
        "Config": config,
        "RepoTags": [image.reference()],
        "Layers": layers,
    }]);
    let mut tree = FileTree::new().file(&config, 0o644, &image.config);
    let mut parent: Option<&String> = None;
    for (id, layer) in ids.iter().zip(&image.layers) {
        let about = json!({"id": id, "parent": parent, "created": CREATED, "os": "linux"});
        tree = tree
            .folder(id, 0o755)
            .file(&format!("{id}/VERSION"), 0o644, b"1.0")
            .file(&format!("{id}/json"), 0o644, &serde_json::to_vec(&about)?)
            .file(&format!("{id}/layer.tar"), 0o644, &layer.tar);
        parent = Some(id);
    }
    let tree = tree
        .file("manifest.json", 0o644, &serde_json::to_vec(&manifest)?)
        .file("repositories", 0o644, &repositories(image)?);
    gzip(&tree.into_tar()?)
}

/// Names of the layers' folders: each depends on all layers below, as in Docker.
fn layer_ids(image: &Image) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for layer in &image.layers {
        let below = ids.last().map_or("", String::as_str);
        ids.push(sha256::hex(format!("{below} {}", layer.diff_id).as_bytes()));
    }
    ids
}

/// Names to tags to the layer on top.
fn repositories(image: &Image) -> Result<Vec<u8>> {
    let top = layer_ids(image).pop();
    let tags = BTreeMap::from([(TAG, top)]);
    Ok(serde_json::to_vec(&BTreeMap::from([(
        image.repository.as_str(),
        tags,
    )]))?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::super::image::Program;
    use super::*;

    fn image() -> Image {
        let program = Program {
            name: "test",
            title: "Test",
            licence: "Apache-2.0",
            entrypoint: &["/x"],
            command: &[],
        };
        let top = FileTree::new().file("x", 0o755, b"program");
        let layers = vec![
            super::super::file_tree::base().into_tar().unwrap(),
            top.into_tar().unwrap(),
        ];
        Image::new(&program, layers).unwrap()
    }

    fn files(tar: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut archive = tar::Archive::new(tar);
        archive
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                (entry.path().unwrap().to_str().unwrap().to_owned(), content)
            })
            .collect()
    }

    fn json_file(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Value {
        serde_json::from_slice(&files[name]).unwrap()
    }

    /// Follows `manifest.json` to the configuration and the layers.
    fn check_saved(files: &BTreeMap<String, Vec<u8>>) {
        let image = &json_file(files, "manifest.json")[0];
        let config_name = image["Config"].as_str().unwrap();
        assert!(config_name.contains(&sha256::hex(&files[config_name])));
        let config = json_file(files, config_name);
        assert_eq!(config["config"]["User"], "algorithm");
        let found: Vec<String> = image["Layers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|layer| format!("sha256:{}", sha256::hex(&files[layer.as_str().unwrap()])))
            .collect();
        assert_eq!(json!(found), config["rootfs"]["diff_ids"]);
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn both_forms_lead_to_the_same_layers() {
        let mut legacy = Vec::new();
        let compressed = legacy_archive(&image()).unwrap();
        flate2::read::GzDecoder::new(compressed.as_slice())
            .read_to_end(&mut legacy)
            .unwrap();
        check_saved(&files(&legacy));
        check_saved(&files(&archive(&image()).unwrap()));
    }

    #[test]
    fn the_layout_leads_to_blobs_of_the_stated_digest_and_size() {
        let gzip = super::super::oci_layout::archive(&image()).unwrap();
        for bytes in [gzip, archive(&image()).unwrap()] {
            let files = files(&bytes);
            let blob = |descriptor: &Value| {
                let hex = &descriptor["digest"].as_str().unwrap()["sha256:".len()..];
                let content = &files[&format!("blobs/sha256/{hex}")];
                assert_eq!(sha256::hex(content), hex);
                assert_eq!(descriptor["size"], content.len());
                content.clone()
            };
            let manifest = blob(&json_file(&files, "index.json")["manifests"][0]);
            let manifest: Value = serde_json::from_slice(&manifest).unwrap();
            blob(&manifest["config"]);
            assert_eq!(manifest["layers"].as_array().unwrap().len(), 2);
            manifest["layers"]
                .as_array()
                .unwrap()
                .iter()
                .for_each(|layer| {
                    blob(layer);
                });
        }
    }

    #[test]
    fn the_same_content_gives_the_same_bytes() {
        assert_eq!(archive(&image()).unwrap(), archive(&image()).unwrap());
        assert_eq!(
            legacy_archive(&image()).unwrap(),
            legacy_archive(&image()).unwrap()
        );
    }
}
