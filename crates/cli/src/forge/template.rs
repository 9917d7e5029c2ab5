//! A template folder of grand-challenge-forge: inputs from its example inputs, outputs from its program or its README.

use camino::{Utf8Path, Utf8PathBuf};
use domain::SocketKind;
use serde::Deserialize;

use super::{DraftError, Drafted, WireInterface, WireSocket, assemble};

/// How forge names the container image, before the algorithm's slug.
const IMAGE: &str = "example-algorithm-";
/// What the README says before each output.
const README_OUTPUT: &str = "outputs, correctly, to `/output/";
/// What the program calls to write an output.
const WRITERS: [&str; 3] = [
    "write_array_as_image_file(",
    "write_json_file(",
    "write_file(",
];

/// Whether a folder looks like one.
pub(crate) fn is_template(folder: &Utf8Path) -> bool {
    folder.join("inference.py").is_file() && folder.join("test/input/interf0/inputs.json").is_file()
}

/// Name of its container image as `do_build.sh` tags it.
pub(crate) fn image_of(folder: &Utf8Path) -> String {
    let named = ["do_build.sh", "do_save.sh", "do_test_run.sh"]
        .iter()
        .filter_map(|script| fs_err::read_to_string(folder.join(script)).ok())
        .find_map(|text| {
            let (_, rest) = text.split_once(IMAGE)?;
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
            let slug = rest.get(..end.unwrap_or(rest.len()))?.trim_end_matches('-');
            (!slug.is_empty()).then(|| format!("{IMAGE}{slug}"))
        });
    named.unwrap_or_else(|| {
        let name = folder.canonicalize_utf8().ok();
        let name = name
            .as_deref()
            .and_then(Utf8Path::file_name)
            .unwrap_or("algorithm");
        format!("{IMAGE}{}", name.trim_end_matches("-template"))
    })
}

/// Its weights: the folder that `do_test_run.sh` shows to the container, or the tarball that `do_save.sh` makes of it.
pub(crate) fn model_of(folder: &Utf8Path) -> Option<String> {
    ["model", "model.tar.gz"]
        .into_iter()
        .find(|name| folder.join(name).exists())
        .map(str::to_owned)
}

/// Puts the algorithm together again.
pub(super) fn read(folder: &Utf8Path) -> Result<Drafted, DraftError> {
    let image = image_of(folder);
    let slug = image.strip_prefix(IMAGE).unwrap_or(&image).to_owned();
    let program = fs_err::read_to_string(folder.join("inference.py")).unwrap_or_default();
    let readme = fs_err::read_to_string(folder.join("README.md")).unwrap_or_default();
    let mut interfaces = Vec::new();
    while let Some(inputs) = inputs(folder, interfaces.len())? {
        let number = interfaces.len();
        let outputs = of_program(&program, number)
            .or_else(|| of_readme(&readme, number))
            .ok_or_else(|| DraftError::Outputs {
                folder: folder.to_owned(),
                number,
            })?;
        interfaces.push(WireInterface { inputs, outputs });
    }
    let mut drafted = assemble(&slug.replace('-', " "), &slug, &interfaces)?;
    drafted.algorithm.image = Some(image);
    drafted.algorithm.model = model_of(folder);
    drafted.notes.push(
        "a template does not say the kinds of its outputs; `gantry init --forge CONTEXT.json` takes them from the context"
            .to_owned(),
    );
    Ok(drafted)
}

/// The input sockets of an interface; `None` where there is no such interface.
fn inputs(folder: &Utf8Path, number: usize) -> Result<Option<Vec<WireSocket>>, DraftError> {
    #[derive(Deserialize)]
    struct Entry {
        interface: WireSocket,
    }
    let path: Utf8PathBuf = folder.join(format!("test/input/interf{number}/inputs.json"));
    if !path.is_file() {
        return Ok(None);
    }
    let text = fs_err::read(&path).map_err(|source| DraftError::Read {
        path: path.clone(),
        source,
    })?;
    let entries: Vec<Entry> = serde_json::from_slice(&text).map_err(|error| DraftError::Shape {
        path,
        problem: error.to_string(),
    })?;
    Ok(Some(
        entries.into_iter().map(|entry| entry.interface).collect(),
    ))
}

/// What the handler of an interface writes, by forge's own functions.
fn of_program(program: &str, number: usize) -> Option<Vec<WireSocket>> {
    let (_, handler) = program.split_once(&format!("\ndef interf{number}_handler("))?;
    let handler = handler.split("\ndef ").next().unwrap_or(handler);
    let mut outputs = Vec::new();
    let calls = WRITERS.iter().flat_map(|writer| {
        handler
            .match_indices(writer)
            .map(|(at, _)| (at, &handler[at + writer.len()..]))
    });
    let mut calls: Vec<(usize, &str)> = calls.collect();
    calls.sort_by_key(|(at, _)| *at);
    for (_, call) in calls {
        let (_, after) = call.split_once("OUTPUT_PATH / \"")?;
        let (path, after) = after.split_once('"')?;
        // `content=output_lesion_count`: the variable is the slug.
        let name = after
            .split_once("=output_")
            .or_else(|| after.split_once("= output_"))
            .map_or("", |(_, name)| name);
        let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let name = name.get(..end.unwrap_or(name.len()))?.replace('_', "-");
        outputs.push(output(path, Some(name).filter(|name| !name.is_empty())));
    }
    (!outputs.is_empty()).then_some(outputs)
}

/// What the README lists for an interface.
fn of_readme(readme: &str, number: usize) -> Option<Vec<WireSocket>> {
    let part = readme.split("or input/outputs as follows").nth(number)?;
    let outputs: Vec<WireSocket> = part
        .split(README_OUTPUT)
        .skip(1)
        .filter_map(|rest| Some(output(rest.split_once('`')?.0, None)))
        .collect();
    (!outputs.is_empty()).then_some(outputs)
}

/// An output of which only the place is known, and perhaps the slug.
fn output(path: &str, slug: Option<String>) -> WireSocket {
    let place = Utf8Path::new(path);
    let extension = place.extension().map(|extension| format!(".{extension}"));
    let file = SocketKind::ALL.iter().find(|kind| {
        !kind.is_json() && kind.extension().is_some() && kind.extension() == extension.as_deref()
    });
    let (kind, super_kind) = match (extension.as_deref(), file) {
        (None, _) => (SocketKind::Image, "Image"),
        (Some(_), Some(file)) => (*file, "File"),
        (Some(_), None) => (SocketKind::Anything, "Value"),
    };
    WireSocket {
        slug: slug.unwrap_or_else(|| place.file_stem().unwrap_or("output").to_lowercase()),
        kind: kind.label().to_owned(),
        super_kind: super_kind.to_owned(),
        relative_path: path.to_owned(),
        example_value: None,
        title: None,
        description: None,
        default_value: None,
        schema: None,
        overlay_segments: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_found_in_the_program() {
        let program = "\ndef interf0_handler():\n    x\n    write_array_as_image_file(\n        \
            location=OUTPUT_PATH / \"images/lesions\",\n        array=output_lesions,\n    )\n    \
            write_json_file(\n        location=OUTPUT_PATH / \"n.json\", content=output_lesion_count\n    )\n    \
            write_file(location=OUTPUT_PATH / \"t.csv\", content=output_lesion_table)\n\ndef interf1_handler():\n";
        let found: Vec<(String, String)> = of_program(program, 0)
            .unwrap()
            .into_iter()
            .map(|socket| (socket.slug, socket.kind))
            .collect();
        let pair = |slug: &str, kind: &str| (slug.to_owned(), kind.to_owned());
        assert_eq!(
            found,
            [
                pair("lesions", "Image"),
                pair("lesion-count", "Anything"),
                pair("lesion-table", "CSV file")
            ]
        );
        assert!(of_program(program, 1).is_none());
    }

    #[test]
    fn or_in_the_readme() {
        let readme = "- outputs, correctly, to `/output/images/a`\n\nor input/outputs as follows:\n\n\
            - outputs, correctly, to `/output/b.json`\n";
        assert_eq!(of_readme(readme, 0).unwrap()[0].slug, "a");
        assert_eq!(of_readme(readme, 1).unwrap()[0].relative_path, "b.json");
        assert!(of_readme(readme, 2).is_none());
    }
}
