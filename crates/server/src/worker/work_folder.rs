//! The folders in which jobs and test cases run.

use camino::Utf8Path;
use tracing::warn;

/// Takes such a folder away, which may be gone already.
pub(crate) fn take_away(folder: &Utf8Path) {
    match fs_err::remove_dir_all(folder) {
        Err(problem) if problem.kind() != std::io::ErrorKind::NotFound => {
            warn!(%folder, %problem, "the folder of a job or of test cases could not be taken away");
        }
        Ok(()) | Err(_) => {}
    }
}
