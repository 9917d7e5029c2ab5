def read_image(path):
    """The one image in a folder, .mha or .tif, whatever its name."""
    files = [file for file in (INPUT / path).iterdir() if file.suffix in {".mha", ".tif", ".tiff"}]
    if len(files) != 1:
        sys.exit(f"expected one image in {INPUT / path}, found {len(files)}")
    return SimpleITK.ReadImage(files[0])


def write_image(path, image, like=None):
    """Writes the one image of an output. `like` is the input that it is drawn over: without its spacing, origin and
    direction the overlay would lie in a wrong place."""
    if like is not None:
        image.CopyInformation(like)
    folder = OUTPUT / path
    folder.mkdir(parents=True, exist_ok=True)
    SimpleITK.WriteImage(image, folder / "output.mha", useCompression=True)
