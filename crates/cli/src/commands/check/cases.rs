//! The cases: whether each can be run, and whether there is something to compare with.

use domain::Tolerance;
use executor::cases::{self, Case};
use executor::check_folder;

use super::finding::Findings;
use crate::manifest::Declared;

/// Looks at them.
pub(super) fn look(declared: &Declared, findings: &mut Findings) {
    let found = match cases::find(&declared.folder) {
        Ok(found) => found,
        Err(error) => {
            findings.error("cases", error.to_string());
            return;
        }
    };
    if found.is_empty() {
        findings
            .advice("cases", "there are none")
            .hint("lay inputs out as the container sees `/input` in `cases/NAME/input`, then `gantry test --bless`");
        return;
    }
    let mut good = 0;
    let mut interfaces = Vec::new();
    for case in &found {
        let about = format!("case {}", case.name);
        match check_folder(&declared.algorithm, &case.input) {
            Ok(checked) => {
                good += 1;
                interfaces.push(checked.interface);
                for warning in checked.warnings {
                    findings.advice(&about, warning);
                }
            }
            // Inputs that are refused are what some cases are about.
            Err(failure) if case.expectation.failure == Some(failure.reason) => good += 1,
            Err(failure) => {
                let finding = findings.error(&about, failure.message);
                finding.hint = failure.hint;
            }
        }
        tolerances(declared, case, findings);
        if !case.is_recorded() && case.expectation.failure.is_none() {
            findings
                .advice(&about, "has no recorded outputs")
                .hint("`gantry test --bless` records them");
        }
    }
    for (number, interface) in declared.algorithm.interfaces.iter().enumerate() {
        let inputs: Vec<String> = interface.inputs.iter().map(ToString::to_string).collect();
        if good == found.len() && !interfaces.iter().any(|tried| tried.inputs == inputs) {
            findings.advice(
                "cases",
                format!(
                    "none is of interface {} ({})",
                    number + 1,
                    inputs.join(", ")
                ),
            );
        }
    }
    findings.good(format!(
        "{good} of {} cases have inputs that the algorithm takes",
        found.len()
    ));
}

/// Tolerances that can never be used.
fn tolerances(declared: &Declared, case: &Case, findings: &mut Findings) {
    let about = format!("case {}", case.name);
    for (slug, tolerance) in &case.expectation.outputs {
        let Some(socket) = declared.algorithm.socket(slug) else {
            findings.error(
                &about,
                format!("`case.toml` compares `{slug}`, which is no socket"),
            );
            continue;
        };
        let fits = match tolerance {
            Tolerance::Exact | Tolerance::Ignore => true,
            Tolerance::Number { .. } => socket.kind.is_json(),
            Tolerance::Dice { .. } | Tolerance::Voxels { .. } | Tolerance::Geometry => {
                socket.kind.is_image()
            }
        };
        if !fits {
            let kind = socket.kind.label();
            findings.error(
                &about,
                format!(
                    "`case.toml` compares `{slug}`, a `{kind}`, in a way that is for another kind"
                ),
            );
        }
    }
}
