//! `gantry login`: a password for a token, which is kept.

use std::io::{BufRead, IsTerminal, stdin};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde_json::{Value, json};

use crate::arguments::LoginArguments;
use crate::commands::print;
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::remote::{Connection, Login};
use crate::terminal;

/// Asks for the password on the terminal, or takes the first line of stdin.
pub(crate) fn login(arguments: &LoginArguments) -> Result<ExitStatus, Problem> {
    let url = arguments.url.trim_end_matches('/');
    if !url.starts_with("https://") {
        let message = format!(
            "`{}` is no address of a server, expected `https://…`",
            arguments.url
        );
        return Err(Problem::new(ExitStatus::Usage, message));
    }
    let authority = match &arguments.ca {
        Some(path) => Some(
            fs_err::read_to_string(path)
                .map_err(|error| Problem::from_error(ExitStatus::Usage, error))?,
        ),
        None => None,
    };
    let password = password(&arguments.user, url)?;
    let mut login = Login {
        url: url.to_owned(),
        token: String::new(),
        authority,
    };
    let server = Connection::with(login.clone())?;
    let name = rustix::system::uname();
    let asked = json!({
        "username": arguments.user,
        "password": password,
        "name": format!("gantry on {}", name.nodename().to_string_lossy()),
        "expires_in_days": arguments.days,
    });
    let made: Value = server.post("/api/gantry/v1/login/token/", &asked)?;
    made["token"]
        .as_str()
        .unwrap_or_default()
        .clone_into(&mut login.token);
    let path = login.keep()?;
    print(&format!(
        "logged in to {url} as {}; the token is in `{path}`\n",
        arguments.user
    ))?;
    Ok(ExitStatus::Succeeded)
}

fn password(user: &str, url: &str) -> Result<String, Problem> {
    let read = || -> std::io::Result<String> {
        let mut line = String::new();
        stdin().lock().read_line(&mut line)?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    };
    if !stdin().is_terminal() {
        return read().map_err(Problem::internal);
    }
    terminal::note(&format!("Password of {user} on {url} (not shown):"));
    let shown =
        tcgetattr(stdin()).map_err(|error| Problem::internal(std::io::Error::from(error)))?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    // Without it the password is seen, which is for the user to judge.
    let _ = tcsetattr(stdin(), OptionalActions::Flush, &hidden);
    let line = read();
    let _ = tcsetattr(stdin(), OptionalActions::Flush, &shown);
    line.map_err(Problem::internal)
}
