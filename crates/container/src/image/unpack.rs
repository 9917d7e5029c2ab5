//! Unpacks the tar of one layer into a folder, as overlayfs wants to see it.

mod attributes;
mod member;
mod member_path;
mod notes;
mod tree;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, SeekFrom};
use rustix::io::Errno;

use super::budget::{Budget, LimitHit, check};
use super::channel::CHUNK_BYTES;
use super::guard::{Guard, Guarded};
use attributes::Owners;
use member::{Attributes, Kind, Member};
use member_path::{MemberPath, components, shown};
use tree::Tree;

pub(super) use notes::Notes;
pub(super) use tree::remove_all;

/// What came out of a layer.
#[derive(Debug)]
pub(super) struct Unpacked {
    /// Bytes of its files, holes included.
    pub(super) bytes: u64,
    /// What was left out.
    pub(super) notes: Notes,
}

/// Why a layer was not unpacked.
#[derive(Debug)]
pub(super) enum UnpackError {
    /// The stream ended early because another thread gave up, which knows why.
    GivenUp,
    /// The tar is damaged.
    Damaged(String),
    /// An entry is refused.
    Refused { member: String, problem: String },
    /// A limit was reached.
    Limit(LimitHit),
    /// The disk refused.
    Write(io::Error),
}

/// Unpacks a layer's tar into an empty folder and reads the stream to its end.
pub(super) fn unpack(
    tar: &mut impl Read,
    into: &Path,
    budget: &Budget,
) -> Result<Unpacked, UnpackError> {
    let mut unpacking = Unpacking {
        tree: Tree::open(into).map_err(written)?,
        owners: Owners::as_allowed(),
        folders: BTreeMap::from([(Vec::new(), Attributes::default())]),
        folder_bytes: 0,
        bytes: 0,
        notes: Notes::default(),
        buffer: vec![0; CHUNK_BYTES],
        budget,
    };
    let (watched, guard) = Guard::watch(tar);
    let mut archive = tar::Archive::new(watched);
    unpacking.take_all(&mut archive, &guard)?;
    unpacking.finish_folders()?;
    drain(&mut archive.into_inner())?;
    let Unpacking { bytes, notes, .. } = unpacking;
    Ok(Unpacked { bytes, notes })
}

/// A layer while it is unpacked.
struct Unpacking<'a> {
    tree: Tree,
    owners: Owners,
    /// Folders get their rights when all that lies below them is there.
    folders: BTreeMap<Vec<u8>, Attributes>,
    folder_bytes: usize,
    bytes: u64,
    notes: Notes,
    buffer: Vec<u8>,
    budget: &'a Budget,
}

impl Unpacking<'_> {
    fn take_all<R: Read>(
        &mut self,
        archive: &mut tar::Archive<Guarded<R>>,
        guard: &Guard,
    ) -> Result<(), UnpackError> {
        let header_bytes = self.budget.limits().header_bytes;
        let mut entries = archive.entries().map_err(|error| damaged(&error))?;
        loop {
            guard.expect_headers(header_bytes);
            let Some(entry) = entries.next() else {
                return Ok(());
            };
            let mut entry = entry.map_err(|error| bad_header(&error, guard, header_bytes))?;
            guard.expect_content();
            self.budget.enter().map_err(UnpackError::Limit)?;
            let pax = guard.pax().unwrap_or_default();
            let member = Member::of(&entry, &pax)
                .map_err(|problem| refused(&entry.path_bytes(), problem))?;
            self.take(&member, &mut entry)?;
            drain(&mut entry)?;
        }
    }

    fn take(&mut self, member: &Member, content: &mut dyn Read) -> Result<(), UnpackError> {
        if member.kind == Kind::Nothing {
            return Ok(());
        }
        let limit = self.budget.limits().path_bytes;
        let path = MemberPath::parse(&member.path, limit)
            .map_err(|refusal| refused(&member.path, refusal.0))?;
        let MemberPath::In { parent, name } = path else {
            if member.kind != Kind::Folder {
                return Err(refused(&member.path, "the layer's root must be a folder"));
            }
            return self.remember_folder(b"", b"", &member.attributes);
        };
        if let Some(hidden) = name.strip_prefix(b".wh.") {
            return self.hide(&member.path, parent, hidden);
        }
        let made = match &member.kind {
            Kind::Folder => return self.folder(member, parent, name),
            Kind::File { bytes, sparse } => {
                return self.file(member, (parent, name), (*bytes, *sparse), content);
            }
            Kind::HardLink(target) => return self.hard_link(member, target, parent, name),
            Kind::Device => {
                self.notes.add("device nodes left out", &member.path);
                return Ok(());
            }
            Kind::Symlink(target) => self.place(parent, name, |folder| {
                rustix::fs::symlinkat(target.as_slice(), folder, name)
            }),
            Kind::Fifo => self.place(parent, name, |folder| {
                let mode = Mode::from_raw_mode(member.attributes.mode);
                rustix::fs::mknodat(folder, name, FileType::Fifo, mode, 0)
            }),
            Kind::Nothing => return Ok(()),
        };
        made.map_err(|error| at(&member.path, error))?;
        let folder = self.tree.folder(parent).map_err(written)?;
        self.owners
            .apply_at(folder, name, &member.attributes)
            .map_err(written)
    }

    /// Whiteouts: what a layer takes away from those below it.
    fn hide(&mut self, path: &[u8], parent: &[u8], hidden: &[u8]) -> Result<(), UnpackError> {
        let done = match hidden {
            b".wh..opq" => self.tree.make_opaque(parent),
            _ if hidden.starts_with(b".wh.") => {
                self.notes.add("records of a storage driver left out", path);
                return Ok(());
            }
            b"" | b"." | b".." => return Err(refused(path, "the whiteout names nothing")),
            name => self.tree.white_out(parent, name),
        };
        done.map_err(|error| at(path, error))
    }

    fn folder(&mut self, member: &Member, parent: &[u8], name: &[u8]) -> Result<(), UnpackError> {
        self.tree
            .make_folder(parent, name)
            .map_err(|error| at(&member.path, error))?;
        self.remember_folder(parent, name, &member.attributes)
    }

    /// What a folder gets at the end; the last entry for it counts.
    fn remember_folder(
        &mut self,
        parent: &[u8],
        name: &[u8],
        attributes: &Attributes,
    ) -> Result<(), UnpackError> {
        let path = components(parent)
            .chain(components(name))
            .collect::<Vec<_>>()
            .join(&b'/');
        let extended = attributes.extended.iter();
        self.folder_bytes += path.len() + extended.map(|(a, b)| a.len() + b.len()).sum::<usize>();
        let limit = self.budget.limits().folder_path_bytes;
        check(
            "bytes of folder names",
            limit as u64,
            self.folder_bytes as u64,
        )
        .map_err(UnpackError::Limit)?;
        self.folders.insert(path, attributes.clone());
        Ok(())
    }

    fn file(
        &mut self,
        member: &Member,
        (parent, name): (&[u8], &[u8]),
        (bytes, sparse): (u64, bool),
        content: &mut dyn Read,
    ) -> Result<(), UnpackError> {
        self.budget.unpack(bytes).map_err(UnpackError::Limit)?;
        self.bytes += bytes;
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = self
            .place(parent, name, |folder| {
                rustix::fs::openat(folder, name, flags, Mode::RUSR | Mode::WUSR)
            })
            .map_err(|error| at(&member.path, error))?;
        let copied = copy(content, &file, &mut self.buffer, sparse)?;
        if copied != bytes {
            return Err(UnpackError::Damaged(format!(
                "it ends inside `{}`, after {copied} of {bytes} bytes",
                shown(&member.path)
            )));
        }
        self.owners
            .apply(&file, &member.attributes, &member.path, &mut self.notes)
            .map_err(written)
    }

    fn hard_link(
        &mut self,
        member: &Member,
        target: &[u8],
        parent: &[u8],
        name: &[u8],
    ) -> Result<(), UnpackError> {
        let limit = self.budget.limits().path_bytes;
        let refuse = |problem: &str| {
            refused(
                &member.path,
                format!("hard link to `{}`: {problem}", shown(target)),
            )
        };
        let (from_parent, from_name) = match MemberPath::parse_link_target(target, limit) {
            Ok(MemberPath::In { parent, name }) => (parent, name),
            Ok(MemberPath::Root) => return Err(refuse("it is a folder")),
            Err(refusal) => return Err(refuse(refusal.0)),
        };
        let absent = "the layer has no such file before it";
        let from = self.tree.look_up(from_parent).map_err(|_| refuse(absent))?;
        let found = rustix::fs::statat(&from, from_name, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|_| refuse(absent))?;
        if tree::is_whiteout(&found) {
            return Err(refuse(absent));
        }
        let here = self
            .tree
            .folder(parent)
            .map_err(|error| at(&member.path, error))?;
        if same_file(here, name, &found) {
            return Ok(());
        }
        self.place(parent, name, |folder| {
            rustix::fs::linkat(&from, from_name, folder, name, AtFlags::empty())
        })
        .map_err(|error| match error {
            Errno::PERM | Errno::NOENT => refuse("it is a folder, or gone"),
            error => at(&member.path, error),
        })
    }

    /// Makes something new under a name; what had the name before goes.
    fn place<T>(
        &mut self,
        parent: &[u8],
        name: &[u8],
        make: impl Fn(std::os::fd::BorrowedFd<'_>) -> rustix::io::Result<T>,
    ) -> rustix::io::Result<T> {
        match make(self.tree.folder(parent)?) {
            Err(Errno::EXIST) => {}
            made => return made,
        }
        self.tree.clear(parent, name)?;
        make(self.tree.folder(parent)?)
    }

    /// Gives every folder its owner, rights and time, the lowest first: above may be no way in afterwards.
    fn finish_folders(&mut self) -> Result<(), UnpackError> {
        for implied in self.tree.take_implied() {
            self.folders.entry(implied).or_default();
        }
        for (path, attributes) in self.folders.iter().rev() {
            let folder = match self.tree.look_up(path) {
                // Something else took its place later in the layer.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => continue,
                found => found.map_err(written)?,
            };
            self.owners
                .apply(&folder, attributes, path, &mut self.notes)
                .map_err(written)?;
        }
        Ok(())
    }
}

/// Copies to the end. Of a sparse file, chunks of zeros become holes.
fn copy(
    from: &mut dyn Read,
    to: &OwnedFd,
    buffer: &mut [u8],
    sparse: bool,
) -> Result<u64, UnpackError> {
    let mut total = 0;
    loop {
        let count = from.read(buffer).map_err(|error| damaged(&error))?;
        if count == 0 {
            break;
        }
        let chunk = &buffer[..count];
        total += count as u64;
        if sparse && chunk.iter().all(|byte| *byte == 0) {
            rustix::fs::seek(to, SeekFrom::Start(total)).map_err(written)?;
        } else {
            write_all(to, chunk).map_err(written)?;
        }
    }
    if sparse {
        rustix::fs::ftruncate(to, total).map_err(written)?;
    }
    Ok(total)
}

fn write_all(to: &OwnedFd, mut bytes: &[u8]) -> rustix::io::Result<()> {
    while !bytes.is_empty() {
        let count = rustix::io::retry_on_intr(|| rustix::io::write(to, bytes))?;
        bytes = &bytes[count..];
    }
    Ok(())
}

/// Reads what is left.
fn drain(from: &mut dyn Read) -> Result<(), UnpackError> {
    io::copy(from, &mut io::sink()).map_err(|error| damaged(&error))?;
    Ok(())
}

fn same_file(folder: impl std::os::fd::AsFd, name: &[u8], other: &rustix::fs::Stat) -> bool {
    rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|found| (found.st_dev, found.st_ino) == (other.st_dev, other.st_ino))
}

fn damaged(error: &io::Error) -> UnpackError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return UnpackError::GivenUp;
    }
    UnpackError::Damaged(error.to_string())
}

fn bad_header(error: &io::Error, guard: &Guard, limit: u64) -> UnpackError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return UnpackError::GivenUp;
    }
    if guard.overflowed() {
        return UnpackError::Damaged(format!(
            "the headers of an entry are longer than {limit} bytes"
        ));
    }
    if guard.ended() {
        return UnpackError::Damaged("it ends in the middle of an entry".to_owned());
    }
    UnpackError::Damaged(format!("it is no tar: {error}"))
}

fn refused(member: &[u8], problem: impl Into<String>) -> UnpackError {
    UnpackError::Refused {
        member: shown(member),
        problem: problem.into(),
    }
}

/// An error that the entry's own path may have caused.
fn at(member: &[u8], error: Errno) -> UnpackError {
    match error {
        Errno::NOTDIR | Errno::EXIST | Errno::NOENT => {
            refused(member, "what its path names is no folder")
        }
        Errno::LOOP => refused(member, "its path goes through links that lead in a circle"),
        Errno::NAMETOOLONG => refused(member, "its name is longer than the file system takes"),
        error => UnpackError::Write(error.into()),
    }
}

fn written(error: Errno) -> UnpackError {
    UnpackError::Write(error.into())
}
