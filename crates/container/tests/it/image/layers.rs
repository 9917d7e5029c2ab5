//! What becomes of the entries of a layer.

use std::os::unix::fs::{FileTypeExt, MetadataExt};

use camino::Utf8Path;

use super::builder::{Bench, Opened, Saved, Tar};

fn is_whiteout(path: &Utf8Path) -> bool {
    let found = fs_err::symlink_metadata(path).unwrap();
    found.file_type().is_char_device() && found.rdev() == 0
}

fn xattr(path: &Utf8Path, name: &str) -> Option<Vec<u8>> {
    let mut value = [0; 64];
    let length = rustix::fs::lgetxattr(path.as_std_path(), name, &mut value).ok()?;
    Some(value[..length].to_vec())
}

fn is_opaque(path: &Utf8Path) -> bool {
    xattr(path, "user.overlay.opaque").as_deref() == Some(b"y")
}

#[test]
fn files_keep_what_they_had() {
    let bench = Bench::new();
    let tar = Tar::new()
        .folder("d/", 0o1777)
        .entry("d/suid", (tar::EntryType::Regular, 0o4755), "", b"x")
        .pax(&[
            ("mtime", b"1700000000.5"),
            ("SCHILY.xattr.user.note", b"line\nbreak"),
        ])
        .file("d/f", b"hello")
        .symlink("d/s", "../../../etc/passwd")
        .hard_link("d/h", "d/f")
        .folder("./", 0o711);
    let (root, imported) = bench.unpack(tar);
    let folder = fs_err::symlink_metadata(root.join("d")).unwrap();
    assert_eq!(
        (folder.mode() & 0o7777, folder.mtime()),
        (0o1777, 1_700_000_000)
    );
    assert_eq!(
        fs_err::symlink_metadata(root.join(".")).unwrap().mode() & 0o7777,
        0o711
    );
    let suid = fs_err::symlink_metadata(root.join("d/suid")).unwrap();
    assert_eq!(suid.mode() & 0o7777, 0o4755);
    let file = fs_err::symlink_metadata(root.join("d/f")).unwrap();
    assert_eq!(
        (file.mtime(), file.mtime_nsec()),
        (1_700_000_000, 500_000_000)
    );
    assert_eq!(
        xattr(&root.join("d/f"), "user.note").unwrap(),
        b"line\nbreak"
    );
    if rustix::process::geteuid().is_root() {
        assert_eq!((file.uid(), file.gid(), folder.uid()), (7, 8, 7));
    }
    let link = fs_err::symlink_metadata(root.join("d/h")).unwrap();
    assert_eq!((link.ino(), link.nlink()), (file.ino(), 2));
    let target = fs_err::read_link(root.join("d/s")).unwrap();
    assert_eq!(target.to_str(), Some("../../../etc/passwd"));
    assert_eq!(
        (imported.image.unpacked_bytes, imported.notes.len()),
        (6, 0)
    );
}

#[test]
fn whiteouts_and_opaque_folders_are_those_of_overlayfs() {
    let bench = Bench::new();
    let tar = Tar::new()
        .file("etc/.wh.gone", b"")
        .folder("opaque", 0o755)
        .file("opaque/.wh..wh..opq", b"")
        .file("opaque/new", b"n")
        .file("late/.wh..wh..opq", b"")
        .file(".wh.replaced", b"")
        .folder("replaced", 0o755)
        .folder("kept", 0o755)
        .file(".wh.kept", b"")
        .file(".wh..wh.plnk", b"");
    let (root, imported) = bench.unpack(tar);
    assert!(is_whiteout(&root.join("etc/gone")));
    assert!(is_opaque(&root.join("opaque")));
    assert!(is_opaque(&root.join("late")));
    assert!(is_opaque(&root.join("replaced")));
    assert!(is_opaque(&root.join("kept")));
    assert_eq!(fs_err::read(root.join("opaque/new")).unwrap(), b"n");
    assert!(!root.join("opaque/.wh..wh..opq").exists());
    assert_eq!(
        imported.notes,
        ["records of a storage driver left out: `.wh..wh.plnk`"]
    );
}

#[test]
fn the_last_entry_of_a_name_counts() {
    let bench = Bench::new();
    let tar = Tar::new()
        .file("a", b"first")
        .file("a", b"second")
        .folder("b", 0o755)
        .file("b/inside", b"1")
        .file("b", b"file")
        .file("c", b"file")
        .folder("c", 0o750)
        .symlink("d", "a")
        .file("d", b"own");
    let (root, _) = bench.unpack(tar);
    let read = |name: &str| fs_err::read(root.join(name)).unwrap();
    assert_eq!(read("a"), b"second");
    assert_eq!(read("b"), b"file");
    assert_eq!(read("d"), b"own");
    assert!(root.join("c").is_dir());
}

#[test]
fn what_the_sandbox_gives_itself_is_left_out() {
    let bench = Bench::new();
    let tar = Tar::new()
        .entry("dev/null", (tar::EntryType::Char, 0o666), "", b"")
        .entry("dev/sda", (tar::EntryType::Block, 0o666), "", b"")
        .pax(&[
            ("SCHILY.xattr.security.capability", b"\x01"),
            ("SCHILY.xattr.trusted.overlay.opaque", b"y"),
            ("SCHILY.xattr.user.overlay.opaque", b"y"),
        ])
        .folder("d", 0o755)
        .entry("fifo", (tar::EntryType::Fifo, 0o600), "", b"");
    let (root, imported) = bench.unpack(tar);
    assert!(!root.join("dev/null").exists());
    assert!(!is_opaque(&root.join("d")));
    assert!(
        fs_err::symlink_metadata(root.join("fifo"))
            .unwrap()
            .file_type()
            .is_fifo()
    );
    assert_eq!(
        imported.notes[0],
        "device nodes left out: 2, the first is `dev/null`"
    );
    assert_eq!(imported.notes.len(), 4, "{:?}", imported.notes);
}

#[test]
fn an_owner_left_blank_is_root() {
    let mut header = tar::Header::new_ustar();
    header.set_path("a").unwrap();
    header.set_size(0);
    header.set_cksum();
    let bench = Bench::new();
    let layer = [&header.as_bytes()[..], &[0; 1024]].concat();
    let imported = bench
        .import(&Saved::of_layers(vec![layer]).legacy())
        .unwrap();
    let layer = Opened::of(&imported.image.layers[0]);
    let file = layer.join("a");
    if rustix::process::geteuid().is_root() {
        assert_eq!(fs_err::symlink_metadata(file).unwrap().uid(), 0);
    }
}

#[test]
fn long_names_are_kept() {
    let bench = Bench::new();
    let path = format!("{}/{}", "d".repeat(200), "f".repeat(200));
    let (root, _) = bench.unpack(Tar::new().pax(&[("path", path.as_bytes())]).file("x", b"1"));
    assert_eq!(fs_err::read(root.join(path)).unwrap(), b"1");

    let bench = Bench::new();
    let name = format!("{}\0", "g".repeat(250));
    let tar = Tar::new()
        .entry(
            "././@LongLink",
            (tar::EntryType::GNULongName, 0),
            "",
            name.as_bytes(),
        )
        .file("short", b"2");
    let (root, _) = bench.unpack(tar);
    assert_eq!(fs_err::read(root.join("g".repeat(250))).unwrap(), b"2");
}

#[test]
fn folders_that_nobody_may_enter_are_no_obstacle() {
    let bench = Bench::new();
    let tar = Tar::new()
        .folder("a", 0)
        .folder("a/b", 0)
        .file("a/b/c", b"1");
    let (layer, imported) = bench.unpack(tar);
    drop(layer);
    bench.store.remove(&imported.image.digest).unwrap();
    bench.check_empty_but_locks();
}
