//! The lines of `target/truth/truth.jsonl`.

use camino::Utf8PathBuf;
use serde::Deserialize;

/// One image, and what others say it holds.
#[derive(Debug, Deserialize)]
pub(crate) struct Line {
    /// `generated` or `corpus`.
    pub(crate) source: String,
    /// Within the folder of its source.
    pub(crate) path: String,
    /// True for a folder of DICOM files.
    pub(crate) series: bool,
    /// True where the generator knows that the file must be refused, whatever the reader says.
    #[serde(default)]
    pub(crate) refuse: bool,
    /// What the generator knows better than the reader.
    pub(crate) right: Option<Reading>,
    /// What the reader found.
    pub(crate) measured: Measured,
}

/// What a reader found.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Measured {
    /// It refused, crashed or hung.
    Failed {
        /// Its words.
        error: String,
    },
    /// It read an image.
    Read(Reading),
}

/// An image as a reader sees it; mm, LPS.
#[derive(Debug, Deserialize)]
pub(crate) struct Reading {
    pub(crate) reader: String,
    pub(crate) size: Vec<u64>,
    pub(crate) component_type: String,
    pub(crate) channels: u32,
    pub(crate) voxels_sha256: String,
    pub(crate) spacing: Option<Vec<f64>>,
    pub(crate) origin: Option<Vec<f64>>,
    pub(crate) direction: Option<Vec<f64>>,
    pub(crate) lossy: Option<Lossy>,
}

/// Every `step`-th sample of an image whose decoder may round as it likes.
#[derive(Debug, Deserialize)]
pub(crate) struct Lossy {
    pub(crate) step: usize,
    pub(crate) samples: Vec<f64>,
}

impl Line {
    /// For the table of results.
    pub(crate) fn format(&self) -> &'static str {
        let lower = self.path.to_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
        if self.series {
            "series"
        } else if ends(&[".mha", ".mhd"]) {
            "metaimage"
        } else if ends(&[".tif", ".tiff", ".svs"]) {
            "tiff"
        } else if ends(&[".dcm"]) {
            "dicom"
        } else if ends(&[".nrrd", ".nhdr"]) {
            "nrrd"
        } else if ends(&[".png"]) {
            "png"
        } else if ends(&[".jpg", ".jpeg"]) {
            "jpeg"
        } else {
            "nifti"
        }
    }

    /// Where the image lies.
    pub(crate) fn file(&self) -> Utf8PathBuf {
        let folder = match self.source.as_str() {
            "corpus" => repository().join("../shared/corpus-github"),
            _ => repository().join("target/truth/files"),
        };
        folder.join(&self.path)
    }
}

/// Reads all lines.
pub(crate) fn read_lines() -> Vec<Line> {
    let path = repository().join("target/truth/truth.jsonl");
    let text =
        fs_err::read_to_string(path).expect("there is no truth to compare with: run `./dev truth`");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("`./dev truth` wrote this line"))
        .collect()
}

fn repository() -> Utf8PathBuf {
    Utf8PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
