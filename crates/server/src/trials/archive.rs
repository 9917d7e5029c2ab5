//! Test cases as they travel: a zip of the folder `cases`, or of what is in it.

use camino::Utf8Path;
use executor::cases::{Case, FindCasesError, find};

use crate::imports::unzip::{UnzipError, is_zip, unzip};

/// Cases of one algorithm.
const MOST_CASES: usize = 1000;

/// An archive that holds no usable cases.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CasesArchiveError {
    /// It is something else.
    #[error("the file is no zip archive; zip the folder `cases`")]
    NoZip,
    /// It cannot be unpacked.
    #[error(transparent)]
    Unzip(#[from] UnzipError),
    /// One of the cases is none.
    #[error("{0}")]
    Case(String),
    /// There are none.
    #[error(
        "the archive holds no test case; lay inputs out as the container sees `/input` in `NAME/input`"
    )]
    None,
    /// There are too many.
    #[error("the archive holds {0} test cases, expected at most {MOST_CASES}")]
    TooMany(usize),
}

/// Unpacks the archive below a folder that is not there yet, and finds the cases in it.
///
/// # Errors
/// When it holds none, or one that cannot be used.
pub(crate) fn unpack(
    archive: &Utf8Path,
    folder: &Utf8Path,
) -> Result<Vec<Case>, CasesArchiveError> {
    if !is_zip(archive).map_err(UnzipError::from)? {
        return Err(CasesArchiveError::NoZip);
    }
    let inside = folder.join("cases");
    unzip(archive, &inside)?;
    let has_folder = ["cases", "test"]
        .iter()
        .any(|name| inside.join(name).is_dir());
    let found = find(if has_folder { &inside } else { folder });
    // Paths of ours tell the uploader nothing.
    let found = found.map_err(|problem| CasesArchiveError::Case(said(&problem, &inside)))?;
    match found.len() {
        0 => Err(CasesArchiveError::None),
        count if count > MOST_CASES => Err(CasesArchiveError::TooMany(count)),
        _ => Ok(found),
    }
}

fn said(problem: &FindCasesError, folder: &Utf8Path) -> String {
    let mut said = problem.to_string();
    if let Some(source) = std::error::Error::source(problem) {
        said += &format!(": {source}");
    }
    said.replace(&format!("{folder}/"), "")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use fs_err::File;
    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::*;

    fn names(members: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let path = folder.join("cases.zip");
        let mut writer = ZipWriter::new(File::create(&path).unwrap());
        for (name, text) in members {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap();
        match unpack(&path, &folder.join("into")) {
            Ok(found) => Ok(found.into_iter().map(|case| case.name).collect()),
            Err(problem) => Err(problem.to_string()),
        }
    }

    #[test]
    fn the_folder_may_be_zipped_or_what_is_in_it() {
        let input = ("one/input/age.json", "3");
        assert_eq!(names(&[input]).unwrap(), ["one"]);
        let within = ("cases/two/input/age.json", "3");
        assert_eq!(names(&[within]).unwrap(), ["two"]);
        let forged = ("test/input/interf0/age.json", "3");
        assert_eq!(names(&[forged]).unwrap(), ["interf0"]);
    }

    #[test]
    fn what_holds_no_cases_says_so() {
        let told = names(&[("one/expected/age.json", "3")]).unwrap_err();
        assert!(
            told.starts_with("the case `one` without") || told.contains("`one`"),
            "{told}"
        );
        assert!(
            names(&[("readme.txt", "hello")])
                .unwrap_err()
                .contains("no test case")
        );
        let odd = [("one/input/a.json", "3"), ("one/case.toml", "what = 1")];
        let told = names(&odd).unwrap_err();
        assert!(
            told.contains("the case `one`") && !told.contains("/tmp"),
            "{told}"
        );
        let outside = names(&[("../one/input/a.json", "3")]).unwrap_err();
        assert!(outside.contains("paths inside"), "{outside}");
    }
}
