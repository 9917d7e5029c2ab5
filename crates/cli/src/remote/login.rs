//! What `gantry login` keeps: one file that only its owner reads.

use std::io::Write as _;

use camino::Utf8PathBuf;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use serde::{Deserialize, Serialize};

use crate::exit_status::ExitStatus;
use crate::problem::Problem;

/// Where the server is, and how it knows us.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Login {
    /// Such as `https://gantry.hospital.example`, without a slash at the end.
    pub(crate) url: String,
    /// Of the account.
    pub(crate) token: String,
    /// The authority that signed the server's certificate, PEM; without it, those that the system trusts.
    pub(crate) authority: Option<String>,
}

impl Login {
    /// The login that was kept.
    pub(crate) fn read() -> Result<Login, Problem> {
        let path = path()?;
        if !path.exists() {
            return Err(Problem::new(
                ExitStatus::Usage,
                "you are logged in to no server".to_owned(),
            )
            .hint("`gantry login https://SERVER` does it"));
        }
        let text = fs_err::read_to_string(&path).map_err(Problem::internal)?;
        serde_json::from_str(&text).map_err(|error| {
            Problem::from_error(ExitStatus::Usage, error)
                .context(format!("failed to read the login `{path}`"))
                .hint("`gantry login https://SERVER` writes it anew")
        })
    }

    /// Keeps it, in place of an older one.
    pub(crate) fn keep(&self) -> Result<Utf8PathBuf, Problem> {
        let path = path()?;
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder).map_err(Problem::internal)?;
        }
        let text = serde_json::to_vec_pretty(self).map_err(Problem::internal)?;
        let new = path.with_extension("new");
        let written = || -> std::io::Result<()> {
            let mut options = fs_err::OpenOptions::new();
            let mut file = options
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&new)?;
            file.write_all(&text)?;
            fs_err::rename(&new, &path)
        };
        written().map_err(Problem::internal)?;
        Ok(path)
    }
}

/// `$GANTRY_LOGIN`, or `gantry/login.json` in `$XDG_CONFIG_HOME` or `~/.config`.
fn path() -> Result<Utf8PathBuf, Problem> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(path) = set("GANTRY_LOGIN") {
        return Ok(path.into());
    }
    let config = set("XDG_CONFIG_HOME")
        .map(Utf8PathBuf::from)
        .or_else(|| set("HOME").map(|home| Utf8PathBuf::from(home).join(".config")));
    config
        .map(|config| config.join("gantry/login.json"))
        .ok_or_else(|| {
            Problem::new(
                ExitStatus::HostUnable,
                "there is no place to keep a login".to_owned(),
            )
            .hint("set `HOME` or `GANTRY_LOGIN`")
        })
}
