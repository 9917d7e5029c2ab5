//! A shell and its tools, from the static BusyBox of the machine.

use std::process::Command;

use anyhow::{Context, Result, bail};
use camino::Utf8Path;

use super::elf;
use super::file_tree::FileTree;

/// Where distributions put it.
const PLACES: [&str; 3] = [
    "/bin/busybox",
    "/usr/bin/busybox",
    "/usr/lib/busybox/busybox-static",
];

/// `/bin/busybox`, and its tools as links to it.
pub(super) fn tree() -> Result<FileTree> {
    let (path, program) = find()?;
    let listed = Command::new(path)
        .arg("--list")
        .output()
        .with_context(|| format!("starting `{path}`"))?;
    let listed = String::from_utf8(listed.stdout)?;
    let mut tools: Vec<&str> = listed.lines().filter(|tool| *tool != "busybox").collect();
    tools.sort_unstable();
    let tree = FileTree::new()
        .folder("bin", 0o755)
        .file("bin/busybox", 0o755, &program);
    Ok(tools.iter().fold(tree, |tree, tool| {
        tree.link(&format!("bin/{tool}"), "busybox")
    }))
}

fn find() -> Result<(&'static Utf8Path, Vec<u8>)> {
    for path in PLACES.map(Utf8Path::new) {
        if path.is_file() {
            let program = fs_err::read(path)?;
            if elf::is_static_amd64(&program) {
                return Ok((path, program));
            }
        }
    }
    bail!(
        "no static BusyBox for amd64 at {}; hint: install the package `busybox-static`",
        PLACES.join(", ")
    )
}
