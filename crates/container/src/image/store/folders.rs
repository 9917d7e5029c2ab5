//! Where things lie in the store.

use std::io;
use std::os::unix::fs::DirBuilderExt;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::FlockOperation;

/// Image records.
pub(super) fn images(root: &Utf8Path) -> Utf8PathBuf {
    root.join("images")
}

/// Unpacked layers.
pub(super) fn layers(root: &Utf8Path) -> Utf8PathBuf {
    root.join("layers/sha256")
}

/// Unfinished imports and what is being deleted.
pub(super) fn staging(root: &Utf8Path) -> Utf8PathBuf {
    root.join("staging")
}

/// Lock files of images.
pub(super) fn holds(root: &Utf8Path) -> Utf8PathBuf {
    root.join("holds")
}

/// Makes the folders that are missing. Layers may hold set-id programs of strangers: nobody else may reach them.
pub(super) fn make(root: &Utf8Path) -> io::Result<()> {
    let mut private = std::fs::DirBuilder::new();
    private.recursive(true).mode(0o700);
    for folder in [images(root), layers(root), staging(root), holds(root)] {
        private.create(&folder)?;
    }
    for folder in [root.join("layers"), staging(root)] {
        let mode = rustix::fs::Mode::RWXU;
        rustix::fs::chmod(folder.as_std_path(), mode)?;
    }
    Ok(())
}

/// Keeps others from changing the store until the file is dropped.
pub(super) fn lock(root: &Utf8Path) -> io::Result<fs_err::File> {
    let file = fs_err::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(root.join("lock"))?;
    rustix::io::retry_on_intr(|| rustix::fs::flock(&file, FlockOperation::LockExclusive))?;
    Ok(file)
}

/// Writes a file whole or not at all.
pub(super) fn write_atomically(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let aside = path.with_extension(format!("{}.part", std::process::id()));
    let mut file = fs_err::File::create(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs_err::rename(&aside, path)?;
    match path.parent() {
        Some(folder) => sync_folder(folder),
        None => Ok(()),
    }
}

/// Makes sure that the names in a folder outlive a power cut.
pub(super) fn sync_folder(folder: &Utf8Path) -> io::Result<()> {
    fs_err::File::open(folder)?.sync_all()
}
