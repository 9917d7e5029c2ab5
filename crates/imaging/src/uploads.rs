//! Which files of an upload belong together: a DICOM series is one image, a header and its samples are one image, and
//! one bad file never spoils the others.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use crate::dicom::DicomFacts;
use crate::dicom::series::{self, Series, Uneven};
use crate::dicom::whole_slide::WholeSlide;
use crate::error::{ReadImageError, ReadProblem};
use crate::format::detect;
use crate::limits::CheckLimits;
use crate::source::{open_file, open_in_folder_of};
use crate::summary::{ImageFormat, ImageSummary};
use crate::volume::Volume;
use crate::{dicom, metaimage, stream};

mod walk;

/// What was found among files.
#[derive(Debug, Default)]
pub struct Uploads {
    /// Images, in the order of the first file of each.
    pub images: Vec<UploadedImage>,
    /// Files of no image, each with its reason, once.
    pub refused: Vec<Refused>,
    /// What operating systems and archivers leave behind, and `DICOMDIR`.
    pub ignored: Vec<Utf8PathBuf>,
}

/// Files that make no image.
#[derive(Debug)]
pub struct Refused {
    /// The file, or a header and the files of its samples.
    pub files: Vec<Utf8PathBuf>,
    /// Why.
    pub error: ReadImageError,
}

/// Files that are one image.
#[derive(Debug)]
pub struct UploadedImage {
    /// All files of the image: a header first, slices in their order along the normal, levels largest first.
    files: Vec<Utf8PathBuf>,
    content: Content,
    uneven: Uneven,
}

#[derive(Debug)]
enum Content {
    File(ImageFormat),
    Series(Box<Series>),
    Slide(Box<WholeSlide>),
}

/// Finds the images among files and in folders, with the folders below them. Only headers are read.
///
/// Links inside a folder are not followed; at most 100 000 files and 32 folders in one another are looked at.
#[must_use]
pub fn find(paths: &[Utf8PathBuf], limits: &CheckLimits) -> Uploads {
    let mut found = Uploads::default();
    let files = walk::files(paths, &mut found);
    found.sort_out(files, limits);
    found
}

/// A file that starts an image, or would.
struct Candidate {
    path: Utf8PathBuf,
    /// Files of its samples beside it.
    beside: Vec<Utf8PathBuf>,
    found: Result<ImageFormat, ReadProblem>,
}

fn candidate(path: Utf8PathBuf, limits: &CheckLimits) -> Candidate {
    let mut beside = Vec::new();
    let found = open_file(&path).and_then(|mut file| {
        let format = detect(&mut file)?;
        if format == ImageFormat::Dicom {
            // The header is read when the files are grouped.
            return Ok(format);
        }
        let open_beside = open_in_folder_of(&path);
        let names = stream::beside(format, &mut file, &path, limits)?;
        let folder = path.parent().unwrap_or(Utf8Path::new(""));
        beside.extend(
            names
                .iter()
                .map(|name| folder.join(name))
                .filter(|beside| *beside != path),
        );
        for name in names {
            open_beside(&name).map_err(|error| ReadProblem::Beside {
                name: name.clone(),
                problem: error.to_string(),
            })?;
        }
        stream::inspect(format, &mut file, &open_beside, limits)?;
        Ok(format)
    });
    Candidate {
        path,
        beside,
        found,
    }
}

impl Uploads {
    fn refuse(&mut self, path: &Utf8Path, problem: ReadProblem) {
        self.refused.push(Refused {
            files: vec![path.to_owned()],
            error: problem.in_file(path.as_str()),
        });
    }

    fn sort_out(&mut self, files: Vec<Utf8PathBuf>, limits: &CheckLimits) {
        let candidates: Vec<Candidate> = files
            .into_iter()
            .map(|path| candidate(path, limits))
            .collect();
        let taken = taken(&candidates);
        let mut slices = Vec::new();
        for candidate in candidates {
            if taken.contains(&candidate.path) {
                continue;
            }
            match candidate.found {
                Ok(ImageFormat::Dicom) => slices.push(candidate.path),
                Ok(format) => self.images.push(UploadedImage::of_file(
                    candidate.path,
                    candidate.beside,
                    format,
                )),
                Err(problem) => {
                    let error = problem.in_file(candidate.path.as_str());
                    let mut files = vec![candidate.path];
                    files.extend(
                        candidate
                            .beside
                            .into_iter()
                            .filter(|path| taken.contains(path) && path.is_file()),
                    );
                    self.refused.push(Refused { files, error });
                }
            }
        }
        let grouped = series::group(&slices, limits);
        for error in grouped.refused {
            self.refused.push(Refused {
                files: vec![error.file.clone().into()],
                error,
            });
        }
        let series = grouped.series.into_iter().map(UploadedImage::of_series);
        self.images.extend(series);
        let slides = grouped.slides.into_iter().map(UploadedImage::of_slide);
        self.images.extend(slides);
        let first = |files: &[Utf8PathBuf]| files.iter().min().cloned();
        self.images.sort_by_cached_key(|image| first(&image.files));
        self.refused.sort_by_cached_key(|one| first(&one.files));
        self.ignored.sort();
    }
}

/// What a header names as its samples is no image of its own. A header that is refused takes no image with it.
fn taken(candidates: &[Candidate]) -> BTreeSet<Utf8PathBuf> {
    let images: BTreeSet<&Utf8PathBuf> = candidates
        .iter()
        .filter(|candidate| candidate.found.is_ok())
        .map(|candidate| &candidate.path)
        .collect();
    let mut taken = BTreeSet::new();
    for candidate in candidates {
        // Two headers may name each other: the first one counts.
        if !taken.contains(&candidate.path) {
            let beside = candidate.beside.iter();
            let is_whole = candidate.found.is_ok();
            taken.extend(
                beside
                    .filter(|path| is_whole || !images.contains(path))
                    .cloned(),
            );
        }
    }
    taken
}

impl UploadedImage {
    fn of_file(path: Utf8PathBuf, beside: Vec<Utf8PathBuf>, format: ImageFormat) -> Self {
        let mut files = vec![path];
        files.extend(beside);
        UploadedImage {
            files,
            content: Content::File(format),
            uneven: Uneven::Refuse,
        }
    }

    fn of_series(series: Series) -> Self {
        UploadedImage {
            files: series.files().map(Utf8Path::to_owned).collect(),
            content: Content::Series(Box::new(series)),
            uneven: Uneven::Refuse,
        }
    }

    fn of_slide(slide: WholeSlide) -> Self {
        UploadedImage {
            files: slide.files().map(Utf8Path::to_owned).collect(),
            content: Content::Slide(Box::new(slide)),
            uneven: Uneven::Refuse,
        }
    }

    /// All files of the image: a header first, then its samples; slices in their order along the normal; of a slide in
    /// DICOM the largest level first.
    #[must_use]
    pub fn files(&self) -> &[Utf8PathBuf] {
        &self.files
    }

    /// Format of the files.
    #[must_use]
    pub fn format(&self) -> ImageFormat {
        match &self.content {
            Content::File(format) => *format,
            Content::Series(_) | Content::Slide(_) => ImageFormat::Dicom,
        }
    }

    /// What to call the image: the name of its file without extension, or of the folder of a series.
    #[must_use]
    pub fn name(&self) -> &str {
        let path = self.path();
        if self.format() == ImageFormat::Dicom && self.files.len() > 1 {
            return path
                .parent()
                .and_then(Utf8Path::file_name)
                .unwrap_or("series");
        }
        let name = path.file_stem().unwrap_or("image");
        name.strip_suffix(".nii").unwrap_or(name)
    }

    /// Why the slices of a series are no regular grid.
    #[must_use]
    pub fn uneven(&self) -> Option<&str> {
        match &self.content {
            Content::File(_) | Content::Slide(_) => None,
            Content::Series(series) => series.uneven(),
        }
    }

    /// Reads slices that are not equally far apart as if they were, with a warning. For looking at them only.
    #[must_use]
    pub fn allow_uneven(mut self) -> Self {
        self.uneven = Uneven::Allow;
        self
    }

    /// What a DICOM image says for viewers and for the platform.
    #[must_use]
    pub fn dicom_facts(&self) -> Option<DicomFacts> {
        match &self.content {
            Content::File(_) => None,
            Content::Series(series) => Some(series.facts()),
            Content::Slide(slide) => Some(slide.facts()),
        }
    }

    /// The slide, where the image is one in DICOM.
    pub(crate) fn whole_slide(&self) -> Option<&WholeSlide> {
        match &self.content {
            Content::File(_) | Content::Series(_) => None,
            Content::Slide(slide) => Some(slide),
        }
    }

    /// Reads the headers only.
    ///
    /// # Errors
    /// When a header is refused, and for slices that are not equally far apart unless allowed.
    pub fn inspect(&self, limits: &CheckLimits) -> Result<ImageSummary, ReadImageError> {
        match &self.content {
            Content::Series(series) if self.uneven == Uneven::Refuse => series.inspect_even(limits),
            Content::Series(series) => series.inspect(limits),
            Content::Slide(slide) => slide.inspect(limits),
            Content::File(format) => self.in_file(|file| {
                stream::inspect(*format, file, &open_in_folder_of(self.path()), limits)
            }),
        }
    }

    /// Reads every sample, in constant memory, and says what the image is.
    ///
    /// # Errors
    /// When anything keeps the samples from being read as the headers promise.
    pub fn check(&self, limits: &CheckLimits) -> Result<ImageSummary, ReadImageError> {
        match &self.content {
            Content::Series(series) => {
                let known = series.inspect(limits)?;
                stream::count_values(&known, &mut |deliver| {
                    series.stream(limits, self.uneven, deliver)
                })
            }
            Content::Slide(slide) => {
                let known = slide.inspect(limits)?;
                stream::count_values(&known, &mut |deliver| slide.stream(limits, deliver))
            }
            Content::File(format) => self.in_file(|file| {
                stream::check(*format, file, &open_in_folder_of(self.path()), limits)
            }),
        }
    }

    /// Hands every sample to `deliver`: little-endian, x fastest, then y, z, t, channels interleaved, in pieces of whole
    /// samples.
    ///
    /// # Errors
    /// As for [`UploadedImage::check`].
    pub fn stream(
        &self,
        limits: &CheckLimits,
        deliver: &mut dyn FnMut(&[u8]),
    ) -> Result<ImageSummary, ReadImageError> {
        match &self.content {
            Content::Series(series) => series.stream(limits, self.uneven, deliver),
            Content::Slide(slide) => slide.stream(limits, deliver),
            Content::File(format) => self.in_file(|file| {
                let open_beside = open_in_folder_of(self.path());
                stream::stream(*format, file, &open_beside, limits, deliver)
            }),
        }
    }

    /// Reads the whole image into memory.
    ///
    /// # Errors
    /// As for [`UploadedImage::check`], and when the samples do not fit into `limits.max_voxel_bytes`.
    pub fn read(&self, limits: &CheckLimits) -> Result<(Volume, ImageSummary), ReadImageError> {
        match &self.content {
            Content::Series(series) => series.read(limits, self.uneven),
            Content::Slide(slide) => slide.read(limits),
            Content::File(format) => self.in_file(|file| {
                let open_beside = open_in_folder_of(self.path());
                let known = stream::inspect(*format, file, &open_beside, limits)?;
                stream::gather(&known, limits, &mut |deliver| {
                    stream::stream(*format, file, &open_beside, limits, deliver)
                })
            }),
        }
    }

    /// Header fields that identify patient and study; for a series those of its first slice.
    pub(crate) fn identity(
        &self,
        limits: &CheckLimits,
    ) -> Result<Vec<(String, String)>, ReadImageError> {
        match self.format() {
            ImageFormat::MetaImage => self.in_file(|file| metaimage::identity(file, limits)),
            ImageFormat::Dicom => self.in_file(|file| dicom::identity(file, limits)),
            ImageFormat::Tiff
            | ImageFormat::Nifti
            | ImageFormat::Nrrd
            | ImageFormat::Png
            | ImageFormat::Jpeg => Ok(Vec::new()),
        }
    }

    /// The header, the only file, or the first slice.
    fn path(&self) -> &Utf8Path {
        self.files.first().map_or(Utf8Path::new(""), |path| path)
    }

    fn in_file<T>(
        &self,
        read: impl FnOnce(&mut fs_err::File) -> Result<T, ReadProblem>,
    ) -> Result<T, ReadImageError> {
        open_file(self.path())
            .and_then(|mut file| read(&mut file))
            .map_err(|problem| problem.in_file(self.path().as_str()))
    }
}
