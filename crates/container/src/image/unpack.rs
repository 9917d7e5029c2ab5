//! Reads the tar of one layer entry by entry, judges each, and puts it into a [`Target`].
//!
//! What may be in a layer and what becomes of it is decided here, whatever the target: a folder as overlayfs wants to see it
//! ([`unpack`]), or an index over the tar (`image::index`).

mod attributes;
mod member;
mod member_path;
mod missing_folders;
mod notes;
mod on_disk;
mod target;
mod tree;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use super::budget::{Budget, LimitHit, check};
use super::guard::{Guard, Guarded};
use member::{Kind, Member};
use member_path::{MemberPath, components, shown};
use on_disk::OnDisk;

pub(super) use attributes::{TOO_MUCH, is_kept, left_out};
pub(super) use member::Attributes;
pub(super) use missing_folders::{Folders, make_all};
pub(super) use notes::Notes;
pub(super) use target::{Content, LinkRefused, Place, Target, at, cut_short, drain};
pub(super) use tree::remove_all;

/// What came out of a layer.
#[derive(Debug)]
pub(super) struct Unpacked {
    /// Its entries in the tar.
    pub(super) entries: u64,
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
    /// Nothing is wrong, but this target cannot hold it; in words that follow "because".
    Unfit(&'static str),
}

/// Unpacks a layer's tar into an empty folder and reads the stream to its end.
pub(super) fn unpack(
    tar: &mut impl Read,
    into: &Path,
    budget: &Budget,
) -> Result<Unpacked, UnpackError> {
    read_members(tar, &mut OnDisk::open(into)?, budget)
}

/// Puts every entry of a layer's tar into an empty target and reads the stream to its end.
pub(super) fn read_members(
    tar: &mut impl Read,
    target: &mut impl Target,
    budget: &Budget,
) -> Result<Unpacked, UnpackError> {
    let mut reading = Reading {
        target,
        folders: BTreeMap::from([(Vec::new(), Attributes::default())]),
        folder_bytes: 0,
        entries: 0,
        bytes: 0,
        notes: Notes::default(),
        budget,
    };
    let (watched, guard) = Guard::watch(tar);
    let mut archive = tar::Archive::new(watched);
    let read = reading
        .take_all(&mut archive, &guard)
        .and_then(|()| reading.finish_folders());
    if matches!(read, Err(UnpackError::Unfit(_))) {
        // Another target is going to read the same entries.
        budget.give_back(reading.entries, reading.bytes);
    }
    read?;
    let Reading {
        entries,
        bytes,
        notes,
        ..
    } = reading;
    drain(&mut archive.into_inner())?;
    Ok(Unpacked {
        entries,
        bytes,
        notes,
    })
}

/// A layer while it is read.
struct Reading<'a, T> {
    target: &'a mut T,
    /// Folders get their rights when all that lies below them is there.
    folders: BTreeMap<Vec<u8>, Attributes>,
    folder_bytes: usize,
    entries: u64,
    bytes: u64,
    notes: Notes,
    budget: &'a Budget,
}

impl<T: Target> Reading<'_, T> {
    fn take_all<R: Read>(
        &mut self,
        archive: &mut tar::Archive<Guarded<R>>,
        guard: &Guard,
    ) -> Result<(), UnpackError> {
        let header_bytes = self.budget.limits().header_bytes;
        let mut entries = archive.entries().map_err(|error| target::damaged(&error))?;
        loop {
            guard.expect_headers(header_bytes);
            let Some(entry) = entries.next() else {
                return Ok(());
            };
            let mut entry = entry.map_err(|error| bad_header(&error, guard, header_bytes))?;
            guard.expect_content();
            self.budget.enter().map_err(UnpackError::Limit)?;
            self.entries += 1;
            let pax = guard.pax().unwrap_or_default();
            let member = Member::of(&entry, &pax)
                .map_err(|problem| target::refused(&entry.path_bytes(), problem))?;
            let position = entry.raw_file_position();
            self.take(&member, position, &mut entry)?;
            drain(&mut entry)?;
        }
    }

    fn take(
        &mut self,
        member: &Member,
        position: u64,
        content: &mut dyn Read,
    ) -> Result<(), UnpackError> {
        if member.kind == Kind::Nothing {
            return Ok(());
        }
        let limit = self.budget.limits().path_bytes;
        let path = MemberPath::parse(&member.path, limit)
            .map_err(|refusal| target::refused(&member.path, refusal.0))?;
        let MemberPath::In { parent, name } = path else {
            if member.kind != Kind::Folder {
                return Err(target::refused(
                    &member.path,
                    "the layer's root must be a folder",
                ));
            }
            return self.remember_folder(b"", b"", &member.attributes);
        };
        let place = Place {
            entry: &member.path,
            parent,
            name,
        };
        if let Some(hidden) = name.strip_prefix(b".wh.") {
            return self.hide(place, hidden);
        }
        match &member.kind {
            Kind::Folder => {
                self.target.folder(place)?;
                self.remember_folder(parent, name, &member.attributes)
            }
            &Kind::File { bytes, sparse } => {
                self.budget.unpack(bytes).map_err(UnpackError::Limit)?;
                self.bytes += bytes;
                let content = Content {
                    bytes,
                    sparse,
                    position,
                    from: content,
                };
                self.target
                    .file(place, &member.attributes, content, &mut self.notes)
            }
            Kind::HardLink(to) => self.hard_link(place, to),
            Kind::Device => {
                self.notes.add("device nodes left out", &member.path);
                Ok(())
            }
            Kind::Symlink(to) => self.target.symlink(place, &member.attributes, to),
            Kind::Fifo => self.target.fifo(place, &member.attributes),
            Kind::Nothing => Ok(()),
        }
    }

    /// Whiteouts: what a layer takes away from those below it.
    fn hide(&mut self, place: Place<'_>, hidden: &[u8]) -> Result<(), UnpackError> {
        match hidden {
            b".wh..opq" => self.target.make_opaque(place),
            _ if hidden.starts_with(b".wh.") => {
                self.notes
                    .add("records of a storage driver left out", place.entry);
                Ok(())
            }
            b"" | b"." | b".." => Err(target::refused(place.entry, "the whiteout names nothing")),
            name => self.target.white_out(Place { name, ..place }),
        }
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

    fn hard_link(&mut self, place: Place<'_>, to: &[u8]) -> Result<(), UnpackError> {
        let limit = self.budget.limits().path_bytes;
        let refuse = |problem: &str| {
            target::refused(
                place.entry,
                format!("hard link to `{}`: {problem}", shown(to)),
            )
        };
        let (from_parent, from_name) = match MemberPath::parse_link_target(to, limit) {
            Ok(MemberPath::In { parent, name }) => (parent, name),
            Ok(MemberPath::Root) => return Err(refuse("it is a folder")),
            Err(refusal) => return Err(refuse(refusal.0)),
        };
        self.target
            .hard_link(place, from_parent, from_name)
            .map_err(|error| match error {
                LinkRefused::Absent => refuse("the layer has no such file before it"),
                LinkRefused::Folder => refuse("it is a folder, or gone"),
                LinkRefused::Other(error) => error,
            })
    }

    /// Gives every folder its owner, rights and time, the lowest first: above may be no way in afterwards.
    fn finish_folders(&mut self) -> Result<(), UnpackError> {
        for implied in self.target.take_implied() {
            self.folders.entry(implied).or_default();
        }
        for (path, attributes) in self.folders.iter().rev() {
            self.target
                .finish_folder(path, attributes, &mut self.notes)?;
        }
        Ok(())
    }
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
