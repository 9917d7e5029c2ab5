//! Imports of what is already there, beside each other, and after one that was cut off.

use std::thread;

use super::builder::{Bench, Saved, Tar, options};

fn image(word: &str, names: Vec<&'static str>) -> Saved {
    let mut saved = Saved::of(Tar::new().file("word", word.as_bytes()));
    saved.names = names;
    saved
}

#[test]
fn again() {
    let bench = Bench::new();
    let first = bench.import(&image("a", vec!["a:1"]).legacy()).unwrap();
    let again = bench.import(&image("a", vec!["a:2"]).oci()).unwrap();
    assert!(!first.already_present && again.already_present);
    assert_eq!(again.image.names, ["a:1", "a:2"]);
    assert_eq!(bench.store.list().unwrap().len(), 1);
}

#[test]
fn a_name_belongs_to_the_image_that_got_it_last() {
    let bench = Bench::new();
    let old = bench
        .import(&image("a", vec!["x:1", "y:1"]).legacy())
        .unwrap()
        .image;
    let new = bench
        .import(&image("b", vec!["x:1"]).legacy())
        .unwrap()
        .image;
    assert_eq!(bench.store.find("x:1").unwrap().digest, new.digest);
    assert_eq!(bench.store.find("y:1").unwrap().digest, old.digest);
    assert_eq!(bench.store.find(&old.digest).unwrap().names, ["y:1"]);
}

#[test]
fn at_once() {
    let bench = Bench::new();
    let archive = bench.write(&image("a", vec!["a:1"]).legacy());
    thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                bench
                    .store
                    .import(&archive, &options(), &mut |_| {})
                    .unwrap()
            });
        }
    });
    assert_eq!(bench.store.list().unwrap().len(), 1);
    assert_eq!(
        bench
            .store
            .root()
            .join("staging")
            .read_dir_utf8()
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn what_a_killed_import_left_is_cleared_away() {
    let bench = Bench::new();
    let left = bench.store.root().join("staging/left");
    fs_err::create_dir_all(left.join("1/tree/etc")).unwrap();
    fs_err::write(left.with_extension("lock"), "").unwrap();
    bench.import(&image("a", vec!["a:1"]).legacy()).unwrap();
    assert_eq!(
        bench
            .store
            .root()
            .join("staging")
            .read_dir_utf8()
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn progress_goes_to_the_end() {
    let bench = Bench::new();
    let saved = Saved::of(Tar::new().file("zeros", &vec![1; 1 << 20]));
    let path = bench.write(&saved.legacy());
    let bytes = fs_err::metadata(&path).unwrap().len();
    let mut seen = Vec::new();
    let done = bench
        .store
        .import(&path, &options(), &mut |now| seen.push(now));
    done.unwrap();
    assert!(seen.is_sorted_by_key(|now| now.bytes_read));
    assert!(
        seen.iter()
            .any(|now| now.phase == container::image::Phase::Unpacking { layer: 1 })
    );
    let last = seen.last().unwrap();
    assert_eq!(
        (last.bytes_read, last.phase),
        (bytes, container::image::Phase::Finishing)
    );
}
