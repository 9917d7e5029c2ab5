"""TIFF: sample types, byte orders, strips and tiles, codecs with predictors, colour, pyramids."""

import itertools

import numpy
import tifffile

SHAPE = (70, 90)
GREY = (numpy.add.outer(numpy.arange(70) * 3, numpy.arange(90) * 2) % 251).astype("u1")
COLOUR = numpy.stack([GREY, GREY[::-1], 255 - GREY], -1)
COMMON = {"metadata": None, "software": False, "resolution": (4000, 4000), "resolutionunit": "CENTIMETER"}


def generate(cases):
    def add(name, array, end="<", big=False, **options):
        options.setdefault("photometric", "minisblack")
        path = cases.place(f"tiff/{name}.tif")
        tifffile.imwrite(path, array, byteorder=end, bigtiff=big, **(COMMON | options))
        cases.add(f"tiff/{name}.tif")

    for code in ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"):
        for end, word in (("<", "little"), (">", "big")):
            add(f"type-{code}-{word}", GREY.astype(code), end)
    for codec, tile in itertools.product((None, "lzw", "zlib", "zstd", "packbits"), (None, (32, 48))):
        layout = {"compression": codec, "tile": tile} if tile else {"compression": codec, "rowsperstrip": 16}
        word = f"{codec}-{'tiles' if tile else 'strips'}"
        add(f"{word}-grey", GREY, **layout)
        add(f"{word}-grey-big", GREY, big=True, **layout)
        add(f"{word}-colour", COLOUR, photometric="rgb", **layout)
        add(f"{word}-planar", numpy.moveaxis(COLOUR, -1, 0), photometric="rgb", planarconfig="separate", **layout)
        if codec in ("lzw", "zlib", "zstd"):
            add(f"{word}-predictor-2", (GREY.astype("u2") * 100), predictor=2, **layout)
            add(f"{word}-predictor-2-colour", COLOUR, photometric="rgb", predictor=2, **layout)
            add(f"{word}-predictor-3", GREY.astype("f4") / 7, predictor=3, **layout)
    for codec in ("jpeg", "jpeg2000", "webp"):
        add(f"{codec}-colour", COLOUR, photometric="rgb", compression=codec, tile=(32, 48))
    add("jpeg-grey", GREY, compression="jpeg", tile=(32, 48))
    add("white-is-zero", GREY, photometric="miniswhite")
    add("alpha", numpy.dstack([COLOUR, GREY]), photometric="rgb", extrasamples=["unassalpha"])
    add("bilevel", GREY > 99)
    palette = numpy.arange(768, dtype="u2").reshape(3, 256) * 85
    add("palette", GREY, photometric="palette", colormap=palette)
    path = cases.place("tiff/pyramid.tif")
    with tifffile.TiffWriter(path, bigtiff=True) as out:
        for step in (1, 2, 4):
            out.write(COLOUR[::step, ::step], photometric="rgb", tile=(16, 16), subfiletype=int(step > 1), **COMMON)
    cases.add("tiff/pyramid.tif")
    whole = path.read_bytes()
    cases.write("tiff/torn.tif", whole[: len(whole) // 3], refuse="pixels behind the torn end are unknown")
