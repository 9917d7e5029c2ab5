//! Reads an archive from front to back, once.
//!
//! A legacy `docker save` archive has its manifest at the end: which of its files are layers is told by their content,
//! and all of them are unpacked into the staging folder before it is known which belong to the image.

use std::cell::Cell;
use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};

use super::budget::{Budget, Counted, LimitHit, check};
use super::contents::{Contents, FileKind, HEAD_BYTES, is_tar_block};
use super::copying::{CopiedFile, Copier};
use super::guard::{Guard, Guarded};
use super::layer::{Destination, LayerForm, LayerSource, read_layer};
use super::{Compression, ImportImageError, Phase, Progress};

/// One reading of one archive.
pub(super) struct ReadArchive<'a> {
    /// The archive.
    pub(super) path: &'a Utf8Path,
    /// Where layers are kept until all is read.
    pub(super) staging: &'a Utf8Path,
    /// How.
    pub(super) form: LayerForm,
    /// What may be used.
    pub(super) budget: &'a Budget,
    /// Copies layers out of the archive where that is a file; at first nothing.
    pub(super) copier: Option<Copier>,
    /// Who hears how far it is.
    pub(super) progress: &'a mut dyn FnMut(Progress),
}

impl ReadArchive<'_> {
    /// Reads all of the archive that lies at `path`.
    pub(super) fn read(mut self) -> Result<Contents, ImportImageError> {
        let unreadable = |source| ImportImageError::ReadSource {
            path: self.path.to_owned(),
            source,
        };
        let file = fs_err::File::open(self.path).map_err(unreadable)?;
        let bytes = file.metadata().map_err(unreadable)?.len();
        let (file, copier) = CopiedFile::watch(file);
        self.copier = Some(copier);
        self.read_from(file, bytes)
    }

    /// Reads all of an archive that comes from elsewhere, such as a pipe, and has `bytes` bytes (0: nobody knows). Then
    /// `path` is only its name.
    pub(super) fn read_from(
        mut self,
        mut file: impl Read,
        bytes: u64,
    ) -> Result<Contents, ImportImageError> {
        let unreadable = |source| ImportImageError::ReadSource {
            path: self.path.to_owned(),
            source,
        };
        let head = read_head(&mut file).map_err(unreadable)?;
        let compression = Compression::detect(&head);
        if compression != Compression::None {
            // What is read from the file is not what is in the archive.
            self.copier = None;
        }
        if compression == Compression::None && !is_tar_block(&head) {
            return Err(self.not_an_archive(&head));
        }
        let on_disk = Counted {
            from: io::Cursor::new(head).chain(file),
            budget: self.budget,
        };
        let expanded = compression.decoder(on_disk).map_err(unreadable)?;
        let (watched, guard) = Guard::watch(Expanded {
            from: expanded,
            counted: (compression != Compression::None).then_some(self.budget),
        });
        let mut archive = tar::Archive::new(watched);
        let contents = self.read_entries(&mut archive, &guard, bytes)?;
        // A compressed stream is only known to be whole when it was read to its end.
        let rest = io::copy(&mut archive.into_inner(), &mut io::sink());
        rest.map_err(|error| self.damaged(&error))?;
        Ok(contents)
    }

    fn read_entries<R: Read>(
        &mut self,
        archive: &mut tar::Archive<Guarded<R>>,
        guard: &Guard,
        bytes: u64,
    ) -> Result<Contents, ImportImageError> {
        let header_bytes = self.budget.limits().header_bytes;
        let mut contents = Contents::default();
        let mut entries = archive.entries().map_err(|error| self.damaged(&error))?;
        let first = Cell::new(true);
        loop {
            self.tell(Phase::Reading, bytes);
            guard.expect_headers(header_bytes);
            let Some(entry) = entries.next() else {
                return Ok(contents);
            };
            let entry = entry.map_err(|error| self.bad_header(&error, guard, first.get()))?;
            first.set(false);
            guard.expect_content();
            self.budget.enter()?;
            self.take(entry, &mut contents, bytes)?;
        }
    }

    fn take(
        &mut self,
        mut entry: tar::Entry<'_, impl Read>,
        contents: &mut Contents,
        bytes: u64,
    ) -> Result<(), ImportImageError> {
        let name = normal_name(&String::from_utf8_lossy(&entry.path_bytes()));
        let kind = entry.header().entry_type();
        if let Some(target) = entry.link_name_bytes() {
            let target = String::from_utf8_lossy(&target).into_owned();
            if kind.is_symlink() {
                contents.add_link(name, beside(&entry.path_bytes(), &target));
            } else if kind.is_hard_link() {
                contents.add_link(name, normal_name(&target));
            }
            return Ok(());
        }
        if !kind.is_file() {
            return Ok(());
        }
        let size = entry.size();
        let head = read_head(&mut entry).map_err(|error| self.damaged(&error))?;
        let kind = FileKind::of(&head, size, self.budget);
        if let FileKind::Layer(compression) = kind {
            let copier = self.copier.clone();
            let source = LayerSource {
                name: &name,
                head,
                content: &mut entry,
                copier: copier.as_ref(),
                compression,
                bytes: size,
            };
            let layer = self.layer(source, contents.layer_count() + 1, bytes)?;
            contents.add_layer(name, layer);
            return Ok(());
        }
        let mut content = io::Cursor::new(head).chain(entry);
        match kind {
            FileKind::Document => {
                let mut text = Vec::new();
                let read = content.read_to_end(&mut text);
                read.map_err(|error| self.damaged(&error))?;
                self.whole(&name, size, text.len() as u64)?;
                contents.add_document(name, text, self.budget)?;
            }
            FileKind::Layer(_) | FileKind::Other => {
                let read = io::copy(&mut content, &mut io::sink());
                let read = read.map_err(|error| self.damaged(&error))?;
                self.whole(&name, size, read)?;
                contents.add_other(name);
            }
        }
        Ok(())
    }

    fn layer(
        &mut self,
        source: LayerSource<'_>,
        number: usize,
        bytes: u64,
    ) -> Result<super::layer::StagedLayer, ImportImageError> {
        let limit = self.budget.limits().layers as u64;
        check("layers", limit, number as u64)?;
        let to = Destination {
            folder: self.staging.join(number.to_string()),
            form: self.form,
            budget: self.budget,
        };
        read_layer(source, to, &mut || {
            self.tell(Phase::Unpacking { layer: number }, bytes);
        })
    }

    fn tell(&mut self, phase: Phase, bytes_total: u64) {
        (self.progress)(Progress {
            bytes_read: self.budget.disk_read(),
            bytes_total,
            phase,
        });
    }

    fn whole(&self, name: &str, expected: u64, found: u64) -> Result<(), ImportImageError> {
        if expected == found {
            return Ok(());
        }
        Err(ImportImageError::Damaged {
            place: format!("`{}`", self.path),
            problem: format!("it ends inside `{name}`, after {found} of {expected} bytes"),
        })
    }

    fn damaged(&self, error: &io::Error) -> ImportImageError {
        if let Some(hit) = limit_in(error) {
            return hit.into();
        }
        let problem = if error.kind() == io::ErrorKind::UnexpectedEof {
            "it ends early".to_owned()
        } else {
            error.to_string()
        };
        ImportImageError::Damaged {
            place: format!("`{}`", self.path),
            problem,
        }
    }

    fn bad_header(&self, error: &io::Error, guard: &Guard, first: bool) -> ImportImageError {
        let damaged = |problem: &str| ImportImageError::Damaged {
            place: format!("`{}`", self.path),
            problem: problem.to_owned(),
        };
        if limit_in(error).is_some() {
            self.damaged(error)
        } else if guard.overflowed() {
            damaged("the headers of an entry are too long")
        } else if guard.ended() {
            damaged("it ends in the middle of an entry")
        } else if first {
            ImportImageError::NotAnArchive {
                path: self.path.to_owned(),
                found: format!("what it holds compressed is no tar ({error})"),
            }
        } else {
            self.damaged(error)
        }
    }

    fn not_an_archive(&self, head: &[u8]) -> ImportImageError {
        let found = match head {
            [] => "the file is empty",
            [b'P', b'K', 3, 4, ..] => "found a zip file, expected a tar",
            [b'B', b'Z', b'h', ..] => "found bzip2, expected a tar, plain or with gzip, xz or zstd",
            [0x7f, b'E', b'L', b'F', ..] => "found a program, expected a tar",
            _ => "expected a tar, plain or with gzip, xz or zstd",
        };
        ImportImageError::NotAnArchive {
            path: self.path.to_owned(),
            found: found.to_owned(),
        }
    }
}

/// A decompressed stream, held against the ratio limit.
struct Expanded<'a, R> {
    from: R,
    counted: Option<&'a Budget>,
}

impl<R: Read> Read for Expanded<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        if let Some(budget) = self.counted {
            budget.expand(count).map_err(io::Error::other)?;
        }
        Ok(count)
    }
}

/// The limit that an error of a stream stands for.
pub(super) fn limit_in(error: &io::Error) -> Option<LimitHit> {
    error.get_ref()?.downcast_ref::<LimitHit>().copied()
}

/// The first bytes, fewer only at the end.
pub(super) fn read_head(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    from.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// A name without `.`, `..` and doubled slashes.
fn normal_name(name: &str) -> String {
    let mut path = Utf8PathBuf::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(path.pop()),
            part => path.push(part),
        }
    }
    path.into_string()
}

/// The name that a symlink beside `path` leads to.
fn beside(path: &[u8], target: &str) -> String {
    let path = String::from_utf8_lossy(path);
    let folder = path.trim_end_matches('/').rsplit_once('/');
    let folder = folder.map_or("", |(folder, _)| folder);
    if target.starts_with('/') {
        normal_name(target)
    } else {
        normal_name(&format!("{folder}/{target}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_names() {
        assert_eq!(
            beside(b"abc/layer.tar", "../def/layer.tar"),
            "def/layer.tar"
        );
        assert_eq!(beside(b"a", "b"), "b");
        assert_eq!(beside(b"a/b", "../../../c"), "c");
        assert_eq!(normal_name("./a//b/./c"), "a/b/c");
    }
}
