//! What an image's configuration says about running it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ImportImageError;
use super::choose::parse;
use super::digest::Digest;

/// How the image's author wants it to run, as in the image's configuration document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// Processor architecture in Go's spelling, such as `amd64`.
    pub architecture: String,
    /// Operating system in Go's spelling, such as `linux`.
    pub os: String,
    /// `USER` of the Dockerfile: `name`, `uid`, `name:group`, `uid:gid`, or empty for root.
    pub user: String,
    /// Environment as `NAME=value`.
    pub env: Vec<String>,
    /// `ENTRYPOINT`, if it has one.
    pub entrypoint: Option<Vec<String>>,
    /// `CMD`, if it has one.
    pub cmd: Option<Vec<String>>,
    /// `WORKDIR`, or empty for `/`.
    pub working_dir: String,
    /// `LABEL`s.
    pub labels: BTreeMap<String, String>,
    /// When the image was built, as its builder wrote it (RFC 3339).
    pub created: Option<String>,
}

/// The configuration document (OCI image specification, "Image Configuration"). Docker writes `null` for what is not
/// set.
#[derive(Deserialize)]
struct Document {
    architecture: Option<String>,
    os: Option<String>,
    created: Option<String>,
    config: Option<RunConfig>,
    rootfs: Option<RootFs>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct RunConfig {
    user: Option<String>,
    env: Option<Vec<String>>,
    entrypoint: Option<Words>,
    cmd: Option<Words>,
    working_dir: Option<String>,
    labels: Option<BTreeMap<String, String>>,
}

/// Old builders wrote one word instead of a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    Many(Vec<String>),
    One(String),
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Option<Vec<String>>,
}

impl ImageConfig {
    /// Reads a configuration document; beside it come the claimed digests of the uncompressed layers, bottom first.
    pub(super) fn read(name: &str, text: &[u8]) -> Result<(Self, Vec<Digest>), ImportImageError> {
        let document: Document = parse(name, text)?;
        let run = document.config.unwrap_or_default();
        let words = |words| match words {
            Words::Many(words) => words,
            Words::One(word) => vec![word],
        };
        let claimed = document.rootfs.and_then(|rootfs| rootfs.diff_ids);
        let diff_ids = claimed.unwrap_or_default();
        let diff_id = |text: &String| {
            Digest::parse(text).ok_or_else(|| ImportImageError::Document {
                name: name.to_owned(),
                problem: format!("`{text}` in `rootfs.diff_ids` is no sha256 digest"),
            })
        };
        let config = Self {
            architecture: document.architecture.unwrap_or_default(),
            os: document.os.unwrap_or_default(),
            user: run.user.unwrap_or_default(),
            env: run.env.unwrap_or_default(),
            entrypoint: run.entrypoint.map(words),
            cmd: run.cmd.map(words),
            working_dir: run.working_dir.unwrap_or_default(),
            labels: run.labels.unwrap_or_default(),
            created: document.created,
        };
        Ok((
            config,
            diff_ids.iter().map(diff_id).collect::<Result<_, _>>()?,
        ))
    }

    /// Refuses what cannot run here, or not as it should.
    pub(super) fn judge(&self, allow_root: bool) -> Result<(), ImportImageError> {
        if self.architecture != "amd64" || self.os != "linux" {
            let or_nothing = |text: &str| {
                if text.is_empty() {
                    "?".to_owned()
                } else {
                    text.to_owned()
                }
            };
            return Err(ImportImageError::Platform {
                found: format!(
                    "{}/{}",
                    or_nothing(&self.os),
                    or_nothing(&self.architecture)
                ),
            });
        }
        if self.runs_as_root() && !allow_root {
            return Err(ImportImageError::RunsAsRoot {
                user: self.user.clone(),
            });
        }
        Ok(())
    }

    /// Whether the program would be root: no `USER`, `root` or the id 0, with any group.
    pub fn runs_as_root(&self) -> bool {
        let user = self.user.split(':').next().unwrap_or_default().trim();
        matches!(user, "" | "root") || user.parse() == Ok(0_u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(text: &str) -> (ImageConfig, Vec<Digest>) {
        ImageConfig::read("config", text.as_bytes()).unwrap()
    }

    #[test]
    fn null_means_not_set() {
        let (config, layers) = read(
            r#"{"architecture":"amd64","os":"linux","created":null,"config":{"User":"","Env":null,"Cmd":null,
               "Entrypoint":"/bin/x","Labels":null,"WorkingDir":"","Volumes":null},"rootfs":{"type":"layers","diff_ids":null}}"#,
        );
        assert_eq!(config.entrypoint, Some(vec!["/bin/x".to_owned()]));
        assert_eq!(
            (config.cmd, config.env, layers),
            (None, Vec::new(), Vec::new())
        );
    }

    #[test]
    fn root_has_many_names() {
        let (mut config, _) = read(r#"{"architecture":"amd64","os":"linux"}"#);
        for user in ["", "root", "0", "00", "root:staff", "0:0", ":5"] {
            user.clone_into(&mut config.user);
            assert!(config.judge(false).is_err(), "`{user}`");
            assert!(config.judge(true).is_ok(), "`{user}`");
        }
        for user in ["user", "1000", "1000:0", "rooted", "user:root"] {
            user.clone_into(&mut config.user);
            assert!(config.judge(false).is_ok(), "`{user}`");
        }
    }

    #[test]
    fn other_machines_are_refused() {
        let (config, _) = read(r#"{"architecture":"arm64","os":"linux","config":{"User":"u"}}"#);
        let error = config.judge(false).unwrap_err().to_string();
        assert_eq!(
            error,
            "the image is built for `linux/arm64`, expected `linux/amd64`"
        );
    }
}
