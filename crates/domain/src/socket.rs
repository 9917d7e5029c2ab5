//! A typed slot of an algorithm, and the judging of what fills it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::relative_path::{InvalidRelativePath, RelativePath};
use crate::schema::{InvalidSchema, Schema, SchemaViolation};
use crate::slug::Slug;
use crate::socket_kind::{SocketKind, SuperKind};

/// A typed slot with a place in the container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Socket {
    /// Its name in commands and in the API.
    pub slug: Slug,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What fills it.
    pub kind: SocketKind,
    /// Where it lies below `/input` or `/output`.
    pub relative_path: RelativePath,
    /// What its JSON must fulfil besides the kind's own schema.
    pub schema: Option<Value>,
    /// What fills it when nothing is given.
    pub default: Option<Value>,
    /// What the voxel values of a segmentation mean.
    pub overlay_segments: Vec<OverlaySegment>,
    /// Whether JSON is kept in the database (and in `inputs.json`) instead of as a file only.
    pub store_in_database: bool,
}

/// The meaning of one voxel value of a segmentation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[derive(schemars::JsonSchema)]
pub struct OverlaySegment {
    /// The value; all values together are contiguous once 0 is added.
    pub voxel_value: i64,
    /// What it marks.
    pub name: String,
    /// Whether it is shown at first.
    #[serde(default = "yes")]
    pub visible: bool,
}

fn yes() -> bool {
    true
}

/// A rule that a socket's declaration breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSocket {
    /// Its path.
    #[error(transparent)]
    Path(#[from] InvalidRelativePath),
    /// Its schema.
    #[error(transparent)]
    Schema(#[from] InvalidSchema),
    /// A schema on a kind that is not JSON.
    #[error("kind `{0}` takes no schema, expected one for JSON kinds only")]
    SchemaOnFile(&'static str),
    /// A default on a kind that is not JSON.
    #[error("kind `{0}` takes no default, expected one for JSON kinds only")]
    DefaultOnFile(&'static str),
    /// A default that the socket itself refuses.
    #[error("the default is refused by the socket itself: {0}")]
    Default(SchemaViolation),
    /// `store_in_database` on a kind that is too large for it.
    #[error("kind `{0}` cannot be stored in the database, expected `store_in_database = false`")]
    NotInDatabase(&'static str),
    /// A segmentation without segments.
    #[error("a segmentation needs `overlay_segments`, found none")]
    SegmentsMissing,
    /// Segments on another kind.
    #[error("`overlay_segments` are for segmentations only, found them on kind `{0}`")]
    SegmentsOnOther(&'static str),
    /// Values with gaps or doubles.
    #[error(
        "`overlay_segments` have the values {found:?}, expected contiguous ones without doubles (0 is always there)"
    )]
    SegmentValues {
        /// The values, sorted.
        found: Vec<i64>,
    },
    /// A segment without a name.
    #[error("the segment of value {0} has no name")]
    SegmentName(i64),
}

/// Voxel values that a segmentation may not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the voxel values {found:?} are not among the declared ones, expected only {allowed:?}")]
pub struct UndeclaredSegments {
    /// The values that are too many.
    pub found: Vec<i64>,
    /// The declared ones and 0.
    pub allowed: Vec<i64>,
}

impl Socket {
    /// How its value is stored and appears in the container.
    pub fn super_kind(&self) -> SuperKind {
        self.kind.super_kind(self.store_in_database)
    }

    /// Judges the declaration itself.
    ///
    /// # Errors
    /// With the first rule that is broken.
    pub fn check(&self) -> Result<(), InvalidSocket> {
        let label = self.kind.label();
        self.relative_path.check_kind(self.kind)?;
        if self.schema.is_some() && !self.kind.is_json() {
            return Err(InvalidSocket::SchemaOnFile(label));
        }
        if self.store_in_database && !self.kind.may_store_in_database() {
            return Err(InvalidSocket::NotInDatabase(label));
        }
        if let Some(schema) = &self.schema {
            Schema::compile(schema)?;
        }
        match &self.default {
            Some(_) if !self.kind.is_json() => return Err(InvalidSocket::DefaultOnFile(label)),
            Some(value) => self.check_json(value).map_err(InvalidSocket::Default)?,
            None => {}
        }
        self.check_segment_declaration()
    }

    fn check_segment_declaration(&self) -> Result<(), InvalidSocket> {
        match (
            self.kind == SocketKind::Segmentation,
            self.overlay_segments.is_empty(),
        ) {
            (true, true) => return Err(InvalidSocket::SegmentsMissing),
            (false, false) => return Err(InvalidSocket::SegmentsOnOther(self.kind.label())),
            (true, false) | (false, true) => {}
        }
        let mut found: Vec<i64> = self
            .overlay_segments
            .iter()
            .map(|segment| segment.voxel_value)
            .collect();
        found.sort_unstable();
        let doubles = found.windows(2).any(|pair| pair[0] == pair[1]);
        let with_zero = self.allowed_segments();
        let gaps = with_zero.windows(2).any(|pair| pair[1] != pair[0] + 1);
        if doubles || gaps {
            return Err(InvalidSocket::SegmentValues { found });
        }
        let unnamed = self
            .overlay_segments
            .iter()
            .find(|segment| segment.name.trim().is_empty());
        unnamed.map_or(Ok(()), |segment| {
            Err(InvalidSocket::SegmentName(segment.voxel_value))
        })
    }

    /// Declared voxel values and 0, sorted.
    pub fn allowed_segments(&self) -> Vec<i64> {
        let values = self
            .overlay_segments
            .iter()
            .map(|segment| segment.voxel_value);
        values
            .chain([0])
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// Judges a JSON value: the kind's schema and the socket's own.
    ///
    /// # Errors
    /// With every complaint of both.
    pub fn check_json(&self, value: &Value) -> Result<(), SchemaViolation> {
        let own = self.schema.as_ref().map(Schema::compile).transpose();
        let own = own.map_err(|error| SchemaViolation {
            complaints: vec![error.to_string()],
        })?;
        let schemas = own.into_iter().chain(Schema::of_kind(self.kind));
        let violations = schemas.filter_map(|schema| schema.check(value).err());
        let mut complaints: Vec<String> = violations
            .flat_map(|violation| violation.complaints)
            .collect();
        complaints.dedup();
        if complaints.is_empty() {
            Ok(())
        } else {
            Err(SchemaViolation { complaints })
        }
    }

    /// Judges the voxel values of a segmentation; anything goes where no segments are declared.
    ///
    /// # Errors
    /// With the values that are not declared.
    pub fn check_segments(&self, values: &[i64]) -> Result<(), UndeclaredSegments> {
        if self.overlay_segments.is_empty() {
            return Ok(());
        }
        let allowed = self.allowed_segments();
        let found: Vec<i64> = values
            .iter()
            .copied()
            .filter(|value| !allowed.contains(value))
            .collect();
        if found.is_empty() {
            Ok(())
        } else {
            Err(UndeclaredSegments { found, allowed })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn socket(kind: SocketKind, path: &str) -> Socket {
        Socket {
            slug: Slug::new("a").unwrap(),
            title: "A".into(),
            description: String::new(),
            kind,
            relative_path: RelativePath::new(path).unwrap(),
            schema: None,
            default: None,
            overlay_segments: vec![],
            store_in_database: kind.may_store_in_database(),
        }
    }

    fn segments(values: &[i64]) -> Vec<OverlaySegment> {
        values
            .iter()
            .map(|&voxel_value| OverlaySegment {
                voxel_value,
                name: format!("s{voxel_value}"),
                visible: true,
            })
            .collect()
    }

    #[test]
    fn segments_have_rules() {
        let with = |values: &[i64]| Socket {
            overlay_segments: segments(values),
            ..socket(SocketKind::Segmentation, "images/s")
        };
        assert_eq!(with(&[1, 2]).check(), Ok(()));
        assert_eq!(with(&[0, 1]).check(), Ok(()));
        assert_eq!(with(&[]).check(), Err(InvalidSocket::SegmentsMissing));
        assert!(with(&[2, 3]).check().is_err() && with(&[1, 1]).check().is_err());
        assert_eq!(with(&[1, 2]).check_segments(&[0, 2]), Ok(()));
        assert_eq!(
            with(&[1]).check_segments(&[0, 1, 7]).unwrap_err().found,
            [7]
        );
        let other = Socket {
            overlay_segments: segments(&[1]),
            ..socket(SocketKind::Image, "images/s")
        };
        assert_eq!(other.check(), Err(InvalidSocket::SegmentsOnOther("Image")));
    }

    #[test]
    fn both_schemas_hold() {
        let limited = Socket {
            schema: Some(json!({"maximum": 10})),
            ..socket(SocketKind::Integer, "a.json")
        };
        assert_eq!(limited.check(), Ok(()));
        assert!(limited.check_json(&json!(3)).is_ok());
        assert!(
            limited.check_json(&json!(11)).is_err() && limited.check_json(&json!("3")).is_err()
        );
        let broken = Socket {
            default: Some(json!(11)),
            ..limited
        };
        assert!(matches!(broken.check(), Err(InvalidSocket::Default(_))));
        let large = Socket {
            store_in_database: true,
            ..socket(SocketKind::MultiplePoints, "p.json")
        };
        assert_eq!(
            large.check(),
            Err(InvalidSocket::NotInDatabase("Multiple points"))
        );
    }
}
