//! Archives that are cut short, changed on the way, or something else altogether.

use super::builder::{Bench, Saved, Tar, gzip, tar_of, xz, zstd};

fn image() -> Saved {
    Saved::of(Tar::new().file("a", b"1").file("b", &[7; 5000]))
}

#[test]
fn cut_anywhere() {
    let archive = image().legacy();
    for at in (0..archive.len()).step_by(512) {
        let bench = Bench::new();
        // The end marker and what follows the manifest may be lacking.
        if let Err(error) = bench.import(&archive[..at]) {
            assert!(!error.to_string().is_empty());
            bench.check_empty();
        } else {
            assert!(
                at > archive.len() - 4096,
                "taken although cut at {at} of {}",
                archive.len()
            );
        }
    }
    let message = Bench::new().refuse(&archive[..3000]);
    assert!(message.contains("damaged"), "{message}");
}

#[test]
fn something_else() {
    let bench = Bench::new();
    let refused = |bytes: &[u8]| bench.refuse(bytes).split_once(": ").unwrap().1.to_owned();
    assert_eq!(refused(b""), "the file is empty");
    assert_eq!(
        refused(b"PK\x03\x04rest"),
        "found a zip file, expected a tar"
    );
    assert_eq!(
        refused(&[b'x'; 5000]),
        "expected a tar, plain or with gzip, xz or zstd"
    );
    let message = refused(&gzip(&[b'x'; 5000]));
    assert!(message.contains("compressed is no tar"), "{message}");
}

#[test]
fn files_of_a_container_are_no_image() {
    let bench = Bench::new();
    let archive = Tar::new().file("etc/passwd", b"root:x:0:0::/:\n").bytes();
    let error = bench.import(&archive).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("neither `manifest.json` nor `index.json`")
    );
    assert!(error.hint().unwrap().contains("docker export"));
}

#[test]
fn a_layer_that_was_changed() {
    let mut files = image().layout();
    let layer = &mut files[2].1;
    layer[600] ^= 1;
    let message = Bench::new().refuse(&tar_of(&files));
    assert!(
        message.starts_with("the digest of the layer `blobs/sha256/"),
        "{message}"
    );

    let mut saved = image();
    saved.layers = vec![Tar::new().file("a", b"2").bytes()];
    let message = Bench::new().refuse(&saved.legacy());
    assert!(
        message.starts_with("the digest of the uncompressed layer `0000"),
        "{message}"
    );
}

#[test]
fn a_configuration_that_was_changed() {
    let mut files = image().layout();
    files[1].1.push(b' ');
    let message = Bench::new().refuse(&tar_of(&files));
    assert!(
        message.starts_with("the digest of `blobs/sha256/"),
        "{message}"
    );
}

#[test]
fn a_descriptor_that_lies_about_the_size() {
    for (lie, says) in [
        ("7", "its descriptor claims 7"),
        ("-1", "a size is negative"),
    ] {
        let mut files = image().layout();
        let manifest = String::from_utf8(files[3].1.clone()).unwrap();
        let layer = format!("\"size\":{}", files[2].1.len());
        assert!(manifest.contains(&layer), "{manifest}");
        let manifest = manifest
            .replace(&layer, &format!("\"size\":{lie}"))
            .into_bytes();
        let old = super::builder::digest(&files[3].1);
        let index = String::from_utf8(files[4].1.clone()).unwrap();
        files[4].1 = index
            .replace(&old, &super::builder::digest(&manifest))
            .into_bytes();
        files[3] = (
            format!("blobs/sha256/{}", super::builder::hex(&manifest)),
            manifest,
        );
        let message = Bench::new().refuse(&tar_of(&files));
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn a_layer_that_is_absent_or_no_tar() {
    let mut files = image().layout();
    let (name, _) = files.remove(2);
    let message = Bench::new().refuse(&tar_of(&files));
    assert!(
        message.starts_with(&format!("`{name}`, named by `blobs/")),
        "{message}"
    );

    files.push((name, b"not a tar at all".to_vec()));
    let message = Bench::new().refuse(&tar_of(&files));
    assert!(message.ends_with("it is no tar"), "{message}");
}

#[test]
fn headers_without_end() {
    let bench = Bench::new();
    let long = "x".repeat(2 << 20);
    let tar = Tar::new().pax(&[("path", long.as_bytes())]).file("a", b"1");
    let message = bench.refuse(&Saved::of(tar).legacy());
    assert!(
        message.contains("headers of an entry are longer than 1048576 bytes"),
        "{message}"
    );
}

#[test]
fn a_layer_that_is_damaged_and_cut_off() {
    // Where each kind of stream says what comes next, and what it never says there.
    for (compress, at, damage) in [
        (gzip as fn(&[u8]) -> Vec<u8>, 10, 0x07),
        (xz, 7, 0x7f),
        (zstd, 4, 0x08),
    ] {
        let mut saved = image();
        saved.compress = compress;
        let layer = compress(&saved.layers[0]);
        let archive = saved.legacy();
        let start = archive
            .windows(layer.len())
            .position(|found| found == layer)
            .unwrap();
        let mut archive = archive[..start + layer.len() - 9].to_vec();
        archive[start + at] |= damage;
        // Of the two reasons always the earlier one, whichever thread is faster.
        for _ in 0..20 {
            let message = Bench::new().refuse(&archive);
            assert!(message.contains("it does not decompress"), "{message}");
        }
    }
}
