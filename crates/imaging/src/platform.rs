//! What grand-challenge.org would refuse although the file is readable.
//!
//! Source: the builders of panimg 0.18 for MetaImage and TIFF, the only two that algorithm outputs go through.

use crate::summary::{ImageFormat, ImageSummary, SpacingSource};

/// Colour spaces that the TIFF builder takes.
const COLOUR_SPACES: [&str; 3] = ["min_is_black", "rgb", "ycbcr"];

/// The reasons for which an output that we read would be refused there; empty when it would be accepted.
#[must_use]
pub fn platform_requirements(summary: &ImageSummary) -> Vec<String> {
    match summary.format {
        ImageFormat::MetaImage => volume_requirements(summary),
        ImageFormat::Tiff => slide_requirements(summary),
        ImageFormat::Dicom
        | ImageFormat::Nifti
        | ImageFormat::Nrrd
        | ImageFormat::Png
        | ImageFormat::Jpeg => {
            vec!["expected MetaImage (`.mha`) or TIFF (`.tif`)".into()]
        }
    }
}

fn volume_requirements(summary: &ImageSummary) -> Vec<String> {
    let mut problems = Vec::new();
    if summary.size.len() > 4 {
        problems.push(format!(
            "expected at most 4 dimensions, found {}",
            summary.size.len()
        ));
    }
    if summary.channels > 4 {
        problems.push(format!(
            "expected at most 4 channels, found {}",
            summary.channels
        ));
    }
    if summary.size.contains(&0) {
        problems.push("expected at least one voxel, found an empty image".into());
    }
    problems
}

fn slide_requirements(summary: &ImageSummary) -> Vec<String> {
    let mut problems = Vec::new();
    if summary.spacing_source == SpacingSource::Missing {
        problems.push("expected `XResolution` and `YResolution` with unit inch or centimetre, found none usable".into());
    }
    let photometric = summary
        .tiff
        .as_ref()
        .and_then(|tiff| tiff.photometric.as_deref());
    if !photometric.is_some_and(|found| COLOUR_SPACES.contains(&found)) {
        problems.push(format!(
            "expected a colour space of {}, found {}",
            COLOUR_SPACES.join(", "),
            photometric.unwrap_or("none")
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(bytes: &[u8]) -> Vec<String> {
        platform_requirements(&crate::check_bytes(bytes).unwrap())
    }

    #[test]
    fn volumes_have_at_most_four_dimensions_and_channels() {
        let header =
            "NDims = 2\nDimSize = 1 1\nElementType = MET_UCHAR\nElementNumberOfChannels = 4\n";
        let file = |header: &str| [header.as_bytes(), b"ElementDataFile = LOCAL\n12345"].concat();
        assert_eq!(problems_of(&file(header)), Vec::<String>::new());
        assert_eq!(
            problems_of(&file(&header.replace("= 4", "= 5"))),
            ["expected at most 4 channels, found 5"]
        );
    }
}
