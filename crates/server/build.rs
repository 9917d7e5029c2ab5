//! Builds `web/` (Vite, TypeScript) and writes a table of the files, so that the program carries them.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use fs_err as fs;
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let web = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../web");
    for watched in ["src", "package-lock.json", "vite.config.ts"] {
        println!("cargo::rerun-if-changed={}", web.join(watched).display());
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let dist = out.join("web");
    install(&web)?;
    let dist_text = dist.to_str().ok_or("the build folder is no UTF-8")?;
    npm(
        &web,
        &["run", "--silent", "build", "--", "--outDir", dist_text],
    )?;
    fs::write(out.join("assets.rs"), table(&dist)?)?;
    Ok(())
}

/// Installs the packages of `web/` where others are installed or none; `./dev web` leaves the same mark.
fn install(web: &Path) -> Result<(), Box<dyn Error>> {
    let wanted = fs::read(web.join("package-lock.json"))?;
    let mark = web.join("node_modules/installed.json");
    if fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    npm(web, &["ci", "--no-audit", "--no-fund"])?;
    fs::write(&mark, wanted)?;
    Ok(())
}

/// Runs npm; what it says is shown only if it fails.
fn npm(web: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let ran = Command::new("npm")
        .current_dir(web)
        .args(arguments)
        .output();
    let ran = ran.map_err(|problem| {
        format!("`npm` builds the pages' scripts and cannot be started: {problem}; hint: install Node.js 20 or newer")
    })?;
    if ran.status.success() {
        return Ok(());
    }
    let said = [ran.stdout, ran.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    Err(format!("`npm {}` failed:\n{said}", arguments.join(" ")).into())
}

/// Rust for two tables: the files by their names, and the names by what the sources call them.
fn table(dist: &Path) -> Result<String, Box<dyn Error>> {
    let mut text = String::from("pub(super) static FILES: &[File] = &[\n");
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(dist)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.push(
                entry
                    .file_name()
                    .into_string()
                    .map_err(|_| "a name that is no UTF-8")?,
            );
        }
    }
    names.sort();
    for name in names.iter().filter(|name| !name.ends_with(".gz")) {
        let path = dist.join(name);
        let packed = dist.join(format!("{name}.gz"));
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&fs::read(&path)?)?;
        fs::write(&packed, encoder.finish()?)?;
        writeln!(
            text,
            "File {{ name: {name:?}, plain: include_bytes!({:?}), packed: include_bytes!({:?}) }},",
            path.display().to_string(),
            packed.display().to_string()
        )?;
    }
    text.push_str("];\npub(super) static ENTRIES: &[(&str, &str)] = &[\n");
    let manifest: Value = serde_json::from_slice(&fs::read(dist.join(".vite/manifest.json"))?)?;
    for (source, built) in manifest.as_object().ok_or("the manifest is no object")? {
        if let (Some(entry), Some(file)) = (source.strip_prefix("src/"), built["file"].as_str()) {
            writeln!(text, "({entry:?}, {file:?}),")?;
        }
    }
    text.push_str("];\n");
    Ok(text)
}
