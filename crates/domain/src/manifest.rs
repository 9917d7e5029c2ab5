//! `algorithm.toml`: what the web form of an algorithm would ask, as a file.
//!
//! The text is read as TOML, judged by the JSON Schema that is published (`schemas/algorithm.schema.json`), and only then
//! turned into an [`Algorithm`] whose own rules are judged last. Unknown keys are errors.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::algorithm::{Algorithm, GeometryRule, Interface, InvalidAlgorithm};
use crate::limits::{GpuRequest, Limits};
use crate::quantity;
use crate::relative_path::RelativePath;
use crate::schema::Schema;
use crate::slug::Slug;
use crate::socket::{OverlaySegment, Socket};
use crate::socket_kind::SocketKind;

/// A manifest that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// What it declares.
    pub algorithm: Algorithm,
    /// Where the result template is, when the manifest names a file instead of holding the text.
    pub result_template_file: Option<String>,
}

/// A manifest that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseManifestError {
    /// It is no TOML.
    #[error("the manifest is no valid TOML: {message}")]
    Toml {
        /// What is wrong, with line and column.
        message: String,
    },
    /// A key is missing, unknown or of the wrong type.
    #[error("the manifest is invalid: {}", .complaints.join("; "))]
    Shape {
        /// Each with the place in the manifest.
        complaints: Vec<String>,
    },
    /// A value that is no slug, path, size or time.
    #[error("the manifest is invalid: `{key}`: {message}")]
    Value {
        /// Where.
        key: String,
        /// What is wrong.
        message: String,
    },
    /// A rule of algorithms is broken.
    #[error("the manifest is invalid: {0}")]
    Rule(#[from] InvalidAlgorithm),
}

/// An algorithm for Gantry: the file `algorithm.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "algorithm.toml")]
struct ManifestText {
    /// Name for people.
    #[schemars(length(min = 1, max = 255))]
    title: String,
    /// Name in URLs and commands: lower-case letters and digits joined by hyphens.
    #[schemars(regex(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$"))]
    slug: String,
    /// What the algorithm does.
    #[serde(default)]
    description: String,
    /// The container image: path of an archive relative to this file, or digest or name of an imported image.
    image: Option<String>,
    /// Weights that appear in `/opt/ml/model`: path of a tarball or folder relative to this file.
    model: Option<String>,
    /// Typed slots for inputs and outputs.
    #[schemars(length(min = 1))]
    sockets: Vec<SocketText>,
    /// Sets of inputs, each with the outputs it gives.
    #[schemars(length(min = 1))]
    interfaces: Vec<InterfaceText>,
    /// What a job may use.
    #[serde(default)]
    limits: LimitsText,
    /// Jinja template for `results.json`; its variable is `results`.
    result_template: Option<String>,
    /// The same in a file, relative to this one.
    result_template_file: Option<String>,
    /// What happens when an output image does not lie where the input lies.
    #[serde(default)]
    geometry: GeometryRule,
}

/// A typed slot.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SocketText {
    /// Name in commands: lower-case letters and digits joined by hyphens.
    #[schemars(regex(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$"))]
    slug: String,
    /// Name for people; the slug if absent.
    title: Option<String>,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// Label or code of one of the forty kinds, such as `Segmentation` or `SEG`.
    kind: String,
    /// Place below `/input` or `/output`; images lie in a folder `images/…`.
    relative_path: String,
    /// JSON Schema (draft 4 to 7) for JSON kinds, besides the kind's own.
    schema: Option<Value>,
    /// Value when none is given, for JSON kinds.
    default: Option<Value>,
    /// Meaning of the voxel values of a segmentation.
    #[serde(default)]
    overlay_segments: Vec<OverlaySegment>,
    /// Whether a JSON value is shown in `inputs.json`; true if absent, where the kind allows it.
    store_in_database: Option<bool>,
}

/// Sockets by slug; order has no meaning.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InterfaceText {
    inputs: Vec<String>,
    outputs: Vec<String>,
}

/// Limits as people write them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LimitsText {
    /// Memory with swap off, such as `24GB` (the default).
    memory: Option<String>,
    /// Processors: `200%` (the default) or `2`.
    cpu: Option<String>,
    /// Processes and threads; 512 by default.
    #[schemars(range(min = 1, max = 1_000_000))]
    pids: Option<u32>,
    /// Wall time of the program, such as `2h` (the default).
    time: Option<String>,
    /// Bytes on the container's file system, `/output` and `/tmp` together, such as `32GiB` (the default).
    disk: Option<String>,
    /// Bytes kept of each log stream, such as `64MiB` (the default); sixteen times as much ends the job.
    log: Option<String>,
    /// Size of `/dev/shm`, such as `1GiB` (the default), or `0` for none.
    shm: Option<String>,
    /// Open files of a process; 65536 by default.
    #[schemars(range(min = 16, max = 1_000_000))]
    open_files: Option<u64>,
    /// Files and folders in `/output`; 10000 by default.
    #[schemars(range(min = 1, max = 1_000_000))]
    output_files: Option<u64>,
    /// All outputs together, such as `16GiB` (the default).
    output: Option<String>,
    /// `none` (the default), `any`, or the name of a CDI device such as `nvidia.com/gpu=0`.
    gpu: Option<String>,
}

/// The published JSON Schema of `algorithm.toml`.
pub fn manifest_json_schema() -> Value {
    let settings = schemars::generate::SchemaSettings::draft07();
    settings
        .into_generator()
        .into_root_schema_for::<ManifestText>()
        .to_value()
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is no TOML, has another shape than the schema says, or declares what cannot be.
    pub fn parse(text: &str) -> Result<Self, ParseManifestError> {
        let toml_error = |error: toml::de::Error| ParseManifestError::Toml {
            message: error.to_string().trim().to_owned(),
        };
        let value: Value = toml::from_str(text).map_err(toml_error)?;
        let schema = Schema::compile(&manifest_json_schema())
            .expect("the published schema is valid, as a test shows");
        schema
            .check(&value)
            .map_err(|violation| ParseManifestError::Shape {
                complaints: violation.complaints,
            })?;
        let shape = |error: serde_json::Error| ParseManifestError::Shape {
            complaints: vec![error.to_string()],
        };
        let manifest: ManifestText = serde_json::from_value(value).map_err(shape)?;
        manifest.into_manifest()
    }
}

/// Names the key whose value is wrong.
fn at<T, E: ToString>(key: impl ToString, result: Result<T, E>) -> Result<T, ParseManifestError> {
    result.map_err(|error| ParseManifestError::Value {
        key: key.to_string(),
        message: error.to_string(),
    })
}

impl ManifestText {
    fn into_manifest(self) -> Result<Manifest, ParseManifestError> {
        if self.result_template.is_some() && self.result_template_file.is_some() {
            let message =
                "is given together with `result_template`, expected one of the two".to_owned();
            return Err(ParseManifestError::Value {
                key: "result_template_file".to_owned(),
                message,
            });
        }
        let sockets = self
            .sockets
            .into_iter()
            .map(SocketText::into_socket)
            .collect::<Result<Vec<_>, _>>()?;
        let interfaces = self
            .interfaces
            .into_iter()
            .map(InterfaceText::into_interface)
            .collect::<Result<Vec<_>, _>>()?;
        let algorithm = Algorithm {
            slug: at("slug", Slug::new(self.slug))?,
            title: self.title,
            description: self.description,
            image: self.image,
            model: self.model,
            sockets,
            interfaces,
            limits: self.limits.into_limits()?,
            result_template: self.result_template,
            geometry: self.geometry,
        };
        algorithm.check()?;
        Ok(Manifest {
            algorithm,
            result_template_file: self.result_template_file,
        })
    }
}

impl SocketText {
    fn into_socket(self) -> Result<Socket, ParseManifestError> {
        let key = |field: &str| format!("sockets.{}.{field}", self.slug);
        let kind = at(key("kind"), SocketKind::parse(&self.kind))?;
        let relative_path = at(
            key("relative_path"),
            RelativePath::new(self.relative_path.clone()),
        )?;
        Ok(Socket {
            slug: at("sockets.slug", Slug::new(self.slug.clone()))?,
            title: self.title.unwrap_or(self.slug),
            description: self.description,
            kind,
            relative_path,
            schema: self.schema,
            default: self.default,
            overlay_segments: self.overlay_segments,
            store_in_database: self
                .store_in_database
                .unwrap_or_else(|| kind.may_store_in_database()),
        })
    }
}

impl InterfaceText {
    fn into_interface(self) -> Result<Interface, ParseManifestError> {
        let set = |key: &str,
                   names: Vec<String>|
         -> Result<std::collections::BTreeSet<Slug>, ParseManifestError> {
            names
                .into_iter()
                .map(|name| at(key, Slug::new(name)))
                .collect()
        };
        Ok(Interface {
            inputs: set("interfaces.inputs", self.inputs)?,
            outputs: set("interfaces.outputs", self.outputs)?,
        })
    }
}

impl LimitsText {
    fn into_limits(self) -> Result<Limits, ParseManifestError> {
        let mut limits = Limits::default();
        let bytes =
            |key: &str, text: Option<String>, limit: &mut u64| -> Result<(), ParseManifestError> {
                if let Some(text) = text {
                    *limit = at(format!("limits.{key}"), quantity::parse_bytes(&text))?;
                }
                Ok(())
            };
        bytes("memory", self.memory, &mut limits.memory_bytes)?;
        bytes("disk", self.disk, &mut limits.disk_bytes)?;
        bytes("output", self.output, &mut limits.output_bytes)?;
        bytes("log", self.log, &mut limits.log_kept_bytes)?;
        limits.log_max_bytes = limits.log_kept_bytes.saturating_mul(16);
        match self.shm {
            Some(none) if none.trim() == "0" => limits.shm_bytes = 0,
            shm => bytes("shm", shm, &mut limits.shm_bytes)?,
        }
        if let Some(text) = self.cpu {
            limits.cpu_percent = at("limits.cpu", quantity::parse_cpu_percent(&text))?;
        }
        if let Some(text) = self.time {
            limits.wall_time_ms = at("limits.time", quantity::parse_milliseconds(&text))?;
        }
        limits.pids = self.pids.unwrap_or(limits.pids);
        limits.open_files = self.open_files.unwrap_or(limits.open_files);
        limits.output_files = self.output_files.unwrap_or(limits.output_files);
        limits.gpu = self
            .gpu
            .as_deref()
            .map_or(GpuRequest::None, GpuRequest::parse);
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
title = "Otsu"
slug = "otsu"
[limits]
memory = "2GB"
time = "10m"
gpu = "any"
[[sockets]]
slug = "ct"
kind = "Image"
relative_path = "images/ct"
[[sockets]]
slug = "mask"
kind = "SEG"
relative_path = "images/mask"
overlay_segments = [{ voxel_value = 1, name = "lesion" }]
[[interfaces]]
inputs = ["ct"]
outputs = ["mask"]
"#;

    #[test]
    fn reads_a_small_manifest() {
        let algorithm = Manifest::parse(SMALL).unwrap().algorithm;
        assert_eq!(algorithm.limits.memory_bytes, 2_000_000_000);
        assert_eq!(algorithm.limits.wall_time_ms, 600_000);
        assert_eq!(algorithm.limits.gpu, GpuRequest::Any);
        assert_eq!(algorithm.limits.pids, 512);
        assert_eq!(algorithm.sockets[1].kind, SocketKind::Segmentation);
        assert!(algorithm.sockets[1].overlay_segments[0].visible);
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (old, new, expected) in [
            ("title = \"Otsu\"", "", "title"),
            ("title = \"Otsu\"", "title = \"Otsu\"\ncolour = 1", "colour"),
            (
                "kind = \"SEG\"",
                "kind = \"Hologram\"",
                "`sockets.mask.kind`: socket kind `Hologram`",
            ),
            (
                "memory = \"2GB\"",
                "memory = \"lots\"",
                "`limits.memory`: `lots` is no size",
            ),
            ("memory = \"2GB\"", "memroy = \"2GB\"", "memroy"),
            ("images/mask", "images/mask.mha", "must be a folder"),
            ("slug = \"otsu\"", "slug = \"Otsu!\"", "Otsu!"),
            ("title = \"Otsu\"", "title = \"Otsu", "line 2"),
        ] {
            let error = Manifest::parse(&SMALL.replacen(old, new, 1))
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }

    #[test]
    fn the_published_schema_is_this_one() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../schemas/algorithm.schema.json"
        );
        let now = serde_json::to_string_pretty(&manifest_json_schema()).unwrap() + "\n";
        if std::env::var_os("BLESS").is_some() {
            write(path, &now);
        }
        let published = read(path);
        assert_eq!(published, now, "run this test with `BLESS=1`");
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this crate knows no files but in this test"
    )]
    fn read(path: &str) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this crate knows no files but in this test"
    )]
    fn write(path: &str, text: &str) {
        std::fs::write(path, text).unwrap();
    }
}
