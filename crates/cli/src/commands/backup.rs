//! `gantry backup` and `gantry restore`.

use camino::Utf8Path;
use serde::Serialize;
use server::backup::{BackupError, Moved};
use server::verify::{Depth, Verified};

use super::verify::{problems, status, text};
use crate::commands::{print, print_json};
use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::problem::Problem;
use crate::quantity::bytes;
use crate::terminal::{GOOD, Progress};

/// What `gantry restore --json` prints.
#[derive(Serialize)]
struct Restored {
    moved: Moved,
    verified: Verified,
}

/// Makes a backup.
pub(crate) fn backup(target: &Utf8Path, json: bool, home: &Home) -> Result<ExitStatus, Problem> {
    let target = camino::absolute_utf8(target).map_err(Problem::internal)?;
    let moved = with_progress("backup", json, |told| {
        server::backup::backup(home.path(), &target, told)
    })?;
    if json {
        print_json(&moved)?;
    } else {
        print(&said(&moved))?;
        if moved.is_fine {
            print(&format!(
                "{GOOD}done:{GOOD:#} `{target}` holds everything, secrets too; `gantry restore {target} --home DIR` brings it back\n"
            ))?;
        }
    }
    Ok(status(moved.is_fine))
}

/// Makes a data folder from a backup.
pub(crate) fn restore(source: &Utf8Path, json: bool, home: &Home) -> Result<ExitStatus, Problem> {
    let (moved, verified) = with_progress("restore", json, |told| {
        server::backup::restore(source, home.path(), told)
    })?;
    let is_fine = moved.is_fine && verified.is_fine;
    if json {
        print_json(&Restored { moved, verified })?;
    } else {
        print(&said(&moved))?;
        print(&text(&verified, Depth::Contents))?;
    }
    Ok(status(is_fine))
}

fn with_progress<T>(
    what: &str,
    quiet: bool,
    work: impl FnOnce(&mut server::verify::Told<'_>) -> Result<T, BackupError>,
) -> Result<T, Problem> {
    let mut shown: Option<Progress> = None;
    let mut told = |done, total| {
        let shown = shown.get_or_insert_with(|| Progress::start(what, total, quiet));
        shown.set(done);
    };
    work(&mut told).map_err(refused)
}

fn refused(problem: BackupError) -> Problem {
    let (status, hint) = match &problem {
        BackupError::NotEmpty(_) | BackupError::Inside { .. } => {
            (ExitStatus::Usage, Some("name a new folder"))
        }
        BackupError::NoBackup { .. } => (ExitStatus::Usage, None),
        BackupError::Open(_) => (
            ExitStatus::HostUnable,
            Some(
                "`--home` names the data folder of a server that was started once with this version",
            ),
        ),
        BackupError::File(_)
        | BackupError::Blob(_)
        | BackupError::Store(_)
        | BackupError::Images(_)
        | BackupError::Verify(_) => (ExitStatus::HostUnable, None),
    };
    Problem::from_error(status, problem).maybe_hint(hint.map(str::to_owned))
}

fn said(moved: &Moved) -> String {
    let linked = match moved.linked {
        0 => String::new(),
        linked => format!(", {linked} of them linked on the same disk"),
    };
    format!(
        "{}{} blobs ({}){linked}, {} container images, {} parts of open uploads\n",
        problems(&moved.problems),
        moved.blobs.files,
        bytes(moved.blobs.bytes),
        moved.images,
        moved.parts
    )
}
