//! One image per folder: opened, read to its last sample, its values and its place judged.

use camino::Utf8Path;
use domain::{FailureReason, GeometryRecord, GeometryRule, Socket, SocketKind};
use imaging::{CheckLimits, ImageSummary, compare_images};

use super::mirror::MirroredFile;
use super::{InputImages, Judge};
use crate::image_kind;

/// Files of one folder.
struct Candidates {
    /// Named as an image.
    images: Vec<MirroredFile>,
    /// Named otherwise; samples of an `.mhd` among them.
    others: Vec<MirroredFile>,
}

impl Judge<'_> {
    /// Judges a folder in which exactly one image is expected.
    pub(super) fn image_folder(&mut self, socket: Option<&Socket>, folder: &Utf8Path) {
        let candidates = self.candidates(folder);
        let mut valid = Vec::new();
        let mut complaints = Vec::new();
        for file in &candidates.images {
            self.claimed.push(file.path.clone());
            match self.read(file) {
                Ok(summary) => valid.push((file.clone(), summary)),
                Err(complaint) => complaints.push((file.path.clone(), complaint)),
            }
        }
        self.claim_beside(&candidates);
        match valid.as_slice() {
            [(file, summary)] => {
                for (path, complaint) in complaints {
                    self.found.warnings.push(format!(
                        "`/output/{path}` is no image and was ignored: {complaint}"
                    ));
                }
                self.judge_image(socket, file, summary);
            }
            [] if complaints.is_empty() => self.no_image(socket, folder, &candidates),
            [] => complaints
                .into_iter()
                .for_each(|(path, complaint)| self.invalid(socket, &path, vec![complaint])),
            several => {
                let names: Vec<String> = several
                    .iter()
                    .map(|(file, _)| format!("`{}`", file.path))
                    .collect();
                let message = format!(
                    "holds {} images ({}), expected exactly 1",
                    several.len(),
                    names.join(", ")
                );
                self.problem(FailureReason::OutputAmbiguous, socket, folder, message);
            }
        }
    }

    fn read(&self, file: &MirroredFile) -> Result<ImageSummary, String> {
        let path = self.folder.join(&file.path);
        // The error names the whole path; people look for the one in `/output`.
        let summary = imaging::check(path, &CheckLimits::default())
            .map_err(|error| error.problem.to_string())?;
        image_kind::check_format(&summary)?;
        Ok(summary)
    }

    fn candidates(&self, folder: &Utf8Path) -> Candidates {
        let inside = self
            .mirror
            .files
            .iter()
            .filter(|file| file.path.starts_with(folder))
            .cloned();
        let named_as_image = |file: &MirroredFile| {
            let extension = file
                .path
                .extension()
                .unwrap_or_default()
                .to_ascii_lowercase();
            matches!(extension.as_str(), "mha" | "mhd" | "tif" | "tiff")
        };
        let (images, others) = inside.partition(named_as_image);
        Candidates { images, others }
    }

    /// Samples that lie beside a header belong to it.
    fn claim_beside(&mut self, candidates: &Candidates) {
        let headers = candidates
            .images
            .iter()
            .filter(|file| file.path.extension() == Some("mhd"));
        let folders: Vec<Option<&Utf8Path>> = headers.map(|file| file.path.parent()).collect();
        let beside = candidates
            .others
            .iter()
            .filter(|file| folders.contains(&file.path.parent()));
        self.claimed.extend(beside.map(|file| file.path.clone()));
    }

    fn no_image(&mut self, socket: Option<&Socket>, folder: &Utf8Path, candidates: &Candidates) {
        let refused =
            self.mirror.refused.iter().find(|refused| {
                refused.path.starts_with(folder) || folder.starts_with(&refused.path)
            });
        let (code, message) = match refused {
            Some(refused) => (
                FailureReason::OutputInvalid,
                format!("holds no image: `{}` {}", refused.path, refused.reason),
            ),
            None if self.mirror.files.iter().any(|file| file.path == folder) => (
                FailureReason::OutputInvalid,
                "is a file, expected a folder with one image".to_owned(),
            ),
            None if !candidates.others.is_empty() => {
                let names: Vec<String> = candidates
                    .others
                    .iter()
                    .take(5)
                    .map(|file| format!("`{}`", file.path))
                    .collect();
                (
                    FailureReason::OutputInvalid,
                    format!(
                        "holds no `.mha` or `.tif` image, found {}",
                        names.join(", ")
                    ),
                )
            }
            None if self.mirror.folders.iter().any(|found| found == folder) => (
                FailureReason::OutputMissing,
                "is empty, expected one `.mha` or `.tif` image".to_owned(),
            ),
            None => (
                FailureReason::OutputMissing,
                "was not produced, expected a folder with one image".to_owned(),
            ),
        };
        self.problem(code, socket, folder, message);
    }

    fn judge_image(
        &mut self,
        socket: Option<&Socket>,
        file: &MirroredFile,
        summary: &ImageSummary,
    ) {
        if let Some(socket) = socket
            && let Err(messages) = image_kind::check(socket, summary)
        {
            return self.invalid(Some(socket), &file.path, messages);
        }
        let elsewhere = imaging::platform_requirements(summary);
        let notes = summary.warnings.iter().cloned().chain(elsewhere);
        self.found
            .warnings
            .extend(notes.map(|note| format!("`/output/{}`: {note}", file.path)));
        let geometry = compare_with_inputs(summary, &self.accepted.images);
        if let Some(record) = geometry
            .as_ref()
            .filter(|record| !record.aligned && matters(socket, record))
        {
            let refuse = self.accepted.algorithm.geometry == GeometryRule::Refuse;
            if refuse {
                let message = record.misplaced();
                self.problem(FailureReason::GeometryRefused, socket, &file.path, message);
            } else {
                self.found.warnings.push(record.warning(file.path.as_str()));
            }
        }
        let shown =
            serde_json::to_value(summary).expect("a summary holds nothing that JSON cannot");
        self.accept(socket, file, |output| {
            output.image = Some(shown);
            output.geometry = geometry;
        });
    }
}

/// Whether being elsewhere is worth a word: always for what is drawn over the input, else only for known mistakes.
fn matters(socket: Option<&Socket>, record: &GeometryRecord) -> bool {
    let overlay = socket.is_some_and(|socket| {
        matches!(socket.kind, SocketKind::Segmentation | SocketKind::HeatMap)
    });
    overlay || record.mistake.is_some()
}

/// The verdict against the input image that fits best.
fn compare_with_inputs(summary: &ImageSummary, inputs: &InputImages) -> Option<GeometryRecord> {
    let verdict = |(slug, input): &(domain::Slug, ImageSummary)| {
        let verdict = compare_images(summary, input);
        let mistake = verdict
            .mistake
            .and_then(|mistake| serde_json::to_value(mistake).ok());
        GeometryRecord {
            compared_with: slug.to_string(),
            aligned: verdict.aligned,
            message: verdict.message,
            mistake: mistake.and_then(|code| code.as_str().map(str::to_owned)),
            worst_corner_mm: verdict.worst_corner_mm,
            fix: verdict.fix,
        }
    };
    let distance = |record: &GeometryRecord| {
        if record.aligned {
            0.0
        } else {
            record.worst_corner_mm.unwrap_or(f64::MAX)
        }
    };
    inputs
        .iter()
        .map(verdict)
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
}
