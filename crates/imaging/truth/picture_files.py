"""PNG and JPEG: colour types, depths, palettes, densities, subsampling."""

import numpy
from PIL import Image

GREY = (numpy.arange(13 * 17) * 37 % 256).astype("u1").reshape(13, 17)
COLOUR = numpy.stack([GREY, GREY[::-1], 255 - GREY], -1)
SMOOTH = numpy.add.outer(numpy.arange(64), numpy.arange(48)).astype("u1")
SMOOTH_COLOUR = numpy.stack([SMOOTH, SMOOTH[::-1], 255 - SMOOTH], -1)


def generate(cases):
    def add(name, picture, **options):
        picture.save(cases.place(f"picture/{name}"), **options)
        cases.add(f"picture/{name}")

    grey, colour = Image.fromarray(GREY), Image.fromarray(COLOUR)
    add("grey.png", grey)
    add("grey-300dpi.png", grey, dpi=(300, 300))
    add("grey-16.png", Image.fromarray(GREY.astype("u2") * 200))
    add("grey-1.png", Image.fromarray(GREY > 99))
    add("grey-transparent.png", grey, transparency=7)
    add("grey-alpha.png", grey.convert("LA"))
    add("colour.png", colour)
    add("colour-alpha.png", colour.convert("RGBA"))
    add("palette.png", colour.convert("P"))
    add("palette-2-bits.png", colour.quantize(4), bits=2)
    add("palette-transparent.png", colour.quantize(4), transparency=1)
    add("grey.jpg", Image.fromarray(SMOOTH))
    add("grey-150dpi.jpg", Image.fromarray(SMOOTH), dpi=(150, 150))
    for subsampling in range(3):
        add(f"colour-{subsampling}.jpg", Image.fromarray(SMOOTH_COLOUR), subsampling=subsampling, quality=90)
    add("progressive.jpg", Image.fromarray(SMOOTH_COLOUR), progressive=True, quality=90)
    add("cmyk.jpg", Image.fromarray(SMOOTH_COLOUR).convert("CMYK"))
    whole = cases.place("picture/grey.png").read_bytes()
    cases.write("picture/torn.png", whole[: len(whole) // 2], refuse="pixels behind the torn end are unknown")
