//! What the hooks of a specification would do, as data: they never run.

use super::devices::{LeftOut, Link};
use super::error::EditProblem;
use super::paths;
use super::spec::Hook;

/// What was learned from all hooks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct HookEffects {
    /// Each path once.
    pub(super) links: Vec<Link>,
    /// Each folder once.
    pub(super) library_folders: Vec<String>,
    pub(super) left_out: Vec<LeftOut>,
}

/// Reads the hooks of NVIDIA's toolkit (`nvidia-cdi-hook NAME …`, formerly `nvidia-ctk hook NAME …`); every other hook is
/// recorded as left out.
pub(super) fn effects<'a>(
    hooks: impl IntoIterator<Item = &'a Hook>,
) -> Result<HookEffects, EditProblem> {
    let mut effects = HookEffects::default();
    for hook in hooks {
        apply(hook, &mut effects)?;
    }
    Ok(effects)
}

fn apply(hook: &Hook, effects: &mut HookEffects) -> Result<(), EditProblem> {
    // The first argument is the program's own name.
    let mut words = hook.args.iter().skip(1).filter(|word| *word != "hook");
    let name = words
        .find(|word| !word.starts_with('-'))
        .map_or("", String::as_str);
    let instead = match name {
        "create-symlinks" => {
            for link in values(hook, "link") {
                add_link(link, &mut effects.links)?;
            }
            "the links are made inside the container without it"
        }
        "update-ldcache" => {
            for folder in values(hook, "folder") {
                let folder = paths::in_container(folder).map_err(|why| {
                    EditProblem::new(format!("hook `{name}` names the folder `{folder}`: {why}"))
                })?;
                if !effects.library_folders.contains(&folder) {
                    effects.library_folders.push(folder);
                }
            }
            "the cache stays as the image has it; `LD_LIBRARY_PATH` leads to the driver's libraries"
        }
        "enable-cuda-compat" => {
            "libraries for forward compatibility in the image are used only if its own `LD_LIBRARY_PATH` names them"
        }
        "disable-device-node-modification" => {
            "nothing in the container may make or change device nodes anyway"
        }
        "chmod" => "folders above device nodes are open to everybody in the container anyway",
        "update-application-profile" => {
            "only the device nodes of this device exist in the container"
        }
        _ => "nothing: what it would do is not known",
    };
    let what = if name.is_empty() {
        format!("hook `{}`", hook.path)
    } else {
        format!("hook `{name}` of `{}`", hook.path)
    };
    let left_out = LeftOut::new(what, instead);
    if !effects.left_out.contains(&left_out) {
        effects.left_out.push(left_out);
    }
    Ok(())
}

/// Values of `--name value` and `--name=value`.
fn values<'a>(hook: &'a Hook, name: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut words = hook.args.iter();
    while let Some(word) = words.next() {
        let Some(option) = word
            .strip_prefix("--")
            .or_else(|| word.strip_prefix('-'))
            .and_then(|word| word.strip_prefix(name))
        else {
            continue;
        };
        match option.strip_prefix('=') {
            Some(value) => found.push(value),
            None if option.is_empty() => found.extend(words.next().map(String::as_str)),
            None => {}
        }
    }
    found
}

/// Takes `target::path`.
fn add_link(text: &str, links: &mut Vec<Link>) -> Result<(), EditProblem> {
    let refused = |why| EditProblem::new(format!("a hook makes the link `{text}`: {why}"));
    let (target, path) = text
        .split_once("::")
        .filter(|(target, _)| !target.is_empty())
        .ok_or_else(|| refused("expected `target::link`"))?;
    let path = paths::in_container(path).map_err(refused)?;
    // `..` in a target is usual and harmless: it is the container that resolves it.
    if target.chars().any(char::is_control) || target.len() > 4_095 {
        return Err(refused("expected a path that the kernel takes"));
    }
    match links.iter().find(|link| link.path == path) {
        None => links.push(Link {
            path,
            target: target.to_owned(),
        }),
        Some(link) if link.target == target => {}
        Some(_) => return Err(refused("expected one target for each link")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(args: &[&str]) -> Hook {
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        Hook {
            hook_name: "createContainer".into(),
            path: "/usr/bin/nvidia-cdi-hook".into(),
            args,
            env: Vec::new(),
            timeout: None,
        }
    }

    #[test]
    fn both_spellings_of_the_toolkit_are_read() {
        let hooks = [
            hook(&[
                "nvidia-ctk",
                "hook",
                "create-symlinks",
                "--link",
                "libcuda.so.1::/usr/lib/libcuda.so",
            ]),
            hook(&[
                "nvidia-cdi-hook",
                "create-symlinks",
                "--link=../x.so.1::/usr/lib/gbm/x.so",
            ]),
            hook(&[
                "nvidia-cdi-hook",
                "update-ldcache",
                "--folder",
                "/usr/lib",
                "--folder=/usr/lib/",
            ]),
            hook(&["other"]),
        ];
        let effects = effects(&hooks).unwrap();
        let link = |path: &str, target: &str| Link {
            path: path.into(),
            target: target.into(),
        };
        assert_eq!(
            effects.links,
            [
                link("/usr/lib/libcuda.so", "libcuda.so.1"),
                link("/usr/lib/gbm/x.so", "../x.so.1")
            ]
        );
        assert_eq!(effects.library_folders, ["/usr/lib"]);
        // One line for both `create-symlinks`.
        assert_eq!(effects.left_out.len(), 3, "{:?}", effects.left_out);
        assert!(effects.left_out[2].instead.contains("not known"));
    }

    #[test]
    fn links_and_folders_that_lead_astray_are_refused() {
        for args in [
            ["create-symlinks", "--link", "x::/etc/../../x"],
            ["create-symlinks", "--link", "x::/proc/self/x"],
            ["create-symlinks", "--link", "x::relative"],
            ["create-symlinks", "--link", "::/usr/x"],
            ["create-symlinks", "--link", "no separator"],
            ["create-symlinks", "--link", "a\nb::/usr/x"],
            ["update-ldcache", "--folder", "lib"],
            ["update-ldcache", "--folder", "/dev/x"],
            ["update-ldcache", "--folder", "/"],
        ] {
            let hook = hook(&["nvidia-cdi-hook", args[0], args[1], args[2]]);
            assert!(effects([&hook]).is_err(), "{args:?}");
        }
        let twice = hook(&[
            "h",
            "create-symlinks",
            "--link",
            "a::/x/l",
            "--link",
            "b::/x/l",
        ]);
        assert!(
            effects([&twice])
                .unwrap_err()
                .message
                .contains("one target")
        );
    }
}
