//! Files under another name until they are whole.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

/// The path of a file that is removed when it is no longer needed, unless it got its final name.
pub(crate) struct Temporary(Utf8PathBuf);

impl Temporary {
    /// A file beside `path`, with this added to its name.
    pub(crate) fn beside(path: &Utf8Path, suffix: &str) -> Temporary {
        Temporary(format!("{path}{suffix}").into())
    }

    /// Makes the file, or empties it; it can be read, too.
    pub(crate) fn create(&self) -> io::Result<fs_err::File> {
        fs_err::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&self.0)
    }

    /// Gives the file its final name.
    pub(crate) fn keep_as(self, path: &Utf8Path) -> io::Result<()> {
        fs_err::rename(&self.0, path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It is gone already when it got its final name or was never made.
        let _ = fs_err::remove_file(&self.0);
    }
}
