//! One file per command.

mod backup;
mod build;
mod check;
mod compare;
mod convert;
mod crash_test;
mod executors;
mod export;
mod image;
mod import;
mod init;
mod inspect;
mod remote;
mod run;
mod schema;
mod serve;
mod slice;
mod test;
mod upload;
mod validate;
mod verify;

use serde::Serialize;

use crate::arguments::{Arguments, Command};
use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::problem::Problem;
use crate::terminal;

/// How the sandbox starts this program again: by the very file that runs now, whatever became of its name.
const SHIM_PROGRAM: [&str; 2] = ["/proc/self/exe", crate::SHIM];

/// Does what was asked.
pub(crate) fn dispatch(arguments: Arguments) -> Result<ExitStatus, Problem> {
    let Arguments { home, command } = arguments;
    match command {
        Command::Image(command) => image::image(&command, &Home::choose(home)?),
        Command::Init(arguments) => init::init(&arguments),
        Command::Build(arguments) => build::build(&arguments, home),
        Command::Export(arguments) => export::export(&arguments),
        Command::Import(arguments) => import::import(&arguments, home),
        Command::Test(arguments) => test::test(&arguments, home),
        Command::Executors { json } => executors::executors(json),
        Command::Check(arguments) => check::check(&arguments, home),
        Command::Run(arguments) => run::run(&arguments, home),
        Command::Validate(arguments) => validate::validate(&arguments.manifest),
        Command::Inspect(arguments) => inspect::inspect(&arguments),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Convert(arguments) => convert::convert(&arguments),
        Command::Slice(arguments) => slice::slice(&arguments),
        Command::Schema => schema::schema(),
        Command::Serve(arguments) => serve::serve(&arguments, &Home::choose(home)?),
        Command::Verify(arguments) => verify::verify(&arguments, &Home::choose(home)?),
        Command::Backup { target, json } => backup::backup(&target, json, &Home::choose(home)?),
        Command::Restore { backup, json } => backup::restore(&backup, json, &Home::choose(home)?),
        Command::CrashTest(arguments) => crash_test::crash_test(&arguments),
        Command::Login(arguments) => remote::login(&arguments),
        Command::Algorithm(command) => remote::algorithm(&command),
        Command::Submit(arguments) => remote::submit(&arguments),
        Command::Status(job) => remote::status(&job),
        Command::Jobs(arguments) => remote::jobs(&arguments),
        Command::Retry { job, wait, json } => remote::retry(&job, wait, json),
        Command::Logs(arguments) => remote::logs(&arguments),
        Command::Cancel(job) => remote::cancel(&job),
        Command::Output(arguments) => remote::output(&arguments),
    }
}

/// Prints text on stdout.
fn print(text: &str) -> Result<(), Problem> {
    terminal::data(text)
        .map_err(|error| Problem::internal(error).context("failed to write to stdout".to_owned()))
}

/// Prints one JSON document on stdout.
fn print_json(document: &impl Serialize) -> Result<(), Problem> {
    let json = serde_json::to_string_pretty(document)
        .map_err(|error| Problem::internal(error).context("failed to make JSON".to_owned()))?;
    print(&(json + "\n"))
}

/// Prints one JSON object on a line of its own.
fn print_line(object: &impl Serialize) -> Result<(), Problem> {
    let json = serde_json::to_string(object)
        .map_err(|error| Problem::internal(error).context("failed to make JSON".to_owned()))?;
    print(&(json + "\n"))
}
