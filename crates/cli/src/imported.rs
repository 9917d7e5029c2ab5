//! Which archive gave which image, so that an unchanged archive is not read again.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

/// What tells an archive from an earlier one at the same path without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    bytes: u64,
    modified_ns: i128,
    changed_ns: i128,
}

impl Identity {
    /// The identity of an archive now; of a layout folder its `index.json`, which names all else by digest.
    pub(crate) fn of(archive: &Utf8Path) -> io::Result<Self> {
        let mut found = fs_err::metadata(archive)?;
        if found.is_dir() {
            found = fs_err::metadata(archive.join("index.json"))?;
        }
        let nanoseconds =
            |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Ok(Self {
            device: found.dev(),
            inode: found.ino(),
            bytes: found.size(),
            modified_ns: nanoseconds(found.mtime(), found.mtime_nsec()),
            changed_ns: nanoseconds(found.ctime(), found.ctime_nsec()),
        })
    }
}

/// The notes, one file in the store's folder. They only save time: lost or damaged, archives are read again.
#[derive(Debug)]
pub(crate) struct Notes {
    file: Utf8PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    identity: Identity,
    digest: String,
}

impl Notes {
    /// The notes of the store in this folder.
    pub(crate) fn in_store(images: &Utf8Path) -> Self {
        Self {
            file: images.join("archives.json"),
        }
    }

    /// The digest of the image that this archive, unchanged, gave before.
    pub(crate) fn digest_of(&self, archive: &Utf8Path) -> Option<String> {
        let note = self.read().remove(&key(archive)?)?;
        (note.identity == Identity::of(archive).ok()?).then_some(note.digest)
    }

    /// Notes what an archive gave. `before` is its identity before it was read: an archive that changed meanwhile is not
    /// noted.
    pub(crate) fn note(
        &self,
        archive: &Utf8Path,
        before: Identity,
        digest: &str,
    ) -> io::Result<()> {
        let Some(key) = key(archive) else {
            return Ok(());
        };
        if Identity::of(archive)? != before {
            return Ok(());
        }
        let mut notes = self.read();
        notes.insert(
            key,
            Note {
                identity: before,
                digest: digest.to_owned(),
            },
        );
        let json = serde_json::to_vec_pretty(&notes).map_err(io::Error::other)?;
        // Written aside and renamed, so that another `gantry` never reads half a file; of two at once, one note is lost.
        let aside = self
            .file
            .with_extension(format!("{}.part", std::process::id()));
        fs_err::write(&aside, json)?;
        fs_err::rename(&aside, &self.file)
    }

    fn read(&self) -> BTreeMap<Utf8PathBuf, Note> {
        fs_err::read(&self.file)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default()
    }
}

fn key(archive: &Utf8Path) -> Option<Utf8PathBuf> {
    archive.canonicalize_utf8().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_known_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let archive = root.join("a.tar");
        fs_err::write(&archive, "one").unwrap();
        let notes = Notes::in_store(root);
        assert_eq!(notes.digest_of(&archive), None);
        notes
            .note(&archive, Identity::of(&archive).unwrap(), "sha256:1")
            .unwrap();
        assert_eq!(notes.digest_of(&archive).as_deref(), Some("sha256:1"));

        // Another file of the same length at the same path.
        fs_err::write(root.join("b.tar"), "two").unwrap();
        fs_err::rename(root.join("b.tar"), &archive).unwrap();
        assert_eq!(notes.digest_of(&archive), None);
    }

    #[test]
    fn an_archive_that_changed_while_it_was_read_is_not_noted() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let archive = root.join("a.tar");
        fs_err::write(&archive, "one").unwrap();
        let before = Identity::of(&archive).unwrap();
        fs_err::write(&archive, "longer").unwrap();
        let notes = Notes::in_store(root);
        notes.note(&archive, before, "sha256:1").unwrap();
        assert_eq!(notes.digest_of(&archive), None);
    }

    #[test]
    fn damaged_notes_are_no_notes() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        fs_err::write(root.join("archives.json"), "{").unwrap();
        assert_eq!(Notes::in_store(root).digest_of(root), None);
    }
}
