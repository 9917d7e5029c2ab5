//! Images stay what they were, and can be copied into another store.

use camino::Utf8Path;
use container::image::{CopyImageError, ImportOptions, Store, Transfer};
use std::os::unix::fs::MetadataExt as _;

use super::builder::{Bench, Saved, Tar, options};

fn image(bench: &Bench) -> (String, camino::Utf8PathBuf) {
    let layer = Tar::new()
        .file("bin/tool", b"tool")
        .file("etc/words", b"some words")
        .bytes();
    let unpack = ImportOptions {
        unpack: true,
        ..options()
    };
    let archive = bench.write(&Saved::of_layers(vec![layer]).docker25());
    let imported = bench.store.import(&archive, &unpack, &mut |_| {});
    let image = imported.unwrap().image;
    let tree = image.layers[0].path.clone();
    (image.digest, tree)
}

#[test]
fn a_file_that_changed_in_a_layer_is_found() {
    let bench = Bench::new();
    let (digest, tree) = image(&bench);
    assert_eq!(bench.store.seal(&digest).unwrap(), 1);
    assert_eq!(bench.store.seal(&digest).unwrap(), 0, "sealed once");
    let fine = bench.store.check().unwrap();
    assert_eq!((fine.images, fine.layers, fine.unsealed), (1, 1, 0));
    assert_eq!(fine.damages, []);
    // As long as before, at the same time: only reading tells.
    let words = tree.join("etc/words");
    let before = fs_err::metadata(&words).unwrap();
    fs_err::write(&words, b"same words").unwrap();
    let file = fs_err::File::options().write(true).open(&words).unwrap();
    file.into_file()
        .set_modified(before.modified().unwrap())
        .unwrap();
    let damages = bench.store.check().unwrap().damages;
    assert_eq!(damages.len(), 1, "{damages:?}");
    assert_eq!(damages[0].images, [digest]);
    assert!(damages[0].problem.contains("expected `sha256:"));
}

#[test]
fn a_layer_that_is_gone_is_found() {
    let bench = Bench::new();
    let (_, tree) = image(&bench);
    fs_err::remove_dir_all(tree.parent().unwrap()).unwrap();
    let damages = bench.store.check().unwrap().damages;
    assert_eq!(damages.len(), 1, "{damages:?}");
}

#[test]
fn a_copy_is_the_same_image() {
    let bench = Bench::new();
    let (digest, tree) = image(&bench);
    bench.store.seal(&digest).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, transfer) in [("linked", Transfer::Link), ("copied", Transfer::Copy)] {
        let root = Utf8Path::from_path(folder.path()).unwrap().join(name);
        let other = Store::open(root).unwrap();
        let copied = bench.store.copy_into(&other, &digest, transfer).unwrap();
        assert_eq!((copied.layers, copied.bytes), (1, 14));
        let again = bench.store.copy_into(&other, &digest, transfer).unwrap();
        assert_eq!(again.layers, 0, "it has the layer already");
        let checked = other.check().unwrap();
        assert_eq!((checked.layers, checked.unsealed), (1, 0));
        assert_eq!(checked.damages, []);
        let place = &other.find(&digest).unwrap().layers[0].path;
        let number = |tree: &Utf8Path| fs_err::metadata(tree.join("bin/tool")).unwrap().ino();
        assert_eq!(number(place) == number(&tree), transfer == Transfer::Link);
    }
    let other = Store::open(Utf8Path::from_path(folder.path()).unwrap().join("x")).unwrap();
    let unknown = format!("sha256:{}", "0".repeat(64));
    let refused = bench.store.copy_into(&other, &unknown, Transfer::Copy);
    assert!(matches!(refused, Err(CopyImageError::Hold(_))));
}
