//! What the numbers of the largest level mean, for whoever gets them from [`stream`](super::stream).

use super::colour::{Colour, palette_of};
use super::directory::Directory;
use super::file::TiffFile;
use super::page::Page;
use super::{read_pages, tag};
use crate::error::ReadProblem;
use crate::limits::CheckLimits;
use crate::source::ReadSeek;
use crate::summary::ComponentType;

/// Longest colour profile that is read, bytes.
const MAX_PROFILE: u64 = 1 << 20;

/// What a pixel is.
pub(crate) struct Meaning {
    pub(crate) colour: Colour,
    /// Name of the colour space as the file states it.
    pub(crate) colour_space: Option<String>,
    /// Bits of one sample as it is stored.
    pub(crate) bits: u16,
    /// Type of one sample, where it has a common one. Packed bits are unpacked.
    pub(crate) component: Option<ComponentType>,
    /// Samples of a pixel.
    pub(crate) samples: u16,
    /// Every sample is kept as it was, so that numbers may be labels.
    pub(crate) is_lossless: bool,
    /// Values from MinSampleValue to MaxSampleValue are few, as in a segmentation.
    pub(crate) has_label_range: bool,
    /// Red, green and blue of each place.
    pub(crate) palette: Vec<[u8; 3]>,
    /// ICC profile of the colours.
    pub(crate) profile: Option<Vec<u8>>,
}

impl Meaning {
    /// Reads the directories of a file.
    pub(crate) fn open(
        reader: &mut dyn ReadSeek,
        limits: &CheckLimits,
    ) -> Result<Meaning, ReadProblem> {
        let mut file = TiffFile::open(reader)?;
        let (directories, pages) = read_pages(&mut file, limits)?;
        match (directories.first(), pages.first()) {
            (Some(directory), Some(page)) => Meaning::of(&mut file, directory, page),
            _ => Err(ReadProblem::MissingField("first directory".into())),
        }
    }

    pub(super) fn of(
        file: &mut TiffFile<'_>,
        directory: &Directory,
        page: &Page,
    ) -> Result<Meaning, ReadProblem> {
        let palette = match directory.entry(tag::COLOR_MAP) {
            Some(entry) if page.photometric == Some(3) => {
                palette_of(&entry.integers(file, 0, 768)?)
            }
            Some(_) | None => Vec::new(),
        };
        let profile = match directory.entry(tag::ICC_PROFILE) {
            Some(entry) if entry.count <= MAX_PROFILE => Some(entry.raw(file, MAX_PROFILE)?),
            Some(_) | None => None,
        };
        Ok(Meaning {
            colour: Colour::of(page),
            colour_space: page.photometric.map(tag::photometric),
            bits: page.bits,
            component: page.unpacked_type(),
            samples: page.samples,
            is_lossless: page.is_lossless(),
            has_label_range: super::tagged_segments(file, directory, page)?.is_some(),
            palette,
            profile,
        })
    }

    /// Numbers that can be labels: whole, one for a pixel, kept without loss, no shades of white and no colours.
    pub(crate) fn may_be_labels(&self) -> bool {
        self.samples == 1
            && self.colour == Colour::Grey
            && matches!(self.colour_space.as_deref(), None | Some("min_is_black"))
            && self.is_lossless
            && self.component.is_some_and(ComponentType::is_integer)
    }
}
