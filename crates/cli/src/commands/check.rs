//! `gantry check`: everything that can be known about an algorithm before anything runs, in one report.

mod cases;
mod dockerfile;
mod finding;
mod image;
mod sockets;
mod template;

use camino::{Utf8Path, Utf8PathBuf};

use crate::arguments::CheckArguments;
use crate::commands::{print, print_json};
use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::manifest;
use crate::problem::Problem;
use finding::{Findings, Level};

/// Does it. What is wrong is in the report; the exit code is that of the worst.
pub(crate) fn check(
    arguments: &CheckArguments,
    home: Option<Utf8PathBuf>,
) -> Result<ExitStatus, Problem> {
    let home = Home::choose(home)?;
    let findings = look(&arguments.folder, &home)?;
    if arguments.json {
        print_json(&findings.document())?;
    } else {
        print(&findings.report())?;
    }
    let worst = findings.worst();
    let bad = worst == Some(Level::Error) || (arguments.strict && worst == Some(Level::Warning));
    Ok(if bad {
        ExitStatus::ImageRefused
    } else {
        ExitStatus::Succeeded
    })
}

fn look(path: &Utf8Path, home: &Home) -> Result<Findings, Problem> {
    let mut findings = Findings::default();
    if !path.exists() {
        let message = format!("there is no file or folder `{path}`");
        return Err(Problem::new(ExitStatus::ImageRefused, message));
    }
    let declared = match manifest::of(path) {
        Ok(declared) => declared,
        Err(problem) => {
            findings.problem("manifest", &problem);
            return Ok(findings);
        }
    };
    sockets::look(&declared.algorithm, &mut findings);
    template::look(&declared.algorithm, &mut findings);
    dockerfile::look(&declared.folder, &mut findings);
    image::look(&declared, home, &mut findings)?;
    cases::look(&declared, &mut findings);
    Ok(findings)
}
