//! docker, podman and buildah: building, and writing the image to a pipe.

use std::io::Read;
use std::process::{Command, Stdio};

use camino::Utf8Path;

use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::terminal::{self, FAINT};

/// In the order in which they are looked for.
const KNOWN: [&str; 3] = ["docker", "podman", "buildah"];

/// A container engine that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Engine {
    program: &'static str,
}

impl Engine {
    /// The one that was asked for, else the first that is there and works.
    pub(crate) fn find(asked: Option<&str>) -> Result<Self, Problem> {
        let candidates = KNOWN
            .into_iter()
            .filter(|name| asked.is_none_or(|asked| asked == *name));
        let mut silent = Vec::new();
        for program in candidates {
            // `version` asks the daemon too, where there is one.
            let said = Command::new(program)
                .arg("version")
                .stdin(Stdio::null())
                .output();
            match said {
                Ok(said) if said.status.success() => return Ok(Self { program }),
                Ok(said) => {
                    let words = String::from_utf8_lossy(&said.stderr);
                    let last = words.lines().map(str::trim).rfind(|line| !line.is_empty());
                    silent.push(format!(
                        "`{program}` does not work: {}",
                        last.unwrap_or("it says nothing")
                    ));
                }
                Err(_) => silent.push(format!("there is no `{program}`")),
            }
        }
        Err(Problem::new(
            ExitStatus::HostUnable,
            format!("no container engine can build the image: {}", silent.join("; ")),
        )
        .hint("install docker, podman or buildah; or build elsewhere, and `gantry image import` what `docker save` writes"))
    }

    /// Builds the folder's image under this name; what the engine says goes to stderr.
    pub(crate) fn build(&self, folder: &Utf8Path, name: &str) -> Result<(), Problem> {
        let words = [
            "build",
            "--platform",
            "linux/amd64",
            "--tag",
            name,
            folder.as_str(),
        ];
        let mut command = self.command(&words);
        // The engine's lines would mix with our data on stdout.
        let status = command
            .stdout(std::io::stderr())
            .status()
            .map_err(Problem::internal)?;
        if status.success() {
            return Ok(());
        }
        let message = format!("`{} {}` failed ({status})", self.program, words.join(" "));
        Err(Problem::new(ExitStatus::ImageRefused, message))
    }

    /// Hands the image's archive to `take` while the engine writes it.
    pub(crate) fn save<T>(
        &self,
        name: &str,
        take: impl FnOnce(&mut dyn Read) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let whole = format!("docker-archive:/dev/stdout:{name}");
        let words: Vec<&str> = match self.program {
            "podman" => vec!["save", "--format", "docker-archive", name],
            "buildah" => vec!["push", "--quiet", name, &whole],
            _docker => vec!["save", name],
        };
        let mut command = self.command(&words);
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Problem::internal)?;
        let mut stdout = child.stdout.take().expect("it was asked for");
        let taken = take(&mut stdout);
        // Of an archive that is refused the rest is not wanted; the engine sees a closed pipe.
        drop(stdout);
        let status = child.wait().map_err(Problem::internal)?;
        match taken {
            Err(problem) => Err(problem),
            Ok(_) if !status.success() => Err(Problem::new(
                ExitStatus::ImageRefused,
                format!("`{} {}` failed ({status})", self.program, words.join(" ")),
            )),
            Ok(taken) => Ok(taken),
        }
    }

    /// How messages call the archive.
    pub(crate) fn archive_name(&self, name: &str) -> String {
        format!("{} save {name}", self.program)
    }

    fn command(&self, words: &[&str]) -> Command {
        terminal::note(&format!(
            "{FAINT}{} {}{FAINT:#}",
            self.program,
            words.join(" ")
        ));
        let mut command = Command::new(self.program);
        command.args(words).stdin(Stdio::null());
        command
    }
}
