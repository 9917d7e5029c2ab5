//! Recording what a run gave as what is expected from now on.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use domain::{Algorithm, RunReport, Slug, Tolerance};

use super::Case;

/// What was recorded, below the case's folder `expected`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blessed {
    /// Files that were not there before.
    pub added: Vec<String>,
    /// Files whose bytes changed.
    pub changed: Vec<String>,
    /// Files that were there and are no output any more.
    pub removed: Vec<String>,
}

/// A recording that did not come about.
#[derive(Debug, thiserror::Error)]
#[error("failed to record `{path}`")]
pub struct BlessError {
    path: Utf8PathBuf,
    source: io::Error,
}

/// Records the outputs of a run that went well. What is already recorded and equal in the sense of `differences` should not
/// be blessed again: this replaces whatever differs in its bytes. Outputs that the case ignores are not recorded.
///
/// # Errors
/// When a file cannot be written.
pub fn bless(
    case: &Case,
    algorithm: &Algorithm,
    report: &RunReport,
) -> Result<Blessed, BlessError> {
    let mut blessed = Blessed::default();
    let mut kept = Vec::new();
    for output in &report.outputs {
        let slug = Slug::new(output.socket.as_str()).ok();
        let ignored = slug
            .as_ref()
            .is_some_and(|slug| case.expectation.tolerance(slug) == Tolerance::Ignore);
        if ignored {
            continue;
        }
        // The name of an image's file is the program's choice and may differ from run to run; its place is not.
        let socket = slug.and_then(|slug| algorithm.socket(&slug));
        let place = match socket {
            Some(socket) if socket.kind.is_image() => {
                let extension = Utf8Path::new(&output.relative_path)
                    .extension()
                    .unwrap_or("mha");
                format!("{}/expected.{extension}", socket.relative_path)
            }
            Some(_) | None => output.relative_path.clone(),
        };
        record(
            Utf8Path::new(&output.path),
            &case.expected,
            &place,
            &mut blessed,
        )?;
        kept.push(place);
    }
    remove_others(&case.expected, &kept, &mut blessed)?;
    Ok(blessed)
}

fn record(
    from: &Utf8Path,
    expected: &Utf8Path,
    place: &str,
    blessed: &mut Blessed,
) -> Result<(), BlessError> {
    let target = expected.join(place);
    let failed = |source| BlessError {
        path: target.clone(),
        source,
    };
    let bytes = fs_err::read(from).map_err(failed)?;
    let before = match fs_err::read(&target) {
        Ok(before) => Some(before),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    match before {
        Some(before) if before == bytes => return Ok(()),
        Some(_) => blessed.changed.push(place.to_owned()),
        None => blessed.added.push(place.to_owned()),
    }
    let folder = target
        .parent()
        .expect("a place below a folder has a parent");
    fs_err::create_dir_all(folder).map_err(failed)?;
    fs_err::write(&target, bytes).map_err(failed)
}

/// Takes away what was recorded before and is no output now.
fn remove_others(
    expected: &Utf8Path,
    kept: &[String],
    blessed: &mut Blessed,
) -> Result<(), BlessError> {
    let mut waiting = vec![expected.to_owned()];
    while let Some(folder) = waiting.pop() {
        let failed = |source| BlessError {
            path: folder.clone(),
            source,
        };
        if !folder.is_dir() {
            continue;
        }
        for entry in folder.read_dir_utf8().map_err(failed)? {
            let path = entry.map_err(failed)?.into_path();
            if path.is_dir() && !path.is_symlink() {
                waiting.push(path);
                continue;
            }
            let place = path.strip_prefix(expected).unwrap_or(&path).as_str();
            if !kept.iter().any(|kept| kept == place) {
                fs_err::remove_file(&path).map_err(failed)?;
                blessed.removed.push(place.to_owned());
            }
        }
    }
    Ok(())
}
