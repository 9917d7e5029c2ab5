//! Requests that no honest client sends: paths, heads, lengths, bodies.

mod bodies;
mod heads;
mod lengths;
mod paths;
mod questions;

use super::{Case, Siege};
use crate::wire::Answer;

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let kinds = [
        paths::all(),
        heads::all(),
        lengths::all(),
        bodies::all(),
        questions::all(),
    ];
    kinds.into_iter().flatten().collect()
}

/// A refusal that is no fault of the server and tells nothing of the host.
fn refused(answers: &[(String, Answer)]) -> Vec<String> {
    let mut problems = Vec::new();
    for (what, answer) in answers {
        let text = answer.text();
        // The name behind an image is a decoration: whatever it is, the image comes.
        let is_image = what.starts_with("/files/images/") && text.starts_with("ObjectType");
        let is_refused = (400..500).contains(&answer.status) || is_image;
        let is_refused = is_refused && !text.contains("root:x:") && !text.contains("SQLite format");
        if !is_refused {
            let text: String = text.chars().take(200).collect();
            problems.push(format!("{what}: {} {text}", answer.status));
        }
    }
    problems
}

fn gets(siege: &Siege<'_>, paths: &[String]) -> Vec<(String, Answer)> {
    let served = siege.field.served;
    let ask = |path: &String| {
        (
            path.clone(),
            served.wire.ask("GET", path, &served.token, b""),
        )
    };
    paths.iter().map(ask).collect()
}

/// The bytes as a whole request; what is answered, or 0 when the connection is closed.
fn raw(siege: &Siege<'_>, request: &str) -> Answer {
    let host = &siege.field.served.wire.host;
    siege
        .field
        .served
        .wire
        .raw(request.replace("@HOST@", host).as_bytes())
}

fn is_closed_or_refused(answer: &Answer) -> bool {
    answer.status == 0 || (400..500).contains(&answer.status)
}
