//! Images leave the store with what only they need.

use container::image::{FindImageError, HoldImageError, RemoveImageError};

use super::builder::{Bench, Saved, Tar};

impl Bench {
    /// Nothing is in the store but folders and locks.
    #[track_caller]
    pub(crate) fn check_empty_but_locks(&self) {
        for folder in ["images", "layers/sha256", "staging"] {
            let folder = self.store.root().join(folder);
            let entries: Vec<_> = folder.read_dir_utf8().unwrap().collect();
            assert!(entries.is_empty(), "left behind: {entries:?}");
        }
    }
}

fn two_that_share(bench: &Bench) -> (String, String) {
    let base = Tar::new().file("base", b"base").bytes();
    let image = |word: &'static str, name| {
        let own = Tar::new().file("own", word.as_bytes()).bytes();
        let mut saved = Saved::of_layers(vec![base.clone(), own]);
        saved.names = vec![name];
        bench.import(&saved.docker25()).unwrap().image.digest
    };
    (image("one", "one:1"), image("three", "three:1"))
}

#[test]
fn shared_layers_stay_until_the_last_image_goes() {
    let bench = Bench::new();
    let (one, three) = two_that_share(&bench);
    let removed = bench.store.remove(&one).unwrap();
    assert_eq!((removed.layers, removed.bytes), (1, 3));
    let left = bench.store.find("three:1").unwrap();
    assert!(left.layers.iter().all(container::image::Layer::is_there));
    let removed = bench.store.remove(&three).unwrap();
    assert_eq!((removed.layers, removed.bytes), (2, 9));
    bench.check_empty();
}

#[test]
fn an_image_in_use_stays() {
    let bench = Bench::new();
    let (one, _) = two_that_share(&bench);
    let first = bench.store.hold(&one).unwrap();
    let second = bench.store.hold(&one).unwrap();
    drop(first);
    let refused = bench.store.remove(&one).unwrap_err();
    assert!(
        matches!(refused, RemoveImageError::InUse { .. }),
        "{refused}"
    );
    assert!(bench.store.find(&one).is_ok());
    drop(second);
    bench.store.remove(&one).unwrap();
    assert!(matches!(
        bench.store.hold(&one),
        Err(HoldImageError::Gone { .. })
    ));
    assert!(matches!(
        bench.store.remove(&one),
        Err(RemoveImageError::Unknown { .. })
    ));
}

#[test]
fn images_are_found_by_name_and_digest() {
    let bench = Bench::new();
    let (one, three) = two_that_share(&bench);
    let find = |reference: &str| bench.store.find(reference).map(|image| image.digest);
    assert_eq!(find("one:1").unwrap(), one);
    assert_eq!(find(&three).unwrap(), three);
    assert_eq!(find(&three[7..]).unwrap(), three);
    assert_eq!(find(&three[7..15]).unwrap(), three);
    assert!(matches!(find("one"), Err(FindImageError::Unknown { .. })));
    assert!(matches!(
        find(&three[7..10]),
        Err(FindImageError::Unknown { .. })
    ));
    assert!(matches!(
        find("../x"),
        Err(FindImageError::Malformed { .. })
    ));
}
