//! What was found in an archive or layout folder.

use std::collections::{BTreeMap, BTreeSet};

use super::budget::{Budget, check};
use super::digest::Digest;
use super::layer::StagedLayer;
use super::{Compression, ImportImageError};

/// Documents and unpacked layers by their names in the archive.
#[derive(Debug, Default)]
pub(super) struct Contents {
    documents: BTreeMap<String, Vec<u8>>,
    document_bytes: u64,
    layers: BTreeMap<String, StagedLayer>,
    links: BTreeMap<String, String>,
    /// Files that are neither: their names tell what the archive is instead.
    others: BTreeSet<String>,
}

/// What a file of an archive is, judged by its first block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    /// A tar, compressed or not.
    Layer(Compression),
    /// Something else that is small enough to be a document.
    Document,
    /// Neither.
    Other,
}

/// Bytes that [`FileKind::of`] wants to see.
pub(super) const HEAD_BYTES: usize = 512;

impl FileKind {
    /// Judges a file by its first [`HEAD_BYTES`] and its length in bytes.
    pub(super) fn of(head: &[u8], bytes: u64, budget: &Budget) -> Self {
        match Compression::detect(head) {
            Compression::None if is_tar_block(head) => Self::Layer(Compression::None),
            Compression::None if bytes <= budget.limits().document_bytes => Self::Document,
            Compression::None => Self::Other,
            found @ (Compression::Gzip | Compression::Xz | Compression::Zstd) => Self::Layer(found),
        }
    }
}

/// Whether a tar may begin with this: a header whose sum is right, or the end of an empty one.
pub(super) fn is_tar_block(block: &[u8]) -> bool {
    if block.len() < HEAD_BYTES {
        return false;
    }
    let sum = |at: usize, byte: &u8| {
        u32::from(if (148..156).contains(&at) {
            b' '
        } else {
            *byte
        })
    };
    let found: u32 = block
        .iter()
        .enumerate()
        .map(|(at, byte)| sum(at, byte))
        .sum();
    let is_end = block.iter().all(|byte| *byte == 0);
    is_end
        || tar::Header::from_byte_slice(block)
            .cksum()
            .is_ok_and(|claimed| claimed == found)
}

/// Links that are followed from one name.
const LINKS: usize = 8;
/// Names of other files that are remembered.
const OTHERS: usize = 1000;

impl Contents {
    /// Takes a document in.
    pub(super) fn add_document(
        &mut self,
        name: String,
        text: Vec<u8>,
        budget: &Budget,
    ) -> Result<(), ImportImageError> {
        self.document_bytes += text.len() as u64;
        let limit = budget.limits().all_document_bytes;
        check("bytes of documents", limit, self.document_bytes)?;
        self.documents.insert(name, text);
        Ok(())
    }

    /// Takes a layer in.
    pub(super) fn add_layer(&mut self, name: String, layer: StagedLayer) {
        self.layers.insert(name, layer);
    }

    /// Takes a link in: another name for something.
    pub(super) fn add_link(&mut self, name: String, target: String) {
        self.links.insert(name, target);
    }

    /// Remembers that there is something else.
    pub(super) fn add_other(&mut self, name: String) {
        if self.others.len() < OTHERS {
            self.others.insert(name);
        }
    }

    /// Number of layers.
    pub(super) fn layer_count(&self) -> usize {
        self.layers.len()
    }

    /// The document of this name.
    pub(super) fn find_document(&self, name: &str) -> Option<&[u8]> {
        self.documents.get(self.resolve(name)).map(Vec::as_slice)
    }

    /// The document of this name, which another names.
    pub(super) fn document(&self, name: &str, by: &str) -> Result<&[u8], ImportImageError> {
        self.find_document(name).ok_or_else(|| missing(name, by))
    }

    /// The document with this digest in an OCI layout.
    pub(super) fn blob(&self, digest: Digest, by: &str) -> Result<&[u8], ImportImageError> {
        let text = self.document(&blob_name(digest), by)?;
        verify(
            &format!("`{}`", blob_name(digest)),
            digest,
            Digest::of(text),
        )?;
        Ok(text)
    }

    /// The layer of this name, which another document names.
    pub(super) fn layer(&self, name: &str, by: &str) -> Result<&StagedLayer, ImportImageError> {
        let resolved = self.resolve(name);
        if let Some(layer) = self.layers.get(resolved) {
            return Ok(layer);
        }
        if self.documents.contains_key(resolved) || self.others.contains(resolved) {
            return Err(ImportImageError::Damaged {
                place: format!("the layer `{name}`"),
                problem: "it is no tar".to_owned(),
            });
        }
        Err(missing(name, by))
    }

    /// Whether this looks like the files of a container rather than an image.
    pub(super) fn is_root_file_system(&self) -> bool {
        [
            "etc/passwd",
            "etc/hostname",
            "bin/sh",
            "usr/bin/env",
            "etc/os-release",
        ]
        .iter()
        .any(|name| {
            self.documents.contains_key(*name)
                || self.others.contains(*name)
                || self.links.contains_key(*name)
        })
    }

    fn resolve<'a>(&'a self, name: &'a str) -> &'a str {
        let mut name = name.strip_prefix("./").unwrap_or(name);
        for _ in 0..LINKS {
            match self.links.get(name) {
                Some(target) => name = target,
                None => break,
            }
        }
        name
    }
}

/// Where an OCI layout keeps content.
pub(super) fn blob_name(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// Holds a computed digest against the claimed one.
pub(super) fn verify(what: &str, expected: Digest, found: Digest) -> Result<(), ImportImageError> {
    if expected == found {
        return Ok(());
    }
    Err(ImportImageError::Digest {
        what: what.to_owned(),
        expected: expected.to_string(),
        found: found.to_string(),
    })
}

/// Holds a length in bytes against the claimed one.
pub(super) fn verify_size(
    what: &str,
    expected: Option<u64>,
    found: u64,
) -> Result<(), ImportImageError> {
    match expected {
        Some(expected) if expected != found => Err(ImportImageError::Size {
            what: what.to_owned(),
            expected,
            found,
        }),
        Some(_) | None => Ok(()),
    }
}

fn missing(name: &str, by: &str) -> ImportImageError {
    ImportImageError::Missing {
        name: name.to_owned(),
        by: by.to_owned(),
    }
}
