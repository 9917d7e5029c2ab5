//! `gantry serve`: the server, until somebody ends it.

use std::sync::Arc;

use camino::Utf8Path;
use container::sandbox::Shims;
use server::config::{Config, LogFormat};
use server::serve::{Listening, ServeError, ServeSettings, serve_until_ended};
use tracing_subscriber::EnvFilter;

use crate::arguments::ServeArguments;
use crate::commands::{SHIM_PROGRAM, print};
use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::problem::Problem;
use crate::terminal;

mod machine;

/// The configuration's name in the data folder.
const CONFIG: &str = "gantry.toml";

/// Serves.
pub(crate) fn serve(arguments: &ServeArguments, home: &Home) -> Result<ExitStatus, Problem> {
    container::memory::give_back_early();
    let config = config(arguments, home.path())?;
    log(&config)?;
    let machine = machine::capacity(home.path()).map_err(|error| {
        Problem::internal(error).context("failed to look at this machine".to_owned())
    })?;
    let settings = ServeSettings {
        home: home.path().to_owned(),
        config,
        machine,
        shims: Arc::new(Shims::of(&SHIM_PROGRAM)),
    };
    serve_until_ended(settings, tell).map_err(refused)?;
    Ok(ExitStatus::Succeeded)
}

/// What the operator should know; on stdout what scripts wait for.
fn tell(listening: &Listening) {
    let address = format!("https://{}/", listening.address);
    if let Some((name, password)) = &listening.administrator {
        terminal::note(&format!(
            "The first start made the account `{name}` with the password `{password}`. It is not shown again."
        ));
    }
    if let Some(authority) = &listening.authority {
        terminal::note(&format!(
            "Clients must trust `{authority}`: gcapi takes it as `verify=`, curl as `--cacert`."
        ));
    }
    // Nobody reads it: the server serves all the same.
    let _ = print(&format!("gantry listens on {address}\n"));
}

fn refused(problem: ServeError) -> Problem {
    let (status, hint) = match &problem {
        ServeError::InUse { .. } => (
            ExitStatus::HostUnable,
            Some("end that server first, or choose another folder with `--home`"),
        ),
        ServeError::Listen { .. } => (
            ExitStatus::HostUnable,
            Some("choose another address with `--listen` or in the configuration"),
        ),
        ServeError::Tls(_) | ServeError::Home { .. } | ServeError::Executor { .. } => {
            (ExitStatus::HostUnable, None)
        }
        ServeError::Store(_)
        | ServeError::FirstStart(_)
        | ServeError::Recover(_)
        | ServeError::Ended(_) => (ExitStatus::Internal, None),
    };
    Problem::from_error(status, problem).maybe_hint(hint.map(str::to_owned))
}

fn config(arguments: &ServeArguments, home: &Utf8Path) -> Result<Config, Problem> {
    let usual = home.join(CONFIG);
    let path = arguments
        .config
        .clone()
        .or_else(|| usual.exists().then_some(usual));
    let mut config = match path {
        Some(path) => Config::read(&path).map_err(|error| {
            Problem::from_error(ExitStatus::Usage, error)
                .hint("docs/server.md lists every key of the configuration")
        })?,
        None => Config::default(),
    };
    if let Some(listen) = arguments.listen {
        config.listen = listen;
    }
    Ok(config)
}

/// Log lines go to stderr.
fn log(config: &Config) -> Result<(), Problem> {
    let filter = EnvFilter::try_new(&config.log.filter).map_err(|error| {
        Problem::new(
            ExitStatus::Usage,
            format!("`log.filter` is `{}`: {error}", config.log.filter),
        )
    })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match config.log.format {
        LogFormat::Json => lines.json().init(),
        LogFormat::Text => lines.with_ansi(false).init(),
    }
    Ok(())
}
