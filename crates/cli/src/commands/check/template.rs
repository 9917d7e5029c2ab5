//! The result template, tried on an example.

use domain::{Algorithm, example};
use executor::result_template::{RenderResultError, render_result};
use serde_json::json;

use super::finding::Findings;

/// Renders it.
pub(super) fn look(algorithm: &Algorithm, findings: &mut Findings) {
    let results = algorithm
        .sockets
        .iter()
        .find(|socket| socket.relative_path.as_str() == "results.json");
    let Some(template) = &algorithm.result_template else {
        return;
    };
    let Some(socket) = results else {
        findings
            .warning(
                "result template",
                "is never used: no output lies at `results.json`",
            )
            .hint("declare a socket with `relative_path = \"results.json\"`");
        return;
    };
    // Nothing is known about the results but what their schema says.
    let value = example::example(socket).unwrap_or_else(|| json!({}));
    match render_result(template, &value) {
        Ok(_) => findings.good("the result template renders"),
        // Whether it fails on real results only a case can show.
        Err(RenderResultError::Failed { message }) => findings
            .advice(
                "result template",
                format!("fails on a made-up example: {message}"),
            )
            .hint("a case shows whether it renders real results"),
        Err(error @ (RenderResultError::Invalid { .. } | RenderResultError::TooMuch { .. })) => {
            findings.error("result template", error.to_string());
        }
    }
}
