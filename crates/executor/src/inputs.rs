//! Judging what is given before anything is started: every input, every problem.

mod folder;
mod image;
mod inputs_json;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use domain::{
    Algorithm, ChosenInterface, Failure, FailureReason, Interface, Problem, Slug, Socket,
};
use imaging::ImageSummary;
use serde_json::Value;

pub use folder::{CheckedFolder, check_folder};
pub use inputs_json::describe_input;
pub(crate) use value::{MAX_JSON_BYTES, check_file};

use crate::provision::{Content, InputFile};
use crate::request::{GivenInputs, RunRequest};
use crate::undeclared;

/// Inputs that may be given to a container.
#[derive(Debug)]
pub(crate) struct AcceptedInputs {
    /// The algorithm, with sockets inferred where none were declared.
    pub(crate) algorithm: Algorithm,
    /// What is laid out, or where it lies already.
    pub(crate) layout: Layout,
    /// The interface that the inputs fit; `None` when nothing is known about the algorithm.
    pub(crate) interface: Option<ChosenInterface>,
    /// Input images with the sockets they fill, to compare outputs with.
    pub(crate) images: Vec<(Slug, ImageSummary)>,
    /// What should be said about them.
    pub(crate) warnings: Vec<String>,
}

/// How the inputs get into the container.
#[derive(Debug)]
pub(crate) enum Layout {
    /// One by one, with the list `inputs.json`.
    Files(Vec<InputFile>),
    /// As a folder that looks like `/input` already.
    Folder(Utf8PathBuf),
}

/// One input that was read and is what its socket says.
#[derive(Debug)]
pub(crate) struct AcceptedInput {
    content: Content,
    /// Name of the file that was given, for `inputs.json`.
    name: Option<String>,
    image: Option<ImageSummary>,
    warnings: Vec<String>,
}

/// Judges the inputs; `scratch` is an empty folder for images that have to be rewritten.
pub(crate) fn accept(request: &RunRequest, scratch: &Utf8Path) -> Result<AcceptedInputs, Failure> {
    match &request.inputs {
        GivenInputs::Folder(path) => folder::accept(request, path),
        GivenInputs::Values(values) => accept_values(request, values, scratch),
    }
}

fn accept_values(
    request: &RunRequest,
    values: &[(String, String)],
    scratch: &Utf8Path,
) -> Result<AcceptedInputs, Failure> {
    let given = slugs_of(values)?;
    let mut algorithm = request.algorithm.clone();
    if !request.declared {
        undeclared::infer_inputs(&mut algorithm, &given);
    }
    let given: BTreeMap<Slug, String> = given.into_iter().collect();
    let (interface, defaults) = choose(&algorithm, &given)?;
    let mut inputs = BTreeMap::new();
    let mut problems = Vec::new();
    for slug in &interface.inputs {
        let socket = algorithm
            .socket(slug)
            .expect("interfaces name declared sockets only");
        let accepted = match (given.get(slug), &socket.default) {
            (Some(text), _) => value::accept(socket, text, scratch),
            (None, Some(default)) => Ok(AcceptedInput::json(default.clone())),
            (None, None) => Err(vec!["is missing".to_owned()]),
        };
        match accepted {
            Ok(input) => drop(inputs.insert(slug.clone(), input)),
            Err(messages) => {
                problems.extend(messages.into_iter().map(|message| problem(socket, message)))
            }
        }
    }
    if !problems.is_empty() {
        return Err(refusal(problems));
    }
    let chosen = chosen(&interface);
    Ok(accepted(request, algorithm, chosen, inputs, defaults))
}

fn accepted(
    request: &RunRequest,
    algorithm: Algorithm,
    interface: ChosenInterface,
    inputs: BTreeMap<Slug, AcceptedInput>,
    defaults: Vec<String>,
) -> AcceptedInputs {
    let mut warnings = defaults;
    let (mut files, mut images, mut list) = (Vec::new(), Vec::new(), Vec::new());
    for (slug, input) in inputs {
        let socket = algorithm
            .socket(&slug)
            .expect("interfaces name declared sockets only");
        let path = path_of(socket, &input.content);
        list.push(inputs_json::entry(socket, &input));
        warnings.extend(
            input
                .warnings
                .iter()
                .map(|warning| format!("input `{slug}`: {warning}")),
        );
        files.push(InputFile {
            path,
            content: input.content,
        });
        images.extend(input.image.map(|image| (slug, image)));
    }
    files.push(InputFile {
        path: "inputs.json".into(),
        content: Content::Json(Value::Array(list)),
    });
    let interface = request.declared.then_some(interface);
    AcceptedInputs {
        algorithm,
        layout: Layout::Files(files),
        interface,
        images,
        warnings,
    }
}

/// Where an input lies below `/input`: images under a name that tells nothing, as the contract's platform has it.
fn path_of(socket: &Socket, content: &Content) -> Utf8PathBuf {
    let place = Utf8Path::new(socket.relative_path.as_str());
    match content {
        Content::File(source) if socket.kind.is_image() => {
            let extension = source.extension().unwrap_or("mha").to_ascii_lowercase();
            let extension = if extension == "tiff" {
                "tif"
            } else {
                &extension
            };
            place.join(format!("{}.{extension}", uuid::Uuid::new_v4()))
        }
        Content::File(_) | Content::Json(_) => place.to_owned(),
    }
}

fn slugs_of(values: &[(String, String)]) -> Result<Vec<(Slug, String)>, Failure> {
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    let mut given = Vec::new();
    for (name, value) in values {
        match Slug::new(name.as_str()) {
            Ok(slug) if !seen.insert(slug.clone()) => {
                problems.push(unplaced(name, "is given twice".to_owned()))
            }
            Ok(slug) => given.push((slug, value.clone())),
            Err(error) => problems.push(unplaced(name, error.to_string())),
        }
    }
    if problems.is_empty() {
        Ok(given)
    } else {
        Err(refusal(problems))
    }
}

/// The interface that fits exactly, or the only one that fits once defaults are filled in, with a word on each default.
fn choose(
    algorithm: &Algorithm,
    given: &BTreeMap<Slug, String>,
) -> Result<(Interface, Vec<String>), Failure> {
    let names: BTreeSet<Slug> = given.keys().cloned().collect();
    let unfit = match algorithm.choose_interface(&names) {
        Ok(interface) => return Ok((interface.clone(), Vec::new())),
        Err(error) => error,
    };
    let has_default = |slug: &Slug| {
        algorithm
            .socket(slug)
            .is_some_and(|socket| socket.default.is_some())
    };
    let fits = |interface: &&Interface| {
        names.is_subset(&interface.inputs) && interface.inputs.difference(&names).all(has_default)
    };
    let mut candidates = algorithm.interfaces.iter().filter(fits);
    match (candidates.next(), candidates.next()) {
        (Some(interface), None) => {
            let word = |slug: &Slug| format!("input `{slug}` was not given; its default was used");
            Ok((
                interface.clone(),
                interface.inputs.difference(&names).map(word).collect(),
            ))
        }
        _ => Err(unknown_names(
            algorithm,
            &names,
            Failure::new(FailureReason::InputInvalid, unfit.to_string()),
        )),
    }
}

/// Adds a hint when a name that is given is nearly one that is declared.
fn unknown_names(algorithm: &Algorithm, names: &BTreeSet<Slug>, failure: Failure) -> Failure {
    let near = names
        .iter()
        .filter(|name| algorithm.socket(name).is_none())
        .find_map(|name| {
            let distance = |socket: &&Socket| edits(name.as_str(), socket.slug.as_str());
            let nearest = algorithm.sockets.iter().min_by_key(distance)?;
            (distance(&nearest) <= 3).then(|| {
                format!(
                    "there is no socket `{name}`; did you mean `{}`?",
                    nearest.slug
                )
            })
        });
    match near {
        Some(hint) => failure.with_hint(hint),
        None => failure
            .with_hint("give each input as `-i SLUG=VALUE`; `gantry validate` lists the sockets"),
    }
}

/// Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replace = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

fn chosen(interface: &Interface) -> ChosenInterface {
    let names = |slugs: &BTreeSet<Slug>| slugs.iter().map(Slug::to_string).collect();
    ChosenInterface {
        inputs: names(&interface.inputs),
        outputs: names(&interface.outputs),
    }
}

fn problem(socket: &Socket, message: String) -> Problem {
    Problem {
        code: FailureReason::InputInvalid,
        socket: Some(socket.slug.to_string()),
        path: Some(socket.relative_path.to_string()),
        message,
    }
}

fn unplaced(name: &str, message: String) -> Problem {
    Problem {
        code: FailureReason::InputInvalid,
        socket: Some(name.to_owned()),
        path: None,
        message,
    }
}

/// One failure for all problems; the first is its message.
fn refusal(problems: Vec<Problem>) -> Failure {
    let first = &problems[0];
    let name = first.socket.as_deref().unwrap_or("?");
    let more = if problems.len() > 1 {
        format!(" (and {} more)", problems.len() - 1)
    } else {
        String::new()
    };
    let message = format!("input `{name}` {}{more}", first.message);
    Failure {
        problems,
        ..Failure::new(FailureReason::InputInvalid, message)
    }
}

impl AcceptedInput {
    fn json(value: Value) -> Self {
        Self {
            content: Content::Json(value),
            name: None,
            image: None,
            warnings: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::edits;

    #[test]
    fn near_names_are_near() {
        assert_eq!(edits("ct-image", "ct-imge"), 1);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("same", "same"), 0);
    }
}
