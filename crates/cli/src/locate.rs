//! What the user means by ALGORITHM: a manifest, an archive, or the name of an imported image.

use camino::{Utf8Path, Utf8PathBuf};

use crate::exit_status::ExitStatus;
use crate::forge;
use crate::problem::Problem;

/// The manifest's name in an algorithm's folder.
pub(crate) const MANIFEST: &str = "algorithm.toml";

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Located {
    /// An algorithm's manifest.
    Manifest(Utf8PathBuf),
    /// A template folder of grand-challenge-forge without a manifest.
    Template(Utf8PathBuf),
    /// A container image archive or the folder of an OCI image layout.
    Archive(Utf8PathBuf),
    /// No path: digest, beginning of one, or name of an imported image.
    Imported(String),
}

/// Looks at the file system only; whether an image of that name was imported is for the store to say.
pub(crate) fn locate(algorithm: &str) -> Result<Located, Problem> {
    let path = Utf8Path::new(algorithm);
    if path.is_dir() {
        if path.join(MANIFEST).is_file() {
            return Ok(Located::Manifest(path.join(MANIFEST)));
        }
        if path.join("index.json").is_file() {
            return Ok(Located::Archive(path.to_owned()));
        }
        if forge::is_template(path) {
            return Ok(Located::Template(path.to_owned()));
        }
        return Err(refused(format!(
            "the folder `{path}` holds neither `{MANIFEST}` nor an OCI image layout (`index.json`)"
        ))
        .hint(format!("`gantry init {path}` makes an algorithm there")));
    }
    if path.exists() {
        return Ok(if path.extension() == Some("toml") {
            Located::Manifest(path.to_owned())
        } else {
            Located::Archive(path.to_owned())
        });
    }
    // What looks like a path was meant as one; no image has such a name.
    let looks_like_a_path = path.is_absolute()
        || algorithm.starts_with('.')
        || [".tar", ".gz", ".xz", ".zst", ".tgz", ".toml"]
            .iter()
            .any(|end| algorithm.ends_with(end));
    if looks_like_a_path {
        return Err(refused(format!("there is no file or folder `{path}`")));
    }
    Ok(Located::Imported(algorithm.to_owned()))
}

/// As [`locate`] for a manifest only.
pub(crate) fn manifest(path: &Utf8Path) -> Result<Utf8PathBuf, Problem> {
    let file = if path.is_dir() {
        path.join(MANIFEST)
    } else {
        path.to_owned()
    };
    if file.is_file() {
        Ok(file)
    } else {
        Err(refused(format!("there is no manifest `{file}`")))
    }
}

fn refused(message: String) -> Problem {
    Problem::new(ExitStatus::ImageRefused, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_come_before_names() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        for (folder, file) in [
            ("a", MANIFEST),
            ("b", "index.json"),
            ("c", "readme"),
            (".", "x.tar"),
        ] {
            fs_err::create_dir_all(root.join(folder)).unwrap();
            fs_err::write(root.join(folder).join(file), "").unwrap();
        }
        let at = |name: &str| locate(root.join(name).as_str()).ok();
        assert_eq!(
            at("a"),
            Some(Located::Manifest(root.join("a/algorithm.toml")))
        );
        assert_eq!(
            at("a/algorithm.toml"),
            Some(Located::Manifest(root.join("a/algorithm.toml")))
        );
        assert_eq!(at("b"), Some(Located::Archive(root.join("b"))));
        assert_eq!(at("x.tar"), Some(Located::Archive(root.join("x.tar"))));
        assert_eq!(at("c"), None);
        assert_eq!(at("missing"), None);
    }

    #[test]
    fn what_is_no_path_is_a_name() {
        assert_eq!(
            locate("probe:1").ok(),
            Some(Located::Imported("probe:1".to_owned()))
        );
        assert!(locate("./probe").is_err());
        assert!(locate("probe.tar.gz").is_err());
    }
}
