//! Where the entries of a layer go.

use std::io::{self, Read};

use rustix::io::Errno;

use super::member::Attributes;
use super::member_path::shown;
use super::{Notes, UnpackError};

/// Where an entry goes: its whole name for messages, the path of its folder and its name there, both judged.
#[derive(Clone, Copy)]
pub(in super::super) struct Place<'a> {
    /// As the archive writes it.
    pub(in super::super) entry: &'a [u8],
    /// Path of the folder from the layer's root; symlinks on the way lead nowhere but into the layer.
    pub(in super::super) parent: &'a [u8],
    /// One component.
    pub(in super::super) name: &'a [u8],
}

/// The content of a file.
pub(in super::super) struct Content<'a> {
    /// Its length, holes included.
    pub(in super::super) bytes: u64,
    /// Whether it has holes that the tar does not hold.
    pub(in super::super) sparse: bool,
    /// Where it begins in the tar.
    pub(in super::super) position: u64,
    /// The bytes.
    pub(in super::super) from: &'a mut dyn Read,
}

/// A hard link that was not made.
pub(in super::super) enum LinkRefused {
    /// There is nothing of that name.
    Absent,
    /// It is a folder, or went when room was made for the link.
    Folder,
    /// Something else.
    Other(UnpackError),
}

/// Takes a layer entry by entry. Whatever has an entry's name before it goes, but a folder that gets another entry stays.
pub(in super::super) trait Target {
    /// Makes a folder unless it is there. In place of a whiteout it hides that of the lower layers.
    fn folder(&mut self, place: Place<'_>) -> Result<(), UnpackError>;

    /// Makes a file.
    fn file(
        &mut self,
        place: Place<'_>,
        attributes: &Attributes,
        content: Content<'_>,
        notes: &mut Notes,
    ) -> Result<(), UnpackError>;

    /// Makes a symbolic link that says `to`.
    fn symlink(
        &mut self,
        place: Place<'_>,
        attributes: &Attributes,
        to: &[u8],
    ) -> Result<(), UnpackError>;

    /// Makes a named pipe.
    fn fifo(&mut self, place: Place<'_>, attributes: &Attributes) -> Result<(), UnpackError>;

    /// Gives something that is no folder another name.
    fn hard_link(
        &mut self,
        place: Place<'_>,
        from_parent: &[u8],
        from_name: &[u8],
    ) -> Result<(), LinkRefused>;

    /// Hides what lower layers have under this name. What this layer has stays; if it is a folder, it hides theirs.
    fn white_out(&mut self, place: Place<'_>) -> Result<(), UnpackError>;

    /// Hides all that lower layers have in the place's folder.
    fn make_opaque(&mut self, place: Place<'_>) -> Result<(), UnpackError>;

    /// The folders that were made along the way since this was last asked.
    fn take_implied(&mut self) -> Vec<Vec<u8>>;

    /// Gives a folder what it has; one that is no longer there is passed over.
    fn finish_folder(
        &mut self,
        path: &[u8],
        attributes: &Attributes,
        notes: &mut Notes,
    ) -> Result<(), UnpackError>;
}

/// Reads what is left, and counts it.
pub(in super::super) fn drain(from: &mut dyn Read) -> Result<u64, UnpackError> {
    io::copy(from, &mut io::sink()).map_err(|error| damaged(&error))
}

/// The tar ends inside a file.
pub(in super::super) fn cut_short(place: Place<'_>, found: u64, bytes: u64) -> UnpackError {
    UnpackError::Damaged(format!(
        "it ends inside `{}`, after {found} of {bytes} bytes",
        shown(place.entry)
    ))
}

/// An error that the entry's own path may have caused.
pub(in super::super) fn at(place: Place<'_>, error: Errno) -> UnpackError {
    match error {
        Errno::NOTDIR | Errno::EXIST | Errno::NOENT => {
            refused(place.entry, "what its path names is no folder")
        }
        Errno::LOOP => refused(
            place.entry,
            "its path goes through links that lead in a circle",
        ),
        Errno::NAMETOOLONG => refused(place.entry, "its name is longer than the file system takes"),
        error => UnpackError::Write(error.into()),
    }
}

pub(super) fn refused(entry: &[u8], problem: impl Into<String>) -> UnpackError {
    UnpackError::Refused {
        member: shown(entry),
        problem: problem.into(),
    }
}

pub(super) fn damaged(error: &io::Error) -> UnpackError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return UnpackError::GivenUp;
    }
    UnpackError::Damaged(error.to_string())
}
