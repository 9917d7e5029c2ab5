"""NRRD: encodings, spaces, axes that are no space, detached data."""

import bz2
import gzip

import numpy

VOXELS = (numpy.arange(24) * 7 % 99).astype("<i2")
RAW = VOXELS.tobytes()
BASE = "type: int16\ndimension: 3\nsizes: 4 3 2\nendian: little\n"
FOUR = "type: int16\ndimension: 4\nsizes: 2 2 3 2\nendian: little\n"
SPACES = ("left-posterior-superior", "right-anterior-superior", "left-anterior-superior", "LPS", "RAS", "LAS",
          "scanner-xyz", "3D-left-handed")


def encodings(add):
    text = " ".join(map(str, VOXELS)).encode()
    add("raw.nrrd", BASE + "encoding: raw", RAW, version=1)
    add("big.nrrd", BASE.replace("little", "big") + "encoding: raw", VOXELS.astype(">i2").tobytes())
    add("gzip.nrrd", BASE + "encoding: gzip", gzip.compress(RAW, mtime=0))
    add("bzip2.nrrd", BASE + "encoding: bz2", bz2.compress(RAW))
    add("text.nrrd", BASE + "encoding: text", text)
    add("ascii.nrrd", BASE + "encoding: ascii", text.replace(b" ", b"\n"))
    add("hex.nrrd", BASE + "encoding: hex", RAW.hex().encode())
    add("text-float.nrrd", "type: float\ndimension: 2\nsizes: 3 2\nencoding: txt", b"1.5 2 3\n4 nan -1e3")
    add("short.nrrd", BASE + "encoding: raw", RAW[:-3])
    add("gzip-torn.nrrd", BASE + "encoding: gzip", gzip.compress(RAW, mtime=0)[:-14],
        refuse="voxels behind the torn end are unknown")
    add("skip.nrrd", BASE + "encoding: raw\nline skip: 1\nbyte skip: 3", b"hello\nabc" + RAW)
    add("skip-to-end.nrrd", BASE + "encoding: raw\nbyte skip: -1", b"hello\nabc" + RAW)
    add("crlf.nrrd", (BASE + "encoding: raw").replace("\n", "\r\n"), RAW)
    add("comments.nrrd", "# c\n" + BASE + "encoding: raw\ncontent: x\nfoo:=bar", RAW, version=5)
    for code, name in (("i1", "signed char"), ("u1", "uchar"), ("u2", "ushort"), ("i4", "int"), ("u4", "uint32"),
                       ("i8", "longlong"), ("u8", "uint64"), ("f4", "float"), ("f8", "double")):
        head = BASE.replace("int16", name) + "encoding: raw"
        add(f"type-{code}.nrrd", head, numpy.arange(24).astype("<" + code).tobytes())


def geometry(add):
    raw = BASE + "encoding: raw\n"
    axes = "space directions: (0,2,0) (-1,0,0) (0,0,3)\nspace origin: (1,2,3)"
    for space in SPACES:
        add(f"space-{space}.nrrd", f"{raw}space: {space}\n{axes}", RAW)
    add("space-dimension.nrrd", f"{raw}space dimension: 3\n{axes}", RAW)
    add("spacings.nrrd", raw + "spacings: 1 2 3.5", RAW)
    add("axis-mins.nrrd", raw + "spacings: 1 2 3\naxis mins: 5 6 7", RAW)
    add("axis-mins-maxs.nrrd", raw + "axis mins: 0 0 0\naxis maxs: 4 6 8\ncenters: cell cell cell", RAW)
    add("sheared.nrrd", raw + "space: LPS\nspace directions: (1,0,0) (0.5,1,0) (0,0,1)\nspace origin: (1,2,3)", RAW)
    four = FOUR + "encoding: raw\nspace: RAS\nspace origin: (1,2,3)\n"
    add("vector-first.nrrd", four + "kinds: list domain domain domain\n"
        "space directions: none (1,0,0) (0,1,0) (0,0,2)", RAW)
    add("vector-last.nrrd", four + "kinds: domain domain domain list\n"
        "space directions: (1,0,0) (0,1,0) (0,0,2) none", RAW)
    add("vector-middle.nrrd", four + "kinds: domain vector domain domain\n"
        "space directions: (1,0,0) none (0,1,0) (0,0,2)", RAW)


def generate(cases):
    def add(name, head, data=b"", version=4, **known):
        cases.write(f"nrrd/{name}", f"NRRD000{version}\n{head}\n\n".encode() + data, **known)

    encodings(add)
    geometry(add)
    for name, data in (("whole.raw", RAW), ("part1.raw", RAW[:24]), ("part2.raw", RAW[24:])):
        cases.place(f"nrrd/{name}").write_bytes(data)
    cases.place("outside-nrrd.raw").write_bytes(RAW)
    add("detached.nhdr", BASE + "encoding: raw\ndata file: whole.raw")
    add("pattern.nhdr", BASE + "encoding: raw\ndata file: part%d.raw 1 2 1")
    listed = "NRRD0004\n" + BASE + "encoding: raw\ndata file: LIST\npart1.raw\npart2.raw\n"
    cases.write("nrrd/list.nhdr", listed.encode())
    add("escape.nhdr", BASE + "encoding: raw\ndata file: ../outside-nrrd.raw",
        refuse="a header must not name files outside its own folder")
