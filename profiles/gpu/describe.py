"""Writes a CDI specification of one NVIDIA GPU, for a machine without `nvidia-ctk`. For this test only: an operator's
machine has the specification that the driver's own tool writes.

    describe.py SPECIFICATION
"""

import json
import pathlib
import subprocess
import sys

# The parts of a driver that CUDA programs load.
WANTED = ("libcuda.so.", "libnvidia-ptxjitcompiler.so.", "libnvidia-ml.so.", "libnvidia-nvvm.so.", "libnvidia-gpucomp.so.")
FOLDER = "/usr/lib/x86_64-linux-gnu"


def libraries() -> set[pathlib.Path]:
    """The driver's files on this machine: where the library cache says, and beside them."""
    known = subprocess.run(["/sbin/ldconfig", "-p"], check=True, capture_output=True, text=True).stdout
    places = {pathlib.Path(line.split(" => ")[1]).resolve().parent for line in known.splitlines() if "libcuda.so" in line}
    places |= set(pathlib.Path("/usr/local/nvidia").glob("lib*"))
    found = {}
    for place in places:
        for path in place.iterdir():
            if path.name.startswith(WANTED) and path.is_file():
                found.setdefault(path.resolve().name, path.resolve())
    return set(found.values())


def main(specification: str) -> None:
    nodes = sorted(path for path in pathlib.Path("/dev").glob("nvidia*") if path.is_char_device())
    cards = [path for path in nodes if path.name.removeprefix("nvidia").isdigit()]
    shared = [path for path in nodes if path not in cards and path.name != "nvidia-modeset"]
    files = libraries()
    if not cards or not any(path.name.startswith("libcuda.so.") for path in files):
        sys.exit(f"describe.py: no GPU with a driver here (nodes {[str(path) for path in nodes]}, libraries {files})")
    text = {
        "cdiVersion": "0.6.0",
        "kind": "nvidia.com/gpu",
        "devices": [
            {"name": card.name.removeprefix("nvidia"), "containerEdits": {"deviceNodes": [{"path": str(card)}]}} for card in cards
        ],
        "containerEdits": {
            "env": ["NVIDIA_VISIBLE_DEVICES=void"],
            "deviceNodes": [{"path": str(path)} for path in shared],
            "hooks": [{
                "hookName": "createContainer",
                "path": "/usr/bin/nvidia-cdi-hook",
                "args": ["nvidia-cdi-hook", "update-ldcache", "--folder", FOLDER],
            }],
            "mounts": [
                {"hostPath": str(path), "containerPath": f"{FOLDER}/{path.name}", "options": ["ro", "nosuid", "nodev", "bind"]}
                for path in sorted(files)
            ],
        },
    }
    pathlib.Path(specification).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(specification).write_text(json.dumps(text, indent=1))


main(*sys.argv[1:])
