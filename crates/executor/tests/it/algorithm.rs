//! The algorithm of the tests: its manifest, a program that keeps to it, and its scan.

/// Counts cells: by a threshold, in a scan, or both.
pub(crate) const MANIFEST: &str = r#"
title = "Cells"
slug = "cells"
result_template = "Found **{{ results.count }}** cells."
sockets = [
    { slug = "scan", kind = "Image", relative_path = "images/scan" },
    { slug = "threshold", kind = "Float", relative_path = "threshold.json", schema = { type = "number", minimum = 0 } },
    { slug = "mask", kind = "Segmentation", relative_path = "images/mask", overlay_segments = [
        { voxel_value = 1, name = "cell" },
    ] },
    { slug = "count", kind = "Integer", relative_path = "count.json", schema = { type = "integer", maximum = 9 } },
    { slug = "table", kind = "CSV file", relative_path = "tables/cells.csv" },
    { slug = "results-json-file", kind = "Anything", relative_path = "results.json" },
]
interfaces = [
    { inputs = ["threshold"], outputs = ["count"] },
    { inputs = ["scan"], outputs = ["mask", "count"] },
    { inputs = ["scan", "threshold"], outputs = ["count", "mask", "results-json-file", "table"] },
]

[limits]
memory = "64MB"
pids = 32
time = "60s"
disk = "64MiB"
output_files = 100
"#;

/// A script that does all that the last interface asks for.
pub(crate) const GOOD: &str = "\
mkdir -p /output/images/mask /output/tables
cp /input/images/scan/*.mha /output/images/mask/mask.mha
echo 4 > /output/count.json
echo '{\"count\": 4}' > /output/results.json
echo 'x,y' > /output/tables/cells.csv
";

/// 2 × 2 × 2 voxels of 0 and 1 at an origin in mm.
pub(crate) fn scan(origin: &str) -> Vec<u8> {
    image_of(origin, &[0, 1, 0, 1, 1, 0, 1, 0])
}

/// 2 × 2 × 2 voxels, or a file that should have had as many.
pub(crate) fn image_of(origin: &str, voxels: &[u8]) -> Vec<u8> {
    let header = format!(
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n\
         CompressedData = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = {origin}\n\
         ElementSpacing = 0.5 0.5 2\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    );
    [header.as_bytes(), voxels].concat()
}
