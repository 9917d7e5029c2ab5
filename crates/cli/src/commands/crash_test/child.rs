//! A server that is there to be killed.

use std::io::{BufRead, BufReader, Read};
use std::process::{ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::remote::{Connection, Login};

/// Until a server listens.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server; killed with it.
pub(super) struct Child {
    process: std::process::Child,
    address: String,
    home: Utf8PathBuf,
    notes: Receiver<String>,
}

impl Child {
    /// Starts this very program as a server, and waits until it listens.
    pub(super) fn start(home: &Utf8Path) -> Result<Child, Problem> {
        let mut process = Command::new("/proc/self/exe")
            .args(["--home", home.as_str(), "serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Problem::internal)?;
        let stderr = process.stderr.take().expect("it was asked for");
        let notes = read_on(stderr);
        let mut stdout = BufReader::new(process.stdout.take().expect("it was asked for"));
        let (said, hear) = channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            // Nobody may be listening any more.
            let _ = stdout.read_line(&mut line).map(|_| said.send(line));
            let _ = stdout.read_to_end(&mut Vec::new());
        });
        let line = hear.recv_timeout(PATIENCE).unwrap_or_default();
        let Some(address) = line.trim().strip_prefix("gantry listens on ") else {
            let _ = process.kill();
            let said: Vec<String> = notes.try_iter().collect();
            let message = format!("the server does not start: {}", said.join(" / "));
            return Err(Problem::new(ExitStatus::Internal, message));
        };
        Ok(Child {
            address: address.trim_end_matches('/').to_owned(),
            process,
            home: home.to_owned(),
            notes,
        })
    }

    /// With the password of the first start.
    pub(super) fn log_in(&self) -> Result<Login, Problem> {
        let mut password = None;
        // It was said before the server listened, but may still be on its way.
        while let (None, Ok(note)) = (&password, self.notes.recv_timeout(PATIENCE)) {
            let rest = note.split_once("password `").map(|(_, rest)| rest);
            password = rest.and_then(|rest| Some(rest.split_once('`')?.0.to_owned()));
        }
        let authority =
            fs_err::read_to_string(self.home.join("tls/ca.pem")).map_err(Problem::internal)?;
        let mut login = Login {
            url: self.address.clone(),
            token: String::new(),
            authority: Some(authority),
        };
        let asked = json!({"username": "admin", "password": password.unwrap_or_default()});
        let made: Value =
            Connection::with(login.clone())?.post("/api/gantry/v1/login/token/", &asked)?;
        made["token"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut login.token);
        Ok(login)
    }

    /// The same token, where this server listens.
    pub(super) fn login_again(&self, login: &Login) -> Login {
        Login {
            url: self.address.clone(),
            ..login.clone()
        }
    }

    /// `SIGKILL`, which it cannot prepare for.
    pub(super) fn kill(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads lines as they come, so that the server never waits for us.
fn read_on(stderr: ChildStderr) -> Receiver<String> {
    let (said, hear) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let _ = said.send(line);
        }
    });
    hear
}
