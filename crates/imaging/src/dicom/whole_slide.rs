//! Whole-slide microscopy: the levels of a slide in a file each, their tiles in frames (PS3.3 A.32.8).
//!
//! The largest level is the image. Smaller ones are left out, they can be made anew; so are label, overview and
//! thumbnail, which may show who the patient is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::facts::DicomFacts;
use super::image::Image;
use super::{tag, values};
use crate::error::{ReadImageError, ReadProblem};
use crate::limits::CheckLimits;
use crate::source::open_file;
use crate::stream::gather;
use crate::summary::ImageSummary;
use crate::volume::Volume;

mod level;
mod matrix;
mod places;
mod role;

use level::Level;
pub(super) use matrix::Matrix;
use role::Role;

/// What the header of a file says that is a level of its own.
pub(super) fn inspect(image: &Image<'_>) -> Result<ImageSummary, ReadProblem> {
    Level::of(image).map(|level| level.summary)
}

/// Hands all pixels of a file out that is a level of its own: row by row, channels interleaved.
pub(super) fn stream(
    image: &mut Image<'_>,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadProblem> {
    let level = Level::of(image)?;
    level.stream(image, deliver)?;
    Ok(level.summary)
}

/// The files of one slide.
#[derive(Debug)]
pub struct WholeSlide {
    /// At least one; the largest level first.
    files: Vec<SlideFile>,
    /// Files that were left out because they are copies.
    copies: usize,
}

/// What the header of one file of a slide says.
#[derive(Debug)]
pub(super) struct SlideFile {
    path: Utf8PathBuf,
    /// Study and series; the path of a file that states none.
    series: String,
    instance: Option<String>,
    role: Role,
    matrix: Matrix,
    facts: DicomFacts,
}

impl SlideFile {
    /// `None` for a file that is no slide.
    pub(super) fn of(image: &Image<'_>, path: &Utf8Path) -> Option<SlideFile> {
        let set = image.set();
        let study = set.text(tag::STUDY).unwrap_or_default();
        let rescale = image.planes.first().map(|plane| plane.rescale);
        Some(SlideFile {
            matrix: image.matrix?,
            path: path.to_owned(),
            series: set
                .text(tag::SERIES)
                .map_or_else(|| path.to_string(), |series| format!("{study} {series}")),
            instance: set.text(tag::SOP_INSTANCE),
            role: Role::of(set),
            facts: DicomFacts::of(set, &image.pixels, rescale.unwrap_or(values::Rescale::NONE)),
        })
    }

    /// Equal for copies. Careless anonymisation gives all files one UID: those of another size are no copies.
    fn identity(&self) -> (String, Option<String>, Role, Matrix) {
        (
            self.series.clone(),
            self.instance.clone(),
            self.role,
            self.matrix,
        )
    }
}

/// Puts the files of each series together, in the order of the first file of each.
pub(super) fn gathered(files: Vec<SlideFile>) -> Vec<WholeSlide> {
    let mut slides: Vec<WholeSlide> = Vec::new();
    let mut by_series: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for file in files {
        let Some(slide) = by_series.get(&file.series) else {
            by_series.insert(file.series.clone(), slides.len());
            seen.insert(file.identity());
            slides.push(WholeSlide {
                files: vec![file],
                copies: 0,
            });
            continue;
        };
        if file.instance.is_some() && !seen.insert(file.identity()) {
            slides[*slide].copies += 1;
        } else {
            slides[*slide].files.push(file);
        }
    }
    for slide in &mut slides {
        let files = &mut slide.files;
        files.sort_by_key(|file| (file.role, Reverse(file.matrix.area())));
    }
    slides
}

impl WholeSlide {
    /// All files of the slide, the largest level first.
    pub fn files(&self) -> impl Iterator<Item = &Utf8Path> {
        self.files.iter().map(|file| file.path.as_path())
    }

    /// What viewers and the platform want to know beside geometry and samples.
    #[must_use]
    pub fn facts(&self) -> DicomFacts {
        self.files[0].facts.clone()
    }

    /// What the largest level is, from its header. Its axes are x and y.
    ///
    /// # Errors
    /// When there is no level, when several are largest, and for a level that is not in one piece: several optical
    /// paths, focal planes or parts, or frames that lie outside or are missing.
    pub fn inspect(&self, limits: &CheckLimits) -> Result<ImageSummary, ReadImageError> {
        let summary = self.in_level(limits, |image| inspect(image))?;
        Ok(self.warned(summary))
    }

    /// Hands every sample of the largest level to `deliver`: little-endian, x fastest, channels interleaved. Memory
    /// holds one row of tiles.
    ///
    /// # Errors
    /// As for [`WholeSlide::inspect`], and when a tile cannot be decoded.
    pub fn stream(
        &self,
        limits: &CheckLimits,
        deliver: &mut dyn FnMut(&[u8]),
    ) -> Result<ImageSummary, ReadImageError> {
        let summary = self.in_level(limits, |image| stream(image, deliver))?;
        Ok(self.warned(summary))
    }

    /// Reads the whole largest level into memory.
    ///
    /// # Errors
    /// As for [`WholeSlide::stream`], and when the samples do not fit into `limits.max_voxel_bytes`.
    pub fn read(&self, limits: &CheckLimits) -> Result<(Volume, ImageSummary), ReadImageError> {
        let (volume, summary) = self.in_level(limits, |image| {
            let known = inspect(image)?;
            gather(&known, limits, &mut |deliver| stream(image, deliver))
        })?;
        Ok((volume, self.warned(summary)))
    }

    /// The colour profile (ICC) of the largest level.
    pub(crate) fn profile(&self, limits: &CheckLimits) -> Result<Option<Vec<u8>>, ReadImageError> {
        self.in_level(limits, |image| {
            let set = image.set();
            let path = set.items(tag::OPTICAL_PATHS).first();
            let mut places = path.into_iter().chain([set]);
            Ok(places.find_map(|place| place.bytes(tag::ICC_PROFILE).map(<[u8]>::to_vec)))
        })
    }

    fn in_level<T>(
        &self,
        limits: &CheckLimits,
        read: impl FnOnce(&mut Image<'_>) -> Result<T, ReadProblem>,
    ) -> Result<T, ReadImageError> {
        let level = &self.files[0];
        let read = || {
            let mut file = open_file(&level.path)?;
            let mut image = Image::open(&mut file, limits)?;
            self.refuse_rival()?;
            read(&mut image)
        };
        read().map_err(|problem: ReadProblem| problem.in_file(level.path.as_str()))
    }

    /// Two levels of one size are two optical paths, focal planes or parts in a file each.
    fn refuse_rival(&self) -> Result<(), ReadProblem> {
        let [level, next, ..] = self.files.as_slice() else {
            return Ok(());
        };
        if (level.role, level.matrix) != (next.role, next.matrix) {
            return Ok(());
        }
        Err(ReadProblem::Unsupported(format!(
            "expected one largest level in the series, found `{}` of the same {} × {} pixels: another optical path, focal plane or part",
            next.path, level.matrix.columns, level.matrix.rows
        )))
    }

    /// Says what was left out.
    fn warned(&self, mut summary: ImageSummary) -> ImageSummary {
        let others = &self.files[1..];
        let count = |role: Role| others.iter().filter(|file| file.role == role).count();
        let smaller = count(Role::Level);
        if smaller > 0 {
            summary.warnings.push(format!(
                "smaller levels of the slide were left out: {smaller}"
            ));
        }
        let mut pictures = others.iter().map(|file| file.role).collect::<Vec<_>>();
        pictures.dedup();
        let names = pictures
            .into_iter()
            .filter(|role| *role != Role::Level)
            .map(|role| format!("{} {}", count(role), role.name()))
            .collect::<Vec<_>>();
        if !names.is_empty() {
            summary.warnings.push(format!(
                "pictures that may show who the patient is were left out: {}",
                names.join(", ")
            ));
        }
        if self.copies > 0 {
            summary.warnings.push(format!(
                "copies of other files (same SOPInstanceUID) were left out: {}",
                self.copies
            ));
        }
        summary
    }
}
