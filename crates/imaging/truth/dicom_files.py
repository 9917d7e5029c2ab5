"""DICOM: sample formats, rescaling, colour, codecs, frames, and series with everything that goes wrong in them."""

import imagecodecs
import numpy
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate

import lossless_jpeg
from reading import volume

GREY = (numpy.arange(35) * 117 % 4096).astype("<u2").reshape(7, 5)
SIGNED = GREY.astype("<i2") - 2000
SMOOTH = numpy.add.outer(numpy.arange(64), numpy.arange(48)).astype("u1")
COLOUR = numpy.stack([SMOOTH, SMOOTH[::-1], 255 - SMOOTH], -1)
FRAMES = numpy.stack([GREY, GREY[::-1], GREY * 2 % 4096, GREY // 2])
LITTLE = uid.ExplicitVRLittleEndian


def data_set(name, kind=uid.CTImageStorage, syntax=LITTLE):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = kind
    number = int.from_bytes(name.encode(), "big") % 10**18
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = f"1.2.826.0.1.{number}"
    data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.826.0.2", f"1.2.826.0.3.{number}"
    data.Modality, data.PatientName, data.PatientID = "CT", "Nobody", "0"
    return data


def pixels(data, array, stored=None, photometric="MONOCHROME2"):
    data.SamplesPerPixel = 3 if photometric in ("RGB", "YBR_FULL") else 1
    data.PhotometricInterpretation = photometric
    shape = array.shape[:-1] if data.SamplesPerPixel == 3 else array.shape
    if data.SamplesPerPixel == 3:
        data.PlanarConfiguration = 0
    if len(shape) == 3:
        data.NumberOfFrames = shape[0]
    data.Rows, data.Columns = shape[-2:]
    data.BitsAllocated = array.dtype.itemsize * 8
    data.BitsStored = stored or data.BitsAllocated
    data.HighBit = data.BitsStored - 1
    data.PixelRepresentation = int(array.dtype.kind == "i")
    data.PixelData = array.tobytes() + b"\0" * (array.nbytes % 2)
    return data


def place(data, position=(-10, 20, 5.5), orientation=(1, 0, 0, 0, 1, 0), spacing=(0.7, 0.5)):
    data.PixelSpacing = list(spacing)
    data.ImagePositionPatient = list(position)
    data.ImageOrientationPatient = list(orientation)
    return data


def save(cases, name, data, known=None, case=True):
    path = f"dicom/{name}.dcm"
    data.save_as(cases.place(path), enforce_file_format=True)
    if case:
        cases.add(path, **(known or {}))


def samples(cases):
    save(cases, "non-square", place(pixels(data_set("a"), GREY, 12)))
    save(cases, "oblique", place(pixels(data_set("b"), GREY, 12), orientation=(0.8, 0.6, 0, -0.6, 0.8, 0)))
    for slope, intercept, word in ((1, -1024, "whole"), (2, 3, "two"), (0.5, 0, "half"), (-1, 10, "negative")):
        for array, stored, kind in ((GREY, 12, "u12"), (SIGNED, 16, "i16")):
            data = place(pixels(data_set(word + kind), array, stored))
            data.RescaleSlope, data.RescaleIntercept = slope, intercept
            save(cases, f"rescale-{word}-{kind}", data)
    for syntax, word in ((uid.ImplicitVRLittleEndian, "implicit"), (uid.DeflatedExplicitVRLittleEndian, "deflated")):
        save(cases, word, place(pixels(data_set(word, syntax=syntax), GREY, 12)))
    save(cases, "inverted", pixels(data_set("m", uid.ComputedRadiographyImageStorage), GREY, 12, "MONOCHROME1"))
    save(cases, "rgb", pixels(data_set("c", uid.SecondaryCaptureImageStorage), COLOUR, photometric="RGB"))
    planar = pixels(data_set("d", uid.SecondaryCaptureImageStorage), COLOUR, photometric="RGB")
    planar.PlanarConfiguration, planar.PixelData = 1, COLOUR.transpose(2, 0, 1).tobytes()
    save(cases, "rgb-planar", planar)
    save(cases, "ybr-full", pixels(data_set("e", uid.SecondaryCaptureImageStorage), COLOUR, photometric="YBR_FULL"))
    padded = place(pixels(data_set("p"), GREY, 12))
    padded.PixelData += b"\1" * 100
    save(cases, "padded", padded)
    short = place(pixels(data_set("s"), GREY, 12))
    short.PixelData = short.PixelData[:-2]
    save(cases, "short", short, {"refuse": "pixel data shorter than the image"})
    for number in ("0", "-3", "1000000000"):
        data = place(pixels(data_set("n" + number), FRAMES, 12))
        data.NumberOfFrames = number
        save(cases, f"frames-{number}", data, {"refuse": "the number of frames is not that of the pixel data"})


def coded(cases, name, array, syntax, frames, stored=None, fragments=1, table=True):
    data = place(pixels(data_set(name, syntax=syntax), array, stored))
    data.PixelData = encapsulate(frames, fragments_per_frame=fragments, has_bot=table)
    data["PixelData"].is_undefined_length = True
    data["PixelData"].VR = "OB"
    save(cases, name, data)


def codecs(cases):
    lossless, jpeg2000 = uid.JPEGLosslessSV1, uid.JPEG2000Lossless
    coded(cases, "jpeg-lossless-12", GREY, lossless, [imagecodecs.ljpeg_encode(GREY, bitspersample=12)], 12)
    for predictor in range(1, 8):
        stream = lossless_jpeg.encode(GREY, 12, predictor)
        coded(cases, f"jpeg-lossless-predictor-{predictor}", GREY, uid.JPEGLossless, [stream], 12)
    for predictor, transform, restart in ((1, 2, 0), (4, 3, 0), (1, 0, 2), (7, 0, 3), (6, 1, 1)):
        kept = GREY >> transform << transform
        stream = lossless_jpeg.encode(kept, 16, predictor, transform, restart)
        coded(cases, f"jpeg-lossless-{predictor}-shift-{transform}-restart-{restart}", kept, uid.JPEGLossless, [stream])
    coded(cases, "jpeg-lossless-8", SMOOTH, lossless, [imagecodecs.ljpeg_encode(SMOOTH, bitspersample=8)])

    def wavelet(array, bits):
        return imagecodecs.jpeg2k_encode(array, level=0, codecformat="j2k", bitspersample=bits)

    coded(cases, "jpeg2000-12", GREY, jpeg2000, [wavelet(GREY, 12)], 12)
    coded(cases, "jpeg2000-signed", SIGNED, jpeg2000, [wavelet(SIGNED, 16)])
    large = numpy.stack([SMOOTH.astype("<u2") * 9, SMOOTH[::-1].astype("<u2")])
    for fragments in (1, 3):
        for table in (True, False):
            name = f"jpeg2000-frames-{fragments}-{'table' if table else 'no-table'}"
            coded(cases, name, large, jpeg2000, [wavelet(frame, 12) for frame in large], 12, fragments, table)
    jpeg = imagecodecs.jpeg8_encode(SMOOTH, level=95)
    coded(cases, "jpeg", SMOOTH, uid.JPEGBaseline8Bit, [jpeg])
    for word, array in (("grey", GREY), ("signed", SIGNED), ("colour", COLOUR)):
        data = place(pixels(data_set("rle" + word), array, photometric="RGB" if word == "colour" else "MONOCHROME2"))
        data.compress(uid.RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
        save(cases, f"rle-{word}", data)


def enhanced(cases, name, heights, known=None):
    data = pixels(data_set(name, uid.EnhancedCTImageStorage), FRAMES, 12)
    measures, orientation, shared = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.7, 0.5], 9
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    data.SharedFunctionalGroupsSequence = [shared]
    data.PerFrameFunctionalGroupsSequence = []
    for height in heights:
        frame, position = Dataset(), Dataset()
        position.ImagePositionPatient = [-10, 20, height]
        frame.PlanePositionSequence = [position]
        data.PerFrameFunctionalGroupsSequence.append(frame)
    save(cases, name, data, known)


def frames(cases):
    grid = {"spacing": [0.5, 0.7, 2.5], "origin": [-10.0, 20.0, 0.0]}
    enhanced(cases, "enhanced-up", (0, 2.5, 5, 7.5))
    why = "GDCM keeps the order of the frames, or their direction, whatever their positions"
    enhanced(cases, "enhanced-shuffled", (0, 5, 2.5, 7.5), {"right": volume(FRAMES[[0, 2, 1, 3]], **grid), "why": why})
    enhanced(cases, "enhanced-gap", (0, 2.5, 5, 10), {"refuse": "a gap of two distances between the last frames"})


def series(cases):
    """Folders: positions along z, and what else is wrong."""
    grid = {"spacing": [0.5, 0.7, 3.0], "origin": [-10.0, 20.0, 0.0]}
    gap = {"refuse": "SimpleITK averages a gap or a copy away, and every overlay drifts"}
    right = {"right": volume(FRAMES, **grid), "why": "positions decide, not numbers or names"}
    variants = {
        "regular": ((0, 3, 6, 9), (1, 2, 3, 4), {}, 0),
        "numbers-shuffled": ((0, 3, 6, 9), (3, 1, 4, 2), right, 0),
        "missing": ((0, 3, 9, 12), (1, 2, 4, 5), gap, 0),
        "same-place": ((0, 3, 3, 6), (1, 2, 3, 4), gap, 0),
        "tilted": ((0, 3, 6, 9), (1, 2, 3, 4), {}, 0.2),
    }
    for name, (heights, numbers, known, tilt) in variants.items():
        for index, (height, number) in enumerate(zip(heights, numbers)):
            data = place(pixels(data_set(f"{name[:4]}{index}"), FRAMES[index], 12), (-10, 20 + tilt * height, height))
            data.SeriesInstanceUID = f"1.2.826.0.4.{len(name)}"
            data.InstanceNumber = number
            save(cases, f"series-{name}/{index}", data, case=False)
        cases.add(f"dicom/series-{name}", **known)


def generate(cases):
    for part in (samples, codecs, frames, series):
        part(cases)
