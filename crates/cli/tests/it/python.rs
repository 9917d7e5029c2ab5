//! A container image with Python, NumPy and SimpleITK, for programs that people write: `./dev forge` builds its layer.

use std::path::{Path, PathBuf};

use crate::archive::Archive;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A tool that `./dev forge` or `./dev truth` installed.
pub(crate) fn tool(path: &str) -> PathBuf {
    let tool = root().join("target").join(path);
    assert!(
        tool.exists(),
        "`{}` is not there: run `./dev forge`",
        tool.display()
    );
    tool
}

/// Writes an image that runs `inference.py` in `/opt/app` as the user `user`, as the Dockerfiles of templates do; `files` are
/// what they copy there.
pub(crate) fn image(name: &str, files: &[(&str, Vec<u8>)], path: PathBuf) {
    let files: Vec<(String, &[u8])> = files
        .iter()
        .map(|(name, content)| (format!("opt/app/{name}"), content.as_slice()))
        .collect();
    let files: Vec<(&str, u32, &[u8])> = files
        .iter()
        .map(|(path, content)| (path.as_str(), 0o644, *content))
        .collect();
    Archive {
        name,
        user: "user",
        entrypoint: &["python", "inference.py"],
        files: &files,
        base: Some(&tool("forge/python.tar")),
        working_dir: "/opt/app",
        ..Archive::default()
    }
    .write(path);
}
