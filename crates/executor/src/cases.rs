//! Test cases of an algorithm: folders with inputs, recorded outputs, and `case.toml` with what may differ.
//!
//! ```text
//! cases/NAME/input/       laid out as the container sees `/input`
//! cases/NAME/expected/    laid out as it leaves `/output`
//! cases/NAME/case.toml    tolerances, bounds, an expected failure; may be missing
//! test/input/interf0/     inputs alone, as grand-challenge-forge writes them
//! ```

mod bless;
mod differences;
mod voxels;

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use domain::{Expectation, ParseExpectationError};

pub use bless::{BlessError, Blessed, bless};
pub use differences::{Difference, differences};

/// One case.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its folder's name.
    pub name: String,
    /// Laid out as `/input`.
    pub input: Utf8PathBuf,
    /// Laid out as `/output`; need not be there.
    pub expected: Utf8PathBuf,
    /// What `case.toml` says.
    pub expectation: Expectation,
}

/// Cases that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FindCasesError {
    /// A folder or file that cannot be read.
    #[error("failed to read `{path}`")]
    Read {
        /// Which.
        path: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A case without inputs.
    #[error("the case `{case}` has no folder `input`, laid out as `/input`")]
    NoInput {
        /// The case's folder.
        case: Utf8PathBuf,
    },
    /// A `case.toml` that cannot be used.
    #[error("the case `{case}`: {problem}")]
    Expectation {
        /// The case's folder.
        case: Utf8PathBuf,
        /// What is wrong.
        problem: ParseExpectationError,
    },
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All is as recorded, or it failed as it had to.
    Passed,
    /// It went well; nothing is recorded to compare with.
    NotRecorded,
    /// It did not go well, or something differs.
    Failed,
}

impl Case {
    /// What its differences mean.
    pub fn verdict(&self, differences: &[Difference]) -> Verdict {
        if !differences.is_empty() {
            Verdict::Failed
        } else if self.is_recorded() || self.expectation.failure.is_some() {
            Verdict::Passed
        } else {
            Verdict::NotRecorded
        }
    }

    /// Whether outputs were recorded.
    pub fn is_recorded(&self) -> bool {
        self.expected.is_dir()
    }
}

/// The cases of an algorithm's folder, by name.
///
/// # Errors
/// When one of them cannot be read, or is none.
pub fn find(folder: &Utf8Path) -> Result<Vec<Case>, FindCasesError> {
    let mut cases = Vec::new();
    for path in folders(&folder.join("cases"))? {
        cases.push(own(&path)?);
    }
    let forged = folder.join("test/input");
    for path in folders(&forged)? {
        let name = path.file_name().unwrap_or_default().to_owned();
        if name.starts_with("interf") {
            cases.push(Case {
                expected: folder.join("test/expected").join(&name),
                name,
                input: path,
                expectation: Expectation::default(),
            });
        }
    }
    Ok(cases)
}

fn own(path: &Utf8Path) -> Result<Case, FindCasesError> {
    let input = path.join("input");
    if !input.is_dir() {
        return Err(FindCasesError::NoInput {
            case: path.to_owned(),
        });
    }
    let file = path.join("case.toml");
    let expectation = if file.exists() {
        let text = fs_err::read_to_string(&file).map_err(|source| FindCasesError::Read {
            path: file.clone(),
            source,
        })?;
        Expectation::parse(&text).map_err(|problem| FindCasesError::Expectation {
            case: path.to_owned(),
            problem,
        })?
    } else {
        Expectation::default()
    };
    Ok(Case {
        name: path.file_name().unwrap_or_default().to_owned(),
        input,
        expected: path.join("expected"),
        expectation,
    })
}

/// The folders in a folder, sorted; none where there is no such folder. Names that begin with a dot are left out.
fn folders(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, FindCasesError> {
    let failed = |source| FindCasesError::Read {
        path: folder.to_owned(),
        source,
    };
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in folder.read_dir_utf8().map_err(failed)? {
        let path = entry.map_err(failed)?.into_path();
        let hidden = path.file_name().is_some_and(|name| name.starts_with('.'));
        if path.is_dir() && !hidden {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
