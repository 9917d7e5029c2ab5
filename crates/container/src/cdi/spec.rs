//! The file format of CDI 1.1, read from JSON or YAML.
//!
//! Source: `SPEC.md` of the Container Device Interface. A field that the format does not have is an error there, so that
//! an edit of a later version is never left out unseen; the same here.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// Syntax of a specification file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `.json`
    Json,
    /// `.yaml`
    Yaml,
}

/// One file.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Spec {
    pub(super) cdi_version: String,
    /// `vendor/class`.
    pub(super) kind: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) devices: Vec<Device>,
    /// For every device of the file.
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) container_edits: Edits,
}

/// A device that can be asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Device {
    pub(super) name: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) annotations: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) container_edits: Edits,
}

/// What changes in a container.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Edits {
    #[serde(deserialize_with = "null_is_default")]
    pub(super) env: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub(super) device_nodes: Vec<Node>,
    #[serde(deserialize_with = "null_is_default")]
    pub(super) net_devices: Vec<NetDevice>,
    #[serde(deserialize_with = "null_is_default")]
    pub(super) hooks: Vec<Hook>,
    #[serde(deserialize_with = "null_is_default")]
    pub(super) mounts: Vec<Mount>,
    pub(super) intel_rdt: Option<IntelRdt>,
    #[serde(deserialize_with = "null_is_default")]
    pub(super) additional_gids: Vec<u32>,
}

/// A device node.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "owner and mode are read to be checked, but a bound node keeps those of the host"
)]
pub(super) struct Node {
    pub(super) path: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) host_path: String,
    #[serde(rename = "type", default, deserialize_with = "null_is_default")]
    pub(super) kind: String,
    pub(super) major: Option<i64>,
    pub(super) minor: Option<i64>,
    pub(super) file_mode: Option<u32>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) permissions: String,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
}

/// A network interface to move into the container.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NetDevice {
    pub(super) host_interface_name: String,
    pub(super) name: String,
}

/// A program that the runtime would run.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Hook {
    pub(super) hook_name: String,
    pub(super) path: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) args: Vec<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) env: Vec<String>,
    pub(super) timeout: Option<i64>,
}

/// A mount.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Mount {
    pub(super) host_path: String,
    pub(super) container_path: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) options: Vec<String>,
    #[serde(rename = "type", default, deserialize_with = "null_is_default")]
    pub(super) kind: String,
}

/// Settings of a processor's cache.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "read to accept what the format has, never applied"
)]
pub(super) struct IntelRdt {
    #[serde(rename = "closID")]
    pub(super) clos_id: Option<String>,
    #[serde(rename = "l3CacheSchema")]
    pub(super) l3_cache_schema: Option<String>,
    pub(super) mem_bw_schema: Option<String>,
    pub(super) schemata: Option<Vec<String>>,
    pub(super) enable_monitoring: Option<bool>,
    /// Until 1.0.
    #[serde(rename = "enableCMT")]
    pub(super) enable_cmt: Option<bool>,
    /// Until 1.0.
    #[serde(rename = "enableMBM")]
    pub(super) enable_mbm: Option<bool>,
}

/// Reads one file's text. The error is a message for people, with the line where the parser knows it.
pub(super) fn parse(text: &str, syntax: Syntax) -> Result<Spec, String> {
    match syntax {
        Syntax::Json => serde_json::from_str(text).map_err(|error| error.to_string()),
        Syntax::Yaml => {
            let options = serde_saphyr::options! { with_snippet: false };
            serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
        }
    }
}

/// Writers in Go leave `null` for an empty list.
fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
