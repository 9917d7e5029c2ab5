"""What one image holds, in the words of the crate: mm, LPS, x fastest, channels interleaved, little-endian."""

import hashlib

import numpy

LOSSY_SAMPLES = 4096


def identity(dimensions):
    return [float(row == column) for row in range(dimensions) for column in range(dimensions)]


def reading(reader, array, size, channels, lossy=False, **geometry):
    """`array` is in NumPy order (slowest axis first, channels last); `geometry` may name spacing, origin, direction."""
    little = numpy.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    found = {
        "reader": reader,
        "size": [int(length) for length in size],
        "component_type": "uint8" if array.dtype.name == "bool" else array.dtype.name,
        "channels": int(channels),
        "voxels_sha256": hashlib.sha256(little.tobytes()).hexdigest(),
    }
    for field, values in geometry.items():
        found[field] = [float(value) for value in values]
    if lossy:
        flat = little.reshape(-1)
        step = max(1, len(flat) // LOSSY_SAMPLES)
        found["lossy"] = {"step": step, "samples": [float(value) for value in flat[::step]]}
    return found


def volume(array, channels=1, spacing=None, origin=None, direction=None):
    """The right answer for a file whose content the generator knows."""
    shape = array.shape if channels == 1 else array.shape[:-1]
    count = len(shape)
    return reading(
        "by hand",
        array,
        shape[::-1],
        channels,
        spacing=spacing or [1.0] * count,
        origin=origin or [0.0] * count,
        direction=direction or identity(count),
    )
