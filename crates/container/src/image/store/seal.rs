//! Whether images of the store are still what was imported.
//!
//! `layers/sha256/<diff id>/seal` holds the digest of the layer's tree, written once after the import; or that of its tar and
//! index, which the import knows and writes.

use std::collections::BTreeSet;
use std::io;

use super::record::{self, layer_folder};
use super::tree_digest::tree_digest;
use super::{ListImagesError, Store, folders, indexed};
use crate::image::layer::{LayerForm, SEAL, TREE};

/// What a check of the store found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Images whose record was read.
    pub images: usize,
    /// Layers that were read to the end.
    pub layers: usize,
    /// Of these, layers that had no seal; they have one now, and their contents could not be compared.
    pub unsealed: usize,
    /// Layers that no image needs; the next removal takes them away.
    pub unneeded: usize,
    /// What is wrong.
    pub damages: Vec<Damage>,
}

/// A layer that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The layer's digest.
    pub layer: String,
    /// Digests of the images that need it.
    pub images: Vec<String>,
    /// What is wrong with it.
    pub problem: String,
}

impl Store {
    /// Seals the layers of an image that have no seal, by reading them once. How many.
    ///
    /// # Errors
    /// When a layer cannot be read or its seal cannot be written.
    pub fn seal(&self, digest: &str) -> io::Result<usize> {
        let image = self.find(digest).map_err(io::Error::other)?;
        let mut count = 0;
        for layer in &image.layers {
            let seal = layer_folder(self.root(), &layer.diff_id).join(SEAL);
            if !seal.exists() {
                count += usize::from(self.sealed(&layer.diff_id)? == Sealed::Now);
            }
        }
        Ok(count)
    }

    /// Reads every layer of every image to its end and compares it with its seal. Blocks, for as long as the disk takes.
    ///
    /// # Errors
    /// When the images cannot be listed.
    pub fn check(&self) -> Result<Checked, ListImagesError> {
        let images = self.list()?;
        let unlisted = |source| ListImagesError::Read {
            path: self.root().to_owned(),
            source,
        };
        let mut there = BTreeSet::new();
        for entry in folders::layers(self.root())
            .read_dir_utf8()
            .map_err(unlisted)?
        {
            there.insert(entry.map_err(unlisted)?.file_name().to_owned());
        }
        let layers: BTreeSet<&str> = images
            .iter()
            .flat_map(|image| image.layers.iter().map(|layer| layer.diff_id.as_str()))
            .collect();
        let needed: BTreeSet<&str> = layers.iter().map(|layer| record::bare(layer)).collect();
        let mut checked = Checked {
            images: images.len(),
            layers: layers.len(),
            unneeded: there
                .iter()
                .filter(|layer| !needed.contains(layer.as_str()))
                .count(),
            ..Checked::default()
        };
        for layer in layers {
            let problem = match self.sealed(layer) {
                Ok(Sealed::Before) => continue,
                Ok(Sealed::Now) => {
                    checked.unsealed += 1;
                    continue;
                }
                Ok(Sealed::Broken { seal, found }) => {
                    format!("its files give the digest `{found}`, expected `{seal}`")
                }
                Err(error) => error.to_string(),
            };
            let of = images
                .iter()
                .filter(|image| image.layers.iter().any(|one| one.diff_id == layer));
            checked.damages.push(Damage {
                layer: layer.to_owned(),
                images: of.map(|image| image.digest.clone()).collect(),
                problem,
            });
        }
        Ok(checked)
    }

    fn sealed(&self, diff_id: &str) -> io::Result<Sealed> {
        let folder = layer_folder(self.root(), diff_id);
        let found = match record::form_of(&folder) {
            LayerForm::Unpacked => tree_digest(&folder.join(TREE))?.to_string(),
            LayerForm::Indexed => {
                let found = indexed::digest(&folder)?;
                if found.tar.to_string() != diff_id {
                    return Ok(Sealed::Broken {
                        seal: diff_id.to_owned(),
                        found: found.tar.to_string(),
                    });
                }
                found.seal.to_string()
            }
        };
        let path = folder.join(SEAL);
        match fs_err::read_to_string(&path) {
            Ok(seal) if seal.trim() == found => Ok(Sealed::Before),
            Ok(seal) => Ok(Sealed::Broken {
                seal: seal.trim().to_owned(),
                found,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                folders::write_atomically(&path, format!("{found}\n").as_bytes())?;
                Ok(Sealed::Now)
            }
            Err(error) => Err(error),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Sealed {
    Before,
    Now,
    Broken { seal: String, found: String },
}
