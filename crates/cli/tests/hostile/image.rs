//! Container images for attacks: busybox, the probe, and a program that does what it is given as an input.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::ground::hex;
use crate::tarball::Tar;

/// Runs the script of the input; `good` writes valid outputs.
const ATTACK: &str = "\
good() { mkdir -p /output/images/mask; cat /input/images/scan/*.mha >/output/images/mask/mask.mha
echo 4 >/output/count.json; echo '{\"count\": 4}' >/output/results.json; }
eval \"$(tr -d '\"' </input/script.json | xxd -r -p)\"
";

/// What every attacking algorithm declares; the name is filled in.
const MANIFEST: &str = r#"
title = "Attack"
slug = "@NAME@"
description = "Attacks"
@IMAGE@
result_template = "<h2>{{ results.note }}</h2><p>{{ results.count }}</p>"
sockets = [
    { slug = "script", kind = "String", relative_path = "script.json" },
    { slug = "scan", kind = "Image", relative_path = "images/scan" },
    { slug = "mask", kind = "Segmentation", relative_path = "images/mask", overlay_segments = [
        { voxel_value = 1, name = "cell" },
    ] },
    { slug = "count", kind = "Integer", relative_path = "count.json" },
    { slug = "results-json-file", kind = "Anything", relative_path = "results.json" },
]
interfaces = [{ inputs = ["scan", "script"], outputs = ["count", "mask", "results-json-file"] }]

[limits]
memory = "64MB"
pids = 48
time = "@TIME@"
disk = "64MiB"
output_files = 200
"#;

/// The manifest of an algorithm; `image` is its key, or nothing. A witness has more time than attacks, of which many wait for
/// the end of theirs.
pub(crate) fn manifest(name: &str, image: &str) -> String {
    let time = if name == "witness" { "20s" } else { "6s" };
    MANIFEST
        .replace("@NAME@", name)
        .replace("@IMAGE@", image)
        .replace("@TIME@", time)
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    path.canonicalize().unwrap()
}

fn applets() -> Vec<String> {
    let listed = Command::new("/bin/busybox").arg("--list").output();
    let listed = listed.expect("`/bin/busybox` is there: `./dev test` installs it");
    let names = String::from_utf8(listed.stdout).unwrap();
    names.lines().map(str::to_owned).collect()
}

/// The archive of an attacking image, as `docker save` writes it.
pub(crate) fn archive(user: &str) -> Vec<u8> {
    let probe = repository().join("target/static/x86_64-unknown-linux-gnu/release/probe");
    let probe = fs_err::read(probe).expect("`./dev images` builds the probe");
    let busybox = fs_err::read("/bin/busybox").unwrap();
    let mut layer = Tar::new()
        .folder("bin/", 0o755)
        .executable("bin/busybox", 0o755, &busybox)
        .executable("bin/probe", 0o755, &probe)
        // Programs that would act as root, if set-id bits did anything.
        .executable("suid/id", 0o6755, &busybox)
        .executable("suid/cat", 0o6755, &busybox)
        .executable("suid/mount", 0o6755, &busybox)
        .executable("suid/su", 0o6755, &busybox)
        .folder("etc/", 0o755)
        .file(
            "etc/passwd",
            b"root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n",
        )
        .file("etc/image-file", b"of the image")
        .executable("bin/attack", 0o755, ATTACK.as_bytes());
    for applet in applets() {
        if applet != "busybox" {
            layer = layer.symlink(&format!("bin/{applet}"), "busybox");
        }
    }
    docker_archive(
        "attack:1",
        user,
        &["/bin/sh", "/bin/attack"],
        &layer.bytes(),
    )
}

/// An archive with one layer.
pub(crate) fn docker_archive(name: &str, user: &str, command: &[&str], layer: &[u8]) -> Vec<u8> {
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": { "User": user, "Entrypoint": command, "Env": ["PATH=/bin"] },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{}", hex(layer))] },
    });
    let config = config.to_string();
    let config_name = format!("{}.json", hex(config.as_bytes()));
    let manifest = json!([{ "Config": config_name, "RepoTags": [name], "Layers": ["layer.tar"] }]);
    Tar::new()
        .file(&config_name, config.as_bytes())
        .file("layer.tar", layer)
        .file("manifest.json", manifest.to_string().as_bytes())
        .bytes()
}

/// 2 × 2 × 2 voxels of 0 and 1.
pub(crate) fn scan() -> Vec<u8> {
    let header = "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n\
        CompressedData = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 10 20 30\n\
        ElementSpacing = 0.5 0.5 2\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n";
    [header.as_bytes(), &[0, 1, 0, 1, 1, 0, 1, 0]].concat()
}

/// A script as the value of its socket: hexadecimal digits, which need no quoting anywhere.
pub(crate) fn packed(script: &str) -> String {
    let mut text = String::new();
    for byte in script.bytes() {
        text += &format!("{byte:02x}");
    }
    text
}
