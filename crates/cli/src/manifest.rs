//! Reads an algorithm's manifest and the files it names.

use camino::{Utf8Path, Utf8PathBuf};
use domain::{Algorithm, Manifest};

use crate::exit_status::ExitStatus;
use crate::forge;
use crate::locate::{self, MANIFEST};
use crate::problem::Problem;

/// An algorithm with the folder that paths in its manifest start from.
#[derive(Debug)]
pub(crate) struct Declared {
    /// What the manifest declares; a result template in a file of its own is read in.
    pub(crate) algorithm: Algorithm,
    /// The manifest's folder.
    pub(crate) folder: Utf8PathBuf,
}

impl Declared {
    /// The weights of `/opt/ml/model`.
    pub(crate) fn model(&self) -> Option<Utf8PathBuf> {
        let model = self.algorithm.model.as_ref();
        model.map(|model| self.folder.join(model))
    }
}

/// The algorithm of a folder or a manifest; a template of grand-challenge-forge needs no manifest.
pub(crate) fn of(path: &Utf8Path) -> Result<Declared, Problem> {
    if path.is_dir() && !path.join(MANIFEST).is_file() && forge::is_template(path) {
        return of_template(path);
    }
    read(&locate::manifest(path)?)
}

/// The algorithm of a template of grand-challenge-forge.
pub(crate) fn of_template(folder: &Utf8Path) -> Result<Declared, Problem> {
    let drafted = forge::read(folder).map_err(|error| {
        Problem::from_error(ExitStatus::ImageRefused, error).hint(format!(
            "`gantry init --forge CONTEXT.json {folder}` writes a manifest from the context"
        ))
    })?;
    Ok(Declared {
        algorithm: drafted.algorithm,
        folder: folder.to_owned(),
    })
}

/// Larger manifests are a mistake (somebody named an image), not something to read into memory.
const MAX_BYTES: u64 = 4 << 20;

/// Reads and judges the manifest at this path.
pub(crate) fn read(manifest: &Utf8Path) -> Result<Declared, Problem> {
    let text = read_text(manifest, "manifest")?;
    let folder = match manifest.parent() {
        Some(parent) if parent != "" => parent.to_owned(),
        Some(_) | None => Utf8PathBuf::from("."),
    };
    parse(&text, manifest, folder)
}

/// Judges the text of the manifest of this name; files that it names lie in `folder`.
pub(crate) fn parse(
    text: &str,
    manifest: &Utf8Path,
    folder: Utf8PathBuf,
) -> Result<Declared, Problem> {
    let Manifest {
        mut algorithm,
        result_template_file,
    } = Manifest::parse(text).map_err(|error| {
        Problem::from_error(ExitStatus::ImageRefused, error)
            .context(format!("the manifest `{manifest}` is refused"))
            .hint("`gantry schema` prints what a manifest may say")
    })?;
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
