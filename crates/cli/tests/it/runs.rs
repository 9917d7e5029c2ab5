//! `gantry run` on real containers.

mod ends;
mod hostile;
mod interrupted;
mod refused;
mod succeeds;

use serde_json::Value;

use crate::algorithm::{RUN, lay_out};
use crate::gantry::{Answer, Gantry};

/// Runs a script as the algorithm `cells`, with more arguments, and `--json`.
fn run_script(script: &str, more: &[&str]) -> (Gantry, Answer, Value) {
    let gantry = Gantry::new();
    lay_out(&gantry, script);
    let answer = gantry.run(RUN.iter().chain(["--json"].iter()).chain(more));
    let document = answer.json();
    (gantry, answer, document)
}

/// The codes of a failure's problems.
fn problems(document: &Value) -> Vec<(&str, &str)> {
    let problems = document["failure"]["problems"].as_array();
    problems
        .expect("a list of problems")
        .iter()
        .map(|problem| {
            let text = |key: &str| problem[key].as_str().unwrap_or("-");
            (text("code"), text("path"))
        })
        .collect()
}
