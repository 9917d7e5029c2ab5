//! Reads an algorithm's manifest and the files it names.

use camino::{Utf8Path, Utf8PathBuf};
use domain::{Algorithm, Manifest};

use crate::exit_status::ExitStatus;
use crate::problem::Problem;

/// An algorithm with the folder that paths in its manifest start from.
#[derive(Debug)]
pub(crate) struct Declared {
    /// What the manifest declares; a result template in a file of its own is read in.
    pub(crate) algorithm: Algorithm,
    /// The manifest's folder.
    pub(crate) folder: Utf8PathBuf,
}

/// Larger manifests are a mistake (somebody named an image), not something to read into memory.
const MAX_BYTES: u64 = 4 << 20;

/// Reads and judges the manifest at this path.
pub(crate) fn read(manifest: &Utf8Path) -> Result<Declared, Problem> {
    let text = read_text(manifest, "manifest")?;
    let Manifest {
        mut algorithm,
        result_template_file,
    } = Manifest::parse(&text).map_err(|error| {
        Problem::from_error(ExitStatus::ImageRefused, error)
            .context(format!("the manifest `{manifest}` is refused"))
            .hint("`gantry schema` prints what a manifest may say")
    })?;
    let folder = match manifest.parent() {
        Some(parent) if parent != "" => parent.to_owned(),
        Some(_) | None => Utf8PathBuf::from("."),
    };
    if let Some(file) = result_template_file {
        algorithm.result_template = Some(read_text(&folder.join(file), "result template")?);
    }
    Ok(Declared { algorithm, folder })
}

fn read_text(path: &Utf8Path, what: &str) -> Result<String, Problem> {
    let refused = |error: std::io::Error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            return Problem::new(
                ExitStatus::ImageRefused,
                format!("there is no {what} `{path}`"),
            );
        }
        Problem::from_error(ExitStatus::ImageRefused, error)
            .context(format!("failed to read the {what} `{path}`"))
    };
    let bytes = fs_err::metadata(path).map_err(refused)?.len();
    if bytes > MAX_BYTES {
        return Err(Problem::new(
            ExitStatus::ImageRefused,
            format!("the {what} `{path}` has {bytes} bytes, expected at most {MAX_BYTES}"),
        ));
    }
    fs_err::read_to_string(path).map_err(refused)
}
