//! USER, WORKDIR, ENV and the command of an image, as Docker keeps them.

use std::os::unix::fs::PermissionsExt;

use container::sandbox::{End, StartProblem};

use super::harness::Case;

#[test]
fn users_by_name_and_number() {
    for (user, expected) in [
        ("user", "1000 1000 1000 29 44"),
        ("1000", "1000 1000 1000 29 44"),
        ("1000:29", "1000 29 29"),
        ("user:video", "1000 44 44"),
        ("user:44", "1000 44 44"),
        ("4321", "4321 0 0"),
        ("4321:8765", "4321 8765 8765"),
        ("0", "0 0 0"),
        ("", "0 0 0"),
    ] {
        Case::shell("echo $(id -u) $(id -g) $(id -G)")
            .user(user)
            .working_dir("/")
            .check(|ran| assert_eq!(ran.stdout.trim(), expected, "{user}"));
    }
}

#[test]
fn unknown_users_and_groups_are_the_images_fault() {
    for user in ["ghost", "user:ghosts", "4294967296"] {
        Case::new(&["true"])
            .user(user)
            .check(|ran| ran.refused(StartProblem::Image, &[]));
    }
    Case::new(&["true"])
        .user("70000")
        .check(|ran| ran.refused(StartProblem::Image, &["70000", "65536"]));
}

#[test]
fn home_comes_from_the_user() {
    for (user, home) in [("user", "/home/user"), ("0", "/root"), ("4321", "/")] {
        Case::shell("echo $HOME")
            .user(user)
            .check(|ran| assert_eq!(ran.stdout.trim(), home));
    }
}

#[test]
fn a_missing_working_folder_is_made() {
    Case::shell("pwd; ls -ld . | cut -c1-10 2>/dev/null")
        .working_dir("/data/../made/here")
        .check(|ran| assert!(ran.stdout.starts_with("/made/here\n"), "{}", ran.stdout));
}

#[test]
fn a_working_folder_that_may_not_be_entered_is_named() {
    Case::new(&["true"])
        .working_dir("/locked")
        .image(|layer| {
            fs_err::create_dir(layer.join("locked")).unwrap();
            let none = std::fs::Permissions::from_mode(0o000);
            fs_err::set_permissions(layer.join("locked"), none).unwrap();
        })
        .check(|ran| ran.refused(StartProblem::Image, &["/locked"]));
    Case::new(&["true"])
        .working_dir("/etc/passwd")
        .check(|ran| ran.refused(StartProblem::Image, &["/etc/passwd"]));
}

#[test]
fn commands_are_looked_up_in_the_path() {
    let mut case = Case::new(&["mine"]).image(|layer| {
        fs_err::write(layer.join("opt/app/mine"), "#!/bin/sh\necho mine \"$@\"\n").unwrap();
        let executable = std::fs::Permissions::from_mode(0o755);
        fs_err::set_permissions(layer.join("opt/app/mine"), executable).unwrap();
    });
    case.check(|ran| ran.refused(StartProblem::Image, &["mine", "does not exist"]));
    case.env = vec!["PATH=/nowhere:/opt/app:/bin".into()];
    case.check(|ran| assert_eq!(ran.stdout, "mine\n"));
    case.env = vec![];
    case.command = vec!["./mine".into(), "a b".into(), "$HOME".into()];
    case.check(|ran| assert_eq!(ran.stdout, "mine a b $HOME\n"));
}

#[test]
fn commands_that_cannot_be_started_are_named() {
    fn broken(layer: &camino::Utf8Path) {
        let files = [
            ("plain", "#!/bin/sh\n", 0o644),
            ("orphan", "#!/usr/bin/python9\n", 0o755),
            ("nonsense", "\u{1}\u{2}\u{3}", 0o755),
        ];
        for (name, text, mode) in files {
            let path = layer.join("opt/app").join(name);
            fs_err::write(&path, text).unwrap();
            fs_err::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
    }
    for (command, words) in [
        ("/opt/app/plain", ["may not be executed", "chmod +x"]),
        ("/opt/app/orphan", ["interpreter", "first line"]),
        ("/opt/app/nonsense", ["not a program", "linux/amd64"]),
        ("/opt/app", ["may not be executed", "/opt/app"]),
        ("/opt/app/missing", ["does not exist", "ENTRYPOINT"]),
    ] {
        Case::new(&[command])
            .image(broken)
            .check(|ran| ran.refused(StartProblem::Image, &words));
    }
}

#[test]
fn the_environment_is_the_images_and_nothing_else() {
    let mut case = Case::new(&["env"]);
    case.env = vec![
        "PYTHONUNBUFFERED=1".into(),
        "ODD=a=b c".into(),
        "EMPTY=".into(),
    ];
    case.check(|ran| {
        let mut names: Vec<_> = ran.stdout.lines().collect();
        names.sort_unstable();
        let host_name = names
            .iter()
            .position(|line| line.starts_with("HOSTNAME=it-"))
            .unwrap();
        names.remove(host_name);
        assert_eq!(
            names,
            [
                "EMPTY=",
                "HOME=/home/user",
                "ODD=a=b c",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "PYTHONUNBUFFERED=1",
            ]
        );
    });
}

#[test]
fn its_own_host_name_can_be_looked_up() {
    Case::shell("cat /etc/hostname /proc/sys/kernel/hostname; grep -c \"$HOSTNAME\" /etc/hosts")
        .check(|ran| {
            let lines: Vec<_> = ran.stdout.lines().collect();
            assert_eq!(lines[0], lines[1]);
            assert_eq!(lines[2], "1");
        });
}

#[test]
fn masks_and_signals_are_those_of_a_fresh_program() {
    // Without a shell, because that of busybox ignores SIGQUIT.
    let command = ["grep", "-E", "Umask|Sig(Blk|Ign)", "/proc/self/status"];
    Case::new(&command).check(|ran| {
        ran.succeeded();
        assert_eq!(
            ran.stdout,
            "Umask:\t0022\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"
        );
    });
}

#[test]
fn a_zero_byte_in_the_command_is_named() {
    Case::new(&["true", "a\0b"]).check(|ran| ran.refused(StartProblem::Image, &["zero byte"]));
    Case::new(&["sh", "-c", "exit 9"]).check(|ran| assert_eq!(*ran.end(), End::Exited { code: 9 }));
}
