//! The README of a new algorithm.

use std::fmt::Write;

use domain::{Algorithm, Interface, Socket};

/// What it does, what goes in and out, and the four commands of its developer.
pub(super) fn readme(algorithm: &Algorithm) -> String {
    let mut text = format!("# {}\n\n", algorithm.title);
    if !algorithm.description.is_empty() {
        let _ = writeln!(text, "{}\n", algorithm.description);
    }
    for interface in &algorithm.interfaces {
        text.push_str(&table(algorithm, interface));
    }
    let _ = write!(
        text,
        "## Working on it\n\n```console\n\
        $ gantry check .     # manifest, Dockerfile, image and cases, before anything runs\n\
        $ gantry build .     # the container image `{}`, by docker, podman or buildah\n\
        $ gantry test .      # every case of `cases/`, in the sandbox and the limits of the server\n\
        $ gantry test . --bless   # records what came out as what is expected from now on\n```\n\n\
        `inference.py` is the program. `algorithm.toml` says what it takes and gives. Each folder of `cases/` has `input/`, laid \
        out as the container sees `/input`, after `--bless` also `expected/`, and `case.toml` with what may differ.\n\n\
        Outside a container: `python inference.py cases/example/input output`.\n",
        algorithm
            .image
            .as_deref()
            .unwrap_or(algorithm.slug.as_str())
    );
    text
}

fn table(algorithm: &Algorithm, interface: &Interface) -> String {
    let sockets = |slugs: &std::collections::BTreeSet<domain::Slug>| -> Vec<Socket> {
        slugs
            .iter()
            .filter_map(|slug| algorithm.socket(slug).cloned())
            .collect()
    };
    let mut text = String::from("| | socket | kind | place |\n|---|---|---|---|\n");
    for (side, root, list) in [
        ("in", "/input", sockets(&interface.inputs)),
        ("out", "/output", sockets(&interface.outputs)),
    ] {
        for socket in list {
            let _ = writeln!(
                text,
                "| {side} | {} | {} | `{root}/{}` |",
                socket.title.replace('|', "\\|"),
                socket.kind.label(),
                socket.relative_path
            );
        }
    }
    text + "\n"
}
