//! How the program is linked.

use std::process::Command;

/// The first glibc that knows packed relative relocations.
const KNOWS: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Gantry starts itself once for each container, and nearly all of a start is the loader at its 75,000 relocations. Packed
    // they take a fiftieth of the room, so that far fewer pages are read.
    if glibc().is_some_and(|version| version >= KNOWS) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Of the machine that builds; `None` where another C library is used, or the build is for another machine.
fn glibc() -> Option<(u32, u32)> {
    let of = |name: &str| std::env::var(name).unwrap_or_default();
    if of("CARGO_CFG_TARGET_ENV") != "gnu" || of("HOST") != of("TARGET") {
        return None;
    }
    let answer = Command::new("getconf")
        .arg("GNU_LIBC_VERSION")
        .output()
        .ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
