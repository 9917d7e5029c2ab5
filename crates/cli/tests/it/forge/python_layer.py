"""Writes one layer of a container image: this Python, its standard library, NumPy, SimpleITK, and a stand-in for torch.

Run by a Python that has NumPy and SimpleITK installed: python python_layer.py TORCH_STUB LAYER.tar
"""

import io
import os
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
TARGET = f"usr/local/lib/{VERSION}"
LEFT_OUT = {"test", "tests", "idlelib", "tkinter", "ensurepip", "site-packages", "dist-packages", "__pycache__", "lib2to3",
            "pydoc_data", "turtledemo"}
HOME = "home/user"
PASSWD = f"root:x:0:0:root:/root:/bin/sh\nuser:x:999:999::/{HOME}:/bin/sh\n"


class Layer:
    def __init__(self, path):
        self.tar = tarfile.open(path, "w", format=tarfile.GNU_FORMAT)
        self.there = set()

    def folders(self, path):
        for folder in reversed(Path(path).parents):
            self.folder(str(folder))

    def folder(self, path, mode=0o755, owner=0):
        if path != "." and path not in self.there:
            self.there.add(path)
            info = self.info(path, mode, owner)
            info.type = tarfile.DIRTYPE
            self.tar.addfile(info)

    def info(self, path, mode, owner):
        info = tarfile.TarInfo(path)
        info.mode, info.uid, info.gid = mode, owner, owner
        return info

    def bytes(self, path, content, mode=0o644):
        self.folders(path)
        info = self.info(path, mode, 0)
        info.size = len(content)
        self.there.add(path)
        self.tar.addfile(info, io.BytesIO(content))

    def file(self, path, source):
        if path not in self.there:
            self.bytes(path, source.read_bytes(), 0o755 if os.access(source, os.X_OK) else 0o644)

    def tree(self, path, source):
        for entry in sorted(source.iterdir()):
            if entry.name in LEFT_OUT or entry.name.startswith("config-") or entry.suffix == ".pyc":
                continue
            if entry.is_dir():
                self.tree(f"{path}/{entry.name}", entry)
            else:
                self.file(f"{path}/{entry.name}", entry.resolve())


def libraries(programs):
    """What the dynamic loader would load for them, by the name it looks for."""
    found = {}
    for program in programs:
        said = subprocess.run(["ldd", str(program)], capture_output=True, text=True).stdout
        for line in said.splitlines():
            words = line.split()
            if "=>" in words and len(words) > 3 and words[2].startswith("/"):
                found[words[0]] = Path(words[2])
            elif words and words[0].startswith("/lib"):
                found[words[0]] = Path(words[0])
    return found


def main(torch, target):
    layer = Layer(target)
    standard = Path(sysconfig.get_paths()["stdlib"])
    packages = Path(sysconfig.get_paths()["purelib"])
    python = Path(sys.executable).resolve()
    layer.file("usr/local/bin/python", python)
    layer.tree(TARGET, standard)
    for name in ["numpy", "numpy.libs", "SimpleITK"]:
        layer.tree(f"{TARGET}/site-packages/{name}", packages / name)
    layer.file(f"{TARGET}/site-packages/torch/__init__.py", Path(torch))
    programs = [python, *standard.glob("lib-dynload/*.so"), *packages.glob("numpy/**/*.so"), *packages.glob("SimpleITK/*.so")]
    bundled = {file.name for file in packages.glob("numpy.libs/*")}
    for name, source in sorted(libraries(programs).items()):
        if name in bundled:
            continue
        # The loader's own path is written into every program; the others are looked for here.
        path = name.lstrip("/") if name.startswith("/") else f"lib/x86_64-linux-gnu/{name}"
        layer.file(path, source.resolve())
    layer.bytes("etc/passwd", PASSWD.encode())
    layer.bytes("etc/group", b"root:x:0:\nuser:x:999:\n")
    layer.folder("home")
    layer.folder(HOME, owner=999)
    layer.folder("tmp", 0o1777)
    layer.tar.close()


main(*sys.argv[1:])
