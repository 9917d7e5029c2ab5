//! Images that are built to mislead whoever mounts things into them.

use std::os::unix::fs::symlink;

use camino::Utf8Path;
use container::sandbox::StartProblem;

use super::harness::{Case, Runtime};

/// An engine mounts `/etc/hosts` and the like last, wherever `/etc` is by then.
fn without_names(outputs: &[String]) -> Vec<&str> {
    let names = ["hostname", "hosts", "resolv.conf"];
    let all = outputs.iter().map(String::as_str);
    all.filter(|name| !(Runtime::is_engine() && names.contains(name)))
        .collect()
}

#[test]
fn output_as_a_link_leads_nowhere_but_into_the_image() {
    Case::shell("echo x >/output/probe-link-test; ls /etc")
        .image(|layer| symlink("/etc", layer.join("output")).unwrap())
        .check(|ran| {
            ran.succeeded();
            assert!(!Utf8Path::new("/etc/probe-link-test").exists());
            assert_eq!(without_names(&ran.outputs), ["probe-link-test"]);
        });
}

#[test]
fn links_that_climb_stay_inside() {
    Case::shell("echo x >/output/y; echo z >/tmp/z")
        .image(|layer| {
            symlink("../../../../../../etc", layer.join("output")).unwrap();
            fs_err::remove_dir(layer.join("tmp")).unwrap();
            symlink("/proc/self/root/var", layer.join("tmp")).unwrap();
        })
        .check(|ran| {
            assert!(!Utf8Path::new("/etc/y").exists() && !Utf8Path::new("/var/z").exists());
            let outputs = without_names(&ran.outputs);
            assert!(outputs.is_empty() || outputs == ["y"]);
        });
}

#[test]
fn system_folders_as_links_stay_inside() {
    Case::shell("cat /proc/self/comm; ls /sys/class/net")
        .image(|layer| {
            for name in ["proc", "sys", "dev"] {
                fs_err::create_dir(layer.join(format!("real-{name}"))).unwrap();
                symlink(format!("/real-{name}"), layer.join(name)).unwrap();
            }
        })
        .check(|ran| {
            // Where masks would land beside what they hide, no container may start.
            if matches!(ran.end(), container::sandbox::End::NotStarted { .. }) {
                return;
            }
            assert_eq!(ran.stdout, "cat\nlo\n");
            let targets: Vec<_> = ran
                .facts()
                .mounts
                .iter()
                .map(|mount| &mount.target)
                .collect();
            for covered in ["interrupts", "keys", "sys"] {
                let path = format!("/real-proc/{covered}");
                assert!(targets.contains(&&path), "`{path}` is not in {targets:?}");
            }
        });
}

#[test]
fn a_file_in_place_of_a_folder_is_refused() {
    Case::new(&["true"])
        .image(|layer| fs_err::write(layer.join("output"), "file").unwrap())
        .check(|ran| {
            assert!(matches!(
                ran.end(),
                container::sandbox::End::NotStarted { .. }
            ));
        });
}

#[test]
fn the_writable_folders_are_empty_whatever_the_image_has_there() {
    Case::shell("ls -A /output /tmp")
        .image(|layer| {
            fs_err::create_dir(layer.join("output")).unwrap();
            fs_err::write(layer.join("output/old"), "x").unwrap();
            fs_err::write(layer.join("tmp/old"), "x").unwrap();
        })
        .check(|ran| assert_eq!(ran.stdout, "/output:\n\n/tmp:\n"));
}

#[test]
fn layers_are_never_changed() {
    Case::shell("echo changed >/opt/app/file; rm -r /home/user; cat /opt/app/file")
        .image(|layer| {
            fs_err::write(layer.join("opt/app/file"), "original\n").unwrap();
            let path = layer.join("opt/app/file");
            if rustix::process::geteuid().is_root() {
                std::os::unix::fs::chown(path, Some(1000), Some(1000)).unwrap();
            }
        })
        .check(|ran| assert_eq!(ran.stdout, "changed\n"));
}

#[test]
fn user_databases_that_are_no_files_are_no_trap() {
    Case::new(&["true"])
        .image(|layer| {
            fs_err::remove_file(layer.join("etc/passwd")).unwrap();
            let status = std::process::Command::new("mkfifo")
                .arg(layer.join("etc/passwd"))
                .status();
            assert!(status.unwrap().success());
        })
        .check(|ran| {
            if Runtime::is_engine() {
                // It would wait for the pipe for ever.
                ran.refused(
                    StartProblem::Image,
                    &["`/etc/passwd` of the image is no file"],
                );
            } else {
                ran.succeeded();
            }
        });
    Case::new(&["true"])
        .user("user")
        .image(|layer| {
            fs_err::remove_file(layer.join("etc/passwd")).unwrap();
            symlink("/etc/passwd", layer.join("etc/passwd")).unwrap();
        })
        .check(|ran| ran.refused(StartProblem::Image, &["user"]));
}

#[test]
fn the_input_is_readable_for_whoever_the_program_is() {
    for user in ["0", "1000", "4321"] {
        Case::shell("cat /input/value.json")
            .user(user)
            .check(|ran| assert_eq!(ran.stdout, "{\"a\": 1}"));
    }
}
