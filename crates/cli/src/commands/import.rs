//! `gantry import`: takes what `gantry export` packed, after every digest was checked.

use camino::{Utf8Path, Utf8PathBuf};

use crate::arguments::ImportPackageArguments;
use crate::commands::print;
use crate::exit_status::ExitStatus;
use crate::home::Home;
use crate::images::Images;
use crate::locate::MANIFEST;
use crate::package::{UnpackError, unpack};
use crate::problem::Problem;
use crate::terminal::{self, GOOD};
use crate::{declared_image, manifest};

/// Does it. The folder appears when everything in it is good; until then it has another name beside it.
pub(crate) fn import(
    arguments: &ImportPackageArguments,
    home: Option<Utf8PathBuf>,
) -> Result<ExitStatus, Problem> {
    let home = Home::choose(home)?;
    let asked = arguments.folder.as_deref();
    if let Some(folder) = asked {
        refuse_existing(folder)?;
    }
    let beside = asked
        .and_then(Utf8Path::parent)
        .filter(|parent| *parent != "")
        .unwrap_or(Utf8Path::new("."));
    fs_err::create_dir_all(beside).map_err(Problem::internal)?;
    let staging = tempfile::Builder::new()
        .prefix(".gantry-import-")
        .tempdir_in(beside)
        .map_err(Problem::internal)?;
    let staged = Utf8PathBuf::from_path_buf(staging.path().join("algorithm"))
        .expect("made below a UTF-8 path with a plain name");
    fs_err::create_dir(&staged).map_err(Problem::internal)?;
    let digest = unpack(&arguments.file, &staged).map_err(|error| {
        let status = match &error {
            UnpackError::Write { .. } => ExitStatus::Internal,
            UnpackError::NotAPackage { .. }
            | UnpackError::Damaged { .. }
            | UnpackError::Digest { .. }
            | UnpackError::Unlisted { .. }
            | UnpackError::Missing { .. } => ExitStatus::ImageRefused,
        };
        Problem::from_error(status, error)
            .context(format!("nothing of `{}` was imported", arguments.file))
    })?;
    let declared = manifest::read(&staged.join(MANIFEST))?;
    let mut images = Images::open(&home)?;
    images.allow_root = arguments.allow_root;
    let image = declared_image::find(&declared, &images)?;
    let folder = asked.map_or_else(
        || Utf8PathBuf::from(declared.algorithm.slug.as_str()),
        Utf8Path::to_owned,
    );
    refuse_existing(&folder)?;
    fs_err::rename(&staged, &folder).map_err(Problem::internal)?;
    // The archive has another path now; noting it again saves reading it once more.
    images.of_archive(&folder.join(declared.algorithm.image.as_deref().unwrap_or_default()))?;
    terminal::note(&format!(
        "{GOOD}imported{GOOD:#} {} to `{folder}` (image {}); `gantry test {folder}` runs its cases",
        declared.algorithm.slug,
        crate::images::short_digest(&image.digest)
    ));
    print(&format!("{digest}\n"))?;
    Ok(ExitStatus::Succeeded)
}

fn refuse_existing(folder: &Utf8Path) -> Result<(), Problem> {
    if folder.symlink_metadata().is_err() {
        return Ok(());
    }
    let message = format!("`{folder}` is there already, expected a folder that is not");
    Err(Problem::new(ExitStatus::Usage, message).hint("name another: `gantry import FILE FOLDER`"))
}
