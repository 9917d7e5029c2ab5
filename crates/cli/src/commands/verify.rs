//! `gantry verify`: whether everything in the data folder is there and is what it was.

use std::fmt::Write;

use server::verify::{Depth, Problem as Wrong, Verified, VerifyError};

use crate::arguments::VerifyArguments;
use crate::commands::{print, print_json};
use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::problem::Problem;
use crate::quantity::bytes;
use crate::terminal::{ERROR, FAINT, GOOD, Progress, visible};

/// Looks, and says what is wrong.
pub(crate) fn verify(arguments: &VerifyArguments, home: &Home) -> Result<ExitStatus, Problem> {
    let depth = if arguments.quick {
        Depth::Sizes
    } else {
        Depth::Contents
    };
    let mut shown: Option<Progress> = None;
    let mut told = |done, total| {
        let shown = shown.get_or_insert_with(|| Progress::start("verify", total, arguments.json));
        shown.set(done);
    };
    let verified = server::verify::verify(home.path(), depth, &mut told).map_err(refused)?;
    drop(shown);
    if arguments.json {
        print_json(&verified)?;
    } else {
        print(&text(&verified, depth))?;
    }
    Ok(status(verified.is_fine))
}

/// Damage is told on stdout; the exit code says that there is some.
pub(super) fn status(is_fine: bool) -> ExitStatus {
    if is_fine {
        ExitStatus::Succeeded
    } else {
        ExitStatus::Internal
    }
}

fn refused(problem: VerifyError) -> Problem {
    let hint = matches!(&problem, VerifyError::Open(_)).then(|| {
        "`--home` names the data folder of a server that was started once with this version"
            .to_owned()
    });
    Problem::from_error(ExitStatus::HostUnable, problem).maybe_hint(hint)
}

/// What was found, for people.
pub(super) fn text(verified: &Verified, depth: Depth) -> String {
    let mut text = problems(&verified.problems);
    let read = match depth {
        Depth::Contents => "read and compared with their digests",
        Depth::Sizes => "there, with their sizes",
    };
    let _ = writeln!(
        text,
        "{} blobs ({}) are {read}; {} container images with {} layers are {}.",
        verified.blobs.files,
        bytes(verified.blobs.bytes),
        verified.images,
        verified.layers,
        match depth {
            Depth::Contents => "read",
            Depth::Sizes => "there",
        }
    );
    let orphans = &verified.orphans;
    for (count, line) in [
        (
            orphans.files,
            format!(
                "{} files ({}) are named by nothing in the database: remains of a crash.",
                orphans.files,
                bytes(orphans.bytes)
            ),
        ),
        (
            verified.unsealed_layers as u64,
            format!(
                "{} layers had no seal to be compared with; they have one now.",
                verified.unsealed_layers
            ),
        ),
        (
            verified.unneeded_layers as u64,
            format!(
                "{} layers belong to no container image.",
                verified.unneeded_layers
            ),
        ),
    ] {
        if count > 0 {
            let _ = writeln!(text, "{FAINT}{line}{FAINT:#}");
        }
    }
    let _ = match verified.problems.len() {
        0 => writeln!(text, "{GOOD}fine:{GOOD:#} nothing is missing or damaged"),
        count => writeln!(text, "{ERROR}not fine:{ERROR:#} {count} problems"),
    };
    text
}

/// One line for each thing that is wrong, and one for each thing that needs it.
pub(super) fn problems(problems: &[Wrong]) -> String {
    let mut text = String::new();
    for wrong in problems {
        let _ = writeln!(
            text,
            "{ERROR}{}{ERROR:#} {}: {}",
            wrong.kind,
            visible(&wrong.name),
            visible(&wrong.problem)
        );
        for user in &wrong.needed_by {
            let _ = writeln!(text, "  needed by {}", visible(user));
        }
    }
    text
}
