//! What the operator can set: one TOML file, every key optional, unknown keys refused.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::num::NonZero;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use domain::Guarantee;
use domain::quantity::parse_bytes;
use executor::kinds::{DEFAULT_SOCKET, Kind};
use serde::{Deserialize, Deserializer};

/// An IP address and a port.
pub type Address = SocketAddr;

/// Half a minute: even a bad line says something within that.
const SILENCE: NonZero<u32> = NonZero::new(30).expect("it is not zero");

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// What clients call the server, such as `https://gantry.hospital.example`; without it, what they say in `Host`.
    pub public_url: Option<String>,
    /// Where the containers of jobs run: `local`, Gantry's own sandbox, or `docker`, a Docker engine on this machine.
    #[serde(deserialize_with = "kind")]
    pub executor: Kind,
    /// Where the Docker engine listens.
    pub docker_socket: Utf8PathBuf,
    /// Seconds that a client may be silent in the middle of a request: before the end of its head, between two pieces of its
    /// body.
    pub silence_seconds: NonZero<u32>,
    /// `[tls]`.
    pub tls: Tls,
    /// `[jobs]`.
    pub jobs: Jobs,
    /// `[uploads]`.
    pub uploads: Uploads,
    /// `[login]`.
    pub login: Login,
    /// `[log]`.
    pub log: Log,
}

/// `[tls]`: an own certificate, or one that the first start makes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// Chain in PEM, the server's first.
    pub certificate: Option<Utf8PathBuf>,
    /// Its key in PEM.
    pub key: Option<Utf8PathBuf>,
    /// Names and addresses in a certificate that Gantry makes, besides `localhost`, `127.0.0.1`, `::1` and the host of
    /// `public_url`.
    pub names: Vec<String>,
}

/// `[jobs]`: what jobs may use together, and how many there may be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jobs {
    /// Memory of all running jobs, such as `"48GB"`; without it, that of the machine less 1 GB.
    #[serde(deserialize_with = "bytes")]
    pub memory: Option<u64>,
    /// Processors of all running jobs; without it, those of the machine.
    pub cpus: Option<f64>,
    /// What all running jobs may write, such as `"200GB"`; without it, nine tenths of what is free at the start.
    #[serde(deserialize_with = "bytes")]
    pub disk: Option<u64>,
    /// Jobs that run at the same time, in all; without it, four for each processor.
    pub at_once: Option<usize>,
    /// Jobs of one person that run at the same time; without it, no bound but `at_once`.
    pub at_once_per_user: Option<usize>,
    /// Jobs of one algorithm that run at the same time; without it, no bound but `at_once`.
    pub at_once_per_algorithm: Option<usize>,
    /// Jobs of one person that have not ended; more are refused. Jobs of runs over an archive do not count.
    pub most_active_per_user: u64,
    /// Accepts container images that run as root.
    pub allow_root: bool,
    /// Unpacks the layers of container images also where the kernel can read files out of their tars.
    pub unpack_images: bool,
    /// Guarantees of the sandbox that are done without if the machine cannot keep them, by name.
    #[serde(deserialize_with = "guarantees")]
    pub without: BTreeSet<Guarantee>,
}

/// `[uploads]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Uploads {
    /// Bytes that one upload may have, such as `"100GB"`.
    #[serde(deserialize_with = "size")]
    pub largest: u64,
    /// Uploads of one person that are neither used nor given up.
    pub most_per_user: u64,
    /// Hours after which an upload that nothing used is removed.
    pub keep_hours: u32,
}

/// `[login]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Login {
    /// Failed logins under one name, or four times as many from one address, in fifteen minutes, before logins are
    /// refused for a while.
    pub failures: u64,
}

/// `[log]`: what the server writes on stderr.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `text` or `json`, one object per line.
    pub format: LogFormat,
    /// Such as `info` or `server=debug`.
    pub filter: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadConfigError {
    /// It cannot be read.
    #[error("failed to read the configuration `{path}`: {source}")]
    Unreadable {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It does not say what it should.
    #[error("`{path}` is not a configuration of Gantry:\n{problem}")]
    Invalid {
        /// The file.
        path: Utf8PathBuf,
        /// Where and why.
        problem: String,
    },
}

impl Config {
    /// How long a client may be silent in the middle of a request.
    #[must_use]
    pub fn silence(&self) -> Duration {
        Duration::from_secs(self.silence_seconds.get().into())
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, is no TOML, has a key that does not exist, or a value out of range.
    pub fn read(path: &Utf8Path) -> Result<Config, ReadConfigError> {
        let text = fs_err::read_to_string(path).map_err(|source| ReadConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Config::parse(&text).map_err(|problem| ReadConfigError::Invalid {
            path: path.to_owned(),
            problem,
        })
    }

    /// Reads TOML; the error says where and why.
    fn parse(text: &str) -> Result<Config, String> {
        let config: Config = toml::from_str(text).map_err(|error| error.to_string())?;
        if let Some(url) = &config.public_url {
            let host = url.strip_prefix("https://").unwrap_or_default();
            if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
                return Err(format!(
                    "`public_url` is `{url}`, expected `https://HOST` or `https://HOST:PORT` and nothing behind it"
                ));
            }
        }
        if config.tls.certificate.is_some() != config.tls.key.is_some() {
            return Err(
                "`tls.certificate` and `tls.key` belong together: expected both or none".to_owned(),
            );
        }
        Ok(config)
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
            public_url: None,
            executor: Kind::default(),
            docker_socket: DEFAULT_SOCKET.into(),
            silence_seconds: SILENCE,
            tls: Tls::default(),
            jobs: Jobs::default(),
            uploads: Uploads::default(),
            login: Login::default(),
            log: Log::default(),
        }
    }
}

impl Default for Jobs {
    fn default() -> Jobs {
        Jobs {
            memory: None,
            cpus: None,
            disk: None,
            at_once: None,
            at_once_per_user: None,
            at_once_per_algorithm: None,
            most_active_per_user: 1000,
            allow_root: false,
            unpack_images: false,
            without: BTreeSet::new(),
        }
    }
}

impl Default for Uploads {
    fn default() -> Uploads {
        Uploads {
            largest: 100_000_000_000,
            most_per_user: 10_000,
            keep_hours: 24,
        }
    }
}

impl Default for Login {
    fn default() -> Login {
        Login { failures: 10 }
    }
}

impl Default for Log {
    fn default() -> Log {
        Log {
            format: LogFormat::Text,
            filter: "info".to_owned(),
        }
    }
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
    let name = String::deserialize(deserializer)?;
    name.parse().map_err(serde::de::Error::custom)
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_bytes(&text).map_err(serde::de::Error::custom)
}

fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    size(deserializer).map(Some)
}

fn guarantees<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<Guarantee>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let known = |name: String| {
        let guarantee = Guarantee::from_name(&name);
        guarantee
            .filter(|guarantee| Guarantee::WAIVABLE.contains(guarantee))
            .ok_or_else(|| {
                let names = Guarantee::WAIVABLE.map(Guarantee::name).join("`, `");
                serde::de::Error::custom(format!(
                    "`{name}` cannot be done without, expected one of `{names}`"
                ))
            })
    };
    names.into_iter().map(known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_a_configuration() {
        let config = Config::parse("").unwrap();
        assert_eq!(config.listen.port(), 8443);
        assert_eq!(config.executor, Kind::Local);
    }

    #[test]
    fn quantities_and_names_are_read() {
        let text = "executor = \"docker\"\n[jobs]\nmemory = \"2GB\"\ncpus = 1.5\nwithout = [\"disk_limit\"]\n";
        let config = Config::parse(text).unwrap();
        assert_eq!(config.executor, Kind::Docker);
        assert_eq!(config.jobs.memory, Some(2_000_000_000));
        assert!(config.jobs.without.contains(&Guarantee::DiskLimit));
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        for (text, says) in [
            ("colour = 1", "colour"),
            ("executor = \"dokcer\"", "expected `local` or `docker`"),
            ("[jobs]\nat_onec = 1", "at_onec"),
            ("[tls]\nkey = \"a\"", "belong together"),
            ("public_url = \"http://here\"", "expected `https://HOST`"),
            ("public_url = \"https://here/\"", "nothing behind it"),
            ("silence_seconds = 0", "silence_seconds"),
            ("[jobs]\nwithout = [\"gravity\"]", "gravity"),
        ] {
            let problem = Config::parse(text).unwrap_err();
            assert!(problem.contains(says), "{text}: {problem}");
        }
    }
}
