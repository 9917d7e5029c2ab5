//! Entries that want out of the layer's folder, or cannot be.

use tar::EntryType;

use super::builder::{Bench, Saved, Tar};

#[track_caller]
fn refused(tar: Tar) -> String {
    let bench = Bench::new();
    let victim = bench.path("victim");
    fs_err::write(&victim, "untouched").unwrap();
    let message = bench.refuse(&Saved::of(tar).legacy());
    assert_eq!(fs_err::read(&victim).unwrap(), b"untouched");
    message
}

#[test]
fn names_that_lead_out() {
    for name in ["../victim", "a/../../victim", "/victim", "..", "a/.."] {
        let message = refused(Tar::new().file(name, b"gotcha"));
        assert!(
            message.contains("is refused: the name"),
            "{name}: {message}"
        );
    }
}

#[test]
fn links_that_lead_out_stay_inside() {
    // Through a symlink to the host's root, with the kernel keeping the path inside.
    let bench = Bench::new();
    let outside = bench.path("outside");
    fs_err::create_dir(&outside).unwrap();
    let tar = Tar::new()
        .symlink("link", outside.as_str())
        .symlink("up", "../../../../../..")
        .folder(&outside.as_str()[1..], 0o755)
        .file("link/in", b"1")
        .file("up/at-root", b"2");
    let (root, _) = bench.unpack(tar);
    assert_eq!(fs_err::read_dir(&outside).unwrap().count(), 0);
    assert_eq!(fs_err::read(root.join("at-root")).unwrap(), b"2");
    assert_eq!(
        fs_err::read(root.join(&outside.as_str()[1..]).join("in")).unwrap(),
        b"1"
    );
}

#[test]
fn hard_links_reach_only_what_the_layer_has() {
    for target in [
        "../victim",
        "/etc/passwd",
        "nothing",
        ".",
        "folder",
        "s/passwd",
        "",
    ] {
        let tar = Tar::new()
            .folder("folder", 0o755)
            .symlink("s", "/etc")
            .hard_link("mine", target);
        let message = refused(tar);
        assert!(message.contains("`mine`"), "{target}: {message}");
    }
}

#[test]
fn a_hard_link_to_a_symlink_is_the_symlink() {
    let bench = Bench::new();
    let (root, _) = bench.unpack(Tar::new().symlink("s", "/etc/passwd").hard_link("h", "s"));
    assert!(
        fs_err::symlink_metadata(root.join("h"))
            .unwrap()
            .is_symlink()
    );
}

#[test]
fn circles_of_links() {
    let tar = Tar::new()
        .symlink("a", "b")
        .symlink("b", "a")
        .file("a/x", b"1");
    assert!(refused(tar).contains("lead in a circle"));
}

#[test]
fn a_file_is_no_folder() {
    assert!(refused(Tar::new().file("a", b"1").file("a/b", b"2")).contains("is no folder"));
}

#[test]
fn what_is_no_entry() {
    let message = refused(Tar::new().entry("x", (EntryType::new(b'Z'), 0o644), "", b""));
    assert!(
        message.contains("entry type `Z` is not supported"),
        "{message}"
    );
    let message = refused(
        Tar::new()
            .pax(&[("GNU.sparse.major", b"1")])
            .file("x", b"1"),
    );
    assert!(message.contains("sparse"), "{message}");
    let message = refused(Tar::new().file("d/.wh.", b""));
    assert!(message.contains("whiteout names nothing"), "{message}");
    let message = refused(Tar::new().file("d/.wh...", b""));
    assert!(message.contains("whiteout names nothing"), "{message}");
    let message = refused(Tar::new().pax(&[("uid", b"99999999999")]).file("x", b"1"));
    assert!(
        message.contains("its `uid` 99999999999 is larger"),
        "{message}"
    );
    // The kernel's way of saying that nobody is meant; nothing can belong to it.
    for key in ["uid", "gid"] {
        let message = refused(Tar::new().pax(&[(key, b"4294967295")]).file("x", b"1"));
        assert!(message.contains(&format!("`{key}`")), "{message}");
    }
}

#[test]
fn too_deep() {
    let path = vec!["d"; 300].join("/");
    let message = refused(Tar::new().pax(&[("path", path.as_bytes())]).file("x", b"1"));
    assert!(message.contains("more than 256 folders deep"), "{message}");
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let message = refused(Tar::new().file("\u{1b}[2J/../x", b"1"));
    assert!(!message.contains('\u{1b}'), "{message}");
}
