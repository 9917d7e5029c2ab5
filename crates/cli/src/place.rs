//! Which executor a command runs containers on.

use std::sync::Arc;

use camino::Utf8PathBuf;
use executor::kinds::{DEFAULT_SOCKET, Executor, Kind};

use crate::arguments::ExecutorArguments;
use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::problem::Problem;
use crate::terminal::{self, WARNING};

/// The executor that was asked for, after taking away what an earlier run has left in it when it was killed.
pub(crate) fn executor(
    asked: &ExecutorArguments,
    home: &Home,
) -> Result<Arc<dyn Executor>, Problem> {
    let executor = asked.executor.executor(&socket(asked.executor)?);
    match executor.sweep(home.path()) {
        Ok(0) => {}
        Ok(count) => {
            let s = if count == 1 { "" } else { "s" };
            terminal::note(&format!(
                "took away {count} container{s} that an earlier run had left"
            ));
        }
        // The run itself says what is wrong with the engine, and how it ends then.
        Err(unable) => terminal::note(&format!("{WARNING}note:{WARNING:#} {}", unable.reason)),
    }
    Ok(executor)
}

/// Where the engine listens.
pub(crate) fn socket(kind: Kind) -> Result<Utf8PathBuf, Problem> {
    let host = match kind {
        Kind::Docker => std::env::var("DOCKER_HOST").unwrap_or_default(),
        Kind::Local => String::new(),
    };
    if host.is_empty() {
        return Ok(DEFAULT_SOCKET.into());
    }
    match host.strip_prefix("unix://") {
        Some(path) if path.starts_with('/') => Ok(path.into()),
        Some(_) | None => Err(Problem::new(
            ExitStatus::HostUnable,
            format!("DOCKER_HOST is `{host}`, expected `unix:///PATH`"),
        )
        .hint("an engine on another machine cannot see the folders of this one")),
    }
}
