//! Laying out `/input`: JSON is written, everything large is bound where it is and never copied.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use camino::{Utf8Path, Utf8PathBuf};
use container::sandbox::BindMount;
use serde_json::Value;

/// What fills one socket, on its way to the container.
#[derive(Debug, Clone)]
pub(crate) struct InputFile {
    /// Below `/input`.
    pub(crate) path: Utf8PathBuf,
    /// What will be there.
    pub(crate) content: Content,
}

/// The bytes of an input.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// To be written.
    Json(Value),
    /// A file of the host, to be bound.
    File(Utf8PathBuf),
}

/// `/input` could not be laid out.
#[derive(Debug, thiserror::Error)]
#[error("failed to lay out `/input/{path}`")]
pub(crate) struct ProvisionError {
    path: Utf8PathBuf,
    source: io::Error,
}

/// Lays out `/input` in the empty folder `folder`; the binds are to be made in this order.
pub(crate) fn lay_out(
    files: &[InputFile],
    folder: &Utf8Path,
) -> Result<Vec<BindMount>, ProvisionError> {
    let mut binds = vec![bind(folder, "/input".into(), None)];
    for file in files {
        let failed = |source| ProvisionError {
            path: file.path.clone(),
            source,
        };
        binds.extend(lay_out_one(file, folder).map_err(failed)?);
    }
    Ok(binds)
}

fn lay_out_one(file: &InputFile, folder: &Utf8Path) -> io::Result<Option<BindMount>> {
    let target = folder.join(&file.path);
    fs_err::create_dir_all(
        target
            .parent()
            .expect("a relative path below a folder has a parent"),
    )?;
    match &file.content {
        Content::Json(value) => {
            let text = serde_json::to_vec(value).expect("a JSON value can be written");
            fs_err::write(&target, text)?;
            Ok(None)
        }
        Content::File(source) => {
            // A place to bind to: the folder is read-only by the time the bind is made.
            fs_err::File::create(&target)?;
            let source = source.canonicalize_utf8()?;
            let owner = private_owner(&source)?;
            Ok(Some(bind(
                &source,
                Utf8Path::new("/input").join(&file.path).into_string(),
                owner,
            )))
        }
    }
}

/// Binds a folder that is laid out as `/input` already.
pub(crate) fn bind_folder(folder: &Utf8Path) -> Result<Vec<BindMount>, ProvisionError> {
    let failed = |source| ProvisionError {
        path: Utf8PathBuf::new(),
        source,
    };
    let folder = folder.canonicalize_utf8().map_err(failed)?;
    let owner = if all_readable(&folder).map_err(failed)? {
        None
    } else {
        Some(owner(&folder).map_err(failed)?)
    };
    Ok(vec![bind(&folder, "/input".into(), owner)])
}

fn bind(source: &Utf8Path, target: String, owner: Option<(u32, u32)>) -> BindMount {
    BindMount {
        source: source.to_owned(),
        target,
        owner,
        executable: false,
    }
}

/// Whose file it is, if others may not read it.
fn private_owner(path: &Utf8Path) -> io::Result<Option<(u32, u32)>> {
    let metadata = fs_err::metadata(path)?;
    Ok((!readable(&metadata)).then(|| (metadata.uid(), metadata.gid())))
}

fn owner(path: &Utf8Path) -> io::Result<(u32, u32)> {
    let metadata = fs_err::metadata(path)?;
    Ok((metadata.uid(), metadata.gid()))
}

fn readable(metadata: &std::fs::Metadata) -> bool {
    let others = metadata.permissions().mode() & 0o005;
    if metadata.is_dir() {
        others == 0o005
    } else {
        others & 0o004 != 0
    }
}

/// Whether others may read everything in a folder.
fn all_readable(folder: &Utf8Path) -> io::Result<bool> {
    if !readable(&fs_err::metadata(folder)?) {
        return Ok(false);
    }
    for entry in folder.read_dir_utf8()? {
        let entry = entry?;
        let metadata = fs_err::symlink_metadata(entry.path())?;
        let fine = match metadata.is_dir() {
            true => all_readable(entry.path())?,
            false => metadata.is_symlink() || readable(&metadata),
        };
        if !fine {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn writes_json_and_binds_files() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let scan = folder.join("scan.mha");
        fs_err::write(&scan, b"x").unwrap();
        fs_err::set_permissions(&scan, std::fs::Permissions::from_mode(0o600)).unwrap();
        let input = folder.join("input");
        fs_err::create_dir(&input).unwrap();
        let file = |path: &str, content| InputFile {
            path: path.into(),
            content,
        };
        let files = [
            file("threshold.json", Content::Json(json!(0.5))),
            file("images/ct/1.mha", Content::File(scan.clone())),
        ];
        let binds = lay_out(&files, &input).unwrap();
        assert_eq!(
            fs_err::read_to_string(input.join("threshold.json")).unwrap(),
            "0.5"
        );
        assert_eq!(binds[0].target, "/input");
        assert_eq!(binds[1].target, "/input/images/ct/1.mha");
        assert!(
            binds[1].owner.is_some(),
            "a private file is shown as the container user's own"
        );
        assert!(input.join("images/ct/1.mha").exists());
        assert!(!all_readable(folder).unwrap());
    }
}
