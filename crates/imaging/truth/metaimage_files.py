"""MetaImage: one file for each rule that the format leaves to its readers."""

import gzip
import zlib

import numpy

from reading import volume

VOXELS = numpy.arange(-12, 12, dtype="<i2").reshape(2, 3, 4)
RAW = VOXELS.tobytes()
OBLIQUE = "0.6 0.8 0 -0.8 0.6 0 0 0 1"
TYPES = {
    "MET_CHAR": "i1", "MET_ASCII_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4",
    "MET_UINT": "u4", "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}


def header(end="\n", equals=" = ", **fields):
    """Fields with None are left out; a name that comes twice ends in underscores."""
    lines = {"NDims": 3, "DimSize": "4 3 2", "ElementType": "MET_SHORT"} | fields
    last = lines.pop("ElementDataFile", "LOCAL")
    text = [f"{name.rstrip('_')}{equals}{value}" for name, value in lines.items() if value is not None]
    return (end.join([*text, f"ElementDataFile{equals}{last}"]) + end).encode()


def grammar(add):
    add("crlf", header(end="\r\n") + RAW)
    add("cr-only", header(end="\r") + RAW)
    add("tight", header(equals="=") + RAW)
    add("colon", header(equals=" : ") + RAW)
    add("tabs", header(equals="\t=\t\t") + RAW)
    add("bom", b"\xef\xbb\xbf" + header() + RAW)
    add("comment-blank-unknown", b"# hello\n\n  Whatever = 1\n" + header() + RAW)
    add("lower-case-offset", header(offset="1 2 3") + RAW)
    add("twice", header(Offset="1 2 3", Offset_="4 5 6") + RAW)
    add("surplus-numbers", header(Offset="1 2 3 4") + RAW)
    add("few-numbers", header(Offset="1 2") + RAW)
    add("commas", header(Offset="1,2,3") + RAW)
    add("decimal-size", header(DimSize="4.0 3.0 2.0") + RAW)
    add("nan-origin", header(Offset="1 nan 3") + RAW)
    add("ndims-late", header(NDims=None, ElementSpacing="1 1 2", NDims_=3) + RAW)
    add("type-before-size", header(DimSize=None, DimSize_="4 3 2") + RAW)
    for name in ("NDims", "DimSize", "ElementType"):
        add(f"without-{name}", header(**{name: None}) + RAW)
    add("newline-voxel", header() + b"\n\n" + RAW[2:])


def geometry(add):
    placed = {"Offset": "1 2 3", "Position": "4 5 6", "Origin": "7 8 9"}
    for name, value in placed.items():
        add(f"origin-{name}", header(**{name: value}) + RAW)
    add("origin-all", header(**placed) + RAW)
    add("origin-all-reversed", header(**dict(reversed(placed.items()))) + RAW)
    for name in ("TransformMatrix", "Rotation", "Orientation"):
        add(f"direction-{name}", header(**{name: OBLIQUE}) + RAW)
    add("direction-both", header(TransformMatrix=OBLIQUE, Orientation="1 0 0 0 0 1 0 1 0") + RAW)
    add("spacing-size", header(ElementSize="2 3 4") + RAW)
    add("spacing-both", header(ElementSize="2 3 4", ElementSpacing="5 6 7") + RAW)
    add("spacing-negative", header(ElementSpacing="1 -2 3", TransformMatrix=OBLIQUE) + RAW)
    add("spacing-zero", header(ElementSpacing="1 0 3") + RAW)
    add("spacing-nan", header(ElementSpacing="1 2 nan") + RAW)
    add("matrix-singular", header(TransformMatrix="1 0 0 1 0 0 0 0 1") + RAW)
    add("matrix-scaled", header(TransformMatrix="2 0 0 0 1 0 0 0 1") + RAW)
    add("matrix-left-handed", header(TransformMatrix="1 0 0 0 1 0 0 0 -1") + RAW)
    add("labels-only", header(AnatomicalOrientation="LPS", CenterOfRotation="1 1 1", DistanceUnits="um",
                              Modality="MET_MOD_CT", ElementNBits=8, ElementMin=1, ElementMax=2,
                              ElementToIntensityFunctionSlope=2, ElementToIntensityFunctionOffset=3) + RAW)
    add("version-1", header(FileFormatVersion=1, ElementOrigin="1 2 3", ElementDirection=OBLIQUE) + RAW,
        right=volume(VOXELS, origin=[1, 2, 3], direction=[0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1]),
        why="ITK 5.4 does not know the fields of version 1 and reads origin 0")


def samples(add):
    for name, code in TYPES.items():
        array = numpy.arange(24).astype("<" + code)
        add(f"type-{name}", header(ElementType=name) + array.tobytes())
        add(f"type-{name}-msb", header(ElementType=name, BinaryDataByteOrderMSB=True) + array.byteswap().tobytes())
    add("element-msb", header(ElementByteOrderMSB=True) + VOXELS.byteswap().tobytes())
    add("binary-yes", header(BinaryData="YES") + RAW)
    text = " ".join(str(value) for value in VOXELS.reshape(-1)).encode()
    add("ascii", header(BinaryData=False) + text + b"\n")
    add("ascii-short", header(BinaryData=False) + text.rsplit(b" ", 1)[0])
    for channels in (0, 1, 2, 3, 4, 5):
        data = numpy.arange(24 * max(1, channels), dtype="<i2").tobytes()
        add(f"channels-{channels}", header(ElementNumberOfChannels=channels) + data)
    add("array-type", header(ElementType="MET_SHORT_ARRAY") + RAW)
    for dimensions, size in ((0, ""), (1, "24"), (2, "4 6"), (4, "4 3 2 1"), (5, "2 2 3 2 1")):
        add(f"dimensions-{dimensions}", header(NDims=dimensions, DimSize=size) + RAW)
    add("short", header() + RAW[:-1])
    add("long", header() + RAW + b"xyz")
    add("size-zero", header(DimSize="4 0 2"))
    add("size-negative", header(DimSize="4 -3 2") + RAW)
    add("size-huge", header(DimSize="4000000000 4000000000 4000000000") + RAW)
    add("header-size", header(HeaderSize=300).ljust(300, b"#") + RAW)
    add("header-size-minus-1", header(HeaderSize=-1) + b"junk" + RAW)


def compression(add):
    packed = zlib.compress(RAW)
    add("zlib", header(CompressedData=True, CompressedDataSize=len(packed)) + packed)
    zipped = gzip.compress(RAW, mtime=0)
    add("gzip", header(CompressedData=True, CompressedDataSize=len(zipped)) + zipped)
    whole = {"right": volume(VOXELS), "why": "ITK 5.4 inflates from the first byte of the header"}
    add("zlib-no-size", header(CompressedData=True) + packed, **whole)
    add("zlib-size-0", header(CompressedData=True, CompressedDataSize=0) + packed, **whole)
    torn = "ITK 5.4 reports success with uninitialised voxels"
    raw_deflate = zlib.compressobj(wbits=-15)
    streams = {
        "truncated": packed[: len(packed) // 2],
        "too-short": zlib.compress(RAW[:-6]),
        "raw-deflate": raw_deflate.compress(RAW) + raw_deflate.flush(),
        "wrong-checksum": packed[:-1] + bytes([packed[-1] ^ 1]),
        "not-compressed": RAW,
        "two-streams": zlib.compress(RAW[:24]) + zlib.compress(RAW[24:]),
    }
    for name, data in streams.items():
        add(f"zlib-{name}", header(CompressedData=True, CompressedDataSize=len(data)) + data, refuse=torn)
    longer = zlib.compress(RAW + b"more")
    add("zlib-too-long", header(CompressedData=True, CompressedDataSize=len(longer)) + longer)
    add("zlib-trailing", header(CompressedData=True, CompressedDataSize=len(packed)) + packed + b"more")
    add("zlib-size-beyond-file", header(CompressedData=True, CompressedDataSize=10**6) + packed)
    add("zlib-size-too-small", header(CompressedData=True, CompressedDataSize=len(packed) - 2) + packed)


def external(cases, add):
    cases.place("metaimage/whole.raw").write_bytes(RAW)
    cases.place("metaimage/whole.zraw").write_bytes(zlib.compress(RAW))
    cases.place("outside.raw").write_bytes(RAW)
    for index in range(2):
        cases.place(f"metaimage/slice{index}.raw").write_bytes(RAW[index * 24 : index * 24 + 24])
    names = b"slice0.raw\nslice1.raw"
    add("external.mhd", header(ElementDataFile="whole.raw"))
    add("external-compressed.mhd", header(CompressedData=True, ElementDataFile="whole.zraw"))
    add("external-missing.mhd", header(ElementDataFile="missing.raw"))
    add("external-mha", header(ElementDataFile="whole.raw"))
    add("external-minus-1.mhd", header(HeaderSize=-1, ElementDataFile="whole.raw"))
    escape = "a header must not name files outside its own folder"
    add("external-parent.mhd", header(ElementDataFile="../outside.raw"), refuse=escape)
    absolute = cases.place("outside.raw").resolve()
    add("external-absolute.mhd", header(ElementDataFile=str(absolute)), refuse=escape)
    add("list.mhd", header(ElementDataFile="LIST") + names + b"\n")
    add("list-2.mhd", header(ElementDataFile="LIST 2") + names + b"\n")
    add("list-no-newline.mhd", header(ElementDataFile="LIST") + names,
        right=volume(VOXELS), why="MetaIO loses the last slice in silence")
    add("pattern.mhd", header(ElementDataFile="slice%d.raw 0 1 1"))
    add("pattern-no-step.mhd", header(ElementDataFile="slice%d.raw 0 1"))


def generate(cases):
    def add(name, data, **known):
        name = name.removesuffix("-mha") + ".mha" if name.endswith("-mha") or "." not in name else name
        cases.write(f"metaimage/{name}", data, **known)

    for part in (grammar, geometry, samples, compression):
        part(add)
    external(cases, add)
