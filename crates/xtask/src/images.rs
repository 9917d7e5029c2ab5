//! `cargo xtask images`: the container images of the demo algorithm and of the tests, without a container engine.
//!
//! A static binary in a file system of a few entries needs no Dockerfile: the layers are tar archives made here, and so
//! are the archives around them, in the three forms in which people hand images over. The same sources give the same
//! bytes, and a file is only written when its bytes change.

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};

mod busybox;
mod docker_save;
mod elf;
mod file_tree;
mod image;
mod oci_layout;
mod programs;
mod sha256;

use file_tree::FileTree;
use image::{Image, Program};

/// Makes all archives and says which were written.
pub(crate) fn run() -> Result<()> {
    let root = Utf8Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .canonicalize_utf8()
        .context("finding the root of the repository")?;
    let programs = programs::build(&root)?;
    let shell = busybox::tree()?;
    let folder = root.join("target/images");
    fs_err::create_dir_all(&folder)?;
    for (name, bytes) in archives(&programs, shell)? {
        let path = folder.join(name);
        let verdict = if write_if_changed(&path, &bytes)? {
            "written"
        } else {
            "unchanged"
        };
        let shown = path.strip_prefix(&root).unwrap_or(&path);
        println!("{shown}  {:.1} MB  {verdict}", megabytes(bytes.len()));
    }
    Ok(())
}

/// The archives by file name.
fn archives(
    programs: &programs::Programs,
    shell: FileTree,
) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let otsu = Image::new(
        &Program {
            name: "otsu",
            title: "Otsu: tissue and its parts",
            licence: "Apache-2.0",
            entrypoint: &["/opt/app/otsu"],
            command: &[],
        },
        vec![
            file_tree::base().into_tar()?,
            FileTree::new()
                .file("opt/app/otsu", 0o755, &programs.otsu)
                .into_tar()?,
        ],
    )?;
    let shell_layers = vec![file_tree::base().into_tar()?, shell.into_tar()?];
    let probe_layer = FileTree::new()
        .file("probe", 0o755, &programs.probe)
        .into_tar()?;
    let probe = Image::new(
        &Program {
            name: "probe",
            title: "Tries to break out of its container",
            licence: "Apache-2.0 AND GPL-2.0-only",
            entrypoint: &["/probe"],
            command: &[],
        },
        [shell_layers.clone(), vec![probe_layer]].concat(),
    )?;
    let busybox = Image::new(
        &Program {
            name: "busybox",
            title: "A shell and its tools",
            licence: "GPL-2.0-only",
            entrypoint: &[],
            command: &["sh"],
        },
        shell_layers,
    )?;
    Ok(vec![
        ("otsu.oci.tar", oci_layout::archive(&otsu)?),
        ("otsu.docker.tar.gz", docker_save::legacy_archive(&otsu)?),
        ("otsu.docker25.tar", docker_save::archive(&otsu)?),
        ("probe.oci.tar", oci_layout::archive(&probe)?),
        ("busybox.oci.tar", oci_layout::archive(&busybox)?),
    ])
}

/// True when the file had other bytes. Readers see the old file or the new one, nothing between.
fn write_if_changed(path: &Utf8PathBuf, bytes: &[u8]) -> Result<bool> {
    if path.exists() && fs_err::read(path)? == bytes {
        return Ok(false);
    }
    let part = Utf8PathBuf::from(format!("{path}.part"));
    fs_err::write(&part, bytes)?;
    fs_err::rename(&part, path)?;
    Ok(true)
}

#[expect(clippy::cast_precision_loss, reason = "a rounded number for people")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
