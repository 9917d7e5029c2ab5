//! A folder that looks like `/input` already, as test tools of the contract's platform write it.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use domain::{Algorithm, ChosenInterface, Failure, FailureReason, Interface, Slug, Socket};
use imaging::{CheckLimits, ImageSummary};

use super::{AcceptedInputs, Layout, chosen, problem, refusal, unknown_names, value};
use crate::image_kind;
use crate::request::RunRequest;

/// An input folder that an algorithm takes.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedFolder {
    /// The interface that its inputs choose.
    pub interface: ChosenInterface,
    /// What should be said about them.
    pub warnings: Vec<String>,
}

/// Judges a folder laid out as `/input` as a run would, every image to its last voxel, without running anything.
///
/// # Errors
/// When its inputs fit no interface, or one of them is not what its socket says.
pub fn check_folder(algorithm: &Algorithm, folder: &Utf8Path) -> Result<CheckedFolder, Failure> {
    let accepted = judge_folder(algorithm.clone(), folder)?;
    Ok(CheckedFolder {
        interface: accepted
            .interface
            .expect("a declared algorithm has interfaces, and one was chosen"),
        warnings: accepted.warnings,
    })
}

/// Judges what lies at the places of the algorithm's sockets.
pub(super) fn accept(request: &RunRequest, folder: &Utf8Path) -> Result<AcceptedInputs, Failure> {
    if request.declared {
        return judge_folder(request.algorithm.clone(), folder);
    }
    unjudged(request.algorithm.clone(), folder)
}

/// The folder as it is.
fn unjudged(algorithm: Algorithm, folder: &Utf8Path) -> Result<AcceptedInputs, Failure> {
    if !folder.is_dir() {
        let message =
            format!("the input folder `{folder}` is no folder, expected one laid out as `/input`");
        return Err(Failure::new(FailureReason::InputInvalid, message));
    }
    Ok(AcceptedInputs {
        algorithm,
        layout: Layout::Folder(folder.to_owned()),
        interface: None,
        images: Vec::new(),
        warnings: Vec::new(),
    })
}

fn judge_folder(algorithm: Algorithm, folder: &Utf8Path) -> Result<AcceptedInputs, Failure> {
    let mut accepted = unjudged(algorithm, folder)?;
    let inputs: BTreeSet<&Slug> = accepted
        .algorithm
        .interfaces
        .iter()
        .flat_map(|interface| &interface.inputs)
        .collect();
    let there = |slug: &&Slug| {
        accepted
            .algorithm
            .socket(slug)
            .is_some_and(|socket| place(folder, socket).exists())
    };
    let found: BTreeSet<Slug> = inputs.into_iter().filter(there).cloned().collect();
    let interface = accepted
        .algorithm
        .choose_interface(&found)
        .map_err(|error| {
            let failure = Failure::new(
                FailureReason::InputInvalid,
                format!("in `{folder}`: {error}"),
            );
            unknown_names(&accepted.algorithm, &found, failure)
        })?;
    let interface = interface.clone();
    judge(&interface, folder, &mut accepted)?;
    accepted.interface = Some(chosen(&interface));
    if !folder.join("inputs.json").exists() {
        accepted.warnings.push(format!(
            "`{folder}` holds no `inputs.json`, from which programs with several interfaces learn what they were given"
        ));
    }
    Ok(accepted)
}

/// Judges each input; what is found out goes to `accepted`.
fn judge(
    interface: &Interface,
    folder: &Utf8Path,
    accepted: &mut AcceptedInputs,
) -> Result<(), Failure> {
    let mut problems = Vec::new();
    for slug in &interface.inputs {
        let socket = accepted
            .algorithm
            .socket(slug)
            .expect("interfaces name declared sockets only");
        match check(socket, &place(folder, socket)) {
            Ok(None) => {}
            Ok(Some(image)) => {
                let words = image.warnings.iter();
                accepted
                    .warnings
                    .extend(words.map(|warning| format!("input `{slug}`: {warning}")));
                accepted.images.push((slug.clone(), image));
            }
            Err(messages) => {
                problems.extend(messages.into_iter().map(|message| problem(socket, message)))
            }
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(refusal(problems))
    }
}

fn place(folder: &Utf8Path, socket: &Socket) -> Utf8PathBuf {
    folder.join(socket.relative_path.as_str())
}

fn check(socket: &Socket, path: &Utf8Path) -> Result<Option<ImageSummary>, Vec<String>> {
    if socket.kind.is_image() {
        let image = only_image(path)?;
        image_kind::check(socket, &image)?;
        return Ok(Some(image));
    }
    if !path.is_file() {
        // Least of all a FIFO, at which we would wait for ever.
        return Err(vec![format!("is `{path}`, which is no regular file")]);
    }
    if socket.kind.is_json() {
        let parsed = value::read_json(path)?;
        socket
            .check_json(&parsed.value)
            .map_err(|violation| violation.complaints)?;
    } else {
        value::check_file(socket.kind, path)?;
    }
    Ok(None)
}

fn only_image(folder: &Utf8Path) -> Result<ImageSummary, Vec<String>> {
    let entries = folder
        .read_dir_utf8()
        .map_err(|error| vec![format!("cannot be read: {error}")])?;
    let is_image = |path: &Utf8PathBuf| {
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        matches!(extension.as_str(), "mha" | "mhd" | "tif" | "tiff")
    };
    let images: Vec<Utf8PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(is_image)
        .collect();
    match images.as_slice() {
        [image] => {
            imaging::check(image, &CheckLimits::default()).map_err(|error| vec![error.to_string()])
        }
        others => Err(vec![format!(
            "holds {} images in `{folder}`, expected exactly one `.mha` or `.tif`",
            others.len()
        )]),
    }
}
