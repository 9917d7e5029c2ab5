//! The attributes that are read; everything else is skipped.

/// Group and element in one number, as DICOM dictionaries write them.
pub(super) type Tag = u32;

/// How a value is stored when the file does not say it (implicit VR).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// 16-bit numbers.
    Words,
    /// 32-bit numbers.
    Longs,
    /// 64-bit floats.
    Doubles,
    /// Bytes as they are.
    Bytes,
    Sequence,
}

macro_rules! attributes {
    ($($constant:ident = $tag:literal, $kind:ident, $name:literal;)*) => {
        $(pub(super) const $constant: Tag = $tag;)*

        /// How a value that is read is stored; `None` for those that are skipped.
        pub(super) fn kind(tag: Tag) -> Option<Kind> {
            match tag {
                $($tag => Some(Kind::$kind),)*
                _ => None,
            }
        }

        /// The keyword of the DICOM dictionary, or the number for those that are skipped.
        pub(super) fn name(tag: Tag) -> String {
            match tag {
                $($tag => $name.to_owned(),)*
                _ => format!("({:04x},{:04x})", tag >> 16, tag & 0xffff),
            }
        }
    };
}

attributes! {
    TRANSFER_SYNTAX = 0x0002_0010, Text, "TransferSyntaxUID";
    IMAGE_TYPE = 0x0008_0008, Text, "ImageType";
    SOP_CLASS = 0x0008_0016, Text, "SOPClassUID";
    SOP_INSTANCE = 0x0008_0018, Text, "SOPInstanceUID";
    STUDY_DATE = 0x0008_0020, Text, "StudyDate";
    ACQUISITION_TIME = 0x0008_0032, Text, "AcquisitionTime";
    CONTENT_TIME = 0x0008_0033, Text, "ContentTime";
    MODALITY = 0x0008_0060, Text, "Modality";
    STUDY_DESCRIPTION = 0x0008_1030, Text, "StudyDescription";
    SERIES_DESCRIPTION = 0x0008_103e, Text, "SeriesDescription";
    PATIENT_NAME = 0x0010_0010, Text, "PatientName";
    PATIENT_ID = 0x0010_0020, Text, "PatientID";
    PATIENT_BIRTH_DATE = 0x0010_0030, Text, "PatientBirthDate";
    PATIENT_SEX = 0x0010_0040, Text, "PatientSex";
    PATIENT_AGE = 0x0010_1010, Text, "PatientAge";
    SLICE_THICKNESS = 0x0018_0050, Text, "SliceThickness";
    ECHO_NUMBERS = 0x0018_0086, Text, "EchoNumbers";
    SPACING_BETWEEN_SLICES = 0x0018_0088, Text, "SpacingBetweenSlices";
    TRIGGER_TIME = 0x0018_1060, Text, "TriggerTime";
    EXPOSURE = 0x0018_1152, Text, "Exposure";
    IMAGER_PIXEL_SPACING = 0x0018_1164, Text, "ImagerPixelSpacing";
    NOMINAL_SCANNED_PIXEL_SPACING = 0x0018_2010, Text, "NominalScannedPixelSpacing";
    ULTRASOUND_REGIONS = 0x0018_6011, Sequence, "SequenceOfUltrasoundRegions";
    REGION_UNITS_X = 0x0018_6024, Words, "PhysicalUnitsXDirection";
    REGION_UNITS_Y = 0x0018_6026, Words, "PhysicalUnitsYDirection";
    REGION_DELTA_X = 0x0018_602c, Doubles, "PhysicalDeltaX";
    REGION_DELTA_Y = 0x0018_602e, Doubles, "PhysicalDeltaY";
    CARDIAC_SYNCHRONIZATION = 0x0018_9118, Sequence, "CardiacSynchronizationSequence";
    STUDY = 0x0020_000d, Text, "StudyInstanceUID";
    SERIES = 0x0020_000e, Text, "SeriesInstanceUID";
    ACQUISITION_NUMBER = 0x0020_0012, Text, "AcquisitionNumber";
    INSTANCE_NUMBER = 0x0020_0013, Text, "InstanceNumber";
    POSITION = 0x0020_0032, Text, "ImagePositionPatient";
    ORIENTATION = 0x0020_0037, Text, "ImageOrientationPatient";
    FRAME_OF_REFERENCE = 0x0020_0052, Text, "FrameOfReferenceUID";
    LATERALITY = 0x0020_0060, Text, "Laterality";
    IMAGE_LATERALITY = 0x0020_0062, Text, "ImageLaterality";
    TEMPORAL_POSITION = 0x0020_0100, Text, "TemporalPositionIdentifier";
    STACK_ID = 0x0020_9056, Text, "StackID";
    FRAME_CONTENT = 0x0020_9111, Sequence, "FrameContentSequence";
    PLANE_POSITION = 0x0020_9113, Sequence, "PlanePositionSequence";
    PLANE_ORIENTATION = 0x0020_9116, Sequence, "PlaneOrientationSequence";
    TEMPORAL_POSITION_INDEX = 0x0020_9128, Longs, "TemporalPositionIndex";
    TRIGGER_DELAY = 0x0020_9153, Doubles, "NominalCardiacTriggerDelayTime";
    CONCATENATION = 0x0020_9161, Text, "ConcatenationUID";
    CONCATENATION_PARTS = 0x0020_9163, Words, "InConcatenationTotalNumber";
    DIMENSION_ORGANIZATION = 0x0020_9311, Text, "DimensionOrganizationType";
    SAMPLES_PER_PIXEL = 0x0028_0002, Words, "SamplesPerPixel";
    PHOTOMETRIC = 0x0028_0004, Text, "PhotometricInterpretation";
    PLANAR = 0x0028_0006, Words, "PlanarConfiguration";
    FRAMES = 0x0028_0008, Text, "NumberOfFrames";
    ROWS = 0x0028_0010, Words, "Rows";
    COLUMNS = 0x0028_0011, Words, "Columns";
    PIXEL_SPACING = 0x0028_0030, Text, "PixelSpacing";
    BITS_ALLOCATED = 0x0028_0100, Words, "BitsAllocated";
    BITS_STORED = 0x0028_0101, Words, "BitsStored";
    HIGH_BIT = 0x0028_0102, Words, "HighBit";
    PIXEL_REPRESENTATION = 0x0028_0103, Words, "PixelRepresentation";
    WINDOW_CENTER = 0x0028_1050, Text, "WindowCenter";
    WINDOW_WIDTH = 0x0028_1051, Text, "WindowWidth";
    RESCALE_INTERCEPT = 0x0028_1052, Text, "RescaleIntercept";
    RESCALE_SLOPE = 0x0028_1053, Text, "RescaleSlope";
    WINDOW_NAMES = 0x0028_1055, Text, "WindowCenterWidthExplanation";
    RED_DESCRIPTOR = 0x0028_1101, Words, "RedPaletteColorLookupTableDescriptor";
    GREEN_DESCRIPTOR = 0x0028_1102, Words, "GreenPaletteColorLookupTableDescriptor";
    BLUE_DESCRIPTOR = 0x0028_1103, Words, "BluePaletteColorLookupTableDescriptor";
    RED_TABLE = 0x0028_1201, Words, "RedPaletteColorLookupTableData";
    GREEN_TABLE = 0x0028_1202, Words, "GreenPaletteColorLookupTableData";
    BLUE_TABLE = 0x0028_1203, Words, "BluePaletteColorLookupTableData";
    RED_SEGMENTS = 0x0028_1221, Words, "SegmentedRedPaletteColorLookupTableData";
    ICC_PROFILE = 0x0028_2000, Bytes, "ICCProfile";
    PIXEL_MEASURES = 0x0028_9110, Sequence, "PixelMeasuresSequence";
    FRAME_WINDOW = 0x0028_9132, Sequence, "FrameVOILUTSequence";
    PIXEL_TRANSFORM = 0x0028_9145, Sequence, "PixelValueTransformationSequence";
    IMAGED_WIDTH = 0x0048_0001, Longs, "ImagedVolumeWidth";
    IMAGED_HEIGHT = 0x0048_0002, Longs, "ImagedVolumeHeight";
    TOTAL_MATRIX_COLUMNS = 0x0048_0006, Longs, "TotalPixelMatrixColumns";
    TOTAL_MATRIX_ROWS = 0x0048_0007, Longs, "TotalPixelMatrixRows";
    LABEL_IN_IMAGE = 0x0048_0010, Text, "SpecimenLabelInImage";
    OPTICAL_PATHS = 0x0048_0105, Sequence, "OpticalPathSequence";
    SLIDE_POSITION = 0x0048_021a, Sequence, "PlanePositionSlideSequence";
    MATRIX_COLUMN = 0x0048_021e, Longs, "ColumnPositionInTotalImagePixelMatrix";
    MATRIX_ROW = 0x0048_021f, Longs, "RowPositionInTotalImagePixelMatrix";
    OPTICAL_PATH_COUNT = 0x0048_0302, Longs, "NumberOfOpticalPaths";
    FOCAL_PLANE_COUNT = 0x0048_0303, Longs, "TotalPixelMatrixFocalPlanes";
    SEGMENT_IDENTIFICATION = 0x0062_000a, Sequence, "SegmentIdentificationSequence";
    SEGMENT_NUMBER = 0x0062_000b, Words, "ReferencedSegmentNumber";
    IMAGE_PLANE_PIXEL_SPACING = 0x3002_0011, Text, "ImagePlanePixelSpacing";
    FRAME_OFFSETS = 0x3004_000c, Text, "GridFrameOffsetVector";
    DOSE_SCALING = 0x3004_000e, Text, "DoseGridScaling";
    SHARED_GROUPS = 0x5200_9229, Sequence, "SharedFunctionalGroupsSequence";
    FRAME_GROUPS = 0x5200_9230, Sequence, "PerFrameFunctionalGroupsSequence";
    FLOAT_PIXELS = 0x7fe0_0008, Longs, "FloatPixelData";
    DOUBLE_PIXELS = 0x7fe0_0009, Doubles, "DoubleFloatPixelData";
    PIXELS = 0x7fe0_0010, Words, "PixelData";
}

/// Start of an item of a sequence, or of a fragment of pixel data.
pub(super) const ITEM: Tag = 0xfffe_e000;
/// End of an item without a length.
pub(super) const ITEM_END: Tag = 0xfffe_e00d;
/// End of a sequence without a length.
pub(super) const SEQUENCE_END: Tag = 0xfffe_e0dd;

/// True for the three elements that can hold samples.
pub(super) fn is_pixels(tag: Tag) -> bool {
    matches!(tag, PIXELS | FLOAT_PIXELS | DOUBLE_PIXELS)
}
