//! From an archive to an image in the store.

use std::io::Read;

use camino::Utf8Path;
use jiff::Timestamp;

use super::archive::ReadArchive;
use super::budget::{Budget, check};
use super::choose::{Chosen, choose};
use super::contents::{Contents, verify, verify_size};
use super::digest::Digest;
use super::index::why_not;
use super::layer::{LayerForm, StagedLayer, in_store};
use super::layout_folder::ReadLayoutFolder;
use super::store::{Record, Staging, commit};
use super::unpack::Notes;
use super::{ImageConfig, ImportImageError, ImportLimits, Store, StoredImage};

/// What the caller decides about an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOptions {
    /// Take images that run as root.
    pub allow_root: bool,
    /// Unpack layers also where the kernel can read files out of their tars.
    pub unpack: bool,
    /// Bounds.
    pub limits: ImportLimits,
    /// The time now, kept as [`StoredImage::imported_at`].
    pub now: Timestamp,
}

impl ImportOptions {
    /// The usual options: root refused, default limits.
    pub fn at(now: Timestamp) -> Self {
        Self {
            allow_root: false,
            unpack: false,
            limits: ImportLimits::default(),
            now,
        }
    }
}

/// An import that went well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The image, now in the store.
    pub image: StoredImage,
    /// It was in the store before, with the same digest. Only its names may have changed.
    pub already_present: bool,
    /// What was left out or changed while unpacking, in words (device nodes, attributes of the kernel …).
    pub notes: Vec<String>,
    /// Why layers are unpacked on this machine, in words that follow "because". `None` where they need not be.
    pub unpacked_because: Option<String>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the archive as it lies on disk that were read.
    pub bytes_read: u64,
    /// Bytes of the archive as it lies on disk.
    pub bytes_total: u64,
    /// What is being done.
    pub phase: Phase,
}

/// A part of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reading documents or looking for the next layer.
    Reading,
    /// Unpacking the n-th layer of the archive, counted from 1.
    Unpacking {
        /// Which.
        layer: usize,
    },
    /// All is read; the disk is catching up and the layers move to their places.
    Finishing,
}

/// Where an image comes from.
pub(super) enum Source<'a> {
    /// An archive or the folder of a layout.
    Path(&'a Utf8Path),
    /// An archive that comes through a pipe, and what to call it in messages.
    Stream(&'a mut dyn Read, &'a Utf8Path),
}

/// Takes an image from an archive or layout folder into the store.
pub(super) fn import(
    store: &Store,
    source: Source<'_>,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<Imported, ImportImageError> {
    let staging = Staging::make(store.root()).map_err(|error| in_store(store.root(), error))?;
    let budget = Budget::new(options.limits.clone());
    let unpacked_because = if options.unpack {
        Some("it was asked for".to_owned())
    } else {
        why_not(staging.path())
    };
    let keeping = Keeping {
        staging: staging.path(),
        form: match unpacked_because {
            Some(_) => LayerForm::Unpacked,
            None => LayerForm::Indexed,
        },
        budget: &budget,
    };
    let (contents, chosen) = read(source, keeping, options, progress)?;
    let (config, diff_ids) = ImageConfig::read(&chosen.config_name, &chosen.config)?;
    config.judge(options.allow_root)?;
    let (layers, notes) = check_layers(&contents, &chosen, &diff_ids)?;
    progress(Progress {
        bytes_read: budget.disk_read(),
        bytes_total: budget.disk_read(),
        phase: Phase::Finishing,
    });
    staging
        .sync()
        .map_err(|error| in_store(store.root(), error))?;
    let record = Record::new(
        chosen.config_digest,
        names(&chosen),
        config,
        &layers,
        options.now,
    );
    let (image, already_present) = commit(store, record, &layers)?;
    Ok(Imported {
        image,
        already_present,
        notes: notes.lines(),
        unpacked_because,
    })
}

/// Where what is read goes, and how.
#[derive(Clone, Copy)]
struct Keeping<'a> {
    staging: &'a Utf8Path,
    form: LayerForm,
    budget: &'a Budget,
}

/// Reads the source and finds its image.
fn read(
    source: Source<'_>,
    keeping: Keeping<'_>,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Contents, Chosen), ImportImageError> {
    let Keeping {
        staging,
        form,
        budget,
    } = keeping;
    let archive = |path, progress| ReadArchive {
        path,
        staging,
        form,
        budget,
        copier: None,
        progress,
    };
    let source = match source {
        Source::Stream(from, name) => {
            let contents = archive(name, progress).read_from(from, 0)?;
            let chosen = choose(&contents, name)?;
            return Ok((contents, chosen));
        }
        Source::Path(path) if !path.is_dir() => {
            let contents = archive(path, progress).read()?;
            let chosen = choose(&contents, path)?;
            return Ok((contents, chosen));
        }
        Source::Path(folder) => folder,
    };
    let mut folder = ReadLayoutFolder {
        path: source,
        staging,
        form,
        budget,
        progress,
    };
    let mut contents = folder.documents()?;
    let chosen = choose(&contents, source)?;
    // Refused before its layers are read: in a folder, the documents can be had first.
    let (config, _) = ImageConfig::read(&chosen.config_name, &chosen.config)?;
    config.judge(options.allow_root)?;
    let names: Vec<String> = chosen
        .layers
        .iter()
        .map(|layer| layer.name.clone())
        .collect();
    check("layers", budget.limits().layers as u64, names.len() as u64)?;
    folder.layers(&names, &chosen.by, &mut contents)?;
    Ok((contents, chosen))
}

/// Holds every digest of every layer against what was claimed.
fn check_layers<'a>(
    contents: &'a Contents,
    chosen: &Chosen,
    diff_ids: &[Digest],
) -> Result<(Vec<&'a StagedLayer>, Notes), ImportImageError> {
    if diff_ids.len() != chosen.layers.len() {
        return Err(ImportImageError::LayerCount {
            config: diff_ids.len(),
            manifest: chosen.layers.len(),
        });
    }
    let mut layers = Vec::new();
    let mut notes = Notes::default();
    for (layer, diff_id) in chosen.layers.iter().zip(diff_ids) {
        let staged = contents.layer(&layer.name, &chosen.by)?;
        if let Some(claimed) = layer.blob {
            verify(&format!("the layer `{}`", layer.name), claimed, staged.blob)?;
        }
        let what = format!("the layer `{}`", layer.name);
        verify_size(&what, layer.bytes, staged.stored_bytes)?;
        let what = format!("the uncompressed layer `{}`", layer.name);
        verify(&what, *diff_id, staged.diff_id)?;
        notes.extend(&staged.notes);
        layers.push(staged);
    }
    Ok((layers, notes))
}

/// The names that can be kept: others would spoil lists and messages.
fn names(chosen: &Chosen) -> Vec<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:".contains(&byte);
    let kept = |name: &&String| name.len() <= 255 && name.bytes().all(plain) && name.contains(':');
    chosen.names.iter().filter(kept).cloned().collect()
}
