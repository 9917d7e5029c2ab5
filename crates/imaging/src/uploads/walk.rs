//! The files below a folder: bounded in number and depth, in a fixed order, without links and without litter.

use camino::{Utf8Path, Utf8PathBuf};

use super::Uploads;
use crate::error::ReadProblem;

/// More files than this in one upload are refused.
const MAX_FILES: usize = 100_000;
/// Folders in folders deeper than this are refused.
const MAX_DEPTH: usize = 32;

/// Files that operating systems, archivers and DICOM media leave behind.
const LITTER: [&str; 6] = [
    ".DS_Store",
    "Thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "DICOMDIR",
    "__MACOSX",
];

/// True for names that are no images and that nobody put there on purpose.
pub(super) fn is_litter(path: &Utf8Path) -> bool {
    path.file_name().is_some_and(|name| {
        // `._a.dcm` is what macOS keeps of `a.dcm` on foreign disks.
        name.starts_with("._")
            || LITTER
                .iter()
                .any(|litter| name.eq_ignore_ascii_case(litter))
    })
}

/// All files among these files and folders, sorted. What cannot be followed is refused by its name.
pub(super) fn files(paths: &[Utf8PathBuf], found: &mut Uploads) -> Vec<Utf8PathBuf> {
    let mut walk = Walk {
        files: Vec::new(),
        seen: 0,
        found,
    };
    for path in paths {
        if path.is_dir() {
            walk.folder(path, 1);
        } else {
            walk.file(path.clone());
        }
    }
    let mut files = walk.files;
    files.sort();
    files.dedup();
    files
}

struct Walk<'a> {
    files: Vec<Utf8PathBuf>,
    /// Files, folders and whatever else, litter and refused ones included.
    seen: usize,
    found: &'a mut Uploads,
}

impl Walk<'_> {
    fn file(&mut self, path: Utf8PathBuf) {
        if is_litter(&path) {
            self.found.ignored.push(path);
        } else {
            self.files.push(path);
        }
    }

    fn folder(&mut self, folder: &Utf8Path, depth: usize) {
        if depth > MAX_DEPTH {
            let problem = format!("expected at most {MAX_DEPTH} folders in one another");
            self.found.refuse(folder, ReadProblem::Unsupported(problem));
            return;
        }
        match self.entries(folder) {
            Ok(entries) => {
                for path in entries {
                    self.entry(path, depth);
                }
            }
            Err(problem) => self.found.refuse(folder, problem),
        }
    }

    fn entry(&mut self, path: Utf8PathBuf, depth: usize) {
        self.seen += 1;
        if self.seen > MAX_FILES {
            if self.seen == MAX_FILES + 1 {
                let problem = format!(
                    "is left out with all behind it: expected at most {MAX_FILES} files and folders"
                );
                self.found.refuse(&path, ReadProblem::Unsupported(problem));
            }
            return;
        }
        if is_litter(&path) {
            self.found.ignored.push(path);
            return;
        }
        let kind = match fs_err::symlink_metadata(&path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) => return self.found.refuse(&path, ReadProblem::Open(error)),
        };
        if kind.is_dir() {
            self.folder(&path, depth + 1);
        } else if kind.is_symlink() {
            let problem = "is a symbolic link; expected the file itself";
            self.found
                .refuse(&path, ReadProblem::Unsupported(problem.into()));
        } else if kind.is_file() {
            self.files.push(path);
        } else {
            self.found.refuse(&path, ReadProblem::NotRegularFile);
        }
    }

    /// What lies in a folder, sorted; at most one more than may be. A name that is not UTF-8 is refused alone.
    fn entries(&mut self, folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, ReadProblem> {
        let mut paths = Vec::new();
        let mut count = 0;
        for entry in fs_err::read_dir(folder).map_err(ReadProblem::Open)? {
            match Utf8PathBuf::from_path_buf(entry?.path()) {
                Ok(path) => paths.push(path),
                Err(path) => {
                    let shown = path.to_string_lossy();
                    let problem = "has a name that is not UTF-8; rename the file";
                    self.found.refuse(
                        Utf8Path::new(&shown),
                        ReadProblem::Unsupported(problem.into()),
                    );
                }
            }
            count += 1;
            if count > MAX_FILES {
                return Err(ReadProblem::Unsupported(format!(
                    "expected at most {MAX_FILES} files in one folder"
                )));
            }
        }
        paths.sort();
        Ok(paths)
    }
}
