//! `gantry run`: find the algorithm, run it, say what happened.

mod algorithm;
mod interrupts;
mod live_log;
mod overrides;
mod refusal;
mod watch;

use domain::RunReport;
use executor::{CancelToken, GivenInputs, RunRequest};

use crate::arguments::RunArguments;
use crate::commands::{SHIM_PROGRAM, print, print_json};
use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::images::Images;
use crate::problem::Problem;
use crate::report;
use crate::terminal;
use algorithm::Found;
use interrupts::Interrupts;
use watch::Watch;

/// Does it. What the user got wrong on the command line is a problem; everything else is told by a report.
pub(crate) fn run(arguments: &RunArguments, home: &Home) -> Result<ExitStatus, Problem> {
    let report = match request(arguments, home) {
        Ok(request) => execute(&request, arguments.quiet)?,
        Err(problem) => match refusal::report(&problem, &arguments.algorithm) {
            Some(report) if arguments.json => report,
            Some(_) | None => return Err(problem),
        },
    };
    say(&report, arguments.json)?;
    Ok(ExitStatus::of_report(&report))
}

fn request(arguments: &RunArguments, home: &Home) -> Result<RunRequest, Problem> {
    let inputs = given_inputs(arguments)?;
    let waive = overrides::waived(&arguments.without)?;
    let mut images = Images::open(home)?;
    images.allow_root = arguments.allow_root;
    images.quiet = arguments.quiet;
    let Found {
        mut algorithm,
        declared,
        folder,
        image,
    } = algorithm::find(&arguments.algorithm, &images)?;
    overrides::apply(&arguments.limits, &mut algorithm.limits)?;
    let declared_model = algorithm.model.as_ref().map(|model| folder.join(model));
    Ok(RunRequest {
        algorithm,
        declared,
        image,
        inputs,
        model: arguments.model.clone().or(declared_model),
        output_dir: arguments.output.clone(),
        overwrite: arguments.overwrite,
        home: home.path().to_owned(),
        waive,
        shim_program: SHIM_PROGRAM.map(str::to_owned).to_vec(),
    })
}

fn given_inputs(arguments: &RunArguments) -> Result<GivenInputs, Problem> {
    if let Some(folder) = &arguments.inputs {
        return Ok(GivenInputs::Folder(folder.clone()));
    }
    let split = |text: &String| match text.split_once('=') {
        Some((slug, value)) if !slug.is_empty() => Ok((slug.to_owned(), value.to_owned())),
        Some(_) | None => Err(Problem::new(
            ExitStatus::Usage,
            format!("`-i {text}` names no socket, expected `SLUG=VALUE`"),
        )),
    };
    arguments
        .input
        .iter()
        .map(split)
        .collect::<Result<_, _>>()
        .map(GivenInputs::Values)
}

fn execute(request: &RunRequest, quiet: bool) -> Result<RunReport, Problem> {
    let cancel = CancelToken::new();
    let token = cancel.clone();
    let _interrupts = Interrupts::listen(move |count| {
        terminal::note(if count == 1 {
            "ending the container; once more kills it"
        } else {
            "killing the container"
        });
        token.cancel();
    })
    .map_err(|error| Problem::internal(error).context("failed to listen for signals".to_owned()))?;
    Ok(executor::run(request, &mut Watch { quiet }, &cancel))
}

fn say(told: &RunReport, json: bool) -> Result<(), Problem> {
    if json {
        return print_json(told);
    }
    print(&report::report(told))?;
    if let Some(failure) = &told.failure {
        terminal::note(&report::failure(failure));
    }
    Ok(())
}
