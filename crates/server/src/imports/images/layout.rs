//! Uploaded files under their own names, side by side, archives unpacked.

use std::collections::BTreeSet;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::unzip::{self, UnzipError};

/// Lays out the files in an empty folder; returns what is wrong with single ones.
pub(super) fn lay_out(
    folder: &Utf8Path,
    files: &[(String, Utf8PathBuf)],
) -> io::Result<Vec<String>> {
    let mut refused = Vec::new();
    let mut taken = BTreeSet::new();
    for (number, (name, blob)) in files.iter().enumerate() {
        // Files that belong together lie side by side; only one that has the name of another goes elsewhere.
        let folder = if taken.insert(name.to_lowercase()) {
            folder.to_owned()
        } else {
            folder.join(format!("again-{number}"))
        };
        fs_err::create_dir_all(&folder)?;
        if unzip::is_zip(blob)? {
            let into = folder.join(name.trim_end_matches(".zip").to_owned() + ".unpacked");
            match unzip::unzip(blob, &into) {
                Err(UnzipError::Disk(problem)) if is_ours(&problem) => return Err(problem),
                Err(problem) => refused.push(format!("`{name}`: {problem}")),
                Ok(()) => {}
            }
        } else {
            link(blob, &folder.join(name))?;
        }
    }
    Ok(refused)
}

/// What no archive can bring about.
fn is_ours(problem: &io::Error) -> bool {
    matches!(
        problem.kind(),
        io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::ReadOnlyFilesystem
    )
}

/// A second name for the same bytes, or a copy where the file system has no such thing.
fn link(blob: &Utf8Path, path: &Utf8Path) -> io::Result<()> {
    match fs_err::hard_link(blob, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => fs_err::copy(blob, path).map(|_| ()),
    }
}
