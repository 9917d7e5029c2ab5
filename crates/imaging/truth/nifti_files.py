"""NIfTI: types and byte orders, the two forms of geometry, scaling, units, pairs, odd pixel sizes."""

import gzip
import itertools

import nibabel
import numpy

ANGLE = 0.3
OBLIQUE = numpy.array([[0.7 * numpy.cos(ANGLE), -0.8 * numpy.sin(ANGLE), 0, 10],
                       [0.7 * numpy.sin(ANGLE), 0.8 * numpy.cos(ANGLE), 0, -20],
                       [0, 0, 2.5, 30], [0, 0, 0, 1]])
MIRRORED = OBLIQUE * [-1, 1, 1, 1]
UPRIGHT = numpy.array([[-1.0, 0, 0, 1], [0, 1, 0, 2], [0, 0, 2, 3], [0, 0, 0, 1]])
SHEARED = OBLIQUE + [[0, 0.4, 0, 0], [0] * 4, [0] * 4, [0] * 4]


def array(code="i2", shape=(5, 4, 3)):
    return (numpy.arange(numpy.prod(shape)) % 100).astype(code).reshape(shape, order="F")


def parts(data, qform=(None, 0), sform=(None, 0), end="<", kind=nibabel.Nifti1Image, pair=False, **fields):
    """Header and samples; a form is an affine with its code."""
    header = kind.header_class(endianness=end)
    header.set_data_dtype(data.dtype)
    header.set_data_shape(data.shape)
    zooms = [0.7, 0.8, 2.5, 1.5, 1, 1, 1]
    header.set_zooms(zooms[: data.ndim])
    header.set_qform(qform[0], qform[1], strip_shears=True)
    header.set_sform(sform[0], sform[1])
    header["vox_offset"] = 0 if pair else header.single_vox_offset
    if kind is nibabel.Nifti1Image:
        header["magic"] = b"ni1" if pair else b"n+1"
    for name, value in fields.items():
        if name == "pixdim":
            header["pixdim"][value[0]] = value[1]
        else:
            header[name] = value
    return header.binaryblock, data.astype(data.dtype.newbyteorder(end)).tobytes(order="F")


def single(data, **options):
    header, samples = parts(data, **options)
    return header + b"\0\0\0\0" + samples


def generate(cases):
    def add(name, data, **options):
        packed = single(data, **options)
        cases.write(f"nifti/{name}", gzip.compress(packed, mtime=0) if name.endswith(".gz") else packed)

    both = {"qform": (OBLIQUE, 1), "sform": (OBLIQUE, 1)}
    for code in ("u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"):
        for end, word in (("<", "little"), (">", "big")):
            add(f"type-{code}-{word}.nii", array(code), end=end, **both)
        add(f"scaled-{code}.nii.gz", array(code), scl_slope=2.5, scl_inter=-3, **both)
    for q, s in itertools.product((0, 1, 2, 4), repeat=2):
        add(f"forms-{q}{s}.nii", array(), qform=(OBLIQUE, q), sform=(UPRIGHT, s))
    add("sheared.nii", array(), sform=(SHEARED, 1))
    add("sheared-sform-good-qform.nii", array(), qform=(OBLIQUE, 1), sform=(SHEARED, 1))
    add("mirrored.nii", array(), qform=(MIRRORED, 1))
    for unit in (1, 2, 3, 9, 17):
        add(f"unit-{unit}.nii", array(shape=(5, 4, 3, 2)), qform=(OBLIQUE, 1), xyzt_units=unit)
    for shape in ((5, 4), (5, 4, 1), (5, 4, 3, 2), (5, 4, 3, 1)):
        add(f"shape-{'x'.join(map(str, shape))}.nii", array(shape=shape), qform=(OBLIQUE, 1))
    for intent in (1006, 1007):
        add(f"vector-{intent}.nii", array("f4", (5, 4, 3, 1, 3)), qform=(OBLIQUE, 1), intent_code=intent)
    for word, value in (("zero", 0), ("negative", -2.0), ("nan", numpy.nan)):
        add(f"pixdim-{word}-qform.nii", array(), qform=(OBLIQUE, 1), pixdim=(2, value))
        add(f"pixdim-{word}-sform.nii", array(), sform=(OBLIQUE, 1), pixdim=(2, value))
        add(f"pixdim-{word}.nii", array(), pixdim=(2, value))
    add("slope-0.nii", array(), qform=(OBLIQUE, 1), scl_slope=0, scl_inter=5)
    add("slope-2-inter-5.nii", array(), scl_slope=2, scl_inter=5)
    add("version-2.nii", array(), sform=(OBLIQUE, 1), kind=nibabel.Nifti2Image)
    add("version-2-big.nii.gz", array("f4"), sform=(OBLIQUE, 1), kind=nibabel.Nifti2Image, end=">")
    header, samples = parts(array(), pair=True, **both)
    cases.place("nifti/pair.img").write_bytes(samples)
    cases.write("nifti/pair.hdr", header)
    cases.write("nifti/short.nii", single(array(), **both)[:-1],
                refuse="ITK fills what is missing")
    cases.write("nifti/torn.nii.gz", gzip.compress(single(array(), **both), mtime=0)[:-12],
                refuse="voxels behind the torn end are unknown")
