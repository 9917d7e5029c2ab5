//! The demo algorithm: separates bright tissue from background with Otsu's threshold and measures its parts.
//!
//! It reads and writes what the manifest `algorithm.toml` declares, the way algorithm images for grand-challenge.org do:
//! inputs from `/input`, outputs to `/output`, progress on stdout, exit code 1 and a message on stderr when the input
//! cannot be used.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the log of an algorithm is its stdout and stderr"
)]

mod components;
mod input;
mod output;
mod threshold;
mod tissue;

use std::error::Error;
use std::process::ExitCode;

use camino::Utf8Path;

use input::Input;
use tissue::Tissue;

fn main() -> ExitCode {
    match run(Utf8Path::new("/input"), Utf8Path::new("/output")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Everything from the folder of inputs to the folder of outputs.
fn run(input: &Utf8Path, output: &Utf8Path) -> Result<(), Box<dyn Error>> {
    let input = Input::read(input)?;
    println!(
        "{}: {:?} voxels of {:?} mm, components from {} ml on",
        input.image_name,
        input.volume.geometry.size,
        input.volume.geometry.spacing,
        input.minimum_volume_ml
    );
    let threshold = threshold::otsu(&input.volume.samples)?;
    println!("threshold: {threshold:.2}");
    let tissue = Tissue::above(threshold, &input.volume, input.minimum_volume_ml);
    println!(
        "components: {} kept, {} too small, {:.1} ml of tissue",
        tissue.components.len(),
        tissue.dropped,
        tissue.volume_ml()
    );
    output::write(output, &input, &tissue)?;
    println!("done");
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const HEAD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/head-mr.mha");

    /// The outputs for the head of the fixtures, with `inputs.json` and the minimum where they are given.
    fn run_on_head(minimum: Option<f64>, inputs: Option<Value>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let input = root.join("input");
        fs_err::create_dir_all(input.join("images/mri")).unwrap();
        fs_err::create_dir_all(root.join("output")).unwrap();
        fs_err::copy(HEAD, input.join("images/mri/head.mha")).unwrap();
        if let Some(minimum) = minimum {
            fs_err::write(input.join("minimum-volume.json"), minimum.to_string()).unwrap();
        }
        if let Some(inputs) = inputs {
            fs_err::write(input.join("inputs.json"), inputs.to_string()).unwrap();
        }
        run(&input, &root.join("output")).unwrap();
        folder
    }

    fn json_output(folder: &tempfile::TempDir, name: &str) -> Value {
        let path = folder.path().join("output").join(name);
        serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap()
    }

    #[test]
    fn finds_in_a_real_head_what_simpleitk_finds() {
        let folder = run_on_head(None, None);
        let points = json_output(&folder, "component-centres.json");
        assert_eq!(points["points"].as_array().unwrap().len(), 3);
        let path = folder.path().join("output/images/tissue/head.mha");
        let written = imaging::metaimage::read(Utf8Path::from_path(&path).unwrap()).unwrap();
        let head = imaging::metaimage::read(HEAD).unwrap();
        assert_eq!(written.geometry, head.geometry);
        let imaging::Samples::Uint8(labels) = written.samples else {
            panic!("a segmentation is of unsigned bytes");
        };
        let count = |label: u8| labels.iter().filter(|value| **value == label).count();
        // SimpleITK 2.5.7: OtsuThreshold(head, 0, 1, 256), then ConnectedComponent(.., fullyConnected = True).
        assert_eq!((count(1), count(2)), (99_758, 34));
    }

    #[test]
    fn the_outputs_are_what_the_manifest_declares() {
        let manifest = domain::Manifest::parse(include_str!("../algorithm.toml")).unwrap();
        let folder = run_on_head(None, None);
        for interface in &manifest.algorithm.interfaces {
            for slug in &interface.outputs {
                let socket = manifest.algorithm.socket(slug).unwrap();
                let path = socket.relative_path.as_str();
                if socket.kind.is_image() {
                    assert!(folder.path().join("output").join(path).is_dir());
                    socket.check_segments(&[0, 1, 2]).unwrap();
                } else {
                    socket.check_json(&json_output(&folder, path)).unwrap();
                }
            }
        }
    }

    #[test]
    fn the_minimum_is_taken_from_its_socket() {
        let inputs = json!([
            {"socket": {"slug": "mri", "relative_path": "images/mri"}},
            {"socket": {"slug": "minimum-volume", "relative_path": "minimum-volume.json"}, "value": 1.0},
        ]);
        let folder = run_on_head(Some(1.0), Some(inputs));
        let results = json_output(&folder, "results.json");
        assert_eq!(results["components"].as_array().unwrap().len(), 1);
        assert_eq!(results["dropped_components"], 11);
        assert_eq!(results["minimum_volume_ml"], 1.0);
    }
}
