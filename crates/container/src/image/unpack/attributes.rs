//! Puts owners, rights, times and extended attributes on what was unpacked.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, Gid, Mode, Timespec, Timestamps, Uid, XattrFlags};
use rustix::io::Errno;

use super::member::Attributes;
use super::member_path::shown;
use super::notes::Notes;

/// Whether owners can be set: without root, everything belongs to the caller.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owners {
    kept: bool,
}

impl Owners {
    /// As the caller's rights allow.
    pub(super) fn as_allowed() -> Self {
        Self {
            kept: rustix::process::geteuid().is_root(),
        }
    }

    /// Sets everything on an open file or folder.
    pub(super) fn apply(
        self,
        to: impl AsFd,
        attributes: &Attributes,
        member: &[u8],
        notes: &mut Notes,
    ) -> rustix::io::Result<()> {
        if self.kept {
            let (uid, gid) = ids(attributes);
            rustix::fs::fchown(&to, uid, gid)?;
        }
        for (name, value) in &attributes.extended {
            set_extended(to.as_fd(), name, value, member, notes)?;
        }
        // After the owner, whose change takes set-id bits away.
        rustix::fs::fchmod(&to, Mode::from_raw_mode(attributes.mode))?;
        rustix::fs::futimens(&to, &times(attributes))
    }

    /// Sets owner and time of something that is not to be opened: a symlink or a named pipe.
    pub(super) fn apply_at(
        self,
        parent: BorrowedFd<'_>,
        name: &[u8],
        attributes: &Attributes,
    ) -> rustix::io::Result<()> {
        if self.kept {
            let (uid, gid) = ids(attributes);
            rustix::fs::chownat(parent, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?;
        }
        rustix::fs::utimensat(parent, name, &times(attributes), AtFlags::SYMLINK_NOFOLLOW)
    }
}

/// Of attributes that are too long.
pub(in super::super) const TOO_MUCH: &str =
    "extended attributes that the file system does not take";

/// Of an attribute that is not kept.
pub(in super::super) fn left_out(name: &[u8]) -> String {
    format!("extended attribute `{}` left out", shown(name))
}

/// Attributes of users are kept; those of the kernel mean nothing in the sandbox or, such as overlayfs' own, too much.
fn set_extended(
    to: BorrowedFd<'_>,
    name: &[u8],
    value: &[u8],
    member: &[u8],
    notes: &mut Notes,
) -> rustix::io::Result<()> {
    if !is_kept(name) {
        notes.add(&left_out(name), member);
        return Ok(());
    }
    match rustix::fs::fsetxattr(to, name, value, XattrFlags::empty()) {
        Err(Errno::OPNOTSUPP | Errno::NOSPC | Errno::TOOBIG | Errno::RANGE) => {
            notes.add(TOO_MUCH, member);
            Ok(())
        }
        done => done,
    }
}

/// Whether an extended attribute of this name means something in the sandbox, and nothing to overlayfs.
pub(in super::super) fn is_kept(name: &[u8]) -> bool {
    let of_users = name.strip_prefix(b"user.");
    of_users.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(b"overlay."))
        && !name.contains(&0)
}

fn ids(attributes: &Attributes) -> (Option<Uid>, Option<Gid>) {
    (
        Some(Uid::from_raw(attributes.uid)),
        Some(Gid::from_raw(attributes.gid)),
    )
}

fn times(attributes: &Attributes) -> Timestamps {
    let (tv_sec, nanoseconds) = attributes.modified;
    let time = Timespec {
        tv_sec,
        tv_nsec: i64::from(nanoseconds),
    };
    Timestamps {
        last_access: time,
        last_modification: time,
    }
}
