//! `gantry executors`: the kinds there are, and whether they can work here.

use executor::kinds::{Kind, Unable};
use serde_json::json;

use super::{print, print_json};
use crate::exit_status::ExitStatus;
use crate::place;
use crate::problem::Problem;
use crate::terminal::{ERROR, GOOD, HINT};

/// Asks each of them.
pub(crate) fn executors(as_json: bool) -> Result<ExitStatus, Problem> {
    let diagnosed = Kind::ALL.map(|kind| (kind, diagnose(kind)));
    if as_json {
        let one = |(kind, found): &(Kind, Result<String, Unable>)| match found {
            Ok(what) => json!({"executor": kind.name(), "works": true, "what": what}),
            Err(unable) => json!({
                "executor": kind.name(), "works": false, "why": unable.reason, "hint": unable.hint,
            }),
        };
        print_json(&diagnosed.iter().map(one).collect::<Vec<_>>())?;
        return Ok(ExitStatus::Succeeded);
    }
    for (kind, found) in &diagnosed {
        let name = kind.name();
        match found {
            Ok(what) => print(&format!("{GOOD}{name:<8}works{GOOD:#}  {what}\n"))?,
            Err(Unable { reason, hint }) => {
                print(&format!("{ERROR}{name:<8}cannot{ERROR:#} {reason}\n"))?;
                if let Some(hint) = hint {
                    print(&format!("{:15}{HINT}hint:{HINT:#} {hint}\n", ""))?;
                }
            }
        }
    }
    Ok(ExitStatus::Succeeded)
}

fn diagnose(kind: Kind) -> Result<String, Unable> {
    let socket = place::socket(kind).map_err(|problem| Unable {
        reason: problem.message(),
        hint: None,
    })?;
    kind.executor(&socket).diagnose()
}
