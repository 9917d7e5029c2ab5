//! A socket as it is typed, and everything that is wrong with it, field by field.

use domain::schema::Schema;
use domain::socket::InvalidSocket;
use domain::{OverlaySegment, RelativePath, Slug, Socket, SocketKind};
use serde_json::Value;

use crate::ui::form::Form;
use crate::ui::problems::Problems;

/// Rows of segments in the form, at most.
const MOST_SEGMENTS: usize = 1000;
/// Rows of segments at first, and by how many they grow.
const SEGMENTS: usize = 3;

/// What was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) title: String,
    pub(super) slug: String,
    pub(super) description: String,
    pub(super) kind: String,
    pub(super) path: String,
    /// JSON is kept as a file, not in the database.
    pub(super) as_file: bool,
    pub(super) schema: String,
    pub(super) default: String,
    pub(super) example: String,
    pub(super) segments: Vec<SegmentRow>,
}

/// A row of the table of segments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SegmentRow {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) is_hidden: bool,
}

/// A socket that breaks no rule by itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Declared {
    pub(super) socket: Socket,
    pub(super) example: Option<Value>,
}

impl Typed {
    /// An empty form.
    pub(super) fn empty() -> Typed {
        let mut typed = Typed::default();
        typed.grow();
        for (row, number) in typed.segments.iter_mut().zip(1..) {
            row.value = number.to_string();
        }
        typed
    }

    /// More rows of segments.
    pub(super) fn grow(&mut self) {
        let wanted = (self.segments.len() + SEGMENTS).min(MOST_SEGMENTS);
        self.segments.resize(wanted, SegmentRow::default());
    }

    /// What was sent.
    pub(super) fn of(form: &Form) -> Typed {
        let rows = form.get("segments").parse::<usize>().unwrap_or(0);
        let text = |name: &str| form.get(name).trim().to_owned();
        Typed {
            title: text("title"),
            slug: text("slug"),
            description: form
                .get("description")
                .replace("\r\n", "\n")
                .trim()
                .to_owned(),
            kind: text("kind"),
            path: text("path"),
            as_file: form.is_ticked("as-file"),
            schema: text("schema"),
            default: text("default"),
            example: text("example"),
            segments: (0..rows.min(MOST_SEGMENTS))
                .map(|row| SegmentRow {
                    value: text(&format!("segment-value:{row}")),
                    name: text(&format!("segment-name:{row}")),
                    is_hidden: form.is_ticked(&format!("segment-hidden:{row}")),
                })
                .collect(),
        }
    }

    /// The socket, or everything that is wrong.
    ///
    /// # Errors
    /// By field.
    pub(super) fn read(&self) -> Result<Declared, Problems> {
        let mut problems = Problems::default();
        for (field, text, most) in [
            ("title", &self.title, 255),
            ("description", &self.description, 10_000),
        ] {
            let length = text.chars().count();
            if length > most {
                problems.add(
                    field,
                    format!("It has {length} characters, expected at most {most}."),
                );
            }
        }
        let slug = self.slug(&mut problems);
        let kind = problems.take("kind", self.kind());
        let path = problems.take("path", self.path(kind));
        let schema = json(&mut problems, "schema", &self.schema);
        let default = json(&mut problems, "default", &self.default);
        let example = json(&mut problems, "example", &self.example);
        let segments = self.segments(&mut problems);
        if let Some(kind) = kind {
            check_json(kind, [&schema, &default, &example], &mut problems);
        }
        let (Some(slug), Some(kind), Some(path)) = (slug, kind, path) else {
            return Err(problems);
        };
        let socket = Socket {
            title: if self.title.is_empty() {
                slug.to_string()
            } else {
                self.title.clone()
            },
            slug,
            description: self.description.clone(),
            kind,
            relative_path: path,
            schema,
            default,
            // The rows stand in the form for every kind; only those that are filled in count, and only here.
            overlay_segments: if kind == SocketKind::Segmentation {
                segments
            } else {
                Vec::new()
            },
            store_in_database: kind.may_store_in_database() && !self.as_file,
        };
        if let Err(broken) = socket.check() {
            let field = field_of(&broken);
            if problems.at(field).is_none() {
                problems.add(field, broken.to_string());
            }
        }
        if problems.any() {
            return Err(problems);
        }
        Ok(Declared { socket, example })
    }

    fn slug(&self, problems: &mut Problems) -> Option<Slug> {
        let wanted = if self.slug.is_empty() {
            crate::ui::algorithms::slug_of(&self.title)
        } else {
            self.slug.clone()
        };
        if wanted.is_empty() {
            let field = if self.title.is_empty() {
                "title"
            } else {
                "slug"
            };
            problems.add(field, "A name is missing.");
            return None;
        }
        problems.take("slug", Slug::new(wanted))
    }

    fn kind(&self) -> Result<SocketKind, String> {
        if self.kind.is_empty() {
            return Err("Choose what kind of thing fills the socket.".to_owned());
        }
        SocketKind::parse(&self.kind).map_err(|problem| problem.to_string())
    }

    fn path(&self, kind: Option<SocketKind>) -> Result<RelativePath, String> {
        if self.path.is_empty() {
            return Err(
                "Say where the container finds it, such as `images/ct` or `age.json`.".to_owned(),
            );
        }
        let path = RelativePath::new(self.path.as_str()).map_err(|problem| problem.to_string())?;
        if let Some(kind) = kind {
            path.check_kind(kind)
                .map_err(|problem| problem.to_string())?;
        }
        Ok(path)
    }

    fn segments(&self, problems: &mut Problems) -> Vec<OverlaySegment> {
        let mut segments = Vec::new();
        for row in self.segments.iter().filter(|row| !row.name.is_empty()) {
            match row.value.parse::<i64>() {
                Ok(voxel_value) => segments.push(OverlaySegment {
                    voxel_value,
                    name: row.name.clone(),
                    visible: !row.is_hidden,
                }),
                Err(_) => problems.add(
                    "segments",
                    format!(
                        "`{}` is no voxel value of “{}”, expected a whole number.",
                        row.value, row.name
                    ),
                ),
            }
        }
        segments
    }
}

/// JSON of a field; empty is none.
fn json(problems: &mut Problems, field: &str, text: &str) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    let read = serde_json::from_str::<Value>(text);
    let read = read.map_err(|problem| {
        let is_word = text
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
        let hint = if is_word && field != "schema" {
            format!("; text stands in quotes: `\"{text}\"`")
        } else {
            String::new()
        };
        format!("This is no JSON: {problem}{hint}")
    });
    problems.take(field, read)
}

/// Schema, default and example, each by itself, so that each has its problem.
fn check_json(
    kind: SocketKind,
    [schema, default, example]: [&Option<Value>; 3],
    problems: &mut Problems,
) {
    let given = [
        ("schema", schema),
        ("default", default),
        ("example", example),
    ];
    if !kind.is_json() {
        for (field, _) in given.iter().filter(|(_, value)| value.is_some()) {
            let said = format!("`{}` is not JSON, so it takes none.", kind.label());
            problems.add(field, said);
        }
        return;
    }
    let mut schemas: Vec<Schema> = Schema::of_kind(kind).into_iter().collect();
    if let Some(schema) = schema {
        schemas.extend(problems.take("schema", Schema::compile(schema)));
    }
    for (field, value) in [("default", default), ("example", example)] {
        let Some(value) = value else { continue };
        for schema in &schemas {
            problems.take(field, schema.check(value));
        }
    }
}

/// The field that a broken rule is about.
pub(super) fn field_of(broken: &InvalidSocket) -> &'static str {
    match broken {
        InvalidSocket::Path(_) => "path",
        InvalidSocket::Schema(_) | InvalidSocket::SchemaOnFile(_) => "schema",
        InvalidSocket::Default(_) | InvalidSocket::DefaultOnFile(_) => "default",
        InvalidSocket::NotInDatabase(_) => "as-file",
        InvalidSocket::SegmentsMissing
        | InvalidSocket::SegmentsOnOther(_)
        | InvalidSocket::SegmentValues { .. }
        | InvalidSocket::SegmentName(_) => "segments",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(kind: &str, path: &str) -> Typed {
        Typed {
            title: "Lesion mask".to_owned(),
            kind: kind.to_owned(),
            path: path.to_owned(),
            ..Typed::empty()
        }
    }

    #[test]
    fn every_field_has_its_problem() {
        let bad = Typed {
            schema: "{\"type\": 7}".to_owned(),
            default: "abc".to_owned(),
            example: "{".to_owned(),
            ..typed("Integer", "images/n")
        };
        let problems = bad.read().unwrap_err();
        for (field, says) in [
            ("path", "must not lie below"),
            ("schema", "schema is invalid"),
            ("default", "`\"abc\"`"),
            ("example", "no JSON"),
        ] {
            assert!(
                problems.at(field).unwrap_or_default().contains(says),
                "{field}: {problems:?}"
            );
        }
    }

    #[test]
    fn the_schema_judges_default_and_example() {
        let limited = Typed {
            schema: "{\"minimum\": 0}".to_owned(),
            default: "-1".to_owned(),
            example: "-2".to_owned(),
            ..typed("INT", "n.json")
        };
        let problems = limited.read().unwrap_err();
        assert!(problems.at("default").unwrap().contains("minimum"));
        assert!(problems.at("example").unwrap().contains("minimum"));
    }

    #[test]
    fn segments_are_of_segmentations() {
        let empty = typed("Segmentation", "images/m").read().unwrap_err();
        assert!(empty.at("segments").unwrap().contains("overlay_segments"));
        let mut good = typed("Segmentation", "images/m");
        good.segments[0].name = "Lesion".to_owned();
        let declared = good.read().unwrap();
        assert_eq!(declared.socket.slug.as_str(), "lesion-mask");
        assert_eq!(declared.socket.overlay_segments.len(), 1);
        good.segments[0].value = "x".to_owned();
        assert!(
            good.read()
                .unwrap_err()
                .at("segments")
                .unwrap()
                .contains("`x`")
        );
    }
}
