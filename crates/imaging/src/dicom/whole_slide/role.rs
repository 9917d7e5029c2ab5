//! What a file of a slide shows.

use crate::dicom::data_set::{DataSet, refused};
use crate::dicom::tag;
use crate::error::ReadProblem;

/// The third value of `ImageType`, PS3.3 C.8.12.4.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// The specimen, at some resolution.
    Level,
    /// Its label, which says who the patient is.
    Label,
    /// The whole slide as a camera sees it, often with its label.
    Overview,
    /// A small picture of any of these.
    Thumbnail,
}

impl Role {
    pub(super) fn of(set: &DataSet) -> Role {
        let text = set.text(tag::IMAGE_TYPE).unwrap_or_default();
        match text.split('\\').nth(2).map(str::trim) {
            Some("LABEL") => Role::Label,
            Some("OVERVIEW" | "LOCALIZER") => Role::Overview,
            Some("THUMBNAIL") => Role::Thumbnail,
            Some(_) | None => Role::Level,
        }
    }

    /// As the standard calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Role::Level => "VOLUME",
            Role::Label => "LABEL",
            Role::Overview => "OVERVIEW",
            Role::Thumbnail => "THUMBNAIL",
        }
    }

    /// Only levels are handed out: everything else may show who the patient is.
    pub(super) fn require_level(self) -> Result<(), ReadProblem> {
        if self == Role::Level {
            return Ok(());
        }
        Err(refused(
            tag::IMAGE_TYPE,
            "VOLUME, a level of the slide",
            &format!("{}, which may show who the patient is", self.name()),
        ))
    }
}
