//! The data folder: where imported images and work folders lie.

use std::ffi::OsString;

use camino::{Utf8Path, Utf8PathBuf};

use crate::exit_status::ExitStatus;
use crate::problem::Problem;

/// Where root keeps its data; a system-wide service will share it.
const ROOT_HOME: &str = "/var/lib/gantry";

/// What the choice of the data folder depends on.
struct Surroundings<'a> {
    /// Whether this process is root.
    root: bool,
    /// Reads an environment variable.
    variable: &'a dyn Fn(&str) -> Option<OsString>,
}

/// Gantry's data folder.
#[derive(Debug, Clone)]
pub(crate) struct Home(Utf8PathBuf);

impl Home {
    /// The folder as the user named it or, in this order: `GANTRY_HOME`, `/var/lib/gantry` for root,
    /// `$XDG_DATA_HOME/gantry`, `~/.local/share/gantry`. It is absolute but need not exist yet.
    pub(crate) fn choose(asked: Option<Utf8PathBuf>) -> Result<Self, Problem> {
        let surroundings = Surroundings {
            root: rustix::process::geteuid().is_root(),
            variable: &|name| std::env::var_os(name),
        };
        let chosen = choose(asked, &surroundings)?;
        let absolute = camino::absolute_utf8(&chosen).map_err(|error| {
            Problem::internal(error).context(format!("failed to find the data folder `{chosen}`"))
        })?;
        Ok(Self(absolute))
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Utf8Path {
        &self.0
    }

    /// Where the store of imported container images lies.
    pub(crate) fn images(&self) -> Utf8PathBuf {
        self.0.join("images")
    }
}

fn choose(
    asked: Option<Utf8PathBuf>,
    surroundings: &Surroundings<'_>,
) -> Result<Utf8PathBuf, Problem> {
    if let Some(asked) = asked {
        return Ok(asked);
    }
    let read = |name: &str| -> Result<Option<Utf8PathBuf>, Problem> {
        // The specification of XDG wants an empty variable to count as unset.
        let Some(value) = (surroundings.variable)(name).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        let text = value.into_string().map_err(|_| {
            Problem::new(
                ExitStatus::HostUnable,
                format!("the variable `{name}` is not valid UTF-8"),
            )
        })?;
        Ok(Some(Utf8PathBuf::from(text)))
    };
    if let Some(home) = read("GANTRY_HOME")? {
        return Ok(home);
    }
    if surroundings.root {
        return Ok(Utf8PathBuf::from(ROOT_HOME));
    }
    if let Some(data) = read("XDG_DATA_HOME")? {
        return Ok(data.join("gantry"));
    }
    match read("HOME")? {
        Some(home) => Ok(home.join(".local/share/gantry")),
        None => Err(Problem::new(
            ExitStatus::HostUnable,
            "there is no data folder: neither `GANTRY_HOME` nor `HOME` is set".to_owned(),
        )
        .hint("name one with `--home DIR`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(root: bool, set: &[(&str, &str)]) -> Result<Utf8PathBuf, Problem> {
        let variable = |name: &str| {
            set.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        };
        choose(
            None,
            &Surroundings {
                root,
                variable: &variable,
            },
        )
    }

    #[test]
    fn the_first_that_is_set_wins() {
        let all = [
            ("GANTRY_HOME", "/g"),
            ("XDG_DATA_HOME", "/x"),
            ("HOME", "/h"),
        ];
        assert_eq!(chosen(true, &all).unwrap(), "/g");
        assert_eq!(chosen(true, &all[1..]).unwrap(), "/var/lib/gantry");
        assert_eq!(chosen(false, &all[1..]).unwrap(), "/x/gantry");
        assert_eq!(chosen(false, &all[2..]).unwrap(), "/h/.local/share/gantry");
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let set = [("GANTRY_HOME", ""), ("XDG_DATA_HOME", ""), ("HOME", "/h")];
        assert_eq!(chosen(false, &set).unwrap(), "/h/.local/share/gantry");
        assert!(chosen(false, &[("HOME", "")]).is_err());
    }
}
