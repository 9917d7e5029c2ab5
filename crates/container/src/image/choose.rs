//! Which image an archive holds, and of which parts it is made.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::ImportImageError;
use super::contents::{Contents, blob_name, verify, verify_size};
use super::digest::Digest;

/// The image of an archive.
#[derive(Debug)]
pub(super) struct Chosen {
    /// The document that names the parts, for messages.
    pub(super) by: String,
    /// Digest of the configuration document, verified.
    pub(super) config_digest: Digest,
    /// Name of the configuration document.
    pub(super) config_name: String,
    /// The configuration document.
    pub(super) config: Vec<u8>,
    /// The layers, bottom first.
    pub(super) layers: Vec<ChosenLayer>,
    /// The image's names with tag.
    pub(super) names: Vec<String>,
}

/// One layer of the image.
#[derive(Debug, Clone)]
pub(super) struct ChosenLayer {
    /// Its name in the archive.
    pub(super) name: String,
    /// Its digest as stored, where the archive claims one.
    pub(super) blob: Option<Digest>,
    /// Its length as stored, bytes, where the archive claims one.
    pub(super) bytes: Option<u64>,
}

/// An entry of `manifest.json`, as `docker save` writes it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SavedImage {
    config: String,
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Vec<String>,
}

/// An image index (OCI image specification, "Image Index") or Docker's manifest list.
#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

/// An image manifest (OCI image specification, "Image Manifest").
#[derive(Deserialize)]
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

/// A content descriptor (OCI image specification, "Content Descriptors").
#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: Option<String>,
    digest: String,
    /// Bytes. The specification asks for it, and so some readers rely on it.
    size: Option<i64>,
    platform: Option<Platform>,
    annotations: Option<std::collections::BTreeMap<String, String>>,
}

#[derive(Deserialize, Clone)]
struct Platform {
    os: String,
    architecture: String,
}

/// Names of the image in annotations, the surest first.
const NAME_ANNOTATIONS: [&str; 2] = [
    "io.containerd.image.name",
    "org.opencontainers.image.ref.name",
];
/// Indexes inside indexes.
const DEPTH: usize = 3;

/// Finds the one image.
pub(super) fn choose(
    contents: &Contents,
    archive: &camino::Utf8Path,
) -> Result<Chosen, ImportImageError> {
    if contents.find_document("manifest.json").is_some() {
        from_saved(contents)
    } else if contents.find_document("index.json").is_some() {
        from_index(contents)
    } else {
        Err(ImportImageError::NoManifest {
            path: archive.to_owned(),
            is_root_file_system: contents.is_root_file_system(),
        })
    }
}

fn from_saved(contents: &Contents) -> Result<Chosen, ImportImageError> {
    let by = "manifest.json";
    let text = contents.document(by, by)?;
    let images: Vec<SavedImage> = parse(by, text)?;
    let called = |image: &SavedImage| match image.repo_tags.as_deref() {
        Some([name, ..]) => name.clone(),
        Some([]) | None => image.config.clone(),
    };
    let [image] = images.as_slice() else {
        return Err(ImportImageError::SeveralImages {
            names: images.iter().map(called).collect(),
        });
    };
    let config = contents.document(&image.config, by)?;
    let claimed = digest_in_name(&image.config)?;
    verify("the image configuration", claimed, Digest::of(config))?;
    let layer = |name: &String| {
        inside(by, name)?;
        let blob = name
            .strip_prefix("blobs/sha256/")
            .and_then(Digest::parse_hex);
        Ok(ChosenLayer {
            name: name.clone(),
            blob,
            bytes: None,
        })
    };
    Ok(Chosen {
        by: by.to_owned(),
        config_digest: claimed,
        config_name: image.config.clone(),
        config: config.to_vec(),
        layers: image
            .layers
            .iter()
            .map(layer)
            .collect::<Result<_, ImportImageError>>()?,
        names: image.repo_tags.clone().unwrap_or_default(),
    })
}

/// `<hex>.json`, `blobs/sha256/<hex>` or `sha256:<hex>`.
fn digest_in_name(name: &str) -> Result<Digest, ImportImageError> {
    let last = name.rsplit('/').next().unwrap_or(name);
    let bare = last.strip_suffix(".json").unwrap_or(last);
    let hex = bare.strip_prefix("sha256:").unwrap_or(bare);
    Digest::parse_hex(hex).ok_or_else(|| ImportImageError::ConfigName {
        name: name.to_owned(),
    })
}

fn from_index(contents: &Contents) -> Result<Chosen, ImportImageError> {
    let by = "index.json";
    let mut search = Search::default();
    let index: Index = parse(by, contents.document(by, by)?)?;
    search.index(contents, by, &index, DEPTH)?;
    let mut found: Vec<Descriptor> = Vec::new();
    for candidate in search.candidates {
        if !found.iter().any(|known| known.digest == candidate.digest) {
            found.push(candidate);
        }
    }
    match found.as_slice() {
        [image] => from_manifest(contents, by, image),
        [] => Err(ImportImageError::NoImage {
            found: search.platforms,
        }),
        several => Err(ImportImageError::SeveralImages {
            names: several
                .iter()
                .map(|image| name_of(image).unwrap_or_else(|| image.digest.clone()))
                .collect(),
        }),
    }
}

/// The manifests below an index that may be the image.
#[derive(Default)]
struct Search {
    candidates: Vec<Descriptor>,
    /// Other platforms that were found.
    platforms: Vec<String>,
}

impl Search {
    fn index(
        &mut self,
        contents: &Contents,
        by: &str,
        index: &Index,
        depth: usize,
    ) -> Result<(), ImportImageError> {
        for descriptor in &index.manifests {
            if is_attestation(descriptor) {
                continue;
            }
            let media_type = descriptor.media_type.as_deref().unwrap_or_default();
            if media_type.contains("index") || media_type.contains("manifest.list") {
                let Some(depth) = depth.checked_sub(1) else {
                    return Err(invalid(by, "indexes lie too deep inside each other"));
                };
                let digest = digest_of(by, descriptor)?;
                let below: Index = parse(&blob_name(digest), contents.blob(digest, by)?)?;
                let name = descriptor.annotations.clone();
                let before = self.candidates.len();
                self.index(contents, &blob_name(digest), &below, depth)?;
                for candidate in &mut self.candidates[before..] {
                    if name_of(candidate).is_none() {
                        candidate.annotations.clone_from(&name);
                    }
                }
                continue;
            }
            match &descriptor.platform {
                Some(Platform { os, architecture }) if os != "linux" || architecture != "amd64" => {
                    self.platforms.push(format!("{os}/{architecture}"));
                }
                Some(_) | None => self.candidates.push(descriptor.clone()),
            }
        }
        Ok(())
    }
}

/// Statements about an image that builders put beside it.
fn is_attestation(descriptor: &Descriptor) -> bool {
    let annotated = descriptor
        .annotations
        .as_ref()
        .is_some_and(|annotations| annotations.contains_key("vnd.docker.reference.type"));
    let unknown = descriptor
        .platform
        .as_ref()
        .is_some_and(|platform| platform.os == "unknown");
    annotated || unknown
}

fn from_manifest(
    contents: &Contents,
    by: &str,
    image: &Descriptor,
) -> Result<Chosen, ImportImageError> {
    let digest = digest_of(by, image)?;
    let name = blob_name(digest);
    let manifest: Manifest = parse(&name, contents.blob(digest, by)?)?;
    let config_digest = digest_of(&name, &manifest.config)?;
    let config = contents.blob(config_digest, &name)?.to_vec();
    let claimed = size_of(&name, &manifest.config)?;
    verify_size("the image configuration", claimed, config.len() as u64)?;
    let layer = |descriptor: &Descriptor| {
        let media_type = descriptor.media_type.clone().unwrap_or_default();
        let known = media_type.contains(".layer.") || media_type.contains("rootfs");
        if !known || media_type.contains("encrypted") {
            return Err(ImportImageError::LayerType {
                name: descriptor.digest.clone(),
                media_type,
            });
        }
        let digest = digest_of(&name, descriptor)?;
        Ok(ChosenLayer {
            name: blob_name(digest),
            blob: Some(digest),
            bytes: size_of(&name, descriptor)?,
        })
    };
    Ok(Chosen {
        config_digest,
        config_name: blob_name(config_digest),
        config,
        layers: manifest
            .layers
            .iter()
            .map(layer)
            .collect::<Result<_, _>>()?,
        names: name_of(image).into_iter().collect(),
        by: name,
    })
}

/// The image's name with tag, if an annotation has one. A bare tag is no name.
fn name_of(image: &Descriptor) -> Option<String> {
    let annotations = image.annotations.as_ref()?;
    let name = NAME_ANNOTATIONS
        .iter()
        .find_map(|key| annotations.get(*key).filter(|name| name.contains(':')))?;
    let short = name.strip_prefix("docker.io/").unwrap_or(name);
    let short = short.strip_prefix("library/").unwrap_or(short);
    Some(short.to_owned())
}

fn digest_of(by: &str, descriptor: &Descriptor) -> Result<Digest, ImportImageError> {
    Digest::parse(&descriptor.digest)
        .ok_or_else(|| invalid(by, &format!("`{}` is no sha256 digest", descriptor.digest)))
}

/// The size that a descriptor claims.
fn size_of(by: &str, descriptor: &Descriptor) -> Result<Option<u64>, ImportImageError> {
    let claimed = descriptor.size.map(u64::try_from).transpose();
    claimed.map_err(|_| invalid(by, "a size is negative"))
}

/// A name that stays inside the archive.
fn inside(by: &str, name: &str) -> Result<(), ImportImageError> {
    if name.starts_with('/') || name.split('/').any(|part| part == "..") {
        return Err(invalid(by, &format!("`{name}` leads out of the archive")));
    }
    Ok(())
}

pub(super) fn parse<T: DeserializeOwned>(name: &str, text: &[u8]) -> Result<T, ImportImageError> {
    serde_json::from_slice(text).map_err(|error| invalid(name, &error.to_string()))
}

fn invalid(name: &str, problem: &str) -> ImportImageError {
    ImportImageError::Document {
        name: name.to_owned(),
        problem: problem.to_owned(),
    }
}
