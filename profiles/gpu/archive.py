"""Writes a `docker save` archive of one layer: a program, and the shared libraries that it and a driver need.

    archive.py PROGRAM ARCHIVE

The libraries are this machine's C library and its companions: a driver's own libraries are made for such a one.
"""

import hashlib
import io
import json
import pathlib
import subprocess
import sys
import tarfile

# What the driver's libraries load, besides what the program is linked to.
COMPANIONS = ("libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0", "librt.so.1")


def libraries() -> dict[str, pathlib.Path]:
    """Path in the image: file of this machine."""
    known = subprocess.run(["/sbin/ldconfig", "-p"], check=True, capture_output=True, text=True).stdout
    found = {}
    for line in known.splitlines():
        name, _, path = line.strip().partition(" => ")
        name = name.split(" ")[0]
        if name in COMPANIONS and "x86-64" in line:
            found.setdefault(f"lib/x86_64-linux-gnu/{name}", pathlib.Path(path).resolve())
    missing = [name for name in COMPANIONS if f"lib/x86_64-linux-gnu/{name}" not in found]
    if missing:
        sys.exit(f"archive.py: this machine has no {', '.join(missing)}")
    found["lib64/ld-linux-x86-64.so.2"] = pathlib.Path("/lib64/ld-linux-x86-64.so.2").resolve()
    return found


def layer(program: str) -> bytes:
    """The tar archive of the root file system."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, source in {"double": pathlib.Path(program), **libraries()}.items():
            member = tarfile.TarInfo(path)
            member.mode = 0o755
            content = source.read_bytes()
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def main(program: str, archive: str) -> None:
    tree = layer(program)
    config = json.dumps({
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["/double"], "User": "1000:1000", "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tree).hexdigest()]},
    }).encode()
    name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": name, "RepoTags": ["double:latest"], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(archive, "w") as tar:
        for path, content in (("layer.tar", tree), (name, config), ("manifest.json", manifest)):
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


main(*sys.argv[1:])
