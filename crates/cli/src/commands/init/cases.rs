//! One example case per interface: inputs that its sockets take, laid out as the container sees `/input`.

use domain::{Interface, Socket, SuperKind, Tolerance, example};
use serde_json::Value;

use super::write::NewFile;
use super::{case_folder, example_image};
use crate::forge::Drafted;
use crate::problem::Problem;

/// The files of all cases. A socket for which nothing can be made up is noted.
pub(super) fn files(drafted: &mut Drafted) -> Result<Vec<NewFile>, Problem> {
    let mut files = Vec::new();
    for (number, interface) in drafted.algorithm.interfaces.clone().iter().enumerate() {
        let folder = case_folder(number);
        files.push(NewFile::text(
            format!("{folder}/case.toml"),
            case_toml(drafted, interface),
        ));
        let mut list = Vec::new();
        for slug in &interface.inputs {
            let Some(socket) = drafted.algorithm.socket(slug).cloned() else {
                continue;
            };
            let place = format!("{folder}/input/{}", socket.relative_path);
            let value = if socket.kind.is_json() {
                let value = json(drafted, &socket);
                if value.is_none() {
                    let note = format!(
                        "no value could be made up that `{slug}` takes: write one to `{place}`"
                    );
                    drafted.notes.push(note);
                }
                value
            } else {
                None
            };
            match (&value, socket.super_kind()) {
                (Some(value), _) => files.push(NewFile::text(&place, pretty(value))),
                (None, SuperKind::Image) => files.push(NewFile {
                    path: format!("{place}/example.mha").into(),
                    content: example_image::mha(&socket)?,
                }),
                (None, SuperKind::File | SuperKind::Value) => {
                    files.extend(example::file(socket.kind).map(|bytes| NewFile {
                        path: place.into(),
                        content: bytes.to_vec(),
                    }));
                }
            }
            list.push(executor::describe_input(
                &socket,
                value.as_ref(),
                "example.mha",
            ));
        }
        let list = pretty(&Value::Array(list));
        files.push(NewFile::text(format!("{folder}/input/inputs.json"), list));
    }
    Ok(files)
}

/// A value that the socket takes: its author's example, else the smallest of its kind.
fn json(drafted: &Drafted, socket: &Socket) -> Option<Value> {
    let given = drafted.examples.get(&socket.slug).cloned();
    given
        .filter(|value| socket.check_json(value).is_ok())
        .or_else(|| example::example(socket))
}

fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).expect("a JSON value can be written");
    text + "\n"
}

/// Tolerances that fit the kinds of the outputs, to begin with.
fn case_toml(drafted: &Drafted, interface: &Interface) -> String {
    let mut text = String::from(
        "# What this case expects; without this file it has to succeed, with outputs exactly as recorded.\n\
        description = \"a small made-up example\"\n\
        # failure = \"memory_limit\"\n# bounds = { time = \"30s\", memory = \"2GB\" }\n",
    );
    for slug in &interface.outputs {
        let Some(socket) = drafted.algorithm.socket(slug) else {
            continue;
        };
        let line = match suggested(socket) {
            Tolerance::Dice { at_least, .. } => {
                format!("compare = \"dice\"\nat_least = {at_least}")
            }
            Tolerance::Number { relative, .. } => {
                format!("compare = \"number\"\nrelative = {relative}")
            }
            Tolerance::Voxels { .. } => "compare = \"voxels\"\ndifference = 0.001".to_owned(),
            Tolerance::Exact | Tolerance::Geometry | Tolerance::Ignore => {
                "compare = \"exact\"".to_owned()
            }
        };
        text += &format!("\n[outputs.{slug}]\n{line}\n");
    }
    text
}

fn suggested(socket: &Socket) -> Tolerance {
    use domain::SocketKind as K;
    if socket.kind == K::Segmentation {
        return Tolerance::Dice {
            at_least: 0.99,
            geometry: true,
        };
    }
    if socket.kind.is_image() {
        return Tolerance::Voxels {
            difference: 0.001,
            share: 0.0,
            geometry: true,
        };
    }
    if socket.kind.is_json()
        && !matches!(
            socket.kind,
            K::String | K::Bool | K::Integer | K::Choice | K::MultipleChoice
        )
    {
        return Tolerance::Number {
            absolute: 0.0,
            relative: 1e-6,
        };
    }
    Tolerance::Exact
}
