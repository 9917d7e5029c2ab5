//! Layers that are kept as their tar and an index.

use camino::{Utf8Path, Utf8PathBuf};
use container::image::{ImportOptions, Imported, LayerForm, Store, Transfer};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};

use super::builder::{Bench, Opened, Saved, Tar, options};

/// An image whose one layer is kept as it came. Fails where the kernel cannot mount an index, or the caller is not root.
#[track_caller]
fn indexed(bench: &Bench, tar: Tar) -> Imported {
    let imported = bench.import(&Saved::of(tar).docker25()).unwrap();
    assert_eq!(imported.unpacked_because, None);
    assert_eq!(imported.image.layers[0].form, LayerForm::Indexed);
    imported
}

fn words() -> Tar {
    Tar::new()
        .file("bin/tool", b"tool")
        .file("etc/words", b"some words")
}

#[test]
fn nothing_is_unpacked() {
    let bench = Bench::new();
    let layer = &indexed(&bench, words()).image.layers[0];
    let folder = layer.path.parent().unwrap();
    let mut names: Vec<String> = folder
        .read_dir_utf8()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["index", "seal", "tar"]);
    let tar = fs_err::read(folder.join("tar")).unwrap();
    assert_eq!(super::builder::digest(&tar), layer.diff_id);
}

#[test]
fn many_names_in_one_folder() {
    let mut tar = Tar::new();
    for number in 0..3_000 {
        let name = format!("d/{}{number}", "n".repeat(number % 200));
        tar = tar.file(&name[..name.len().min(99)], number.to_string().as_bytes());
    }
    // Before and after the dots, which stand among them.
    let tar = tar
        .file("d/!", b"!")
        .file("d/-x", b"-")
        .folder("d/~", 0o700);
    indexed(&Bench::new(), tar);
}

#[test]
fn attributes_of_many_lengths() {
    let mut tar = Tar::new();
    for length in 0..40 {
        let value = vec![b'v'; length * 7];
        let long = format!("SCHILY.xattr.user.{}", "k".repeat(length + 1));
        tar = tar
            .pax(&[(&long, &value), ("SCHILY.xattr.user.also", b"1")])
            .file(&format!("f{length}"), &vec![1; length * 100]);
    }
    indexed(&Bench::new(), tar);
}

#[test]
fn what_the_file_system_would_not_take_is_left_out() {
    let tar = Tar::new()
        .pax(&[
            ("SCHILY.xattr.user.", b"no name"),
            (&format!("SCHILY.xattr.user.{}", "k".repeat(300)), b"long"),
        ])
        .file("a", b"1");
    let notes = indexed(&Bench::new(), tar).notes;
    assert_eq!(notes.len(), 2, "{notes:?}");
}

#[test]
fn paths_lead_through_links_as_in_the_kernel() {
    let tar = Tar::new()
        .folder("a/b/c", 0o755)
        .symlink("l", "a/b")
        .symlink("a/up", "..")
        .symlink("abs", "/a/./b//c/")
        .symlink("a/b/round", "../up/l/c/../../../l")
        .file("l/c/one", b"1")
        .file("a/up/two", b"2")
        .file("abs/three", b"3")
        .file("a/b/round/four", b"4")
        // The folder that the path goes through goes itself.
        .symlink("a/back", "../")
        .file("a/back/a", b"5");
    indexed(&Bench::new(), tar);
}

#[test]
fn links_that_dangle_are_in_the_way() {
    for target in ["nowhere", "/nowhere/at/all", "file", "file/."] {
        let tar = Tar::new()
            .file("file", b"1")
            .symlink("link", target)
            .file("link/x", b"2");
        let message = Bench::new().refuse(&Saved::of(tar).legacy());
        assert!(message.contains("is no folder"), "{target}: {message}");
    }
}

#[test]
fn names_that_replace_each_other() {
    let tar = Tar::new()
        .file("kept", b"twice")
        .hard_link("one", "kept")
        .hard_link("two", "one")
        .file("one", b"else")
        .hard_link("two", "one")
        .file("d/.wh.x", b"")
        .file("d/x/y", b"below a hidden name")
        .file("d/.wh.z", b"")
        .hard_link("d/z", "kept")
        .symlink("s", "kept")
        .hard_link("t", "s")
        .folder("s", 0o700);
    indexed(&Bench::new(), tar);
}

#[test]
fn times_before_1970_and_after_2038() {
    let mut tar = Tar::new();
    for (number, time) in ["-1.25", "0", "4000000000.000000001", "2000000000.999999999"]
        .into_iter()
        .enumerate()
    {
        tar = tar
            .pax(&[("mtime", time.as_bytes())])
            .file(&format!("f{number}"), b"")
            .pax(&[("mtime", time.as_bytes())])
            .folder(&format!("d{number}"), 0o700);
    }
    indexed(&Bench::new(), tar);
}

#[test]
fn what_an_index_cannot_hold_is_unpacked() {
    let bench = Bench::new();
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNUSparse);
    header.set_path("sparse").unwrap();
    header.set_mode(0o644);
    header.set_size(512);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.sparse[0].offset.copy_from_slice(b"00000010000\0");
    gnu.sparse[0].numbytes.copy_from_slice(b"00000001000\0");
    gnu.realsize.copy_from_slice(b"00000011000\0");
    header.set_cksum();
    let mut layer = tar::Builder::new(Vec::new());
    layer.append(&header, &[7; 512][..]).unwrap();
    let layers = vec![layer.into_inner().unwrap(), words().bytes()];
    let imported = bench.import(&Saved::of_layers(layers).docker25()).unwrap();
    let forms = imported.image.layers.iter().map(|layer| layer.form);
    let forms: Vec<LayerForm> = forms.collect();
    assert_eq!(forms, [LayerForm::Unpacked, LayerForm::Indexed]);
    assert!(
        imported.notes[0].starts_with("unpacked, because it has sparse files: `blobs/sha256/"),
        "{:?}",
        imported.notes
    );
    let sparse = fs_err::read(imported.image.layers[0].path.join("sparse")).unwrap();
    assert_eq!(sparse.len(), 0o11000);
    assert_eq!(sparse[0o10000..], [7; 512]);
}

#[test]
fn a_tar_without_padding_is_refused() {
    let mut layer = Tar::new().file("a", &[1; 100]).bytes();
    layer.truncate(512 + 100);
    let message = Bench::new().refuse(&Saved::of_layers(vec![layer]).docker25());
    assert!(message.contains("in the middle of an entry"), "{message}");
}

#[test]
fn a_tar_that_ends_with_its_last_block_is_enough() {
    let mut layer = Tar::new().file("a", &[1; 100]).bytes();
    layer.truncate(1024);
    let imported = Bench::new().import(&Saved::of_layers(vec![layer]).docker25());
    let form = imported.map(|imported| imported.image.layers[0].form);
    assert_eq!(form.ok(), Some(LayerForm::Indexed));
}

#[test]
fn a_byte_that_changed_in_the_tar_or_the_index_is_found() {
    for name in ["tar", "index"] {
        let bench = Bench::new();
        let image = indexed(&bench, words()).image;
        assert_eq!(
            bench.store.seal(&image.digest).unwrap(),
            0,
            "sealed at once"
        );
        let fine = bench.store.check().unwrap();
        assert_eq!((fine.layers, fine.unsealed), (1, 0));
        assert_eq!(fine.damages, []);
        let path = image.layers[0].path.with_file_name(name);
        let file = fs_err::File::options().write(true).open(path).unwrap();
        file.file().write_all_at(b"X", 1200).unwrap();
        let damages = bench.store.check().unwrap().damages;
        assert_eq!(damages.len(), 1, "{damages:?}");
        assert_eq!(damages[0].images, [image.digest]);
        assert!(damages[0].problem.contains("expected `sha256:"));
    }
}

#[test]
fn a_tar_that_is_gone_is_found() {
    let bench = Bench::new();
    let image = indexed(&bench, words()).image;
    assert!(image.layers[0].is_there());
    fs_err::remove_file(image.layers[0].path.with_file_name("tar")).unwrap();
    assert!(!image.layers[0].is_there());
    assert_eq!(bench.store.check().unwrap().damages.len(), 1);
}

#[test]
fn a_copy_is_the_same_image() {
    let bench = Bench::new();
    let image = indexed(&bench, words()).image;
    let folder = tempfile::tempdir().unwrap();
    let number = |path: &Utf8PathBuf| fs_err::metadata(path).unwrap().ino();
    for (name, transfer) in [("linked", Transfer::Link), ("copied", Transfer::Copy)] {
        let root = Utf8Path::from_path(folder.path()).unwrap().join(name);
        let other = Store::open(root).unwrap();
        let copied = bench.store.copy_into(&other, &image.digest, transfer);
        let copied = copied.unwrap();
        assert_eq!((copied.layers, copied.bytes), (1, 14));
        let checked = other.check().unwrap();
        assert_eq!((checked.layers, checked.unsealed), (1, 0));
        assert_eq!(checked.damages, []);
        let copy = other.find(&image.digest).unwrap();
        assert_eq!(copy.layers[0].form, LayerForm::Indexed);
        let linked = number(&copy.layers[0].path) == number(&image.layers[0].path);
        assert_eq!(linked, transfer == Transfer::Link);
        assert_eq!(
            copy.read_file("etc/words", 100).unwrap().unwrap(),
            b"some words"
        );
    }
}

#[test]
fn an_import_that_unpacks_takes_the_place_of_an_index() {
    let bench = Bench::new();
    let image = indexed(&bench, words()).image;
    let unpack = ImportOptions {
        unpack: true,
        ..options()
    };
    let archive = bench.write(&Saved::of(words()).docker25());
    let again = |options: &ImportOptions| {
        let imported = bench.store.import(&archive, options, &mut |_| {}).unwrap();
        assert!(imported.already_present);
        imported.image.layers[0].form
    };
    let hold = bench.store.hold(&image.digest).unwrap();
    assert_eq!(again(&unpack), LayerForm::Indexed, "somebody uses it");
    drop(hold);
    assert_eq!(again(&unpack), LayerForm::Unpacked);
    assert_eq!(again(&options()), LayerForm::Unpacked, "it stays");
    let layer = Opened::of(&bench.store.find(&image.digest).unwrap().layers[0]);
    assert_eq!(
        fs_err::read(layer.join("etc/words")).unwrap(),
        b"some words"
    );
}

/// A number below `below`, out of a row that is the same each time.
fn next(state: &mut u64, below: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).unwrap() % below
}

/// One of few names, so that entries meet each other, as folders, files, links and on the way to others.
fn name(state: &mut u64) -> String {
    let parts = ["a", "b", "l", "./a", "l/a", "a/b", "b/l", ".", "a//b"];
    let mut name = parts[next(state, parts.len())].to_owned();
    for _ in 0..next(state, 3) {
        name = format!("{name}/{}", parts[next(state, parts.len())]);
    }
    name
}

fn entry(tar: Tar, state: &mut u64) -> Tar {
    let mut path = name(state);
    match next(state, 12) {
        0..3 => tar.folder(&path, 0o700 + u32::try_from(next(state, 64)).unwrap()),
        3..6 => {
            let content = vec![b'c'; next(state, 1200)];
            tar.file(&path, &content)
        }
        6..8 => {
            let targets = ["..", "/", "a", "b/a", "../l", "/a/./b/", "nowhere", "l"];
            tar.symlink(&path, targets[next(state, targets.len())])
        }
        8 => {
            let target = name(state);
            tar.hard_link(&path, &target)
        }
        9 => {
            let at = path.rfind('/').map_or(0, |slash| slash + 1);
            path.insert_str(at, ".wh.");
            tar.file(&path, b"")
        }
        10 => tar.file(&format!("{path}/.wh..wh..opq"), b""),
        _ => tar
            .pax(&[("SCHILY.xattr.user.x", path.as_bytes())])
            .folder(&path, 0o2755),
    }
}

#[test]
fn whatever_entries_meet_both_forms_are_the_same() {
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..120 {
        let mut tar = Tar::new();
        for _ in 0..=next(&mut state, 9) {
            tar = entry(tar, &mut state);
        }
        // The comparison is in the import.
        match Bench::new().import(&Saved::of(tar).legacy()) {
            Ok(imported) => {
                assert_eq!(imported.image.layers[0].form, LayerForm::Indexed);
                taken += 1;
            }
            Err(_) => refused += 1,
        }
    }
    // Neither is rare, or the entries do not meet as they should.
    assert!(
        taken > 20 && refused > 20,
        "{taken} taken, {refused} refused"
    );
}
