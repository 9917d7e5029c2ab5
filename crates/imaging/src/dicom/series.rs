//! Series of DICOM files: grouped, sorted by their place in the patient, read as volumes.
//!
//! Files are opened one at a time. A file that cannot be read is refused by its name and spoils no other. The order of
//! slices is that of their positions along the normal, never that of their numbers; distances between slices come from
//! the positions, and a missing slice is reported instead of averaged away.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::facts::DicomFacts;
use super::image::{self, Image};
use super::pixel::Pixels;
use super::place;
use super::plane::Plane;
use super::stack::{Stack, refuse_uneven, stack};
use super::whole_slide::{self, SlideFile, WholeSlide};
use super::{group_key, tag, values};
use crate::error::{ReadImageError, ReadProblem};
use crate::limits::CheckLimits;
use crate::metadata::Metadata;
use crate::source::open_file;
use crate::stream::gather;
use crate::summary::{ImageFormat, ImageSummary};
use crate::volume::Volume;

mod apart;

/// What to do with slices that are not equally far apart, or lie at the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uneven {
    /// The volume is refused: its voxels would not lie where its geometry says.
    Refuse,
    /// It is read as if slices were equally far apart; the summary has a warning. For looking at it only.
    Allow,
}

/// The images among a set of files, and the files that are none.
#[derive(Debug, Default)]
pub struct Grouped {
    /// One for each image, in the order of the first file of each.
    pub series: Vec<Series>,
    /// One for each slide, in the order of the first file of each.
    pub slides: Vec<WholeSlide>,
    /// Files that were refused, with the reasons.
    pub refused: Vec<ReadImageError>,
}

/// One image: the slices of a series, or one file of several frames.
#[derive(Debug)]
pub struct Series {
    files: Vec<SeriesFile>,
    stack: Stack,
    warnings: Vec<String>,
}

/// What the header of one file says.
#[derive(Debug)]
struct SeriesFile {
    path: Utf8PathBuf,
    pixels: Pixels,
    /// Of the first frame.
    plane: Plane,
    instance: Option<String>,
    facts: DicomFacts,
    warnings: Vec<String>,
    /// Why the frames of the file alone are no regular grid.
    uneven: Option<String>,
    key: Vec<String>,
}

/// What a file is a part of.
enum Part {
    Series(Box<SeriesFile>),
    Slide(Box<SlideFile>),
}

impl Part {
    fn read(path: &Utf8Path, limits: &CheckLimits) -> Result<Part, ReadProblem> {
        let mut file = open_file(path)?;
        let image = Image::open(&mut file, limits)?;
        Ok(match SlideFile::of(&image, path) {
            Some(file) => Part::Slide(Box::new(file)),
            None => Part::Series(Box::new(SeriesFile::of(&image, path)?)),
        })
    }
}

/// Reads the header of every file and puts those together that are one image.
///
/// Together are files of one study and series (or stack, where they state one), one SOP class, frame of reference,
/// orientation, size and type of samples. Files without a position are images of their own. Files of
/// whole slides are together when study and series are the same.
#[must_use]
pub fn group(paths: &[Utf8PathBuf], limits: &CheckLimits) -> Grouped {
    let mut grouped = Grouped::default();
    // Of each key the images that differ in orientation or spacing.
    let mut images: Vec<Vec<SeriesFile>> = Vec::new();
    let mut by_key: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    let mut slides = Vec::new();
    for path in paths {
        match Part::read(path, limits) {
            Ok(Part::Slide(file)) => slides.push(*file),
            Ok(Part::Series(file)) => {
                let candidates = by_key.entry(file.key.clone()).or_default();
                let found = candidates
                    .iter()
                    .find(|image| images[**image][0].plane.is_like(&file.plane));
                if let Some(image) = found {
                    images[*image].push(*file);
                } else {
                    candidates.push(images.len());
                    images.push(vec![*file]);
                }
            }
            Err(problem) => grouped.refused.push(problem.in_file(path.as_str())),
        }
    }
    grouped.slides = whole_slide::gathered(slides);
    let mut split: BTreeMap<String, usize> = BTreeMap::new();
    let images: Vec<Vec<SeriesFile>> = images.into_iter().flat_map(apart::folders_apart).collect();
    for image in &images {
        *split.entry(image[0].key[0].clone()).or_default() += 1;
    }
    for image in images {
        let split = split.get(&image[0].key[0]).copied().unwrap_or(1);
        grouped.series.push(Series::new(image, split));
    }
    grouped
}

impl SeriesFile {
    fn of(image: &Image<'_>, path: &Utf8Path) -> Result<SeriesFile, ReadProblem> {
        let plane = image
            .planes
            .first()
            .cloned()
            .ok_or_else(|| ReadProblem::MissingField("PixelData".into()))?;
        Ok(SeriesFile {
            path: path.to_owned(),
            pixels: image.pixels,
            key: group_key::of(image, &plane, path),
            instance: image.set().text(tag::SOP_INSTANCE),
            facts: DicomFacts::of(image.set(), &image.pixels, plane.rescale),
            warnings: image.warnings.clone(),
            uneven: stack(&image.planes, false).uneven,
            plane,
        })
    }

    fn number(&self) -> String {
        self.plane
            .number
            .map_or_else(|| "without number".to_owned(), |number| number.to_string())
    }
}

impl Series {
    /// `split`: images among the files that carry the same series.
    fn new(mut files: Vec<SeriesFile>, split: usize) -> Series {
        let mut warnings = Vec::new();
        drop_copies(&mut files, &mut warnings);
        if split > 1 {
            warnings.push(format!(
                "the series holds {split} images: its files differ in orientation, size, type of samples or folder, or have no position"
            ));
        }
        for warning in files.iter().flat_map(|file| &file.warnings) {
            if !warnings.contains(warning) && warnings.len() < 20 {
                warnings.push(warning.clone());
            }
        }
        let planes: Vec<Plane> = files.iter().map(|file| file.plane.clone()).collect();
        let mut stack = stack(&planes, true);
        warnings.append(&mut stack.warnings);
        if let [only] = files.as_slice() {
            stack.uneven.clone_from(&only.uneven);
        }
        Series {
            files,
            stack,
            warnings,
        }
    }

    /// The files in the order of the volume: z fastest, then t.
    pub fn files(&self) -> impl Iterator<Item = &Utf8Path> {
        self.stack
            .order
            .iter()
            .map(|index| self.files[*index].path.as_path())
    }

    /// Why the volume is no regular grid: gaps or slices at the same place, by number from 1 in the order of the
    /// volume.
    #[must_use]
    pub fn uneven(&self) -> Option<&str> {
        self.stack.uneven.as_deref()
    }

    /// What viewers and the platform want to know beside geometry and samples.
    #[must_use]
    pub fn facts(&self) -> DicomFacts {
        let times: Vec<&DicomFacts> = self
            .stack
            .order
            .iter()
            .step_by(self.stack.slices.max(1))
            .map(|index| &self.files[*index].facts)
            .collect();
        DicomFacts::of_times(&times)
    }

    /// What the image is, from the headers.
    ///
    /// # Errors
    /// When the first file cannot be read any more or states no usable geometry.
    pub fn inspect(&self, limits: &CheckLimits) -> Result<ImageSummary, ReadImageError> {
        let first = self.first();
        self.summary(limits)
            .map_err(|problem| problem.in_file(first.path.as_str()))
    }

    /// [`Series::inspect`] for slices that make a volume.
    ///
    /// # Errors
    /// As for [`Series::inspect`], and for slices that are not equally far apart.
    pub(crate) fn inspect_even(
        &self,
        limits: &CheckLimits,
    ) -> Result<ImageSummary, ReadImageError> {
        refuse_uneven(&self.stack)
            .map_err(|problem| problem.in_file(self.first().path.as_str()))?;
        self.inspect(limits)
    }

    /// Hands every sample to `deliver`: little-endian, x fastest, then y, z, t, channels interleaved.
    ///
    /// # Errors
    /// When a file cannot be read to its last sample, and for slices that are not equally far apart unless allowed.
    pub fn stream(
        &self,
        limits: &CheckLimits,
        uneven: Uneven,
        deliver: &mut dyn FnMut(&[u8]),
    ) -> Result<ImageSummary, ReadImageError> {
        let name = self.first().path.as_str();
        let named = |problem: ReadProblem| problem.in_file(name);
        if self.files.len() == 1 {
            return open_file(&self.first().path)
                .and_then(|mut file| {
                    let mut image = Image::open(&mut file, limits)?;
                    image::stream(&mut image, uneven == Uneven::Allow, deliver)
                })
                .map_err(named);
        }
        if uneven == Uneven::Refuse {
            refuse_uneven(&self.stack).map_err(named)?;
        }
        let summary = self.summary(limits).map_err(named)?;
        let bytes = summary
            .component_type
            .map_or(8, |component| component.bytes());
        let claimed =
            summary.geometry.voxel_count() * u128::from(summary.channels) * u128::from(bytes);
        if claimed > u128::from(limits.max_voxel_bytes) {
            return Err(named(ReadProblem::TooLarge {
                claimed,
                limit: limits.max_voxel_bytes,
            }));
        }
        for index in &self.stack.order {
            let file = &self.files[*index];
            self.slice(file, limits, &summary, deliver)
                .map_err(|problem| problem.in_file(file.path.as_str()))?;
        }
        Ok(summary)
    }

    /// Reads the whole image into memory.
    ///
    /// # Errors
    /// As for [`Series::stream`], and when the samples do not fit into `limits.max_voxel_bytes`.
    pub fn read(
        &self,
        limits: &CheckLimits,
        uneven: Uneven,
    ) -> Result<(Volume, ImageSummary), ReadImageError> {
        let known = self.inspect(limits)?;
        let mut failed = None;
        let gathered = gather(&known, limits, &mut |deliver| {
            self.stream(limits, uneven, deliver).map_err(|error| {
                let problem = ReadProblem::Unsupported(String::new());
                failed = Some(error);
                problem
            })
        });
        gathered.map_err(|problem| {
            failed
                .take()
                .unwrap_or_else(|| problem.in_file(self.first().path.as_str()))
        })
    }

    fn first(&self) -> &SeriesFile {
        &self.files[self.stack.order[0]]
    }

    fn summary(&self, limits: &CheckLimits) -> Result<ImageSummary, ReadProblem> {
        let first = self.first();
        let mut file = open_file(&first.path)?;
        let mut image = Image::open(&mut file, limits)?;
        if self.files.len() == 1 {
            let mut summary = image::arrange(&mut image)?.summary;
            for warning in &self.warnings {
                if !summary.warnings.contains(warning) {
                    summary.warnings.push(warning.clone());
                }
            }
            return Ok(summary);
        }
        let mut stack = self.stack.clone();
        stack.warnings = self.warnings.clone();
        let (geometry, spacing_source) =
            place::geometry(image.set(), &first.pixels, &first.plane, &mut stack)?;
        let slices: Vec<_> = self
            .files
            .iter()
            .map(|file| (file.pixels, file.plane.rescale))
            .collect();
        let converter = image.converter(values::component(&slices))?;
        Ok(ImageSummary {
            format: ImageFormat::Dicom,
            size: geometry.size.clone(),
            metadata: Metadata::of_dicom(&self.facts(), &geometry.size),
            geometry,
            spacing_source,
            component_type: Some(converter.component()),
            channels: converter.channels(),
            levels: 1,
            segments: None,
            tiff: None,
            warnings: stack.warnings,
        })
    }

    fn slice(
        &self,
        file: &SeriesFile,
        limits: &CheckLimits,
        summary: &ImageSummary,
        deliver: &mut dyn FnMut(&[u8]),
    ) -> Result<(), ReadProblem> {
        let mut open = open_file(&file.path)?;
        let mut image = Image::open(&mut open, limits)?;
        if image.pixels != file.pixels {
            return Err(ReadProblem::Unsupported(
                "the file has changed while it was read".into(),
            ));
        }
        let component = summary
            .component_type
            .unwrap_or_else(|| image.pixels.component());
        let converter = image.converter(component)?;
        let frame = image.frame(0)?;
        converter.deliver(&frame, file.plane.rescale, deliver);
        Ok(())
    }
}

/// Places of files that are copies of earlier ones.
fn copies(files: &[SeriesFile]) -> Vec<usize> {
    let mut seen: Vec<usize> = Vec::new();
    let mut by_instance: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        let Some(instance) = &file.instance else {
            continue;
        };
        let others = by_instance.entry(instance.clone()).or_default();
        // Careless anonymisation gives all files one UID: those are no copies.
        if others.iter().any(|other| files[*other].plane == file.plane) {
            seen.push(index);
        } else if others.len() < 8 {
            others.push(index);
        }
    }
    seen
}

/// Keeps one of several files that are copies of each other.
fn drop_copies(files: &mut Vec<SeriesFile>, warnings: &mut Vec<String>) {
    let seen = copies(files);
    if seen.is_empty() {
        return;
    }
    let numbers: Vec<String> = seen
        .iter()
        .take(12)
        .map(|index| files[*index].number())
        .collect();
    warnings.push(format!(
        "copies of other files (same SOPInstanceUID and place) were left out, {} of them: numbers {}",
        seen.len(),
        numbers.join(", ")
    ));
    let mut index = 0;
    files.retain(|_| {
        index += 1;
        seen.binary_search(&(index - 1)).is_err()
    });
}
