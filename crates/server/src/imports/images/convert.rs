//! Every image among files, as the platform stores it.

use camino::Utf8Path;
use imaging::WriteImageError;
use imaging::convert::{ConvertImageError, ConvertOptions, Target, convert};
use imaging::uploads::{UploadedImage, find};
use store::Store;
use store::images::{ImageExtension, NewImage};

/// What became of files.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Images whose bytes are in the store.
    pub(super) images: Vec<NewImage>,
    /// What was refused, and why, one text for each.
    pub(super) refused: Vec<String>,
    /// What went wrong on our side, such as a full disk: nothing is to be said about the files then.
    pub(super) our_fault: Option<String>,
}

impl Outcome {
    /// Nothing came out.
    pub(super) fn refused(problem: &str) -> Outcome {
        Outcome {
            refused: vec![problem.to_owned()],
            ..Outcome::default()
        }
    }

    /// It could not be found out.
    pub(super) fn failed(problem: &dyn std::fmt::Display) -> Outcome {
        Outcome {
            our_fault: Some(problem.to_string()),
            ..Outcome::default()
        }
    }
}

/// Converts every image below `uploaded`. Blocks.
pub(super) fn convert_all(uploaded: &Utf8Path, converted: &Utf8Path, store: &Store) -> Outcome {
    let options = ConvertOptions::default();
    let found = find(&[uploaded.to_owned()], &options.limits);
    let mut outcome = Outcome::default();
    for refused in found.refused {
        // Paths of this server are nobody's business.
        let said = refused.error.to_string();
        outcome.refused.push(without(&said, uploaded));
    }
    for (number, image) in found.images.iter().enumerate() {
        match one(image, &converted.join(number.to_string()), &options, store) {
            Ok(image) => outcome.images.push(image),
            Err(Unconverted::Refused(problem)) => outcome.refused.push(without(&problem, uploaded)),
            Err(Unconverted::OurFault(problem)) => return Outcome::failed(&problem),
        }
    }
    outcome
}

/// Why an image did not come out.
enum Unconverted {
    /// It is the file's fault.
    Refused(String),
    /// The disk is full, or fails.
    OurFault(String),
}

impl From<std::io::Error> for Unconverted {
    fn from(problem: std::io::Error) -> Unconverted {
        Unconverted::OurFault(problem.to_string())
    }
}

fn one(
    image: &UploadedImage,
    stem: &Utf8Path,
    options: &ConvertOptions,
    store: &Store,
) -> Result<NewImage, Unconverted> {
    let done = convert(image, stem, options).map_err(unconverted)?;
    let kept = store.blobs().keep_file(&done.path);
    let blob = kept.map_err(|problem| Unconverted::OurFault(problem.to_string()))?;
    // Uploads can be large: what is kept already need not lie there twice.
    fs_err::remove_file(&done.path)?;
    let facts = image.dicom_facts();
    Ok(NewImage {
        name: name(image),
        extension: match done.target {
            Target::Volume => ImageExtension::Mha,
            Target::Slide => ImageExtension::Tif,
        },
        blob,
        summary: serde_json::to_value(&done.summary)
            .map_err(|problem| Unconverted::OurFault(problem.to_string()))?,
        modality: facts.and_then(|facts| facts.modality).unwrap_or_default(),
        import: None,
        account: None,
    })
}

fn unconverted(problem: ConvertImageError) -> Unconverted {
    if let ConvertImageError::Write(WriteImageError::Write { .. }) = &problem {
        return Unconverted::OurFault(problem.to_string());
    }
    Unconverted::Refused(match problem.hint() {
        Some(hint) => format!("{problem}; {hint}"),
        None => problem.to_string(),
    })
}

/// The uploaded file's name, or that of the folder of a series.
fn name(image: &UploadedImage) -> String {
    let file = image.files().first().and_then(|file| file.file_name());
    match (image.files(), file) {
        ([_], Some(file)) => file.to_owned(),
        (_, Some(file)) if image.format() != imaging::ImageFormat::Dicom => file.to_owned(),
        _ => match image.name().trim_end_matches(".unpacked") {
            "uploaded" => "series".to_owned(),
            name => name.to_owned(),
        },
    }
}

fn without(text: &str, folder: &Utf8Path) -> String {
    text.replace(&format!("{folder}/"), "")
        .replace(folder.as_str(), "upload")
}
