//! The programs that the images hold, linked statically.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use camino::Utf8Path;

use super::elf;

/// The images are for this machine: the only one that grand-challenge.org takes.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Bytes of the programs.
pub(super) struct Programs {
    /// The demo algorithm.
    pub(super) otsu: Vec<u8>,
    /// The program that tries to break out.
    pub(super) probe: Vec<u8>,
}

/// Compiles both. Their own target folder keeps the flags from rebuilding everything else.
pub(super) fn build(root: &Utf8Path) -> Result<Programs> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let folder = root.join("target/static");
    let status = Command::new(cargo)
        .current_dir(root)
        .args(["build", "--release", "--target", TARGET])
        .args(["--package", "otsu", "--package", "probe"])
        .arg("--target-dir")
        .arg(&folder)
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()
        .context("starting cargo")?;
    ensure!(
        status.success(),
        "cargo could not build the static programs"
    );
    let program = |name: &str| -> Result<Vec<u8>> {
        let path = folder.join(TARGET).join("release").join(name);
        let bytes = fs_err::read(&path)?;
        ensure!(
            elf::is_static_amd64(&bytes),
            "`{path}` is no static program for amd64"
        );
        Ok(bytes)
    };
    Ok(Programs {
        otsu: program("otsu")?,
        probe: program("probe")?,
    })
}
