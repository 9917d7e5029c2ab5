//! Weights beside the image: a folder, or a tarball that is unpacked for the run, seen at `/opt/ml/model`.

use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};
use container::sandbox::BindMount;
use domain::{Failure, FailureReason};

use super::WorkFolder;
use crate::provision;

const TARGET: &str = "/opt/ml/model";

/// The bind for the weights, or for an empty folder where there are none: programs look there in any case.
pub(super) fn bind(model: Option<&Utf8Path>, work: &WorkFolder) -> Result<Vec<BindMount>, Failure> {
    let folder = work.path().join("model");
    let source = match model {
        Some(path) if path.is_dir() => path.to_owned(),
        Some(path) => {
            unpack(path, &folder).map_err(|error| unusable(path, &error))?;
            folder
        }
        None => {
            fs_err::create_dir(&folder)
                .map_err(|error| super::internal("make the model folder", &error))?;
            folder
        }
    };
    let mut binds = provision::bind_folder(&source)
        .map_err(|error| super::internal("bind the model", &error))?;
    binds
        .iter_mut()
        .for_each(|bind| TARGET.clone_into(&mut bind.target));
    Ok(binds)
}

fn unusable(path: &Utf8Path, error: &io::Error) -> Failure {
    let message = format!("the model `{path}` cannot be used: {error}");
    Failure::new(FailureReason::ImageUnusable, message)
        .with_hint("make it with `tar -czf model.tar.gz -C model .`")
}

/// Unpacks a tarball, gzip or plain; entries that lead out of the folder, devices and links out are left out by `tar`.
fn unpack(path: &Utf8Path, folder: &Utf8PathBuf) -> io::Result<()> {
    let mut file = fs_err::File::open(path)?;
    let mut magic = [0; 2];
    let count = file.read(&mut magic)?;
    io::Seek::rewind(&mut file)?;
    fs_err::create_dir(folder)?;
    let gzip = count == 2 && magic == [0x1f, 0x8b];
    let reader: Box<dyn Read> = if gzip {
        Box::new(flate2::read::MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut archive = tar::Archive::new(reader);
    archive.set_preserve_permissions(false);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if !(kind.is_file() || kind.is_dir() || kind.is_symlink() || kind.is_hard_link()) {
            return Err(io::Error::other(format!(
                "it holds `{}`, which is neither file, folder nor link",
                entry.path()?.display()
            )));
        }
        if !entry.unpack_in(folder)? {
            return Err(io::Error::other(format!(
                "it holds `{}`, which leads out of the folder",
                entry.path()?.display()
            )));
        }
    }
    Ok(())
}
