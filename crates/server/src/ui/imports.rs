//! Uploaded files that become images, as lines of a list: how far they are, what was refused.

use store::image_imports::{ImageImportState, RecentImport};

use super::quantity::{Moment, counted};

/// An import, as a line.
#[derive(Debug, Clone)]
pub struct ImportLine {
    /// Its files, in words.
    pub files: String,
    /// What it fills, in words; empty: nothing.
    pub place: String,
    /// Colour of the badge.
    pub badge: &'static str,
    /// How far it is.
    pub state: String,
    /// What was refused, file by file.
    pub problems: Vec<String>,
    /// When it was asked for.
    pub at: Moment,
    /// Whether it has ended.
    pub has_ended: bool,
}

/// A line.
#[must_use]
pub fn line(import: &RecentImport, place: String) -> ImportLine {
    let names = import.filenames.join(", ");
    let more = import.files.saturating_sub(import.filenames.len() as u64);
    let files = match more {
        0 => names,
        more => format!("{names} and {}", counted(more, "other", "others")),
    };
    let problems: Vec<String> = import
        .problem
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    let images = counted(import.images, "image", "images");
    let (badge, state) = match import.state {
        ImageImportState::Queued => ("busy", "waits".to_owned()),
        ImageImportState::Started => ("busy", "is being read".to_owned()),
        ImageImportState::Failed => ("bad", "refused".to_owned()),
        ImageImportState::Succeeded if problems.is_empty() => ("good", images),
        ImageImportState::Succeeded => ("warning", format!("{images}, {} refused", problems.len())),
    };
    ImportLine {
        files,
        place,
        badge,
        state,
        problems,
        at: import.created_at.into(),
        has_ended: matches!(
            import.state,
            ImageImportState::Failed | ImageImportState::Succeeded
        ),
    }
}
