//! The forty kinds of socket: what may fill them and how they appear in the container.
//!
//! Codes, labels, extensions and media types are those that users of the contract's platform know.

mod annotation;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where Vega-Lite's schema is known to be; it is bundled, never fetched.
pub const VEGA_LITE_SCHEMA_URL: &str = "https://vega.github.io/schema/vega-lite/v5.json";

/// How a value is stored and appears in the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SuperKind {
    /// JSON in the database, written as a JSON file.
    Value,
    /// A file, copied as it is.
    File,
    /// A folder below `images/` with one image.
    Image,
}

/// What the content of a kind is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// JSON; `true` when only as a file, because it can be large.
    Json(bool),
    Image,
    File(&'static str),
}

/// Declares the kinds as a table: variant, code, label, content.
macro_rules! socket_kinds {
    ($($variant:ident $code:literal $label:literal $content:expr;)*) => {
        /// What kind of thing fills a socket.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        pub enum SocketKind {
            $(#[doc = concat!("`", $code, "`: ", $label, ".")] $variant,)*
        }

        impl SocketKind {
            /// All kinds, in the order of the table in the manual.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code, such as `MPOI`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The label, such as `Multiple points`.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }

            fn content(self) -> Content {
                match self { $(Self::$variant => $content,)* }
            }
        }
    };
}

const VALUE: Content = Content::Json(false);
const LARGE: Content = Content::Json(true);

socket_kinds! {
    String "STR" "String" VALUE;
    Integer "INT" "Integer" VALUE;
    Float "FLT" "Float" VALUE;
    Bool "BOOL" "Bool" VALUE;
    Anything "JSON" "Anything" VALUE;
    Chart "CHART" "Chart" VALUE;
    BoundingBox2d "2DBB" "2D bounding box" VALUE;
    MultipleBoundingBoxes2d "M2DB" "Multiple 2D bounding boxes" LARGE;
    DistanceMeasurement "DIST" "Distance measurement" VALUE;
    MultipleDistanceMeasurements "MDIS" "Multiple distance measurements" LARGE;
    Point "POIN" "Point" VALUE;
    MultiplePoints "MPOI" "Multiple points" LARGE;
    Polygon "POLY" "Polygon" VALUE;
    MultiplePolygons "MPOL" "Multiple polygons" LARGE;
    Line "LINE" "Line" VALUE;
    MultipleLines "MLIN" "Multiple lines" LARGE;
    Angle "ANGL" "Angle" VALUE;
    MultipleAngles "MANG" "Multiple angles" LARGE;
    Ellipse "ELLI" "Ellipse" VALUE;
    MultipleEllipses "MELL" "Multiple ellipses" LARGE;
    ThreePointAngle "3ANG" "Three-point angle" VALUE;
    MultipleThreePointAngles "M3AN" "Multiple three-point angles" LARGE;
    AffineTransformRegistration "ATRG" "Affine transform registration" VALUE;
    Choice "CHOI" "Choice" VALUE;
    MultipleChoice "MCHO" "Multiple choice" VALUE;
    Image "IMG" "Image" Content::Image;
    Segmentation "SEG" "Segmentation" Content::Image;
    HeatMap "HMAP" "Heat Map" Content::Image;
    DisplacementField "DSPF" "Displacement field" Content::Image;
    DicomImageSet "DCMIS" "DICOM Image Set" Content::Image;
    Pdf "PDF" "PDF file" Content::File(".pdf");
    Sqreg "SQREG" "SQREG file" Content::File(".sqreg");
    ThumbnailJpg "JPEG" "Thumbnail jpg" Content::File(".jpeg");
    ThumbnailPng "PNG" "Thumbnail png" Content::File(".png");
    Obj "OBJ" "OBJ file" Content::File(".obj");
    Mp4 "MP4" "MP4 file" Content::File(".mp4");
    Newick "NEWCK" "Newick tree-format file" Content::File(".newick");
    Biom "BIOM" "BIOM format" Content::File(".biom");
    Csv "CSV" "CSV file" Content::File(".csv");
    Zip "ZIP" "ZIP file" Content::File(".zip");
}

/// A kind that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "socket kind `{found}` is unknown, expected a label such as `Segmentation` or a code such as `SEG`"
)]
pub struct UnknownKind {
    found: String,
}

impl TryFrom<String> for SocketKind {
    type Error = UnknownKind;

    fn try_from(text: String) -> Result<Self, UnknownKind> {
        Self::parse(&text)
    }
}

impl From<SocketKind> for &'static str {
    fn from(kind: SocketKind) -> Self {
        kind.label()
    }
}

impl SocketKind {
    /// The kind with this label (any case) or code.
    ///
    /// # Errors
    /// When there is none.
    pub fn parse(text: &str) -> Result<Self, UnknownKind> {
        let found = Self::ALL
            .iter()
            .find(|kind| kind.label().eq_ignore_ascii_case(text) || kind.code() == text);
        found.copied().ok_or_else(|| UnknownKind {
            found: text.to_owned(),
        })
    }

    /// How it is stored; only JSON kinds are asked for `store_in_database`.
    pub fn super_kind(self, store_in_database: bool) -> SuperKind {
        match self.content() {
            Content::Json(_) if store_in_database => SuperKind::Value,
            Content::Json(_) | Content::File(_) => SuperKind::File,
            Content::Image => SuperKind::Image,
        }
    }

    /// Whether its content is JSON.
    pub fn is_json(self) -> bool {
        matches!(self.content(), Content::Json(_))
    }

    /// Whether it is an image, in a folder of its own.
    pub fn is_image(self) -> bool {
        self.content() == Content::Image
    }

    /// Whether its JSON may be kept in the database; large annotations may not.
    pub fn may_store_in_database(self) -> bool {
        self.content() == Content::Json(false)
    }

    /// What the relative path must end with; `None` for images, whose path is a folder.
    pub fn extension(self) -> Option<&'static str> {
        match self.content() {
            Content::Json(_) => Some(".json"),
            Content::File(extension) => Some(extension),
            Content::Image => None,
        }
    }

    /// Media types that an upload may have.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a rule for a few of the forty kinds; the rest share one answer"
    )]
    pub fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["application/pdf"],
            Self::Sqreg => &[
                "application/octet-stream",
                "application/x-sqlite3",
                "application/vnd.sqlite3",
            ],
            Self::ThumbnailJpg => &["image/jpeg"],
            Self::ThumbnailPng => &["image/png"],
            Self::Obj => &["text/plain", "application/octet-stream"],
            Self::Mp4 => &["video/mp4"],
            Self::Newick => &["text/x-nh", "application/octet-stream"],
            Self::Biom => &["application/octet-stream"],
            Self::Csv => &[
                "application/csv",
                "application/vnd.ms-excel",
                "text/csv",
                "text/plain",
            ],
            Self::Zip => &["application/zip", "application/x-zip-compressed"],
            kind if kind.is_json() => &["application/json", "text/plain"],
            _image => &[],
        }
    }

    /// JSON Schema that a value must fulfil; `None` for images, files, and the kind that admits anything.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a rule for a few of the forty kinds; the rest share one answer"
    )]
    pub fn schema(self) -> Option<Value> {
        match self {
            Self::String | Self::Choice => Some(json!({"type": "string"})),
            Self::Integer => Some(json!({"type": "integer"})),
            Self::Float => Some(json!({"type": "number"})),
            Self::Bool => Some(json!({"type": "boolean"})),
            Self::Chart => Some(json!({"$ref": VEGA_LITE_SCHEMA_URL})),
            Self::MultipleChoice => Some(json!({"type": "array", "items": {"type": "string"}})),
            Self::AffineTransformRegistration => Some(affine_transform()),
            kind => annotation::schema(kind),
        }
    }
}

fn affine_transform() -> Value {
    let row = json!({"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4});
    json!({
        "type": "object",
        "required": ["3d_affine_transform"],
        "properties": {"3d_affine_transform": {"type": "array", "items": row, "minItems": 4, "maxItems": 4}},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_forty_kinds_of_three_sorts() {
        let count = |sort: fn(SocketKind) -> bool| {
            SocketKind::ALL.iter().filter(|kind| sort(**kind)).count()
        };
        assert_eq!(SocketKind::ALL.len(), 40);
        assert_eq!(count(SocketKind::is_json), 25);
        assert_eq!(count(SocketKind::is_image), 5);
        assert_eq!(
            count(|kind| kind.is_json() && !kind.may_store_in_database()),
            8
        );
    }

    #[test]
    fn the_manual_has_every_kind() {
        let manual = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/manifest.md"
        ));
        let written: Vec<&str> = manual
            .lines()
            .filter(|line| line.starts_with("| `") && line.matches('|').count() == 4)
            .filter(|line| {
                SocketKind::ALL
                    .iter()
                    .any(|kind| line.starts_with(&format!("| `{}` |", kind.code())))
            })
            .collect();
        let expected: Vec<String> = SocketKind::ALL
            .iter()
            .map(|kind| {
                let content = match kind.content() {
                    Content::Json(false) => "JSON".to_owned(),
                    Content::Json(true) => "JSON, only as a file".to_owned(),
                    Content::Image => "image".to_owned(),
                    Content::File(extension) => format!("`{extension}` file"),
                };
                format!("| `{}` | {} | {content} |", kind.code(), kind.label())
            })
            .collect();
        assert_eq!(written, expected);
    }

    #[test]
    fn kinds_are_found_by_label_and_code() {
        for kind in SocketKind::ALL {
            assert_eq!(SocketKind::parse(kind.label()), Ok(*kind));
            assert_eq!(SocketKind::parse(kind.code()), Ok(*kind));
            assert_eq!(
                serde_json::from_value::<SocketKind>(json!(kind.code())).unwrap(),
                *kind
            );
        }
        assert!(
            SocketKind::parse("Hologram")
                .unwrap_err()
                .to_string()
                .contains("`Hologram`")
        );
    }
}
