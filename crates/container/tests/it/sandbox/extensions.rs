//! What a plan adds to an image: devices, the files of a driver, symlinks.

use std::os::unix::fs::symlink;

use camino::Utf8Path;
use container::sandbox::{BindMount, ContainerPlan, Device, StartProblem, Symlink};

use super::harness::Case;
use super::place::probe;

/// A device and two files, as the specification of a GPU names them: the nodes are harmless ones of every host.
fn driver(plan: &mut ContainerPlan) {
    let device = |source: &str, target: &str| Device {
        source: source.into(),
        target: target.into(),
    };
    plan.devices = vec![
        device("/dev/zero", "/dev/gpu0"),
        device("/dev/null", "/dev/gpu-caps/cap1"),
    ];
    for (target, executable) in [("/usr/bin/tool", true), ("/usr/share/tool", false)] {
        plan.binds.push(BindMount {
            source: probe(),
            target: target.into(),
            owner: None,
            executable,
        });
    }
    links(
        plan,
        &[
            ("/dev/gpu", "gpu0"),
            ("/usr/lib/driver/tool.so", "../../bin/tool"),
        ],
    );
}

fn links(plan: &mut ContainerPlan, links: &[(&str, &str)]) {
    let link = |(path, target): &(&str, &str)| Symlink {
        path: (*path).into(),
        target: (*target).into(),
    };
    plan.links = links.iter().map(link).collect();
}

#[test]
fn a_device_and_the_files_of_its_driver_can_be_used() {
    let script = "head -c 3 /dev/gpu | wc -c; echo x >/dev/gpu-caps/cap1 && echo written; \
                  [ -c /dev/gpu0 ] && echo device; /usr/lib/driver/tool.so nothing; \
                  /usr/share/tool 2>/dev/null || echo not executable; echo x 2>/dev/null >/usr/bin/tool || echo protected";
    Case::shell(script).extend(driver).check(|ran| {
        let lines: Vec<_> = ran.stdout.lines().collect();
        assert_eq!(lines[..3], ["3", "written", "device"], "{}", ran.stderr);
        assert!(lines[3].contains("unknown task `nothing`"), "{lines:?}");
        assert_eq!(lines[lines.len() - 2..], ["not executable", "protected"]);
    });
}

#[test]
fn links_replace_files_and_stay_inside() {
    Case::shell("cat /opt/app/old /etc/new/link /outside/file; ls -l /opt/app/old")
        .image(|layer| {
            fs_err::write(layer.join("opt/app/old"), "old").unwrap();
            symlink("/etc", layer.join("outside")).unwrap();
            fs_err::write(layer.join("etc/text"), "text\n").unwrap();
        })
        .extend(|plan| {
            let all = [
                ("/opt/app/old", "/etc/text"),
                ("/etc/new/link", "../text"),
                ("/outside/file", "text"),
            ];
            links(plan, &all);
        })
        .check(|ran| {
            let (text, listed) = ran.stdout.split_at("text\n".len() * 3);
            assert_eq!(text, "text\n".repeat(3));
            assert!(listed.contains("old -> /etc/text"), "{listed}");
            assert!(!Utf8Path::new("/etc/new").exists() && !Utf8Path::new("/etc/file").exists());
        });
}

#[test]
fn a_link_does_not_replace_a_folder_or_a_mount() {
    for path in ["/opt/app", "/etc/hosts"] {
        let extend: fn(&mut ContainerPlan) = match path {
            "/opt/app" => |plan| links(plan, &[("/opt/app", "/etc")]),
            _ => |plan| links(plan, &[("/etc/hosts", "/etc/passwd")]),
        };
        Case::new(&["true"])
            .extend(extend)
            .check(|ran| ran.refused(StartProblem::Internal, &["link", path]));
    }
}
