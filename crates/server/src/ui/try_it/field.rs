//! One input in the form.

use domain::{SocketKind, SuperKind};
use store::StoreError;
use store::sockets::StoredSocket;

use super::choices::{Choices, label};
use super::images::{self, Found};
use super::typed::{Typed, kept_name};
use crate::state::AppState;
use crate::ui::visitor::Visitor;

/// Bytes of a schema or an example on the page.
const LONG: usize = 20_000;

/// One input in the form.
pub(super) struct Field {
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) kind: &'static str,
    pub(super) control: Control,
    pub(super) problems: Vec<String>,
    /// Of the socket, as text.
    pub(super) example: Option<String>,
    pub(super) schema: Option<String>,
}

/// How an input is filled in.
pub(super) enum Control {
    Line(String),
    Lines(String),
    Number {
        text: String,
        is_whole: bool,
        min: String,
        max: String,
    },
    Tick(bool),
    /// Values as JSON, their names, whether they are chosen; and whether the list opens.
    One(Vec<(String, String, bool)>, bool),
    Many(Vec<(String, String, bool)>),
    /// JSON that is typed; a file will do where the socket takes a file.
    Code(String, Option<Files>),
    File(Files),
    Image {
        files: Files,
        is_earlier: bool,
        search: String,
        found: Vec<Found>,
    },
}

/// Files that have arrived, and one that was there before.
pub(super) struct Files {
    pub(super) accept: String,
    /// Ids of uploads and names.
    pub(super) sent: Vec<(String, String)>,
    /// The value of an earlier job, its name, and whether it counts.
    pub(super) kept: Option<(String, String, bool)>,
}

/// Kinds that are ticked.
pub(super) fn is_tick(kind: SocketKind) -> bool {
    kind == SocketKind::Bool
}

/// Kinds that are typed as JSON.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few of the forty kinds have a field of their own"
)]
pub(super) fn is_code(kind: SocketKind) -> bool {
    match kind {
        SocketKind::String
        | SocketKind::Integer
        | SocketKind::Float
        | SocketKind::Bool
        | SocketKind::Choice
        | SocketKind::MultipleChoice => false,
        other => other.is_json(),
    }
}

impl Field {
    pub(super) async fn of(
        state: &AppState,
        visitor: &Visitor,
        (stored, typed): (&StoredSocket, &Typed),
        problems: Vec<String>,
    ) -> Result<Field, StoreError> {
        let socket = &stored.socket;
        let pretty = |value: &serde_json::Value| {
            let text = serde_json::to_string_pretty(value).expect("JSON is plain data");
            Some(text).filter(|text| text.len() <= LONG)
        };
        Ok(Field {
            slug: socket.slug.to_string(),
            title: socket.title.clone(),
            description: socket.description.clone(),
            kind: socket.kind.label(),
            control: match socket.super_kind() {
                SuperKind::Value => value(stored, typed, None),
                SuperKind::File => {
                    let files = files(state, visitor, (stored, typed)).await?;
                    if socket.kind.is_json() {
                        value(stored, typed, Some(files))
                    } else {
                        Control::File(files)
                    }
                }
                SuperKind::Image => image(state, visitor, (stored, typed)).await?,
            },
            problems,
            example: stored.example.as_ref().and_then(pretty),
            schema: socket.schema.as_ref().and_then(pretty),
        })
    }

    /// Whether a script checks it as it is typed.
    pub(super) fn is_checked(&self) -> bool {
        matches!(self.control, Control::Code(..))
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few of the forty kinds have a field of their own"
)]
fn value(stored: &StoredSocket, typed: &Typed, files: Option<Files>) -> Control {
    let socket = &stored.socket;
    let name = format!("value.{}", socket.slug);
    let text = typed.get(&name).to_owned();
    // A file can hold any JSON, so it is always typed as such.
    if files.is_some() {
        return Control::Code(text, files);
    }
    if let Some(choices) = Choices::of(socket) {
        let chosen = typed.all(&name);
        let options = choices.values.iter().map(|value| {
            let json = value.to_string();
            let is_chosen = chosen.contains(&json.as_str());
            (json, label(value), is_chosen)
        });
        let options: Vec<_> = options.collect();
        return if choices.is_many {
            Control::Many(options)
        } else {
            Control::One(options, choices.is_long())
        };
    }
    let bound = |key: &str| {
        let found = socket.schema.as_ref().and_then(|schema| schema.get(key));
        found
            .filter(|value| value.is_number())
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    match socket.kind {
        SocketKind::Integer | SocketKind::Float => Control::Number {
            text,
            is_whole: socket.kind == SocketKind::Integer,
            min: bound("minimum"),
            max: bound("maximum"),
        },
        kind if is_tick(kind) => Control::Tick(text == "true"),
        SocketKind::Choice => Control::Line(text),
        SocketKind::String | SocketKind::MultipleChoice => Control::Lines(text),
        _ => Control::Code(text, None),
    }
}

async fn files(
    state: &AppState,
    visitor: &Visitor,
    (stored, typed): (&StoredSocket, &Typed),
) -> Result<Files, StoreError> {
    let socket = &stored.socket;
    let slug = socket.slug.as_str();
    let kept = typed.get(&format!("kept.{slug}"));
    let name = kept_name(state, visitor.caller.viewer, kept).await?;
    let counts = typed.get(&format!("from.{slug}")) == "kept";
    let sent = typed.files(slug).into_iter();
    let types = socket.kind.extension().into_iter();
    let accept: Vec<&str> = types
        .chain(other_endings(socket.kind).iter().copied())
        .chain(socket.kind.media_types().iter().copied())
        .filter(|kind| !matches!(*kind, "application/octet-stream" | "text/plain"))
        .collect();
    Ok(Files {
        accept: accept.join(","),
        sent: sent
            .map(|file| (file.upload.to_string(), file.filename.clone()))
            .collect(),
        kept: name.map(|name| (kept.to_owned(), name, counts)),
    })
}

/// Endings that people's files have besides the container's.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "two of the forty kinds have other endings"
)]
fn other_endings(kind: SocketKind) -> &'static [&'static str] {
    match kind {
        SocketKind::ThumbnailJpg => &[".jpg"],
        SocketKind::Newick => &[".nwk", ".tree"],
        _ => &[],
    }
}

async fn image(
    state: &AppState,
    visitor: &Visitor,
    (stored, typed): (&StoredSocket, &Typed),
) -> Result<Control, StoreError> {
    let slug = stored.socket.slug.as_str();
    let search = typed.get(&format!("search.{slug}")).trim().to_owned();
    let chosen = typed.get(&format!("image.{slug}"));
    Ok(Control::Image {
        files: files(state, visitor, (stored, typed)).await?,
        is_earlier: typed.get(&format!("from.{slug}")) == "earlier",
        found: images::find(state, visitor.caller.viewer, (&search, chosen)).await?,
        search,
    })
}
