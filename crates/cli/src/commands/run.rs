//! `gantry run`: find the algorithm, run it, say what happened.

mod algorithm;
mod interrupts;
mod live_log;
mod overrides;
mod refusal;
mod watch;

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use container::image::ImageHold;
use container::sandbox::Shims;
use domain::{Limits, RunReport};
use executor::kinds::Executor;
use executor::{CancelToken, GivenInputs, RunRequest};

use crate::arguments::RunArguments;
use crate::commands::{SHIM_PROGRAM, print, print_json};
use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::images::Images;
use crate::place;
use crate::problem::Problem;
use crate::profile::Profile;
use crate::report;
use crate::terminal;
use algorithm::Found;
pub(super) use interrupts::Interrupts;
use watch::Watch;

/// Does it. With `--json` whatever goes wrong is told by a report, also where nothing could be started.
pub(crate) fn run(
    arguments: &RunArguments,
    home: Option<Utf8PathBuf>,
) -> Result<ExitStatus, Problem> {
    match run_and_say(arguments, home) {
        Err(problem) if arguments.json => {
            print_json(&refusal::report(&problem, &arguments.algorithm))?;
            Ok(problem.status())
        }
        told => told,
    }
}

fn run_and_say(arguments: &RunArguments, home: Option<Utf8PathBuf>) -> Result<ExitStatus, Problem> {
    // One starts while we find out what it is to run.
    let shims = Arc::new(Shims::of(&SHIM_PROGRAM));
    shims.prepare();
    let home = Home::choose(home)?;
    let executor = place::executor(&arguments.place, &home)?;
    let (request, _hold) = request(arguments, &home, (executor, shims))?;
    let report = execute(&request, arguments.quiet)?;
    say(&report, arguments.json)?;
    if let Some(file) = &arguments.profile {
        draw(&report, &request.algorithm.limits, file, arguments.json)?;
    }
    Ok(ExitStatus::of_report(&report))
}

/// What is to be run; its image stays in the store for as long as the hold lives.
fn request(
    arguments: &RunArguments,
    home: &Home,
    (executor, shims): (Arc<dyn Executor>, Arc<Shims>),
) -> Result<(RunRequest, ImageHold), Problem> {
    let inputs = given_inputs(arguments)?;
    let mut images = Images::open(home)?;
    images.allow_root = arguments.allow_root;
    images.quiet = arguments.quiet;
    let Found {
        mut algorithm,
        declared,
        model,
        image,
    } = algorithm::find(&arguments.algorithm, &images)?;
    let hold = images.hold(&image)?;
    overrides::apply(&arguments.limits, &mut algorithm.limits);
    let request = RunRequest {
        algorithm,
        declared,
        image,
        inputs,
        model: arguments.model.clone().or(model),
        output_dir: arguments.output.clone(),
        overwrite: arguments.overwrite,
        home: home.path().to_owned(),
        runs: home.path().join("runs"),
        waive: arguments.without.iter().copied().collect(),
        executor,
        shims,
    };
    Ok((request, hold))
}

fn given_inputs(arguments: &RunArguments) -> Result<GivenInputs, Problem> {
    if let Some(folder) = &arguments.inputs {
        return Ok(GivenInputs::Folder(folder.clone()));
    }
    let split = |text: &String| match text.split_once('=') {
        Some((slug, value)) if !slug.is_empty() => Ok((slug.to_owned(), value.to_owned())),
        Some(_) | None => Err(Problem::new(
            ExitStatus::InputsRefused,
            format!("`-i {text}` names no socket, expected `-i SLUG=VALUE`"),
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
    Ok(executor::run(request, &mut Watch::new(quiet), &cancel))
}

/// The profile of a run that came to its program; of a refused one there is nothing to draw.
fn draw(report: &RunReport, limits: &Limits, file: &Utf8Path, json: bool) -> Result<(), Problem> {
    let Some(used) = &report.resources else {
        terminal::note("nothing ran, so there is no profile");
        return Ok(());
    };
    let profile = Profile::of(used, limits);
    fs_err::write(file, profile.svg(&report.algorithm)).map_err(|error| {
        Problem::internal(error).context("failed to write the profile".to_owned())
    })?;
    if !json {
        print(&profile.text())?;
    }
    Ok(())
}

fn say(told: &RunReport, json: bool) -> Result<(), Problem> {
    if json {
        return print_json(told);
    }
    print(&report::report(told, terminal::columns()))?;
    if let Some(failure) = &told.failure {
        terminal::note(&report::failure(failure));
    }
    Ok(())
}
