//! The server as its users meet it: `gantry serve` on loopback, the unmodified client `gcapi`, real containers.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::gantry::Gantry;

mod beyond;
mod certificates;
mod client;
mod clock;
mod crashes;
mod document;
mod drives;
mod edges;
mod engine;
mod faults;
mod forms;
mod keeping;
mod load;
mod long_lines;
mod parts;
mod slow;
mod stops;
mod trials;
mod viewers;

/// A server that runs; killed with it.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    /// Of the first start.
    pub(crate) password: Option<String>,
    /// What it said up to the line that clients can come, with that line at the end.
    pub(crate) said: Vec<String>,
    ca: PathBuf,
    /// What it logs, line by line.
    notes: mpsc::Receiver<String>,
}

impl Server {
    /// Starts a server on the data folder of `gantry` and waits until clients can come.
    pub(crate) fn start(gantry: &Gantry) -> Server {
        Server::start_as(gantry.command(), gantry)
    }

    /// The same, with a command that has more in its environment.
    pub(crate) fn start_as(mut command: Command, gantry: &Gantry) -> Server {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built");
        let (said, hear) = mpsc::channel();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            let mut line = String::new();
            // Nobody may be listening any more.
            let _ = stdout.read_line(&mut line).map(|_| said.send(line));
            let _ = stdout.read_to_end(&mut Vec::new());
        });
        let (noted, notes) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stderr.by_ref().lines().map_while(Result::ok) {
                let _ = noted.send(line);
            }
        });
        let line = hear
            .recv_timeout(Duration::from_secs(30))
            .unwrap_or_default();
        let address = line.trim().strip_prefix("gantry listens on ");
        let until = until_trust(&notes);
        let address = address
            .unwrap_or_else(|| panic!("found {line:?}; {until:?}"))
            .to_owned();
        let password = until.iter().find_map(|note| {
            let (_, rest) = note.split_once("password `")?;
            Some(rest.split_once('`')?.0.to_owned())
        });
        Server {
            child,
            address,
            password,
            said: [until, vec![line.trim().to_owned()]].concat(),
            ca: gantry.home().join("tls/ca.pem"),
            notes,
        }
    }

    /// Address of the compatible API.
    fn api(&self) -> String {
        format!("{}api/v1/", self.address)
    }

    /// Waits until it logs a line with this in it.
    pub(crate) fn heard(&self, what: &str) -> String {
        loop {
            match self.notes.recv_timeout(Duration::from_secs(60)) {
                Ok(note) if note.contains(what) => return note,
                Ok(_) => {}
                Err(problem) => panic!("nothing of {what:?} was said: {problem}"),
            }
        }
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks the server to end, and waits.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        self.signal(rustix::process::Signal::TERM);
        self.child.wait().unwrap().code()
    }

    /// An account's token, an algorithm that can run, an archive.
    fn prepare(&self) -> String {
        let password = self.password.as_ref().expect("a first start");
        let root = root();
        let answer = python("prepare.py")
            .args([&self.api(), self.ca.to_str().unwrap(), password])
            .arg(root.join("images/otsu/algorithm.toml"))
            .arg(root.join("target/images/otsu.oci.tar"))
            .output()
            .expect("Python starts");
        let errors = String::from_utf8_lossy(&answer.stderr);
        assert!(answer.status.success(), "{errors}");
        String::from_utf8_lossy(&answer.stdout).trim().to_owned()
    }
}

/// What is said up to the line about the authority, which is the last one before clients can come.
fn until_trust(notes: &mpsc::Receiver<String>) -> Vec<String> {
    let mut heard: Vec<String> = Vec::new();
    while !heard
        .last()
        .is_some_and(|note| note.starts_with("Clients must trust"))
    {
        match notes.recv_timeout(Duration::from_secs(10)) {
            Ok(note) => heard.push(note),
            Err(_) => break,
        }
    }
    heard
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Python with the client, which `./dev gcapi` installs.
pub(crate) fn gcapi() -> PathBuf {
    let program = root().join("target/gcapi/venv/bin/python");
    assert!(
        program.exists(),
        "there is no {}: `./dev gcapi` installs it",
        program.display()
    );
    program
}

/// One of the scripts beside this file.
fn python(script: &str) -> Command {
    let mut command = Command::new(gcapi());
    command.arg(root().join("crates/cli/tests/it/gcapi").join(script));
    command
}
