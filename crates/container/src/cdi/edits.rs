//! What one device's specification asks for, checked against this host.

use std::os::unix::fs::{FileTypeExt, MetadataExt};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{Access, AtFlags};

use super::devices::{DeviceNode, DriverMount, LeftOut, Link};
use super::error::EditProblem;
use super::lease::{Hold, Holds};
use super::read::Described;
use super::spec::{Edits, Mount, Node};
use super::{hooks, libraries, paths};

/// Nodes of a driver as a whole: no piece of hardware, so that all jobs may have them.
const CONTROL_NODES: [&str; 5] = [
    "/dev/kfd",
    "/dev/nvidia-modeset",
    "/dev/nvidia-uvm",
    "/dev/nvidia-uvm-tools",
    "/dev/nvidiactl",
];
/// Nodes of slices of a card (MIG), each for one slice.
const SLICE_NODES: &str = "/dev/nvidia-caps";
/// Entries of a folder that are looked at to find sockets.
const MAX_ENTRIES: usize = 10_000;

/// A device's parts before it is locked.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) nodes: Vec<DeviceNode>,
    pub(super) mounts: Vec<DriverMount>,
    pub(super) env: Vec<String>,
    pub(super) library_folders: Vec<String>,
    pub(super) links: Vec<Link>,
    pub(super) library_path: Option<String>,
    pub(super) left_out: Vec<LeftOut>,
    /// What has to be locked.
    pub(super) holds: Holds,
}

/// Takes the edits of the file and then those of the device.
pub(super) fn parts(described: &Described<'_>) -> Result<Parts, EditProblem> {
    let own = &described.device.container_edits;
    let all = [&described.spec.container_edits, own];
    let hooks = hooks::effects(all.iter().flat_map(|edits| &edits.hooks))?;
    let mut parts = Parts {
        nodes: Vec::new(),
        mounts: Vec::new(),
        env: Vec::new(),
        library_folders: hooks.library_folders,
        links: hooks.links,
        library_path: None,
        left_out: hooks.left_out,
        holds: Holds::new(),
    };
    for edits in all {
        parts.settings(edits)?;
        for node in &edits.device_nodes {
            parts.node(node, has_hardware_besides_displays(all))?;
        }
        for mount in &edits.mounts {
            parts.mount(mount)?;
        }
        for entry in &edits.env {
            set_variable(&mut parts.env, entry);
        }
    }
    parts
        .mounts
        .sort_by_key(|mount| mount.container.split('/').count());
    check_links(&parts.links, &parts.mounts)?;
    let (links, library_path) =
        libraries::links(&parts.mounts, &parts.links, &parts.library_folders);
    parts.links.extend(links);
    parts.library_path = library_path;
    parts.holds = holds(described);
    Ok(parts)
}

/// Sets a variable in a list of `NAME=value`, where the first of a name is what programs see.
pub(super) fn set_variable(env: &mut Vec<String>, entry: &str) {
    let name = |entry: &str| entry.split('=').next().map(str::to_owned);
    match env.iter_mut().find(|old| name(old) == name(entry)) {
        Some(old) => entry.clone_into(old),
        None => env.push(entry.to_owned()),
    }
}

impl Parts {
    fn settings(&mut self, edits: &Edits) -> Result<(), EditProblem> {
        if let Some(device) = edits.net_devices.first() {
            let interface = &device.host_interface_name;
            return Err(EditProblem::new(format!(
                "the specification moves the network interface `{interface}` into the container, expected none, since \
                 containers have no network"
            )));
        }
        let groups = edits.additional_gids.iter().filter(|&&group| group != 0);
        let groups: Vec<String> = groups.map(ToString::to_string).collect();
        if !groups.is_empty() {
            self.left_out.push(LeftOut::new(
                format!("additional groups {}", groups.join(", ")),
                "groups of the host are not those of the container; every device node was checked to be open without",
            ));
        }
        if edits.intel_rdt.is_some() {
            self.left_out.push(LeftOut::new(
                "`intelRdt`",
                "the processor's cache is not divided",
            ));
        }
        Ok(())
    }

    fn node(&mut self, node: &Node, displays_are_extra: bool) -> Result<(), EditProblem> {
        let container = paths::in_dev(&node.path).map_err(|why| {
            EditProblem::new(format!("device node `{}`: {why}", printable(&node.path)))
        })?;
        let host = host_path(node)?;
        let device = match device_of(node, &container, &host) {
            Ok(device) => device,
            Err(problem) if is_extra(&container, displays_are_extra) => {
                self.left_out.push(LeftOut::new(
                    format!("device node `{container}`"),
                    format!("nothing: computing does not need it, and {problem}"),
                ));
                return Ok(());
            }
            Err(problem) => return Err(problem),
        };
        let old = self.nodes.iter().find(|old| old.container == container);
        match old {
            None => self.nodes.push(device),
            Some(old) if *old == device => {}
            Some(_) => {
                return Err(EditProblem::new(format!(
                    "device node `{container}` is asked for twice, expected one device of the host"
                )));
            }
        }
        Ok(())
    }

    fn mount(&mut self, mount: &Mount) -> Result<(), EditProblem> {
        let refused =
            |path: &str, why: &str| EditProblem::new(format!("mount `{}`: {why}", printable(path)));
        let container = paths::in_container(&mount.container_path)
            .map_err(|why| refused(&mount.container_path, why))?;
        let host =
            paths::absolute(&mount.host_path).map_err(|why| refused(&mount.host_path, why))?;
        if !matches!(mount.kind.as_str(), "" | "none" | "bind") {
            let why = format!("has type `{}`, expected a bind mount", mount.kind);
            return Err(refused(&container, &why));
        }
        let metadata = fs_err::metadata(host).map_err(|error| {
            EditProblem::outdated(format!("mount `{container}` cannot be made: {error}"))
        })?;
        let kind = metadata.file_type();
        if kind.is_socket() || (kind.is_dir() && holds_socket(host)) {
            self.left_out.push(LeftOut::new(
                format!("mount `{container}`"),
                "nothing: it leads to a service of the host, out of the sandbox",
            ));
            return Ok(());
        }
        if !kind.is_file() && !kind.is_dir() {
            return Err(refused(&container, "expected a file or a folder"));
        }
        let has = |option: &str| mount.options.iter().any(|found| found == option);
        if !has("ro") {
            self.left_out.push(LeftOut::new(
                format!("writing to mount `{container}`"),
                "mounted read-only",
            ));
        }
        let new = DriverMount {
            host: host.to_owned(),
            container,
            executable: !has("noexec"),
            options: mount.options.clone(),
        };
        let old = self
            .mounts
            .iter()
            .find(|old| old.container == new.container);
        match old {
            None => self.mounts.push(new),
            Some(old) if old.host == new.host => {}
            Some(_) => {
                return Err(refused(
                    &new.container,
                    "is asked for twice, expected one source",
                ));
            }
        }
        Ok(())
    }
}

fn host_path(node: &Node) -> Result<Utf8PathBuf, EditProblem> {
    let path = if node.host_path.is_empty() {
        &node.path
    } else {
        &node.host_path
    };
    let refused = |why| {
        EditProblem::new(format!(
            "device node of the host `{}`: {why}",
            printable(path)
        ))
    };
    paths::absolute(path)
        .map(Utf8Path::to_owned)
        .map_err(refused)
}

/// Looks at the node of the host: it must be the device that the specification means, and open to the container's user.
fn device_of(node: &Node, container: &str, host: &Utf8Path) -> Result<DeviceNode, EditProblem> {
    if matches!(node.kind.as_str(), "b" | "p") {
        let kind = &node.kind;
        return Err(EditProblem::new(format!(
            "device node `{container}` has type `{kind}`, expected a character device"
        )));
    }
    let metadata = fs_err::metadata(host).map_err(|error| {
        EditProblem::outdated(format!(
            "device node `{container}` cannot be given: {error}"
        ))
    })?;
    if !metadata.file_type().is_char_device() {
        return Err(EditProblem::outdated(format!(
            "`{host}` is no character device, expected one for `{container}`"
        )));
    }
    let (major, minor) = numbers(&metadata);
    let stated = node.major.filter(|&major| major != 0);
    if let Some(stated) = stated {
        let stated_minor = node.minor.unwrap_or(0);
        if (stated, stated_minor) != (i64::from(major), i64::from(minor)) {
            return Err(EditProblem::outdated(format!(
                "`{host}` is device {major}:{minor}, expected {stated}:{stated_minor}"
            )));
        }
    }
    open_to_container(node, host, metadata.mode(), |access| {
        open_to_us(host, access)
    })?;
    Ok(DeviceNode {
        host: host.to_owned(),
        container: container.to_owned(),
        major,
        minor,
    })
}

/// The container's user is nobody on the host, so what counts is what the mode grants to all others; without root it is
/// ourselves, which `ourselves` tells.
fn open_to_container(
    node: &Node,
    host: &Utf8Path,
    mode: u32,
    ourselves: impl Fn(Access) -> bool,
) -> Result<(), EditProblem> {
    let letters = match node.permissions.as_str() {
        "" => "rw",
        "none" => "",
        letters => letters,
    };
    let (mut bits, mut access) = (0, Access::empty());
    if letters.contains('r') {
        bits |= 0o4;
        access |= Access::READ_OK;
    }
    if letters.contains('w') {
        bits |= 0o2;
        access |= Access::WRITE_OK;
    }
    if mode & bits == bits || ourselves(access) {
        return Ok(());
    }
    let mode = mode & 0o777;
    let problem = EditProblem::new(format!(
        "the user of a container cannot open `{host}`: its mode is {mode:04o}, expected {:04o}",
        mode | bits
    ));
    Err(problem.hint(format!(
        "`chmod a+rw {host}`, and for good: a udev rule, or for NVIDIA the module option `NVreg_DeviceFileMode=0666`"
    )))
}

/// Whether we may open a node and the container's processes are ours, which they are without root.
fn open_to_us(host: &Utf8Path, access: Access) -> bool {
    let path = host.as_std_path();
    !rustix::process::geteuid().is_root()
        && rustix::fs::accessat(rustix::fs::CWD, path, access, AtFlags::EACCESS).is_ok()
}

fn numbers(metadata: &std::fs::Metadata) -> (u32, u32) {
    let device = metadata.rdev();
    (rustix::fs::major(device), rustix::fs::minor(device))
}

/// Whether a device can do without: a node for displays when it has another node for computing.
fn is_extra(container: &str, has_other_hardware: bool) -> bool {
    container.starts_with("/dev/dri/card")
        || (has_other_hardware && Utf8Path::new(container).starts_with("/dev/dri"))
}

fn has_hardware_besides_displays(all: [&Edits; 2]) -> bool {
    let mut nodes = all.iter().flat_map(|edits| &edits.device_nodes);
    nodes.any(|node| is_hardware(&node.path) && !Utf8Path::new(&node.path).starts_with("/dev/dri"))
}

fn is_hardware(path: &str) -> bool {
    !CONTROL_NODES.contains(&path)
}

fn holds_socket(folder: &Utf8Path) -> bool {
    let Ok(entries) = fs_err::read_dir(folder) else {
        return false;
    };
    entries
        .take(MAX_ENTRIES)
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_type().ok())
        .any(|kind| kind.is_socket() || kind.is_fifo())
}

/// Hardware by device number, since it may go by several names and paths. A card of which only a slice is given is held
/// together with the jobs on its other slices. A device without nodes cannot be told from the others of its kind, so its
/// whole kind is held.
fn holds(described: &Described<'_>) -> Holds {
    for edits in [
        &described.device.container_edits,
        &described.spec.container_edits,
    ] {
        let nodes = || {
            edits
                .device_nodes
                .iter()
                .filter(|node| is_hardware(&node.path))
        };
        let is_slice = |node: &Node| Utf8Path::new(&node.path).starts_with(SLICE_NODES);
        let sliced = nodes().any(is_slice);
        let holds: Holds = nodes()
            .filter_map(|node| {
                let metadata = fs_err::metadata(host_path(node).ok()?).ok()?;
                let (major, minor) = numbers(&metadata);
                let hold = if sliced && !is_slice(node) {
                    Hold::Shared
                } else {
                    Hold::Alone
                };
                Some((format!("device-{major}-{minor}"), hold))
            })
            .collect();
        if !holds.is_empty() {
            return holds;
        }
    }
    let kind = described.spec.kind.replace('/', "=");
    Holds::from([(format!("kind-{kind}"), Hold::Alone)])
}

/// Links must neither replace a mount nor lead round in a circle.
fn check_links(links: &[Link], mounts: &[DriverMount]) -> Result<(), EditProblem> {
    let targets: std::collections::BTreeMap<&str, String> = links
        .iter()
        .map(|link| (link.path.as_str(), resolved(link)))
        .collect();
    for link in links {
        let path = &link.path;
        if mounts.iter().any(|mount| mount.container == *path) {
            return Err(EditProblem::new(format!(
                "`{path}` is a mount and a link, expected one of them"
            )));
        }
        let mut at = path.as_str();
        let mut steps = 0;
        while let Some(next) = targets.get(at) {
            steps += 1;
            // The kernel follows forty.
            if steps > 40 {
                return Err(EditProblem::new(format!(
                    "the link `{path}` leads round in a circle, expected an end"
                )));
            }
            at = next;
        }
    }
    Ok(())
}

fn resolved(link: &Link) -> String {
    let parent = Utf8Path::new(&link.path).parent();
    let whole = parent.map_or_else(
        || Utf8PathBuf::from("/"),
        |folder| folder.join(&link.target),
    );
    let mut names: Vec<&str> = Vec::new();
    for name in whole.as_str().split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}

fn printable(path: &str) -> String {
    const SHOWN: usize = 200;
    let shown: String = path.chars().take(SHOWN).collect();
    let end = if shown.len() < path.len() { "…" } else { "" };
    format!("{}{end}", shown.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Driver, spec_with};
    use super::super::read::Specs;
    use super::super::spec::{Syntax, parse};
    use super::*;

    fn parts_of(specs: &Specs, name: &str) -> Result<Parts, EditProblem> {
        let described = specs.described().find(|described| described.name == name);
        parts(&described.expect("the device is described"))
    }

    /// The parts of a device with the given edits.
    fn with_edits(edits: &str) -> Result<Parts, EditProblem> {
        let spec = parse(&spec_with(edits), Syntax::Json).unwrap();
        super::super::check::check(&spec).unwrap();
        parts(&Described {
            name: "v.example/gpu=0",
            path: Utf8Path::new("/etc/cdi/v.json"),
            spec: &spec,
            device: &spec.devices[0],
        })
    }

    #[test]
    fn a_device_gets_its_own_and_the_common_edits() {
        let driver = Driver::install();
        let specs = driver.specs();
        assert!(specs.problems().is_empty(), "{:?}", specs.problems());
        let parts = parts_of(&specs, "nvidia.com/gpu=0").unwrap();
        let nodes: Vec<&str> = parts
            .nodes
            .iter()
            .map(|node| node.container.as_str())
            .collect();
        assert_eq!(nodes, ["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia0"]);
        // `/dev/zero` stands for the card.
        assert_eq!((parts.nodes[2].major, parts.nodes[2].minor), (1, 5));
        assert_eq!(
            parts.env,
            [
                "NVIDIA_VISIBLE_DEVICES=void",
                "NVIDIA_CTK_LIBCUDA_DIR=/usr/lib/x86_64-linux-gnu"
            ]
        );
        let mounts: Vec<(&str, bool)> = parts
            .mounts
            .iter()
            .map(|mount| (mount.container.as_str(), mount.executable))
            .collect();
        assert_eq!(
            mounts,
            [
                ("/usr/bin/nvidia-smi", true),
                ("/usr/share/nvidia", true),
                ("/usr/lib/x86_64-linux-gnu/libcuda.so.550.54.14", true),
                ("/lib/firmware/nvidia/550.54.14", false),
            ]
        );
        let left_out: Vec<&str> = parts
            .left_out
            .iter()
            .map(|part| part.what.as_str())
            .collect();
        assert_eq!(
            left_out,
            [
                "hook `create-symlinks` of `/usr/bin/nvidia-cdi-hook`",
                "hook `enable-cuda-compat` of `/usr/bin/nvidia-cdi-hook`",
                "hook `update-ldcache` of `/usr/bin/nvidia-cdi-hook`",
                "hook `disable-device-node-modification` of `/usr/bin/nvidia-cdi-hook`",
                "mount `/run/nvidia-persistenced/socket`",
                "device node `/dev/dri/card1`",
            ]
        );
    }

    #[test]
    fn libraries_are_found_under_the_names_that_programs_load() {
        let driver = Driver::install();
        let parts = parts_of(&driver.specs(), "nvidia.com/gpu=1").unwrap();
        let links: Vec<(&str, &str)> = parts
            .links
            .iter()
            .map(|link| (link.path.as_str(), link.target.as_str()))
            .collect();
        let folder = "/usr/lib/x86_64-linux-gnu";
        let file = format!("{folder}/libcuda.so.550.54.14");
        let (soname, plain) = (
            format!("{folder}/libcuda.so.1"),
            format!("{folder}/libcuda.so"),
        );
        assert_eq!(
            links,
            [
                (plain.as_str(), "libcuda.so.1"),
                (soname.as_str(), "libcuda.so.550.54.14"),
                ("/run/gantry/gpu/libcuda.so.1", file.as_str()),
                ("/run/gantry/gpu/libcuda.so.550.54.14", file.as_str()),
                ("/run/gantry/gpu/libcuda.so", plain.as_str()),
            ]
        );
        assert_eq!(parts.library_folders, [folder]);
        assert_eq!(parts.library_path.as_deref(), Some("/run/gantry/gpu"));
    }

    #[test]
    fn hardware_is_locked_by_number_and_slices_share_their_card() {
        let driver = Driver::install();
        let specs = driver.specs();
        let holds = |name: &str| parts_of(&specs, name).unwrap().holds;
        let zero = || "device-1-5".to_owned();
        assert_eq!(
            holds("nvidia.com/gpu=0"),
            Holds::from([(zero(), Hold::Alone)])
        );
        assert_eq!(
            holds("nvidia.com/gpu=0"),
            holds(&format!("nvidia.com/gpu={}", Driver::UUID))
        );
        let slice = holds("nvidia.com/gpu=0:1");
        assert_eq!(slice[&zero()], Hold::Shared);
        assert_eq!(slice["device-1-9"], Hold::Alone);
        let nodeless = with_edits(r#"{"env":["A=1"]}"#).unwrap();
        assert_eq!(
            nodeless.holds,
            Holds::from([("kind-v.example=gpu".into(), Hold::Alone)])
        );
    }

    /// Edits and a part of the refusal.
    const HOSTILE: &[(&str, &str)] = &[
        (
            r#"{"mounts":[{"hostPath":"/etc","containerPath":"/usr/../../etc"}]}"#,
            "`/usr/../../etc`: expected neither",
        ),
        (
            r#"{"mounts":[{"hostPath":"/etc","containerPath":"etc"}]}"#,
            "expected an absolute path",
        ),
        (
            r#"{"mounts":[{"hostPath":"/etc","containerPath":"/"}]}"#,
            "below the container's root",
        ),
        (
            r#"{"mounts":[{"hostPath":"/etc","containerPath":"/proc/self"}]}"#,
            "outside of `/dev`",
        ),
        (
            r#"{"mounts":[{"hostPath":"/x/../etc","containerPath":"/etc"}]}"#,
            "expected neither",
        ),
        (
            r#"{"mounts":[{"hostPath":"/no/such/file","containerPath":"/x"}]}"#,
            "`/no/such/file`",
        ),
        (
            r#"{"mounts":[{"hostPath":"/dev/null","containerPath":"/x"}]}"#,
            "expected a file or a folder",
        ),
        (
            r#"{"mounts":[{"hostPath":"/etc","containerPath":"/x","type":"tmpfs"}]}"#,
            "type `tmpfs`",
        ),
        (
            r#"{"mounts":[{"hostPath":"/etc","containerPath":"/x"},{"hostPath":"/usr","containerPath":"//x/"}]}"#,
            "`/x`: is asked for twice",
        ),
        (
            r#"{"deviceNodes":[{"path":"/etc/passwd"}]}"#,
            "below `/dev`",
        ),
        (
            r#"{"deviceNodes":[{"path":"/dev/../etc/passwd"}]}"#,
            "expected neither",
        ),
        (
            r#"{"deviceNodes":[{"path":"/dev/null","hostPath":"/dev/zero"}]}"#,
            "not every container has",
        ),
        (r#"{"deviceNodes":[{"path":"/dev/gpu0"}]}"#, "`/dev/gpu0`"),
        (
            r#"{"deviceNodes":[{"path":"/dev/gpu0","hostPath":"/etc/passwd"}]}"#,
            "no character device",
        ),
        (
            r#"{"deviceNodes":[{"path":"/dev/gpu0","hostPath":"/dev/zero","type":"b"}]}"#,
            "type `b`",
        ),
        (
            r#"{"deviceNodes":[{"path":"/dev/gpu0","hostPath":"/dev/zero","major":195}]}"#,
            "device 1:5, expected 195:0",
        ),
        (
            r#"{"deviceNodes":[{"path":"/dev/gpu0","hostPath":"/dev/zero"},{"path":"/dev/gpu0","hostPath":"/dev/full"}]}"#,
            "asked for twice",
        ),
        (
            r#"{"netDevices":[{"hostInterfaceName":"eth0","name":"eth0"}]}"#,
            "network interface `eth0`",
        ),
        (
            r#"{"hooks":[{"hookName":"createContainer","path":"/h","args":["h","create-symlinks","--link","b::/l/a","--link","../l/a::/l/b"]}]}"#,
            "in a circle",
        ),
        (
            r#"{"hooks":[{"hookName":"createContainer","path":"/h","args":["h","create-symlinks","--link","a::/l/a"]}]}"#,
            "in a circle",
        ),
        (
            r#"{"mounts":[{"hostPath":"/etc","containerPath":"/l"}],"hooks":[{"hookName":"createContainer","path":"/h","args":["h","create-symlinks","--link","a::/l"]}]}"#,
            "a mount and a link",
        ),
    ];

    #[test]
    fn hostile_and_broken_edits_are_refused() {
        for (edits, expected) in HOSTILE {
            let problem = with_edits(edits).expect_err(edits);
            assert!(problem.message.contains(expected), "{edits}: {problem}");
        }
    }

    #[test]
    fn a_description_older_than_the_driver_says_so() {
        let problem =
            with_edits(r#"{"mounts":[{"hostPath":"/no/lib.so.1","containerPath":"/lib.so.1"}]}"#);
        assert!(
            problem
                .unwrap_err()
                .hint
                .unwrap()
                .contains("older than the driver")
        );
    }

    #[test]
    fn harmless_extras_are_recorded() {
        let parts = with_edits(
            r#"{"additionalGids":[0,44],"intelRdt":{"closID":"x"},"mounts":[{"hostPath":"/etc","containerPath":"/x"}]}"#,
        );
        let left_out = parts.unwrap().left_out;
        let what: Vec<&str> = left_out.iter().map(|part| part.what.as_str()).collect();
        assert_eq!(
            what,
            [
                "additional groups 44",
                "`intelRdt`",
                "writing to mount `/x`"
            ]
        );
    }

    #[test]
    fn a_node_must_be_open_to_the_containers_user() {
        let spec = |permissions: &str| {
            let text =
                format!(r#"{{"deviceNodes":[{{"path":"/dev/x","permissions":"{permissions}"}}]}}"#);
            parse(&spec_with(&text), Syntax::Json)
                .unwrap()
                .devices
                .remove(0)
        };
        let open = |permissions: &str, mode, ourselves: bool| {
            let device = spec(permissions);
            let node = &device.container_edits.device_nodes[0];
            open_to_container(node, Utf8Path::new("/dev/x"), mode, |_| ourselves)
        };
        open("", 0o020_666, false).unwrap();
        open("none", 0o020_600, false).unwrap();
        open("r", 0o020_444, false).unwrap();
        open("", 0o020_660, true).unwrap();
        let problem = open("rwm", 0o020_660, false).unwrap_err();
        assert!(
            problem.message.ends_with("mode is 0660, expected 0666"),
            "{problem}"
        );
        assert!(problem.hint.unwrap().contains("chmod a+rw /dev/x"));
        assert!(open("w", 0o020_664, false).is_err());
    }
}
