def brighter_than_mean(image):
    """1 where the image is brighter than its mean: something to look at, until your algorithm stands here."""
    if image.GetNumberOfComponentsPerPixel() > 1:
        image = SimpleITK.VectorIndexSelectionCast(image, 0)
    statistics = SimpleITK.StatisticsImageFilter()
    statistics.Execute(image)
    return SimpleITK.Cast(image > statistics.GetMean(), SimpleITK.sitkUInt8)
