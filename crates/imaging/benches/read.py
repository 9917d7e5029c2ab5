"""The other side of the benchmark `read`: does what a line asks for and answers with seconds; imports do not count."""

import sys
import time

import SimpleITK
import tifffile

slides = {}
volumes = {}


def read_volume(path):
    SimpleITK.ReadImage(path)


def write_volume(source, path):
    """Compressed; reading the source is not part of it once it was asked for."""
    SimpleITK.WriteImage(volumes[source], path, True)


def keep_volume(path):
    volumes[path] = SimpleITK.ReadImage(path)


def read_tile(path, place):
    page = slides[path].pages[0]
    place = int(place)
    handle = slides[path].filehandle
    handle.seek(page.dataoffsets[place])
    page.decode(handle.read(page.databytecounts[place]), place)


def open_slide(path):
    slides[path] = tifffile.TiffFile(path)
    slides[path].pages[0].dataoffsets


for line in sys.stdin:
    what, *arguments = line.rstrip("\n").split("\t")
    start = time.perf_counter()
    {"volume": read_volume, "keep": keep_volume, "write": write_volume, "tile": read_tile, "open": open_slide}[what](*arguments)
    print(time.perf_counter() - start, flush=True)
