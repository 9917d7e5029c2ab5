"""make.py FOLDER [CORPUS]: generates the edge cases into FOLDER/files and writes the truth to FOLDER/truth.jsonl."""

import json
import pathlib
import select
import shutil
import subprocess
import sys

import dicom_files
import metaimage_files
import nifti_files
import nrrd_files
import picture_files
import tiff_files
from cases import Cases

SECONDS_PER_FILE = 20
IMAGES = (".mha", ".mhd", ".tif", ".tiff", ".svs", ".dcm", ".nii", ".gz", ".nrrd", ".nhdr", ".png", ".jpg", ".jpeg")


class Worker:
    """One process of measure.py, started again when a reader took it down."""

    def __init__(self):
        self.process = None

    def measure(self, path):
        if self.process is None:
            script = pathlib.Path(__file__).with_name("measure.py")
            self.process = subprocess.Popen(
                [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        self.process.stdin.write(f"{path}\n".encode())
        self.process.stdin.flush()
        while select.select([self.process.stdout], [], [], SECONDS_PER_FILE)[0]:
            line = self.process.stdout.readline()
            if not line:
                return self.end("the reader crashed with status {}")
            if line.startswith(b"\x1e"):
                return json.loads(line[1:])
        return self.end("the reader hung")

    def end(self, what):
        self.process.kill()
        error = {"error": what.format(self.process.wait())}
        self.process = None
        return error


def corpus_paths(corpus):
    """Every image, and every folder of DICOM files."""
    files = [path for path in sorted(corpus.rglob("*")) if path.suffix.lower() in IMAGES]
    folders = {path.parent for path in files if path.suffix.lower() == ".dcm"}
    series = [folder for folder in sorted(folders) if len(list(folder.glob("*.dcm"))) > 1]
    return [(str(path.relative_to(corpus)), path) for path in files + series]


def main():
    folder = pathlib.Path(sys.argv[1])
    corpus = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    shutil.rmtree(folder / "files", ignore_errors=True)
    cases = Cases(folder / "files")
    for part in (metaimage_files, nifti_files, nrrd_files, dicom_files, tiff_files, picture_files):
        part.generate(cases)
    wanted = [("generated", name, cases.folder / name, known) for name, known in sorted(cases.by_path.items())]
    if corpus:
        wanted += [("corpus", name, path, {}) for name, path in corpus_paths(corpus)]
    worker = Worker()
    with open(folder / "truth.jsonl.new", "w") as out:
        for source, name, path, known in wanted:
            line = {"source": source, "path": name, "series": path.is_dir(), **known}
            line |= {"measured": worker.measure(path.resolve())}
            out.write(json.dumps(line) + "\n")
    (folder / "truth.jsonl.new").rename(folder / "truth.jsonl")
    print(f"truth of {len(cases.by_path)} generated files and {len(wanted) - len(cases.by_path)} of the corpus")


main()
