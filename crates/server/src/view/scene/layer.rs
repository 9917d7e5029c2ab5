//! One image of a scene.

use imaging::ImageSummary;
use serde::Serialize;

use super::verdict::{Verdict, judge};
use super::{Candidate, SceneKind};

/// Whole numbers with more distinct values than this are no labels.
const MOST_LABELS: usize = 64;

/// How an image is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Grey values or colours.
    Image,
    /// A colour for each value.
    Labels,
    /// A table of colours over a range.
    Heat,
}

impl Role {
    /// For an image of which nothing is said: labels where it has few values, from 0 to at most 255.
    pub(super) fn of_summary(summary: &ImageSummary) -> Role {
        let is_labels = summary.channels == 1
            && summary.segments.as_ref().is_some_and(|segments| {
                let ends = (segments.first(), segments.last());
                segments.len() <= MOST_LABELS && matches!(ends, (Some(0), Some(..=255)))
            });
        if is_labels { Role::Labels } else { Role::Image }
    }
}

/// What a value of a segmentation means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// The value.
    pub value: i64,
    /// What it marks.
    pub name: String,
    /// Whether it is shown at first.
    pub shown: bool,
}

/// One image of a scene.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layer {
    /// For people.
    pub title: String,
    /// Slug of the socket that it fills.
    pub socket: Option<String>,
    /// Label of the socket's kind.
    pub kind: Option<&'static str>,
    /// How it is drawn.
    pub role: Role,
    /// Id of the image.
    pub image: String,
    /// Address of its description.
    pub describe: String,
    /// Address of its file.
    pub download: String,
    /// Whether it is shown at first.
    pub shown: bool,
    /// Names of labels.
    pub segments: Vec<Segment>,
    /// Where it lies; `None` for the image below everything.
    pub verdict: Option<Verdict>,
    /// Names of the planes that have more than a line to show.
    #[serde(skip)]
    pub planes: Vec<&'static str>,
}

impl Layer {
    pub(super) fn base(candidate: &Candidate) -> Layer {
        Layer::new(candidate, "", true, None)
    }

    /// An image over another one. Other images than labels and heat maps would hide what is below: they wait until
    /// somebody wants to see them.
    pub(super) fn over(candidate: &Candidate, base: &Candidate, kind: SceneKind) -> Layer {
        let verdict = judge(&candidate.shown.summary, &base.shown.summary);
        let form = match kind {
            SceneKind::Slide => "?as=slide",
            SceneKind::Volume => "",
        };
        let is_shown = candidate.role != Role::Image;
        Layer::new(candidate, form, is_shown, Some(verdict))
    }

    fn new(candidate: &Candidate, form: &str, shown: bool, verdict: Option<Verdict>) -> Layer {
        let image = &candidate.shown.image;
        let socket = candidate.value.as_ref().map(|value| &value.socket.socket);
        let id = image.id.to_string();
        let segments = socket.map_or(&[][..], |socket| &socket.overlay_segments);
        Layer {
            title: socket.map_or_else(|| image.name.clone(), |socket| socket.title.clone()),
            socket: socket.map(|socket| socket.slug.to_string()),
            kind: socket.map(|socket| socket.kind.label()),
            role: candidate.role,
            describe: format!("/images/{id}/view/image.json{form}"),
            download: format!("/files/images/{id}/{id}.{}", image.extension.as_str()),
            image: id,
            shown,
            segments: segments
                .iter()
                .map(|segment| Segment {
                    value: segment.voxel_value,
                    name: segment.name.clone(),
                    shown: segment.visible,
                })
                .collect(),
            verdict,
            planes: planes(&candidate.shown.summary),
        }
    }
}

/// All three planes for a volume; for a flat image the one that it lies in.
fn planes(summary: &ImageSummary) -> Vec<&'static str> {
    let thin: Vec<usize> = (0..3)
        .filter(|axis| summary.geometry.size.get(*axis).copied().unwrap_or(1) == 1)
        .collect();
    let affine = summary.geometry.affine();
    match thin.as_slice() {
        [axis] => {
            let normal = affine.matrix.map(|row| row[*axis].abs());
            let largest = (0..3).max_by(|a, b| normal[*a].total_cmp(&normal[*b]));
            vec![match largest {
                Some(0) => "sagittal",
                Some(1) => "coronal",
                Some(_) | None => "axial",
            }]
        }
        [] | [_, ..] => vec!["axial", "coronal", "sagittal"],
    }
}
