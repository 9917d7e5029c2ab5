//! A Docker daemon to compare with: the one that runs, else one of our own on a folder of its own, without networks.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Until a daemon answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// A daemon that answers; ended with it if it is ours.
pub(crate) struct Docker {
    /// Where ours listens; `None` for the machine's own.
    socket: Option<PathBuf>,
    daemon: Option<Child>,
}

impl Docker {
    /// `None`, with a word about it, where there is no Docker.
    pub(crate) fn find(folder: &Path) -> Option<Docker> {
        let theirs = Docker {
            socket: None,
            daemon: None,
        };
        if theirs.answers() {
            return Some(theirs);
        }
        let place = |name: &str| folder.join(name);
        let socket = place("docker.sock");
        let log = fs_err::File::create(place("dockerd.log")).expect("room");
        let started = Command::new("dockerd")
            .arg("--data-root")
            .arg(place("docker"))
            .arg("--exec-root")
            .arg(place("docker-exec"))
            .arg("--pidfile")
            .arg(place("docker.pid"))
            .arg(format!("--host=unix://{}", socket.display()))
            .args(["--bridge=none", "--iptables=false", "--ip6tables=false"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.into_file())
            .spawn();
        let Ok(daemon) = started else {
            println!("No Docker daemon answers, and there is no `dockerd`.");
            return None;
        };
        let ours = Docker {
            socket: Some(socket),
            daemon: Some(daemon),
        };
        let since = Instant::now();
        while !ours.answers() {
            if since.elapsed() > PATIENCE {
                let said = fs_err::read_to_string(place("dockerd.log")).unwrap_or_default();
                println!(
                    "`dockerd` does not start: {}",
                    said.lines().last().unwrap_or("")
                );
                return None;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(ours)
    }

    fn answers(&self) -> bool {
        succeeds(self.command().arg("info"))
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new("docker");
        if let Some(socket) = &self.socket {
            command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
        }
        command
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            let pid = rustix::process::Pid::from_child(daemon);
            // It may have ended already.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let _ = daemon.wait();
        }
    }
}

pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
