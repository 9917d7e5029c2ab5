//! An algorithm for the tests: a shell script in a container image with busybox, a manifest, and a scan.

use std::path::PathBuf;

use crate::archive::Archive;
use crate::gantry::Gantry;

/// The applets that the scripts use.
const APPLETS: [&str; 12] = [
    "sh", "cat", "cp", "dd", "echo", "false", "kill", "ln", "mkdir", "mkfifo", "printf", "sleep",
];

/// Takes a scan and a threshold; gives a mask, a count and `results.json`.
const MANIFEST: &str = r#"
title = "Cells"
slug = "cells"
description = "Counts cells"
image = "cells.tar"
result_template = "Found **{{ results.count }}** cells."
sockets = [
    { slug = "scan", kind = "Image", relative_path = "images/scan" },
    { slug = "threshold", kind = "Float", relative_path = "threshold.json", schema = { type = "number", minimum = 0 } },
    { slug = "mask", kind = "Segmentation", relative_path = "images/mask", overlay_segments = [
        { voxel_value = 1, name = "cell" },
    ] },
    { slug = "count", kind = "Integer", relative_path = "count.json" },
    { slug = "results-json-file", kind = "Anything", relative_path = "results.json" },
]
interfaces = [
    { inputs = ["scan", "threshold"], outputs = ["count", "mask", "results-json-file"] },
]

[limits]
memory = "64MB"
pids = 32
time = "60s"
disk = "64MiB"
output_files = 100
"#;

/// Does all that the manifest asks for.
pub(crate) const GOOD: &str = "\
mkdir -p /output/images/mask
cp /input/images/scan/*.mha /output/images/mask/mask.mha
echo 4 > /output/count.json
echo '{\"count\": 4}' > /output/results.json
echo counted
";

/// What every call of `gantry run` on the algorithm says.
pub(crate) const RUN: [&str; 6] = ["run", "cells", "-i", "scan=scan.mha", "-i", "threshold=0.5"];

/// Lays the algorithm out in `cells` and a scan beside it.
pub(crate) fn lay_out(gantry: &Gantry, script: &str) {
    let folder = gantry.work().join("cells");
    fs_err::create_dir_all(&folder).expect("a folder of the test");
    fs_err::write(folder.join("algorithm.toml"), MANIFEST).expect("a file of the test");
    fs_err::write(gantry.work().join("scan.mha"), scan()).expect("a file of the test");
    image(script, "1000:1000", folder.join("cells.tar"));
}

/// Writes an image that runs the script with busybox's shell.
pub(crate) fn image(script: &str, user: &str, path: PathBuf) {
    let busybox = fs_err::read("/bin/busybox")
        .expect("`/bin/busybox` is there: the tests need the package `busybox-static`");
    let links: Vec<(String, &str)> = APPLETS
        .iter()
        .map(|name| (format!("bin/{name}"), "busybox"))
        .collect();
    let links: Vec<(&str, &str)> = links
        .iter()
        .map(|(path, target)| (path.as_str(), *target))
        .collect();
    Archive {
        name: "cells:1",
        user,
        entrypoint: &["/bin/sh", "-c", script],
        files: &[("bin/busybox", 0o755, &busybox)],
        links: &links,
        ..Archive::default()
    }
    .write(path);
}

/// 2 × 2 × 2 voxels of 0 and 1.
fn scan() -> Vec<u8> {
    let header = "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n\
        CompressedData = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 10 20 30\n\
        ElementSpacing = 0.5 0.5 2\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n";
    [header.as_bytes(), &[0, 1, 0, 1, 1, 0, 1, 0]].concat()
}
