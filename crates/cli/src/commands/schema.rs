//! `gantry schema`: the JSON Schema of the manifest.

use crate::commands::print_json;
use crate::exit_status::ExitStatus;
use crate::problem::Problem;

/// Prints it.
pub(crate) fn schema() -> Result<ExitStatus, Problem> {
    print_json(&domain::manifest_json_schema())?;
    Ok(ExitStatus::Succeeded)
}
