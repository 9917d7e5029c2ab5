//! `gantry test`: runs an algorithm's own cases in the sandbox and limits of a server, and says what differs from what was
//! recorded.

mod ran;
mod record;
mod report;
mod run_cases;

use std::sync::Arc;

use camino::Utf8PathBuf;
use container::image::StoredImage;
use container::sandbox::Shims;
use executor::cases::{self, Case};
use executor::kinds::Executor;

use crate::arguments::TestArguments;
use crate::commands::{SHIM_PROGRAM, print, print_json};
use crate::declared_image;
use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::images::Images;
use crate::manifest::{self, Declared};
use crate::place;
use crate::problem::Problem;
use crate::terminal::{self, WARNING};

/// Everything that the cases of one algorithm share.
struct Suite {
    declared: Declared,
    image: StoredImage,
    home: Home,
    executor: Arc<dyn Executor>,
    shims: Arc<Shims>,
}

/// Does it.
pub(crate) fn test(
    arguments: &TestArguments,
    home: Option<Utf8PathBuf>,
) -> Result<ExitStatus, Problem> {
    let declared = manifest::of(&arguments.folder)?;
    let chosen = chosen(&declared, arguments)?;
    let home = Home::choose(home)?;
    let executor = place::executor(&arguments.place, &home)?;
    let mut images = Images::open(&home)?;
    images.quiet = arguments.json;
    let image = declared_image::find(&declared, &images)?;
    let _hold = images.hold(&image)?;
    let suite = Suite {
        declared,
        image,
        home,
        executor,
        shims: Arc::new(Shims::of(&SHIM_PROGRAM)),
    };
    let mut ran = run_cases::run(&suite, &chosen, arguments)?;
    if arguments.bless {
        record::record(&suite, &mut ran)?;
    }
    if let Some(file) = &arguments.junit {
        let text = report::junit(&suite.declared.algorithm, &ran);
        fs_err::write(file, text).map_err(|error| {
            Problem::internal(error).context("failed to write the report for JUnit".to_owned())
        })?;
    }
    if arguments.json {
        print_json(&report::document(&suite.declared.algorithm, &ran))?;
    } else {
        print(&report::table(&ran, arguments.bless))?;
    }
    Ok(status(&ran, arguments.bless))
}

/// The cases that the filter leaves.
fn chosen(declared: &Declared, arguments: &TestArguments) -> Result<Vec<Case>, Problem> {
    let mut found = cases::find(&declared.folder)
        .map_err(|error| Problem::from_error(ExitStatus::InputsRefused, error))?;
    for case in &found {
        for slug in case.expectation.outputs.keys() {
            if declared.algorithm.socket(slug).is_none() {
                let message = format!(
                    "the case `{}` compares `{slug}`, which is no socket of the algorithm",
                    case.name
                );
                return Err(Problem::new(ExitStatus::InputsRefused, message));
            }
        }
    }
    if found.is_empty() {
        let message = format!("there are no cases in `{}`", declared.folder.join("cases"));
        return Err(Problem::new(ExitStatus::InputsRefused, message)
            .hint("lay inputs out as the container sees `/input` in `cases/NAME/input`, then `gantry test --bless`"));
    }
    if let Some(filter) = &arguments.filter {
        found.retain(|case| case.name.contains(filter.as_str()));
        if found.is_empty() {
            return Err(Problem::new(
                ExitStatus::InputsRefused,
                format!("no case has `{filter}` in its name"),
            ));
        }
    }
    if arguments.bless && found.iter().all(|case| case.expectation.failure.is_some()) {
        terminal::note(&format!(
            "{WARNING}note:{WARNING:#} cases that have to fail have nothing to record"
        ));
    }
    Ok(found)
}

/// Of the first case that did not pass: whose fault it was, as after `gantry run`; a difference is a refused output.
fn status(all: &[ran::Ran], bless: bool) -> ExitStatus {
    let failed = all.iter().find(|one| !one.passed(bless));
    failed.map_or(ExitStatus::Succeeded, |one| match &one.report.failure {
        Some(failure) if one.case.expectation.failure.is_none() => {
            ExitStatus::of_reason(failure.reason)
        }
        Some(_) | None => ExitStatus::OutputsRefused,
    })
}
