//! Where we and the reference readers disagree, and who is right. An entry that no longer disagrees fails the test.

use super::compare::Outcome;
use super::line::Line;

/// A disagreement that somebody has looked at.
pub(crate) struct Known {
    /// `generated` or `corpus`.
    pub(crate) source: &'static str,
    /// Path of the image; with a `*` at its end, of all whose path starts so.
    pub(crate) path: &'static str,
    outcome: Outcome,
    /// Who is right, and why.
    #[expect(dead_code, reason = "for the reader of the table")]
    why: &'static str,
}

macro_rules! known {
    ($($source:literal $path:literal $outcome:ident $why:literal),* $(,)?) => {
        &[$(Known { source: $source, path: $path, outcome: Outcome::$outcome, why: $why }),*]
    };
}

/// All of them.
pub(crate) const KNOWN: &[Known] = known![
    "generated" "dicom/series-tilted" Differs
        "planes are 3 mm apart, and a warning tells of the shift; ITK takes the slanted length as their distance",
    "generated" "metaimage/bom.mha" TheyRefuse
        "a byte order mark is no reason to refuse a file, as newer MetaIO says too",
    "generated" "metaimage/commas.mha" WeRefuse
        "ITK silently reads the numbers after the first as 0",
    "generated" "metaimage/nan-origin.mha" WeRefuse
        "ITK silently reads this and the following numbers as 0",
    "generated" "metaimage/pattern.mhd" WeRefuse
        "ITK is right; patterns of file names are not read yet, and refused by name",
    "generated" "nifti/pixdim-nan-sform.nii" Differs
        "the sform states the spacing, ITK replaces it by 1 because of an unused field",
    "generated" "nifti/pixdim-zero-sform.nii" Differs
        "the sform states the spacing, ITK replaces it by 1 because of an unused field",
    "generated" "nifti/sheared.nii" TheyRefuse
        "the affine is read as it is; ITK takes orthonormal axes only",
    "generated" "nifti/version-2*" TheyRefuse
        "SimpleITK does not know NIfTI-2",
    "generated" "nrrd/text-float.nrrd" Differs
        "the word `nan` becomes another NaN, of other bits",
    "generated" "picture/cmyk.jpg" WeRefuse
        "ITK calls ink amounts without a profile a colour",
    "generated" "picture/grey-alpha.png" TheyRefuse
        "SimpleITK has no grey with transparency",
    "generated" "picture/grey-transparent.png" TheyRefuse
        "SimpleITK has no grey with transparency",
    "corpus" "panimg/dicom_2d/cxr.dcm" Differs
        "the file states ImagerPixelSpacing, GDCM overlooks it for this class",
    "corpus" "panimg/dicom_wsi/*" Differs
        "a slide ends where its total pixel matrix, 154 × 290, ends (PS3.3 C.8.12.4.1.1), and the shared functional groups \
         state the spacing; GDCM and pydicom give the whole padded frame, GDCM with a spacing of 1",
    "corpus" "dicom/prostatex_missing_slice" WeRefuse
        "ITK averages the missing slice away, and every overlay drifts",
    "corpus" "tiff/large_image_small_la.tiff" WeRefuse
        "JPEG with two components, grey and alpha, which our decoders do not read; refused by name",
    "corpus" "tiff/large_image_zero_gi.tif" WeRefuse
        "the first image has no rows; tifffile gives an empty array",
];

/// The entry for an outcome, if there is one.
pub(crate) fn explained(line: &Line, outcome: Outcome) -> Option<usize> {
    KNOWN.iter().position(|known| {
        known.source == line.source
            && known.outcome == outcome
            && match known.path.strip_suffix('*') {
                Some(start) => line.path.starts_with(start),
                None => line.path == known.path,
            }
    })
}
