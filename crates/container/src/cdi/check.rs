//! Whether a specification holds together by the rules of the format.
//!
//! Paths are not looked at here: they matter when a device is given, and one bad mount must not hide the other devices.

use std::collections::BTreeSet;

use super::spec::{Device, Edits, Hook, Mount, NetDevice, Node, Spec};

/// The released versions of the format.
const VERSIONS: [Version; 8] = [
    Version(0, 3),
    Version(0, 4),
    Version(0, 5),
    Version(0, 6),
    Version(0, 7),
    Version(0, 8),
    Version(1, 0),
    Version(1, 1),
];
const HOOK_NAMES: [&str; 6] = [
    "prestart",
    "createRuntime",
    "createContainer",
    "startContainer",
    "poststart",
    "poststop",
];
const MAX_VENDOR: usize = 253;
const MAX_CLASS: usize = 63;

/// Major and minor; the third number says nothing about the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

/// Checks one specification; the error is the first problem, for people.
pub(super) fn check(spec: &Spec) -> Result<(), String> {
    let version = version(&spec.cdi_version)?;
    kind(&spec.kind)?;
    if spec.devices.is_empty() {
        return Err("`devices` is empty, expected at least one device".into());
    }
    edits(&spec.container_edits).map_err(|problem| format!("`containerEdits`: {problem}"))?;
    let mut names = BTreeSet::new();
    for device in &spec.devices {
        let name = &device.name;
        device_name(name)?;
        if !names.insert(name) {
            return Err(format!(
                "device `{name}` is described twice, expected one description"
            ));
        }
        edits(&device.container_edits).map_err(|problem| format!("device `{name}`: {problem}"))?;
    }
    for (needed, what) in needs(spec) {
        if version < needed {
            let Version(major, minor) = needed;
            let stated = &spec.cdi_version;
            return Err(format!(
                "{what} exists since version `{major}.{minor}.0`, but `cdiVersion` is `{stated}`"
            ));
        }
    }
    Ok(())
}

/// Splits `vendor/class=name`.
pub(super) fn split_qualified(name: &str) -> Option<(&str, &str)> {
    name.split_once('=')
        .filter(|(kind, device)| kind.contains('/') && !device.is_empty())
}

/// The class of `vendor/class`.
pub(super) fn class(kind: &str) -> &str {
    kind.split_once('/').map_or("", |(_, class)| class)
}

fn version(text: &str) -> Result<Version, String> {
    let unknown = || {
        format!("`cdiVersion` `{text}` is unknown, expected a released version from 0.3.0 to 1.1.0")
    };
    let mut numbers = text
        .split('.')
        .map(|part| part.parse::<u32>().map_err(|_| unknown()));
    let mut next = || numbers.next().unwrap_or_else(|| Err(unknown()));
    let (version, _patch) = (Version(next()?, next()?), next()?);
    if numbers.next().is_some() || !VERSIONS.contains(&version) {
        return Err(unknown());
    }
    Ok(version)
}

fn kind(text: &str) -> Result<(), String> {
    let wrong = |why: &str| format!("kind `{text}` {why}, expected `vendor/class`");
    let (vendor, class) = text.split_once('/').ok_or_else(|| wrong("has no slash"))?;
    for (part, max) in [(vendor, MAX_VENDOR), (class, MAX_CLASS)] {
        if part.len() > max {
            return Err(wrong("is too long"));
        }
        let letter_first = part.starts_with(|c: char| c.is_ascii_alphabetic());
        if !letter_first || !is_name(part, "_-.") {
            return Err(wrong("has a part that is no name"));
        }
    }
    Ok(())
}

fn device_name(name: &str) -> Result<(), String> {
    if is_name(name, "_-.:") {
        return Ok(());
    }
    Err(format!(
        "device name `{}` is no name, expected letters, digits and `_-.:`, with a letter or digit first and last",
        name.escape_debug()
    ))
}

fn is_name(text: &str, inside: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    edge(text.chars().next())
        && edge(text.chars().next_back())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || inside.contains(c))
}

fn edits(edits: &Edits) -> Result<(), String> {
    edits.env.iter().try_for_each(|entry| variable(entry))?;
    edits.device_nodes.iter().try_for_each(node)?;
    edits.mounts.iter().try_for_each(mount)?;
    edits.hooks.iter().try_for_each(hook)?;
    edits.net_devices.iter().try_for_each(net_device)
}

fn variable(entry: &str) -> Result<(), String> {
    let name = entry.split_once('=').map(|(name, _)| name);
    let sound = name.is_some_and(|name| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    if sound && !entry.contains('\0') {
        return Ok(());
    }
    Err(format!(
        "variable `{}` is malformed, expected `NAME=value`",
        entry.escape_debug()
    ))
}

fn node(node: &Node) -> Result<(), String> {
    let path = &node.path;
    if path.is_empty() {
        return Err("a device node has an empty `path`".into());
    }
    if !matches!(node.kind.as_str(), "" | "b" | "c" | "u" | "p") {
        let kind = &node.kind;
        return Err(format!(
            "device node `{path}` has type `{kind}`, expected `b`, `c`, `u` or `p`"
        ));
    }
    let permissions = &node.permissions;
    if permissions != "none" && permissions.contains(|c| !"rwm".contains(c)) {
        return Err(format!(
            "device node `{path}` has permissions `{permissions}`, expected letters of `rwm`"
        ));
    }
    Ok(())
}

fn mount(mount: &Mount) -> Result<(), String> {
    if mount.host_path.is_empty() || mount.container_path.is_empty() {
        return Err("a mount has an empty path".into());
    }
    Ok(())
}

fn hook(hook: &Hook) -> Result<(), String> {
    let name = &hook.hook_name;
    if !HOOK_NAMES.contains(&name.as_str()) {
        let known = HOOK_NAMES.join("`, `");
        return Err(format!("hook `{name}` is unknown, expected `{known}`"));
    }
    if !hook.path.starts_with('/') {
        let path = &hook.path;
        return Err(format!(
            "hook `{name}` runs `{path}`, expected an absolute path"
        ));
    }
    if hook.timeout.is_some_and(|seconds| seconds <= 0) {
        return Err(format!("hook `{name}` has a timeout that is not positive"));
    }
    hook.env.iter().try_for_each(|entry| variable(entry))
}

fn net_device(device: &NetDevice) -> Result<(), String> {
    if device.host_interface_name.is_empty() || device.name.is_empty() {
        return Err("a network device has an empty name".into());
    }
    Ok(())
}

/// Which version each used part of the format came with (table "Released versions" of the standard).
fn needs(spec: &Spec) -> Vec<(Version, &'static str)> {
    let mut needs = Vec::new();
    let mut need = |used: bool, version, what| {
        if used {
            needs.push((version, what));
        }
    };
    let annotated = |device: &Device| !device.annotations.is_empty();
    need(
        !spec.annotations.is_empty() || spec.devices.iter().any(annotated),
        Version(0, 6),
        "`annotations`",
    );
    need(
        class(&spec.kind).contains('.'),
        Version(0, 6),
        "a dot in a class",
    );
    let digit_first = |device: &Device| device.name.starts_with(|c: char| c.is_ascii_digit());
    need(
        spec.devices.iter().any(digit_first),
        Version(0, 5),
        "a device name that starts with a digit",
    );
    let all = || {
        let devices = spec.devices.iter().map(|device| &device.container_edits);
        devices.chain([&spec.container_edits])
    };
    let any = |test: fn(&Edits) -> bool| all().any(test);
    need(
        any(|edits| edits.mounts.iter().any(|mount| !mount.kind.is_empty())),
        Version(0, 4),
        "`type` of a mount",
    );
    need(
        any(|edits| {
            edits
                .device_nodes
                .iter()
                .any(|node| !node.host_path.is_empty())
        }),
        Version(0, 5),
        "`hostPath` of a device node",
    );
    need(
        any(|edits| edits.intel_rdt.is_some()),
        Version(0, 7),
        "`intelRdt`",
    );
    need(
        any(|edits| !edits.additional_gids.is_empty()),
        Version(0, 7),
        "`additionalGids`",
    );
    need(
        any(|edits| !edits.net_devices.is_empty()),
        Version(1, 1),
        "`netDevices`",
    );
    needs
}

#[cfg(test)]
mod tests {
    use super::super::spec::{Syntax, parse};
    use super::*;

    fn problem(json: &str) -> String {
        check(&parse(json, Syntax::Json).unwrap()).expect_err("the specification is unsound")
    }

    fn with_edits(edits: &str) -> String {
        format!(
            r#"{{"cdiVersion":"1.1.0","kind":"a.example/gpu","devices":[{{"name":"0","containerEdits":{edits}}}]}}"#
        )
    }

    #[test]
    fn versions_and_names_are_checked() {
        for (version, kind, name, expected) in [
            ("9.9.9", "v.example/gpu", "0", "`cdiVersion` `9.9.9`"),
            ("1.1", "v.example/gpu", "0", "`cdiVersion` `1.1`"),
            ("1.1.0.0", "v.example/gpu", "0", "`cdiVersion` `1.1.0.0`"),
            ("0.9.0", "v.example/gpu", "0", "`cdiVersion` `0.9.0`"),
            ("1.1.0", "gpu", "0", "no slash"),
            ("1.1.0", "v.example/gpu/x", "0", "no name"),
            ("1.1.0", "1v/gpu", "0", "no name"),
            ("1.1.0", "v.example/", "0", "no name"),
            ("1.1.0", "v.example/gpu", "", "device name ``"),
            ("1.1.0", "v.example/gpu", "../0", "device name `../0`"),
            ("1.1.0", "v.example/gpu", "a\\n", "device name `a\\n`"),
            ("0.4.0", "v.example/gpu", "0", "starts with a digit"),
            ("0.5.0", "v.example/g.pu", "0", "a dot in a class"),
        ] {
            let text = format!(
                r#"{{"cdiVersion":"{version}","kind":"{kind}","devices":[{{"name":"{name}","containerEdits":{{}}}}]}}"#
            );
            let problem = problem(&text);
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn a_name_stands_for_one_device() {
        let device = r#"{"name":"0","containerEdits":{}}"#;
        let text = format!(
            r#"{{"cdiVersion":"1.1.0","kind":"v.example/gpu","devices":[{device},{device}]}}"#
        );
        assert!(problem(&text).contains("described twice"));
        let text = r#"{"cdiVersion":"1.1.0","kind":"v.example/gpu","devices":[]}"#;
        assert!(problem(text).contains("at least one"));
    }

    #[test]
    fn edits_are_checked() {
        for (edits, expected) in [
            (r#"{"env":["=x"]}"#, "variable `=x`"),
            (r#"{"env":["NAME"]}"#, "variable `NAME`"),
            (r#"{"env":["A=b\u0000"]}"#, "malformed"),
            (r#"{"deviceNodes":[{"path":""}]}"#, "empty `path`"),
            (
                r#"{"deviceNodes":[{"path":"/dev/x","type":"z"}]}"#,
                "type `z`",
            ),
            (
                r#"{"deviceNodes":[{"path":"/dev/x","permissions":"rx"}]}"#,
                "permissions `rx`",
            ),
            (
                r#"{"mounts":[{"hostPath":"/a","containerPath":""}]}"#,
                "empty path",
            ),
            (
                r#"{"hooks":[{"hookName":"later","path":"/x"}]}"#,
                "hook `later`",
            ),
            (
                r#"{"hooks":[{"hookName":"poststop","path":"x"}]}"#,
                "absolute",
            ),
            (
                r#"{"hooks":[{"hookName":"poststop","path":"/x","timeout":0}]}"#,
                "timeout",
            ),
            (
                r#"{"netDevices":[{"hostInterfaceName":"","name":"eth0"}]}"#,
                "network device",
            ),
        ] {
            let problem = problem(&with_edits(edits));
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn a_newer_part_needs_a_newer_version() {
        let text = with_edits(r#"{"netDevices":[{"hostInterfaceName":"a","name":"b"}]}"#);
        check(&parse(&text, Syntax::Json).unwrap()).unwrap();
        let older = text.replace("1.1.0", "1.0.0");
        assert!(problem(&older).contains("`netDevices` exists since version `1.1.0`"));
    }
}
