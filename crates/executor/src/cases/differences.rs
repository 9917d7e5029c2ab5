//! What a run gave, held against what was recorded: everything that differs, in words.

use camino::{Utf8Path, Utf8PathBuf};
use domain::expectation::json_differences;
use domain::{Algorithm, OutputValue, RunReport, Slug, Socket, Tolerance, json};
use imaging::CheckLimits;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Case, voxels};

/// One thing that is not as the case wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The output; `None` for the run itself.
    pub socket: Option<String>,
    /// What differs, as a lower-case fragment.
    pub message: String,
}

/// Judges a run by its case; no difference means that it passed.
///
/// An output is compared with the recorded one by the tolerance of `case.toml`. Where nothing at all was recorded, only the
/// run itself is judged.
pub fn differences(case: &Case, algorithm: &Algorithm, report: &RunReport) -> Vec<Difference> {
    let mut found: Vec<Difference> = of_run(case, report)
        .into_iter()
        .map(|message| Difference {
            socket: None,
            message,
        })
        .collect();
    // A case that has to fail has no outputs worth comparing.
    if case.expectation.failure.is_none() && case.is_recorded() {
        for socket in outputs(algorithm, report) {
            let messages = of_output(case, socket, report);
            found.extend(messages.into_iter().map(|message| Difference {
                socket: Some(socket.slug.to_string()),
                message,
            }));
        }
    }
    found
}

/// The output sockets of the interface that ran.
fn outputs<'a>(algorithm: &'a Algorithm, report: &RunReport) -> Vec<&'a Socket> {
    let names = report.interface.iter().flat_map(|chosen| &chosen.outputs);
    names
        .filter_map(|name| algorithm.socket(&Slug::new(name.as_str()).ok()?))
        .collect()
}

/// How it ended, how long it took, what it used.
fn of_run(case: &Case, report: &RunReport) -> Vec<String> {
    let mut messages = Vec::new();
    let reason = report.failure.as_ref().map(|failure| failure.reason);
    match (&case.expectation.failure, &report.failure) {
        (None, Some(failure)) => {
            messages.push(format!("{} ({})", failure.message, failure.reason.code()))
        }
        (Some(expected), None) => messages.push(format!(
            "succeeded, expected the failure `{}`",
            expected.code()
        )),
        (Some(expected), Some(failure)) if reason != Some(*expected) => messages.push(format!(
            "failed with `{}` ({}), expected `{}`",
            failure.reason.code(),
            failure.message,
            expected.code()
        )),
        (None, None) | (Some(_), Some(_)) => {}
    }
    let Some(used) = &report.resources else {
        return messages;
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "a bound of years has less than 53 bits of milliseconds"
    )]
    let bound = case.expectation.wall_time_ms.map(|ms| ms as f64 / 1000.0);
    if let Some(bound) = bound.filter(|bound| used.wall_seconds > *bound) {
        messages.push(format!(
            "took {:.2} s, expected at most {bound} s",
            used.wall_seconds
        ));
    }
    match (case.expectation.memory_bytes, used.peak_memory_bytes) {
        (Some(bound), Some(peak)) if peak > bound => {
            messages.push(format!(
                "used {peak} bytes of memory, expected at most {bound}"
            ));
        }
        (Some(_), None) => {
            messages.push("its memory could not be measured, though the case bounds it".to_owned());
        }
        (Some(_), Some(_)) | (None, _) => {}
    }
    messages
}

fn of_output(case: &Case, socket: &Socket, report: &RunReport) -> Vec<String> {
    let tolerance = case.expectation.tolerance(&socket.slug);
    let found = report
        .outputs
        .iter()
        .find(|output| output.socket == socket.slug.as_str());
    let Some(found) = found else {
        // A failed run says so itself.
        return if report.failure.is_some() {
            Vec::new()
        } else {
            vec!["was not produced".to_owned()]
        };
    };
    if tolerance == Tolerance::Ignore {
        return Vec::new();
    }
    let Some(recorded) = recorded(&case.expected, socket) else {
        return vec!["is not recorded; `gantry test --bless` does it".to_owned()];
    };
    if socket.kind.is_image() {
        return of_images(&recorded, found, &tolerance).unwrap_or_else(|message| vec![message]);
    }
    if socket.kind.is_json() {
        return of_json(&recorded, found, &tolerance).unwrap_or_else(|message| vec![message]);
    }
    of_files(&recorded, found, &tolerance)
}

/// The recorded file of a socket: of an image the one in its folder.
pub(super) fn recorded(expected: &Utf8Path, socket: &Socket) -> Option<Utf8PathBuf> {
    let path = expected.join(socket.relative_path.as_str());
    if !socket.kind.is_image() {
        return path.is_file().then_some(path);
    }
    let mut files: Vec<Utf8PathBuf> = path
        .read_dir_utf8()
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| matches!(path.extension(), Some("mha" | "mhd" | "tif" | "tiff")))
        .collect();
    files.sort();
    files.into_iter().next()
}

fn of_json(
    recorded: &Utf8Path,
    found: &OutputValue,
    tolerance: &Tolerance,
) -> Result<Vec<String>, String> {
    let (absolute, relative) = match tolerance {
        Tolerance::Exact => (0.0, 0.0),
        Tolerance::Number { absolute, relative } => (*absolute, *relative),
        Tolerance::Dice { .. }
        | Tolerance::Voxels { .. }
        | Tolerance::Geometry
        | Tolerance::Ignore => {
            return Err(format!(
                "`case.toml` compares it as an image, found `{}`",
                kind(found)
            ));
        }
    };
    let read = |path: &Utf8Path| {
        let bytes = fs_err::read(path).map_err(|error| error.to_string())?;
        json::parse(&bytes).map_err(|error| format!("`{path}` {error}"))
    };
    let (expected, value) = (
        read(recorded)?.value,
        read(Utf8Path::new(&found.path))?.value,
    );
    Ok(json_differences(&expected, &value, absolute, relative))
}

fn of_images(
    recorded: &Utf8Path,
    found: &OutputValue,
    tolerance: &Tolerance,
) -> Result<Vec<String>, String> {
    let (difference, share, geometry) = match tolerance {
        Tolerance::Exact => (0.0, 0.0, true),
        Tolerance::Voxels {
            difference,
            share,
            geometry,
        } => (*difference, *share, *geometry),
        Tolerance::Dice { geometry, .. } => (0.0, 0.0, *geometry),
        Tolerance::Geometry => (0.0, 0.0, true),
        Tolerance::Number { .. } | Tolerance::Ignore => {
            return Err(format!(
                "`case.toml` compares it as JSON, found `{}`",
                kind(found)
            ));
        }
    };
    let limits = CheckLimits::default();
    let failed = |error: imaging::ReadImageError| error.to_string();
    let found = Utf8Path::new(&found.path);
    let mut messages = Vec::new();
    let summaries = (
        imaging::inspect(recorded).map_err(failed)?,
        imaging::inspect(found).map_err(failed)?,
    );
    if summaries.0.size != summaries.1.size {
        return Ok(vec![format!(
            "has the size {:?}, expected {:?}",
            summaries.1.size, summaries.0.size
        )]);
    }
    if geometry {
        let verdict = imaging::compare_images(&summaries.1, &summaries.0);
        if !verdict.aligned {
            messages.push(format!(
                "does not lie where the recorded one lies: {}",
                verdict.message
            ));
        }
    }
    if *tolerance == Tolerance::Geometry {
        return Ok(messages);
    }
    let read = |path: &Utf8Path| imaging::read(path, &limits).map_err(failed);
    let (expected, value) = (read(recorded)?.0, read(found)?.0);
    let told = match tolerance {
        Tolerance::Dice { at_least, .. } => voxels::dice(&expected, &value, *at_least),
        Tolerance::Exact
        | Tolerance::Voxels { .. }
        | Tolerance::Number { .. }
        | Tolerance::Geometry
        | Tolerance::Ignore => voxels::difference(&expected, &value, difference, share),
    };
    messages.extend(told);
    Ok(messages)
}

fn of_files(recorded: &Utf8Path, found: &OutputValue, tolerance: &Tolerance) -> Vec<String> {
    if *tolerance != Tolerance::Exact {
        let kind = kind(found);
        return vec![format!(
            "`case.toml` compares it as an image or JSON, found `{kind}`"
        )];
    }
    let bytes = match fs_err::read(recorded) {
        Ok(bytes) => bytes,
        Err(error) => return vec![error.to_string()],
    };
    let digest: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if digest == found.sha256 {
        return Vec::new();
    }
    vec![format!(
        "has other bytes ({} of them, recorded {})",
        found.bytes,
        bytes.len()
    )]
}

fn kind(found: &OutputValue) -> &str {
    found.kind.as_deref().unwrap_or("a file")
}
