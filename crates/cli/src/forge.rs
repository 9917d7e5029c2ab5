//! What grand-challenge-forge knows about an algorithm: its context, and the template folders that it makes of it.
//!
//! A context names the sockets of every interface (`grand-challenge-forge` 0.7.5, `schemas.py`). A template folder has them no
//! more in one place; what is there is enough to run it: `template`.

mod template;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use domain::{
    Algorithm, GeometryRule, Interface, Limits, OverlaySegment, RelativePath, Slug, Socket,
    SocketKind,
};
use serde::Deserialize;
use serde_json::Value;

pub(crate) use template::{image_of, is_template, model_of};

/// An algorithm from elsewhere, with what is known beside its declaration.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Drafted {
    /// As a manifest would declare it.
    pub(crate) algorithm: Algorithm,
    /// Values that its author gave as examples.
    pub(crate) examples: BTreeMap<Slug, Value>,
    /// What had to be guessed.
    pub(crate) notes: Vec<String>,
}

/// A context, template or answer that is no algorithm.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DraftError {
    /// A file that cannot be read.
    #[error("failed to read `{path}`")]
    Read {
        /// Which.
        path: Utf8PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No context.
    #[error("`{path}` is no context of grand-challenge-forge: {problem}")]
    Shape {
        /// Which.
        path: Utf8PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The context of a challenge.
    #[error(
        "`{path}` is the context of a challenge, expected that of an algorithm (`{{\"algorithm\": …}}`)"
    )]
    Challenge {
        /// Which.
        path: Utf8PathBuf,
    },
    /// Something that Gantry does not take.
    #[error("socket `{socket}`: {problem}")]
    Socket {
        /// Its slug.
        socket: String,
        /// What is wrong.
        problem: String,
    },
    /// A rule of algorithms is broken.
    #[error(transparent)]
    Rule(#[from] domain::algorithm::InvalidAlgorithm),
    /// A template whose outputs cannot be found.
    #[error("nothing in `{folder}` says which outputs interface {number} has")]
    Outputs {
        /// The template.
        folder: Utf8PathBuf,
        /// Counted from 0, as in the names of forge's folders.
        number: usize,
    },
}

/// A socket as forge, the platform's API and ours write it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct WireSocket {
    slug: String,
    kind: String,
    super_kind: String,
    relative_path: String,
    #[serde(default)]
    example_value: Option<Value>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    default_value: Option<Value>,
    #[serde(default)]
    schema: Option<Value>,
    #[serde(default)]
    overlay_segments: Option<Vec<OverlaySegment>>,
}

/// Input sockets with the output sockets that they give.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct WireInterface {
    /// What goes in.
    pub(crate) inputs: Vec<WireSocket>,
    /// What comes out.
    pub(crate) outputs: Vec<WireSocket>,
}

#[derive(Debug, Deserialize)]
struct Context {
    algorithm: Option<ContextAlgorithm>,
    challenge: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct ContextAlgorithm {
    title: String,
    slug: String,
    algorithm_interfaces: Vec<WireInterface>,
}

/// Reads a context, or a folder that was made from one.
pub(crate) fn read(path: &Utf8Path) -> Result<Drafted, DraftError> {
    if path.is_dir() {
        return template::read(path);
    }
    let text = fs_err::read(path).map_err(|source| DraftError::Read {
        path: path.to_owned(),
        source,
    })?;
    let shape = |problem: String| DraftError::Shape {
        path: path.to_owned(),
        problem,
    };
    let context: Context =
        serde_json::from_slice(&text).map_err(|error| shape(error.to_string()))?;
    match context {
        Context {
            algorithm: Some(algorithm),
            ..
        } => assemble(
            &algorithm.title,
            &algorithm.slug,
            &algorithm.algorithm_interfaces,
        ),
        Context {
            challenge: Some(_), ..
        } => Err(DraftError::Challenge {
            path: path.to_owned(),
        }),
        Context { .. } => Err(shape("it has no `algorithm`".to_owned())),
    }
}

/// An algorithm from its parts.
pub(crate) fn assemble(
    title: &str,
    slug: &str,
    interfaces: &[WireInterface],
) -> Result<Drafted, DraftError> {
    let mut sockets: Vec<Socket> = Vec::new();
    let mut examples = BTreeMap::new();
    let mut notes = Vec::new();
    let mut declared = Vec::new();
    for interface in interfaces {
        let mut side = |wires: &[WireSocket]| -> Result<BTreeSet<Slug>, DraftError> {
            let mut slugs = BTreeSet::new();
            for wire in wires {
                let mut socket = wire.socket()?;
                let unnamed =
                    socket.kind == SocketKind::Segmentation && socket.overlay_segments.is_empty();
                if unnamed {
                    socket.kind = SocketKind::Image;
                }
                examples.extend(
                    wire.example_value
                        .clone()
                        .map(|value| (socket.slug.clone(), value)),
                );
                slugs.insert(socket.slug.clone());
                if !sockets.iter().any(|known| known.slug == socket.slug) {
                    notes.extend(unnamed.then(|| without_segments(&socket.slug)));
                    sockets.push(socket);
                }
            }
            Ok(slugs)
        };
        declared.push(Interface {
            inputs: side(&interface.inputs)?,
            outputs: side(&interface.outputs)?,
        });
    }
    let algorithm = Algorithm {
        slug: Slug::new(slug).map_err(|error| DraftError::Socket {
            socket: slug.to_owned(),
            problem: error.to_string(),
        })?,
        title: title.to_owned(),
        description: String::new(),
        image: None,
        model: None,
        sockets,
        interfaces: declared,
        limits: Limits::default(),
        result_template: None,
        geometry: GeometryRule::default(),
    };
    algorithm.check()?;
    Ok(Drafted {
        algorithm,
        examples,
        notes,
    })
}

fn without_segments(slug: &Slug) -> String {
    format!(
        "`{slug}` is a segmentation of which nobody says the segments, so it is declared as an image; \
        name them in `overlay_segments` and make it a `Segmentation`"
    )
}

impl WireSocket {
    fn socket(&self) -> Result<Socket, DraftError> {
        let failed = |problem: String| DraftError::Socket {
            socket: self.slug.clone(),
            problem,
        };
        let kind = SocketKind::parse(&self.kind).map_err(|error| failed(error.to_string()))?;
        let relative_path = RelativePath::new(self.relative_path.clone())
            .map_err(|error| failed(error.to_string()))?;
        Ok(Socket {
            slug: Slug::new(self.slug.clone()).map_err(|error| failed(error.to_string()))?,
            title: self.title.clone().unwrap_or_else(|| self.slug.clone()),
            description: self.description.clone().unwrap_or_default(),
            kind,
            relative_path,
            schema: self.schema.clone().filter(|schema| !schema.is_null()),
            default: self.default_value.clone().filter(|value| !value.is_null()),
            overlay_segments: self.overlay_segments.clone().unwrap_or_default(),
            store_in_database: kind.is_json() && self.super_kind == "Value",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(text: &str) -> Result<Drafted, DraftError> {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path())
            .unwrap()
            .join("context.json");
        fs_err::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn contexts_are_algorithms() {
        let drafted = context(
            r#"{"algorithm": {"title": "T", "slug": "t", "url": "https://x", "algorithm_interfaces": [{
                "inputs": [{"slug": "ct", "kind": "Image", "super_kind": "Image", "relative_path": "images/ct",
                            "example_value": null}],
                "outputs": [{"slug": "boxes", "kind": "Multiple 2D bounding boxes", "super_kind": "File",
                             "relative_path": "boxes.json", "example_value": {"boxes": []}},
                            {"slug": "age", "kind": "Integer", "super_kind": "Value", "relative_path": "age.json",
                             "example_value": 3}]}]}}"#,
        )
        .unwrap();
        assert_eq!(drafted.algorithm.sockets.len(), 3);
        assert!(!drafted.algorithm.sockets[1].store_in_database);
        assert!(drafted.algorithm.sockets[2].store_in_database);
        assert_eq!(drafted.examples[&Slug::new("age").unwrap()], 3);
    }

    #[test]
    fn what_is_no_algorithm_is_told() {
        for (text, expected) in [
            ("{", "is no context of grand-challenge-forge"),
            ("{}", "it has no `algorithm`"),
            (
                r#"{"challenge": {"slug": "c"}}"#,
                "the context of a challenge",
            ),
            (
                r#"{"algorithm": {"title": "T", "slug": "t"}}"#,
                "algorithm_interfaces",
            ),
            (
                r#"{"algorithm": {"title": "T", "slug": "t", "algorithm_interfaces": []}}"#,
                "no interface",
            ),
            (
                r#"{"algorithm": {"title": "T", "slug": "t", "algorithm_interfaces": [{"inputs": [{"slug": "a",
                    "kind": "Smell", "super_kind": "Value", "relative_path": "a.json"}], "outputs": []}]}}"#,
                "socket `a`: socket kind `Smell`",
            ),
        ] {
            let error = context(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }
}
