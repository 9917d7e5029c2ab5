//! Taking what a container left in `/output` out of it: regular files only, no link followed, counts and sizes bounded.
//!
//! Everything that may be taken is copied, also what no socket asks for and what is invalid: nothing that a run produced
//! is lost. What may not be taken is named with its reason.

use std::fmt;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags};
use sha2::{Digest, Sha256};

/// Folders inside each other.
const MAX_DEPTH: usize = 32;
const PIECE: usize = 1 << 20;

/// How much may be taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MirrorLimits {
    /// Files, folders and everything else.
    pub(crate) entries: u64,
    /// All files together, by length (not by what a sparse file occupies).
    pub(crate) bytes: u64,
}

/// A copy of `/output`.
#[derive(Debug, Default)]
pub(crate) struct Mirror {
    /// Files that were copied, in order of their paths.
    pub(crate) files: Vec<MirroredFile>,
    /// Folders that exist, in order of their paths; the outermost is not among them.
    pub(crate) folders: Vec<Utf8PathBuf>,
    /// What was not taken.
    pub(crate) refused: Vec<Refused>,
}

/// A file that was copied.
#[derive(Debug, Clone)]
pub(crate) struct MirroredFile {
    /// Relative to `/output`.
    pub(crate) path: Utf8PathBuf,
    /// Length in bytes.
    pub(crate) bytes: u64,
    /// Of the content, in hexadecimal.
    pub(crate) sha256: String,
}

/// Something in `/output` that was not taken.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    /// Relative to `/output`; bytes that are no UTF-8 are replaced.
    pub(crate) path: Utf8PathBuf,
    /// Why.
    pub(crate) reason: RefusedReason,
}

/// Why something was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RefusedReason {
    Symlink,
    /// FIFO, socket or device, in words.
    Special(&'static str),
    NameNotUtf8,
    TooDeep,
    TooManyEntries(u64),
    TooManyBytes {
        found: u64,
        allowed: u64,
    },
    Unreadable(String),
}

impl fmt::Display for RefusedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Symlink => write!(
                f,
                "is a symbolic link, expected a regular file; links are never followed"
            ),
            Self::Special(kind) => write!(f, "is a {kind}, expected a regular file"),
            Self::NameNotUtf8 => write!(f, "has a name that is not UTF-8"),
            Self::TooDeep => write!(f, "lies more than {MAX_DEPTH} folders deep"),
            Self::TooManyEntries(limit) => {
                write!(f, "is beyond the limit of {limit} files and folders")
            }
            Self::TooManyBytes { found, allowed } => {
                write!(
                    f,
                    "has {found} bytes, expected at most {allowed} for all outputs that are left"
                )
            }
            Self::Unreadable(cause) => write!(f, "cannot be read: {cause}"),
        }
    }
}

/// The folder itself cannot be copied.
#[derive(Debug, thiserror::Error)]
#[error("failed to copy the outputs to `{target}`")]
pub(crate) struct MirrorError {
    target: Utf8PathBuf,
    source: io::Error,
}

/// Copies what is in the folder `source` into the existing folder `target`.
pub(crate) fn mirror(
    source: OwnedFd,
    target: &Utf8Path,
    limits: MirrorLimits,
) -> Result<Mirror, MirrorError> {
    let mut copy = Copy {
        mirror: Mirror::default(),
        limits,
        target: target.to_owned(),
        buffer: vec![0; PIECE],
    };
    copy.folder(source.as_fd(), Utf8Path::new(""), 0)
        .map_err(|source| MirrorError {
            target: target.to_owned(),
            source,
        })?;
    copy.mirror.files.sort_by(|a, b| a.path.cmp(&b.path));
    copy.mirror.folders.sort();
    Ok(copy.mirror)
}

struct Copy {
    mirror: Mirror,
    /// What is left of them.
    limits: MirrorLimits,
    target: Utf8PathBuf,
    buffer: Vec<u8>,
}

impl Copy {
    fn refuse(&mut self, path: Utf8PathBuf, reason: RefusedReason) {
        self.mirror.refused.push(Refused { path, reason });
    }

    /// Fails only when the target cannot be written; what is wrong with the source is recorded.
    fn folder(&mut self, folder: BorrowedFd<'_>, path: &Utf8Path, depth: usize) -> io::Result<()> {
        let entries = match Dir::read_from(folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.refuse(
                    path.to_owned(),
                    RefusedReason::Unreadable(io::Error::from(error).to_string()),
                );
                return Ok(());
            }
        };
        let mut names: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.file_name().to_owned()))
            .collect();
        names.retain(|name| !matches!(name.to_bytes(), b"." | b".."));
        names.sort();
        let allowed = self.limits.entries;
        for name in names {
            let Ok(name) = name.to_str() else {
                self.refuse(
                    path.join(name.to_string_lossy().as_ref()),
                    RefusedReason::NameNotUtf8,
                );
                continue;
            };
            let entry = path.join(name);
            let Some(left) = self.limits.entries.checked_sub(1) else {
                self.refuse(entry, RefusedReason::TooManyEntries(allowed));
                return Ok(());
            };
            self.limits.entries = left;
            self.entry(folder, name, entry, depth)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &str,
        path: Utf8PathBuf,
        depth: usize,
    ) -> io::Result<()> {
        let stat = match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(error) => {
                self.refuse(
                    path,
                    RefusedReason::Unreadable(io::Error::from(error).to_string()),
                );
                return Ok(());
            }
        };
        let special = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                return self.file(folder, name, path, u64::try_from(stat.st_size).unwrap_or(0));
            }
            FileType::Directory if depth >= MAX_DEPTH => RefusedReason::TooDeep,
            FileType::Directory => return self.sub_folder(folder, name, path, depth),
            FileType::Symlink => RefusedReason::Symlink,
            FileType::Fifo => RefusedReason::Special("FIFO"),
            FileType::Socket => RefusedReason::Special("socket"),
            FileType::CharacterDevice | FileType::BlockDevice => RefusedReason::Special("device"),
            FileType::Unknown => RefusedReason::Special("file of unknown type"),
        };
        self.refuse(path, special);
        Ok(())
    }

    fn sub_folder(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &str,
        path: Utf8PathBuf,
        depth: usize,
    ) -> io::Result<()> {
        fs_err::create_dir_all(self.target.join(&path))?;
        match open(folder, name, OFlags::DIRECTORY) {
            Ok(opened) => {
                self.folder(opened.as_fd(), &path, depth + 1)?;
                self.mirror.folders.push(path);
            }
            Err(error) => self.refuse(path, RefusedReason::Unreadable(error.to_string())),
        }
        Ok(())
    }

    fn file(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &str,
        path: Utf8PathBuf,
        length: u64,
    ) -> io::Result<()> {
        if length > self.limits.bytes {
            self.refuse(
                path,
                RefusedReason::TooManyBytes {
                    found: length,
                    allowed: self.limits.bytes,
                },
            );
            return Ok(());
        }
        match open(folder, name, OFlags::NONBLOCK | OFlags::NOCTTY) {
            Ok(opened) => {
                let file = self.copy_file(std::fs::File::from(opened), path)?;
                self.limits.bytes = self.limits.bytes.saturating_sub(file.bytes);
                self.mirror.files.push(file);
            }
            Err(error) => self.refuse(path, RefusedReason::Unreadable(error.to_string())),
        }
        Ok(())
    }

    fn copy_file(&mut self, source: std::fs::File, path: Utf8PathBuf) -> io::Result<MirroredFile> {
        let mut target = File::create(self.target.join(&path))?;
        let mut hash = Sha256::new();
        let mut bytes = 0;
        // Nothing writes to the source any more, but a length is only believed once it was read.
        let mut source = source.take(self.limits.bytes);
        loop {
            let count = source.read(&mut self.buffer)?;
            if count == 0 {
                break;
            }
            let piece = &self.buffer[..count];
            hash.update(piece);
            target.write_all(piece)?;
            bytes += count as u64;
        }
        Ok(MirroredFile {
            path,
            bytes,
            sha256: hex(&hash.finalize()),
        })
    }
}

/// Opens an entry of a folder without following anything out of it.
fn open(folder: BorrowedFd<'_>, name: &str, flags: OFlags) -> io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_XDEV
        | ResolveFlags::NO_MAGICLINKS;
    let flags = flags | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat2(
        folder,
        name,
        flags,
        Mode::empty(),
        resolve,
    )?)
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: MirrorLimits = MirrorLimits {
        entries: 1000,
        bytes: 1 << 20,
    };

    fn check(fill: impl FnOnce(&Utf8Path), limits: MirrorLimits) -> (Mirror, tempfile::TempDir) {
        let source = tempfile::tempdir().unwrap();
        let target = tempfile::tempdir().unwrap();
        fill(Utf8Path::from_path(source.path()).unwrap());
        let fd = rustix::fs::open(
            source.path(),
            OFlags::DIRECTORY | OFlags::RDONLY,
            Mode::empty(),
        )
        .unwrap();
        (
            mirror(fd, Utf8Path::from_path(target.path()).unwrap(), limits).unwrap(),
            target,
        )
    }

    #[test]
    fn takes_regular_files_and_names_the_rest() {
        let (mirror, target) = check(
            |folder| {
                fs_err::create_dir_all(folder.join("images/seg")).unwrap();
                fs_err::write(folder.join("images/seg/a.mha"), b"abc").unwrap();
                std::os::unix::fs::symlink("/etc/passwd", folder.join("results.json")).unwrap();
                std::os::unix::fs::symlink("/etc", folder.join("folder")).unwrap();
                rustix::fs::mkfifoat(
                    rustix::fs::CWD,
                    folder.join("fifo").as_std_path(),
                    Mode::RUSR,
                )
                .unwrap();
                std::os::unix::net::UnixListener::bind(folder.join("socket")).unwrap();
            },
            PLENTY,
        );
        assert_eq!(
            fs_err::read(target.path().join("images/seg/a.mha")).unwrap(),
            b"abc"
        );
        let file = &mirror.files[0];
        assert_eq!((file.path.as_str(), file.bytes), ("images/seg/a.mha", 3));
        assert!(file.sha256.starts_with("ba7816bf"));
        let refused: Vec<_> = mirror
            .refused
            .iter()
            .map(|entry| (entry.path.as_str(), entry.reason.clone()))
            .collect();
        assert_eq!(
            refused,
            [
                ("fifo", RefusedReason::Special("FIFO")),
                ("folder", RefusedReason::Symlink),
                ("results.json", RefusedReason::Symlink),
                ("socket", RefusedReason::Special("socket")),
            ]
        );
        assert!(!target.path().join("results.json").exists());
    }

    #[test]
    fn counts_and_sizes_are_bounded() {
        let many = |folder: &Utf8Path| {
            (0..10).for_each(|i| fs_err::write(folder.join(i.to_string()), b"x").unwrap())
        };
        let (mirror, _) = check(
            many,
            MirrorLimits {
                entries: 4,
                ..PLENTY
            },
        );
        assert_eq!((mirror.files.len(), mirror.refused.len()), (4, 1));
        let sparse = |folder: &Utf8Path| {
            File::create(folder.join("hole"))
                .unwrap()
                .set_len(1 << 30)
                .unwrap()
        };
        let (mirror, _) = check(sparse, PLENTY);
        assert_eq!(
            mirror.refused[0].reason,
            RefusedReason::TooManyBytes {
                found: 1 << 30,
                allowed: 1 << 20
            }
        );
    }
}
