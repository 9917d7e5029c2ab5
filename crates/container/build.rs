//! Compiles the gate, process 1 of containers that an engine makes, and puts it where `include_bytes!` finds it.

use std::env;
use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=gate/gate.rs");
    let var = |name: &str| env::var_os(name).unwrap_or_else(|| panic!("cargo sets `{name}`"));
    let gate = PathBuf::from(var("OUT_DIR")).join("gate");
    let mut rustc = Command::new(var("RUSTC"));
    rustc.args(["--edition=2024", "--crate-type=bin", "--crate-name=gate"]);
    rustc.arg("--target").arg(var("TARGET"));
    // No standard library, no start-up code of C, no addresses to be fixed by a loader.
    for option in [
        "opt-level=s",
        "panic=abort",
        "strip=symbols",
        "relocation-model=static",
        "target-feature=+crt-static",
        "link-arg=-nostartfiles",
        "link-arg=-nostdlib",
        "link-arg=-static",
        "link-arg=-Wl,--build-id=none",
    ] {
        rustc.args(["-C", option]);
    }
    let status = rustc.arg("-o").arg(&gate).arg("gate/gate.rs").status();
    let status = status.unwrap_or_else(|error| panic!("failed to start rustc: {error}"));
    assert!(status.success(), "the gate could not be compiled");
}
