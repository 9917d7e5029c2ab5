//! From the image's USER, WORKDIR, ENV and command to a program that can be started: names resolved, gaps filled.

use std::ffi::CString;

use serde::{Deserialize, Serialize};

use super::id_range::IdRange;
use super::in_root::Root;
use crate::sandbox::outcome::ShimError;
use crate::sandbox::plan::ContainerPlan;
use crate::user::{self, ResolvedUser};

/// The search path of a container that names none.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Larger user databases are cut.
pub(super) const DATABASE_LIMIT: u64 = 4 << 20;

/// The user a container runs as.
#[derive(Debug)]
pub(super) struct User {
    /// As the container sees it.
    pub(super) inside: ResolvedUser,
    /// User and group id on the host.
    pub(super) on_host: (u32, u32),
}

/// Everything process 1 needs to start the program; sent to it as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Program {
    pub(super) command: Vec<String>,
    pub(super) env: Vec<String>,
    pub(super) working_dir: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// `None` where the kernel does not let us set groups.
    pub(super) groups: Option<Vec<u32>>,
}

/// Resolves the image's user against the image's own databases.
pub(super) fn resolve_user(
    plan: &ContainerPlan,
    root: &Root<'_>,
    range: Option<&IdRange>,
) -> Result<User, ShimError> {
    let database = |path: &str| {
        let bytes = root.read(path, DATABASE_LIMIT);
        bytes
            .map(Option::unwrap_or_default)
            .map_err(|error| ShimError::image(format!("`{path}` is unreadable: {error}"), None))
    };
    let inside = resolve(
        &plan.process.user,
        &database("/etc/passwd")?,
        &database("/etc/group")?,
    )?;
    let Some(range) = range else {
        return Ok(User {
            inside,
            on_host: (0, 0),
        });
    };
    require_small_ids(&inside)?;
    let on_host = (range.base + inside.uid, range.base + inside.gid);
    Ok(User { inside, on_host })
}

/// Resolves a user against the bytes of two databases.
pub(super) fn resolve(user: &str, passwd: &[u8], group: &[u8]) -> Result<ResolvedUser, ShimError> {
    user::resolve(user, passwd, group).map_err(|error| {
        ShimError::image(
            error.to_string(),
            Some("make the user in the image with `useradd`, or give its number"),
        )
    })
}

/// Every container has as many ids, wherever it runs.
pub(super) fn require_small_ids(user: &ResolvedUser) -> Result<(), ShimError> {
    let count = super::id_range::COUNT;
    if user.uid < count && user.gid < count {
        return Ok(());
    }
    Err(ShimError::image(
        format!(
            "the user id `{}:{}` is too large, expected ids below {count}",
            user.uid, user.gid
        ),
        Some("give the image's user a smaller id"),
    ))
}

/// The program with what the image leaves open filled in.
pub(super) fn program(plan: &ContainerPlan, user: &ResolvedUser, may_set_groups: bool) -> Program {
    let mut env = plan.process.env.clone();
    let defaults = [
        ("PATH", DEFAULT_PATH),
        ("HOSTNAME", plan.id.as_str()),
        ("HOME", user.home.as_str()),
    ];
    for (name, value) in defaults {
        if variable(&env, name).is_none() {
            env.push(format!("{name}={value}"));
        }
    }
    let below_limit = |group: &u32| *group < super::id_range::COUNT;
    Program {
        command: plan.process.command.clone(),
        env,
        working_dir: normalised(&plan.process.working_dir),
        uid: user.uid,
        gid: user.gid,
        groups: may_set_groups.then(|| user.groups.iter().copied().filter(below_limit).collect()),
    }
}

/// An absolute path without `.`, `..` and doubled slashes; the root for an empty one.
fn normalised(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

fn variable<'a>(env: &'a [String], name: &str) -> Option<&'a str> {
    env.iter()
        .rev()
        .find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='))
}

impl Program {
    /// Paths to try, in order, as a shell would look the command up.
    pub(super) fn candidates(&self) -> Vec<CString> {
        let name = self.command.first().map_or("", String::as_str);
        let paths = if name.contains('/') {
            vec![name.to_owned()]
        } else {
            let search = variable(&self.env, "PATH").unwrap_or(DEFAULT_PATH);
            search
                .split(':')
                .map(|folder| {
                    if folder.is_empty() {
                        ".".into()
                    } else {
                        folder.to_owned()
                    }
                })
                .map(|folder| format!("{folder}/{name}"))
                .collect()
        };
        paths
            .into_iter()
            .filter_map(|path| CString::new(path).ok())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(command: &str, env: &[&str]) -> Program {
        Program {
            command: vec![command.into()],
            env: env.iter().map(|&entry| entry.to_owned()).collect(),
            working_dir: "/".into(),
            uid: 1,
            gid: 1,
            groups: None,
        }
    }

    #[test]
    fn looks_commands_up_like_a_shell() {
        let paths = |program: Program| {
            program
                .candidates()
                .iter()
                .map(|path| path.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            paths(program("python", &["PATH=/a:/b"])),
            ["/a/python", "/b/python"]
        );
        assert_eq!(
            paths(program("python", &["PATH=/a", "PATH=:/b"])),
            ["./python", "/b/python"]
        );
        assert_eq!(paths(program("bin/x", &["PATH=/a"])), ["bin/x"]);
        assert_eq!(paths(program("x", &[])).len(), 6);
    }

    #[test]
    fn working_folders_cannot_climb() {
        for (given, expected) in [
            ("", "/"),
            ("/opt//app/.", "/opt/app"),
            ("../../etc", "/etc"),
            ("/a/../b", "/b"),
        ] {
            assert_eq!(normalised(given), expected);
        }
    }
}
