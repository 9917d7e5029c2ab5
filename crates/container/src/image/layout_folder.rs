//! Reads an OCI image layout that lies in a folder: its documents first, then only the layers of the image.

use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};

use super::archive::read_head;
use super::budget::{Budget, Counted};
use super::contents::{Contents, FileKind};
use super::copying::CopiedFile;
use super::layer::{Destination, LayerForm, LayerSource, StagedLayer, read_layer};
use super::{ImportImageError, Phase, Progress};

/// One reading of one layout folder.
pub(super) struct ReadLayoutFolder<'a> {
    /// The folder.
    pub(super) path: &'a Utf8Path,
    /// Where layers are kept until all is read.
    pub(super) staging: &'a Utf8Path,
    /// How.
    pub(super) form: LayerForm,
    /// What may be used.
    pub(super) budget: &'a Budget,
    /// Who hears how far it is.
    pub(super) progress: &'a mut dyn FnMut(Progress),
}

impl ReadLayoutFolder<'_> {
    /// Reads every document.
    pub(super) fn documents(&mut self) -> Result<Contents, ImportImageError> {
        let mut contents = Contents::default();
        for name in ["manifest.json", "index.json", "oci-layout", "etc/passwd"] {
            if self.path.join(name).is_file() {
                self.take_document(name.to_owned(), &mut contents)?;
            }
        }
        let blobs = self.path.join("blobs/sha256");
        let Ok(files) = blobs.read_dir_utf8() else {
            return Ok(contents);
        };
        for file in files {
            let file = file.map_err(|error| unreadable(&blobs, error))?;
            self.budget.enter()?;
            self.take_document(format!("blobs/sha256/{}", file.file_name()), &mut contents)?;
        }
        Ok(contents)
    }

    fn take_document(&self, name: String, contents: &mut Contents) -> Result<(), ImportImageError> {
        let path = self.path.join(&name);
        let (mut file, bytes) = open(&path)?;
        let head = read_head(&mut file).map_err(|error| unreadable(&path, error))?;
        if FileKind::of(&head, bytes, self.budget) != FileKind::Document {
            return Ok(());
        }
        let mut text = head;
        let limit = self.budget.limits().document_bytes;
        let read = file.take(limit).read_to_end(&mut text);
        read.map_err(|error| unreadable(&path, error))?;
        contents.add_document(name, text, self.budget)
    }

    /// Reads the layers of these names.
    pub(super) fn layers(
        &mut self,
        names: &[String],
        by: &str,
        contents: &mut Contents,
    ) -> Result<(), ImportImageError> {
        let total = self.total_bytes(names, by)?;
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                continue;
            }
            let layer = self.layer(name, index + 1, total)?;
            contents.add_layer(name.clone(), layer);
        }
        Ok(())
    }

    fn layer(
        &mut self,
        name: &str,
        number: usize,
        bytes_total: u64,
    ) -> Result<StagedLayer, ImportImageError> {
        let path = self.path.join(name);
        let (mut file, bytes) = open(&path)?;
        let head = read_head(&mut file).map_err(|error| unreadable(&path, error))?;
        let FileKind::Layer(compression) = FileKind::of(&head, bytes, self.budget) else {
            return Err(ImportImageError::Damaged {
                place: format!("the layer `{name}`"),
                problem: "it is no tar".to_owned(),
            });
        };
        self.budget.read(head.len());
        let (file, copier) = CopiedFile::watch(file);
        let mut content = Counted {
            from: file,
            budget: self.budget,
        };
        let source = LayerSource {
            name,
            head,
            content: &mut content,
            copier: Some(&copier),
            compression,
            bytes,
        };
        let (budget, progress) = (self.budget, &mut *self.progress);
        let to = Destination {
            folder: self.staging.join(number.to_string()),
            form: self.form,
            budget,
        };
        read_layer(source, to, &mut || {
            progress(Progress {
                bytes_read: budget.disk_read(),
                bytes_total,
                phase: Phase::Unpacking { layer: number },
            });
        })
    }

    fn total_bytes(&self, names: &[String], by: &str) -> Result<u64, ImportImageError> {
        let mut total = 0;
        for name in names {
            let path = self.path.join(name);
            let found = match fs_err::metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(ImportImageError::Missing {
                        name: name.clone(),
                        by: by.to_owned(),
                    });
                }
                found => found.map_err(|error| unreadable(&path, error))?,
            };
            total += found.len();
        }
        Ok(total)
    }
}

/// Opens a regular file; a named pipe in its place would block for ever.
fn open(path: &Utf8PathBuf) -> Result<(fs_err::File, u64), ImportImageError> {
    let found = fs_err::metadata(path).map_err(|error| unreadable(path, error))?;
    if !found.is_file() {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file");
        return Err(unreadable(path, error));
    }
    let file = fs_err::File::open(path).map_err(|error| unreadable(path, error))?;
    Ok((file, found.len()))
}

fn unreadable(path: &Utf8Path, source: io::Error) -> ImportImageError {
    ImportImageError::ReadSource {
        path: path.to_owned(),
        source,
    }
}
