//! Writing a new folder; what is there already stays unless it may be replaced.

use camino::{Utf8Path, Utf8PathBuf};

use super::below;
use crate::exit_status::ExitStatus;
use crate::problem::Problem;

/// One file of the new folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewFile {
    /// Below the folder.
    pub(super) path: Utf8PathBuf,
    /// All of it.
    pub(super) content: Vec<u8>,
}

impl NewFile {
    pub(super) fn text(path: impl Into<Utf8PathBuf>, text: String) -> Self {
        Self {
            path: path.into(),
            content: text.into_bytes(),
        }
    }
}

/// Writes all of them or, where one is there already and may not be replaced, none.
pub(super) fn write(folder: &Utf8Path, files: &[NewFile], force: bool) -> Result<(), Problem> {
    let there: Vec<String> = files
        .iter()
        .map(|file| below(folder, &file.path))
        .filter(|path| path.symlink_metadata().is_ok())
        .map(|path| format!("`{path}`"))
        .collect();
    if !(there.is_empty() || force) {
        let message = format!("{} is there already; nothing was written", there.join(", "));
        return Err(Problem::new(ExitStatus::Usage, message)
            .hint("`--force` replaces these files and leaves all others"));
    }
    for file in files {
        let path = below(folder, &file.path);
        let written = fs_err::create_dir_all(path.parent().unwrap_or(folder))
            .and_then(|()| fs_err::write(&path, &file.content));
        written.map_err(|error| {
            Problem::internal(error).context(format!("failed to write `{path}`"))
        })?;
    }
    Ok(())
}
