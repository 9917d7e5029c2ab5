"""Reads the files named on standard input with SimpleITK, pydicom or tifffile; one line of JSON for each.

A worker of its own: these readers crash and hang on some files.
"""

import json
import pathlib
import sys
import warnings

import numpy
import pydicom
import SimpleITK
import tifffile

from reading import reading

LOSSY_SYNTAXES = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.91"}
LOSSY_TIFF = {6, 7, 33003, 33005, 34712, 50001}


def of_simpleitk(image, lossy):
    array = SimpleITK.GetArrayFromImage(image)
    if numpy.iscomplexobj(array):
        raise ValueError("complex samples have no type of their own in the crate")
    return reading(
        "simpleitk", array, image.GetSize(), image.GetNumberOfComponentsPerPixel(), lossy,
        spacing=image.GetSpacing(), origin=image.GetOrigin(), direction=image.GetDirection(),
    )


def with_simpleitk(path, io="", lossy=False):
    reader = SimpleITK.ImageFileReader()
    reader.SetImageIO(io)
    reader.SetFileName(str(path))
    return of_simpleitk(reader.Execute(), lossy)


def with_tifffile(path):
    with tifffile.TiffFile(path) as file:
        page = max(file.pages, key=lambda page: getattr(page, "imagelength", 0) * getattr(page, "imagewidth", 0))
        array = page.asarray()
        if page.planarconfig == 2 and page.samplesperpixel > 1:
            array = numpy.moveaxis(array, 0, -1)
        size = [page.imagewidth, page.imagelength]
        return reading("tifffile", array, size, page.samplesperpixel, int(page.compression) in LOSSY_TIFF)


def rescaled(data):
    """As GDCM: whole numbers stay integers (of 16 bits in these files), others become doubles."""
    slope, intercept = float(data.get("RescaleSlope", 1)), float(data.get("RescaleIntercept", 0))
    if (slope, intercept) == (1, 0):
        return data.pixel_array
    values = data.pixel_array.astype("f8") * slope + intercept
    return values.astype("i2") if slope.is_integer() and intercept.is_integer() else values


def series_with_pydicom(paths):
    """A series in time, which SimpleITK does not know: sorted by time, then by height."""
    slices = sorted(
        (pydicom.dcmread(path) for path in paths),
        key=lambda data: (data.TemporalPositionIndex, float(data.ImagePositionPatient[2])),
    )
    times = len({data.TemporalPositionIndex for data in slices})
    size = [slices[0].Columns, slices[0].Rows, len(slices) // times] + ([times] if times > 1 else [])
    arrays = [rescaled(data) for data in slices]
    return reading("pydicom", numpy.stack(arrays), size, 1)


def with_pydicom(path):
    data = pydicom.dcmread(path, force=True)
    array = rescaled(data)
    channels = int(data.get("SamplesPerPixel", 1))
    frames = int(data.get("NumberOfFrames", 1) or 1)
    return reading("pydicom", array, [data.Columns, data.Rows, frames], channels)


def of_dicom(path):
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True)
        rounded = header.PhotometricInterpretation == "YBR_FULL"
        rounded |= header.file_meta.get("TransferSyntaxUID", "") in LOSSY_SYNTAXES
    except Exception:  # The readers below say what is wrong.
        rounded = False
    try:
        return with_simpleitk(path, "GDCMImageIO", rounded)
    except Exception as first:
        try:
            return with_pydicom(path)
        except Exception:
            raise first from None


def of_series(folder):
    names = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    if not names:
        return series_with_pydicom(folder.glob("*.dcm"))
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(names)
    return of_simpleitk(reader.Execute(), False)


def truth(path):
    suffix = path.suffix.lower()
    if path.is_dir():
        return of_series(path)
    if suffix in (".tif", ".tiff", ".svs"):
        return with_tifffile(path)
    if suffix in (".mha", ".mhd"):
        return with_simpleitk(path, "MetaImageIO")
    if suffix == ".dcm":
        return of_dicom(path)
    return with_simpleitk(path, lossy=suffix in (".jpg", ".jpeg"))


def main():
    warnings.filterwarnings("ignore")
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    for line in sys.stdin:
        try:
            found = truth(pathlib.Path(line.rstrip("\n")))
        except Exception as error:
            found = {"error": " ".join(str(error).split())[-300:]}
        print("\x1e" + json.dumps(found), flush=True)


main()
