"""seeds.py TRUTH_FILES: chooses the seeds of the fuzz targets among the files that `./dev truth` generates.

Seeds are small: of the files of one format the smallest come first, until their kilobytes are spent. They are
committed, so that nobody needs Python to fuzz; run this again when there are more cases.
"""

import gzip
import json
import pathlib
import shutil
import sys
import zlib

LARGEST = 6000
BUDGET = 22000
TARGETS = {
    "metaimage": [".mha", ".mhd"],
    "tiff": [".tif", ".tiff"],
    "dicom": [".dcm"],
    "nifti": [".nii", ".hdr"],
    "nrrd": [".nrrd", ".nhdr"],
    "png": [".png"],
    "jpeg": [".jpg"],
}


def metaimage(size, samples, compressed=True):
    fields = ["ObjectType = Image", "NDims = 3", "BinaryData = True", "BinaryDataByteOrderMSB = False"]
    if compressed:
        fields += ["CompressedData = True", f"CompressedDataSize = {len(samples)}"]
    fields += [f"DimSize = {size}", "ElementType = MET_SHORT", "ElementDataFile = LOCAL", ""]
    return "\n".join(fields).encode() + samples


def in_parts(samples, part=1 << 20):
    """One zlib stream of parts that do not look back into each other, as Gantry writes it."""
    stream = b"\x78\x5e"
    for start in range(0, len(samples), part):
        encoder = zlib.compressobj(2, zlib.DEFLATED, -15)
        stream += encoder.compress(samples[start : start + part])
        stream += encoder.flush(zlib.Z_FINISH if start + part >= len(samples) else zlib.Z_SYNC_FLUSH)
    return stream + zlib.adler32(samples).to_bytes(4, "big")


def main():
    source = pathlib.Path(sys.argv[1])
    folder = pathlib.Path(__file__).with_name("seeds")
    shutil.rmtree(folder, ignore_errors=True)

    def write(target, name, content):
        path = folder / target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    paths = sorted(path for path in source.rglob("*") if path.is_file() and path.stat().st_size <= LARGEST)
    for target, endings in TARGETS.items():
        found = [path for path in paths if path.suffix.lower() in endings]
        step = max(1, sum(path.stat().st_size for path in found) // BUDGET)
        spent = 0
        for path in found[::step]:
            spent += path.stat().st_size
            if spent <= BUDGET:
                write(target, path.name, path.read_bytes())
    for path in paths:
        if path.name.endswith(".nii.gz") and path.stat().st_size < 500:
            write("nifti", path.name, path.read_bytes())
    packed = [path for path in (folder / "nifti").iterdir() if path.suffix == ".nii"][:1]
    for path in packed:
        write("nifti", path.name + ".gz", gzip.compress(path.read_bytes(), mtime=0))
    for path in (folder / "tiff").iterdir():
        if path.stat().st_size < 2000 and ("tile" in path.name or "levels" in path.name):
            write("slide", path.name, path.read_bytes())
    series = {}
    for path in source.rglob("*.dcm"):
        series.setdefault(path.parent, []).append(path)
    for parent, files in series.items():
        if parent.parent.name == "dicom" or parent.name != "dicom":
            pieces = [path.read_bytes() for path in sorted(files)[:4]]
            if len(pieces) > 1 and sum(map(len, pieces)) <= LARGEST:
                write("dicom_series", parent.name, b"\n--piece--\n".join(pieces))
    flecks = bytearray(3 << 20)
    for place in range(0, len(flecks), 9973):
        flecks[place] = place % 251
    write("metaimage_whole", "parts.mha", metaimage("128 128 96", in_parts(bytes(flecks))))
    write("metaimage_whole", "one.mha", metaimage("128 128 1", zlib.compress(bytes(flecks[:32768]))))
    write("metaimage_whole", "raw.mha", metaimage("16 16 1", bytes(flecks[:512]), compressed=False))
    identity = [1, 0, 0, 0, 1, 0, 0, 0, 1]
    volume = {"size": [64, 64, 20], "spacing": [0.7, 0.7, 3], "origin": [-20, -20, 100], "direction": identity}
    flat = {"size": [9000, 8000], "spacing": [0.00025, 0.00025], "origin": [0, 0], "direction": [1, 0, 0, 1]}
    for name, image in (("volume", volume), ("slide", flat)):
        for what, points in (("pixels", [[10, 20, 5], [30.5, 40, 6]]), ("mm", [[1.25, 1.5, 120]]), ("none", [])):
            write("annotations", f"{name}-{what}.json", json.dumps({**image, "points": points}).encode())


main()
