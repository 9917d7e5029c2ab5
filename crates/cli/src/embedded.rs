//! A manifest that a container image carries, so that one archive is a whole algorithm.

use container::image::StoredImage;
use domain::{Algorithm, Manifest};

use crate::exit_status::ExitStatus;
use crate::problem::Problem;

/// A label with the text of the manifest.
const LABEL: &str = "org.gantry.manifest";
/// A file with it, where templates put their program.
const FOLDER: &str = "opt/app";
const FILE: &str = "algorithm.toml";
/// Of the manifest, and of a result template beside it.
const MAX_BYTES: u64 = 1 << 20;

/// The algorithm that the image declares itself to be; `None` when it declares none. What the manifest says about image
/// and model is dropped: the image is this one, and weights lie outside of it.
pub(crate) fn manifest(image: &StoredImage) -> Result<Option<Algorithm>, Problem> {
    let (text, place) = match image.config.labels.get(LABEL) {
        Some(text) => (text.clone(), format!("the label `{LABEL}` of the image")),
        None => match read(image, FILE)? {
            Some(text) => (text, format!("`/{FOLDER}/{FILE}` in the image")),
            None => return Ok(None),
        },
    };
    let refused = |problem: Problem| problem.context(format!("{place} is no usable manifest"));
    let Manifest {
        mut algorithm,
        result_template_file,
    } = Manifest::parse(&text)
        .map_err(|error| refused(Problem::from_error(ExitStatus::ImageRefused, error)))?;
    if let Some(file) = result_template_file {
        let template = read(image, &file)?.ok_or_else(|| {
            let message = format!(
                "it names the result template `{file}`, but the image has no `/{FOLDER}/{file}`"
            );
            refused(Problem::new(ExitStatus::ImageRefused, message))
        })?;
        algorithm.result_template = Some(template);
    }
    algorithm.image = None;
    algorithm.model = None;
    Ok(Some(algorithm))
}

/// A text in the program's folder.
fn read(image: &StoredImage, name: &str) -> Result<Option<String>, Problem> {
    let path = format!("{FOLDER}/{name}");
    let refused = |message: String| Problem::new(ExitStatus::ImageRefused, message);
    let bytes = image
        .read_file(&path, MAX_BYTES)
        .map_err(|error| Problem::from_error(ExitStatus::ImageRefused, error))?;
    bytes
        .map(|bytes| {
            String::from_utf8(bytes)
                .map_err(|_| refused(format!("`/{path}` in the image is not UTF-8")))
        })
        .transpose()
}
