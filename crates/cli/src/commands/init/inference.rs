//! `inference.py`: a program that reads what it is given, chooses the interface, and writes something valid to every output.

mod literal;

use std::collections::BTreeMap;
use std::fmt::Write;

use domain::{Algorithm, Interface, Slug, Socket, SocketKind, SuperKind, example};
use serde_json::Value;

use super::has_images;
use literal::{bytes, docstring, text, value};

const HEAD: &str = include_str!("python/head.py");
const READ_WRITE: &str = include_str!("python/read_write.py");
const IMAGES: &str = include_str!("python/images.py");
const MASK: &str = include_str!("python/mask.py");

/// The program, and what it could not be made to do.
pub(super) struct Program {
    /// All of `inference.py`.
    pub(super) text: String,
    /// Outputs that are no valid ones yet.
    pub(super) notes: Vec<String>,
}

/// Writes the program.
pub(super) fn program(algorithm: &Algorithm, examples: &BTreeMap<Slug, Value>) -> Program {
    let mut notes = Vec::new();
    let images = has_images(algorithm);
    let mut handlers = String::new();
    let mut table = String::from("# Which function takes which set of inputs.\nINTERFACES = {\n");
    for (number, interface) in algorithm.interfaces.iter().enumerate() {
        let name = format!("interface_{}", number + 1);
        let slugs: Vec<String> = interface
            .inputs
            .iter()
            .map(|slug| text(slug.as_str()))
            .collect();
        let _ = writeln!(table, "    ({},): {name},", slugs.join(", "));
        handlers += &handler(algorithm, interface, &name, examples, &mut notes);
        handlers += "\n\n";
    }
    table += "}\n\nif __name__ == \"__main__\":\n    main()\n";
    let title = docstring(&algorithm.title);
    let mut parts = format!(
        "\"\"\"{title}\n\nReads what is laid out in /input and writes what is expected in /output.\n\"\"\"\n\n{HEAD}"
    );
    if images {
        parts += "\nimport SimpleITK\n";
    }
    let _ = write!(parts, "\n{READ_WRITE}\n\n{handlers}");
    if images {
        let _ = write!(parts, "{IMAGES}\n\n");
    }
    if handlers.contains("brighter_than_mean(") {
        let _ = write!(parts, "{MASK}\n\n");
    }
    Program {
        text: parts + &table,
        notes,
    }
}

/// The function of one interface.
fn handler(
    algorithm: &Algorithm,
    interface: &Interface,
    name: &str,
    examples: &BTreeMap<Slug, Value>,
    notes: &mut Vec<String>,
) -> String {
    let sockets = |slugs: &std::collections::BTreeSet<Slug>| -> Vec<Socket> {
        slugs
            .iter()
            .filter_map(|slug| algorithm.socket(slug).cloned())
            .collect()
    };
    let (inputs, outputs) = (sockets(&interface.inputs), sockets(&interface.outputs));
    let list = |sockets: &[Socket]| {
        let slugs: Vec<&str> = sockets.iter().map(|socket| socket.slug.as_str()).collect();
        slugs.join(", ")
    };
    let mut code = format!(
        "def {name}():\n    \"\"\"{} -> {}\"\"\"\n",
        list(&inputs),
        list(&outputs)
    );
    for socket in &inputs {
        let reader = match socket.super_kind() {
            SuperKind::Image => "read_image",
            SuperKind::Value | SuperKind::File if socket.kind.is_json() => "read_json",
            SuperKind::Value | SuperKind::File => "read_bytes",
        };
        let _ = writeln!(
            code,
            "    {} = {reader}({})",
            variable("input", socket),
            text(socket.relative_path.as_str())
        );
    }
    code += "\n    # Your algorithm stands here; what follows is only valid, not right.\n";
    let base = inputs
        .iter()
        .find(|socket| socket.kind.is_image() && socket.kind != SocketKind::DisplacementField)
        .map(|socket| variable("input", socket));
    for socket in &outputs {
        let made = output(socket, base.as_deref(), examples.get(&socket.slug));
        notes.extend(made.1);
        code += &made.0;
    }
    code += "\n";
    for socket in &outputs {
        let path = text(socket.relative_path.as_str());
        let name = variable("output", socket);
        let _ = match (socket.super_kind(), &base) {
            (SuperKind::Image, Some(base)) if socket.kind != SocketKind::DisplacementField => {
                writeln!(code, "    write_image({path}, {name}, like={base})")
            }
            (SuperKind::Image, _) => writeln!(code, "    write_image({path}, {name})"),
            (SuperKind::Value | SuperKind::File, _) if socket.kind.is_json() => {
                writeln!(code, "    write_json({path}, {name})")
            }
            (SuperKind::Value | SuperKind::File, _) => {
                writeln!(code, "    write_bytes({path}, {name})")
            }
        };
    }
    code
}

/// Something that the output takes, as a line of code, and a note where nothing is known.
fn output(socket: &Socket, base: Option<&str>, given: Option<&Value>) -> (String, Option<String>) {
    let name = variable("output", socket);
    let line = |made: &str| format!("    {name} = {made}\n");
    if socket.kind.is_image() {
        return (line(&image(socket.kind, base)), None);
    }
    if !socket.kind.is_json() {
        let content = example::file(socket.kind).unwrap_or_default();
        return (line(&bytes(content)), None);
    }
    let fits = |value: &&Value| socket.check_json(value).is_ok();
    let known = given
        .filter(fits)
        .cloned()
        .or_else(|| example::example(socket));
    match known {
        Some(known) => (line(&value(&known)), None),
        None => (
            format!("    {name} = None  # what its schema asks for\n"),
            Some(format!(
                "no value could be made up that `{}` takes: `inference.py` writes null",
                socket.slug
            )),
        ),
    }
}

fn image(kind: SocketKind, base: Option<&str>) -> String {
    match (kind, base) {
        (SocketKind::DisplacementField, _) => {
            "SimpleITK.JoinSeries([SimpleITK.Image([8, 8, 4], SimpleITK.sitkFloat32)] * 3)"
                .to_owned()
        }
        (SocketKind::Segmentation, Some(base)) => format!("brighter_than_mean({base})"),
        (_, Some(base)) => format!("SimpleITK.Image({base})"),
        (_, None) => "SimpleITK.Image([16, 16, 8], SimpleITK.sitkUInt8)".to_owned(),
    }
}

/// `input_ct_image`: no keyword, no function of the program.
fn variable(side: &str, socket: &Socket) -> String {
    format!("{side}_{}", socket.slug.as_str().replace('-', "_"))
}
