//! `--bless`: what came out is what is expected from now on.

use executor::cases;

use super::Suite;
use super::ran::Ran;
use crate::problem::Problem;
use crate::terminal::{self, FAINT, GOOD, WARNING, visible};

/// Records every case that ran well and is not as recorded, and says what changed.
pub(super) fn record(suite: &Suite, all: &mut [Ran]) -> Result<(), Problem> {
    for ran in all {
        if !ran.may_be_recorded() {
            continue;
        }
        // What passes stays as it is: a tolerance is there so that noise is not recorded anew each time.
        if ran.case.is_recorded() && ran.differences.is_empty() {
            continue;
        }
        let name = visible(&ran.case.name).into_owned();
        for difference in &ran.differences {
            let socket = difference.socket.as_deref().unwrap_or_default();
            terminal::note(&format!(
                "{FAINT}{name}: {socket} {}{FAINT:#}",
                visible(&difference.message)
            ));
        }
        let blessed = cases::bless(&ran.case, &suite.declared.algorithm, &ran.report)
            .map_err(Problem::internal)?;
        for (style, word, files) in [
            (GOOD, "added", &blessed.added),
            (WARNING, "changed", &blessed.changed),
            (WARNING, "removed", &blessed.removed),
        ] {
            for file in files {
                terminal::note(&format!("{style}{word}{style:#} {name}/{}", visible(file)));
            }
        }
        ran.blessed = Some(blessed);
    }
    Ok(())
}
