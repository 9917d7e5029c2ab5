//! A socket as people read it.

use domain::SuperKind;
use imaging::render::LabelColours;
use serde_json::Value;
use store::interfaces::StoredInterface;
use store::sockets::StoredSocket;

/// A socket to be shown.
pub(in crate::ui) struct SocketView {
    pub(in crate::ui) slug: String,
    pub(in crate::ui) title: String,
    pub(in crate::ui) description: String,
    pub(in crate::ui) kind: &'static str,
    /// What people call its way of being stored.
    pub(in crate::ui) sort: &'static str,
    /// Below `/input` or `/output`.
    pub(in crate::ui) path: String,
    pub(in crate::ui) default: Option<String>,
    pub(in crate::ui) example: Option<String>,
    pub(in crate::ui) schema: Option<String>,
    pub(in crate::ui) segments: Vec<SegmentView>,
}

/// What a voxel value of a segmentation means.
pub(in crate::ui) struct SegmentView {
    pub(in crate::ui) value: i64,
    pub(in crate::ui) name: String,
    pub(in crate::ui) is_visible: bool,
    /// As the viewer draws it: `#rrggbb`; `None` for the background, which is clear.
    pub(in crate::ui) colour: Option<String>,
}

/// What goes in and what comes out.
pub(in crate::ui) struct InterfaceView {
    /// From 1.
    pub(in crate::ui) number: usize,
    pub(in crate::ui) inputs: Vec<SocketView>,
    pub(in crate::ui) outputs: Vec<SocketView>,
}

impl From<&StoredSocket> for SocketView {
    fn from(stored: &StoredSocket) -> SocketView {
        let socket = &stored.socket;
        let colours = LabelColours::default();
        let segments = socket.overlay_segments.iter().map(|segment| {
            let [red, green, blue] = colours.colour(segment.voxel_value).rgb();
            SegmentView {
                value: segment.voxel_value,
                name: segment.name.clone(),
                is_visible: segment.visible,
                colour: (segment.voxel_value != 0)
                    .then(|| format!("#{red:02x}{green:02x}{blue:02x}")),
            }
        });
        SocketView {
            slug: socket.slug.to_string(),
            title: socket.title.clone(),
            description: socket.description.clone(),
            kind: socket.kind.label(),
            sort: match socket.super_kind() {
                SuperKind::Value => "JSON",
                SuperKind::File if socket.kind.is_json() => "JSON file",
                SuperKind::File => "file",
                SuperKind::Image => "image",
            },
            path: socket.relative_path.to_string(),
            default: socket.default.as_ref().map(short_json),
            example: stored.example.as_ref().map(long_json),
            schema: socket.schema.as_ref().map(long_json),
            segments: segments.collect(),
        }
    }
}

/// The interfaces of an algorithm, numbered.
pub(super) fn interfaces(stored: &[StoredInterface]) -> Vec<InterfaceView> {
    let views = |sockets: &[StoredSocket]| sockets.iter().map(SocketView::from).collect();
    let numbered = stored.iter().enumerate();
    numbered
        .map(|(index, interface)| InterfaceView {
            number: index + 1,
            inputs: views(&interface.inputs),
            outputs: views(&interface.outputs),
        })
        .collect()
}

/// On one line.
fn short_json(value: &Value) -> String {
    value.to_string()
}

/// On as many lines as it takes.
pub(in crate::ui) fn long_json(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}
