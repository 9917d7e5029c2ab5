//! Archives and layers compressed in every way, whole and cut short.

use super::builder::{Bench, Saved, Tar, gzip, xz, zstd};

fn image(compress: fn(&[u8]) -> Vec<u8>) -> Saved {
    let mut saved =
        Saved::of(Tar::new().file("data", &b"some words, again and again ".repeat(9999)));
    saved.compress = compress;
    saved
}

#[test]
fn of_the_archive() {
    for compress in [gzip, xz, zstd] {
        let bench = Bench::new();
        let archive = compress(&image(<[u8]>::to_vec).legacy());
        bench.import(&archive).unwrap();

        let bench = Bench::new();
        let message = bench.refuse(&archive[..archive.len() - 9]);
        assert!(message.contains("damaged"), "{message}");
    }
}

#[test]
fn of_the_layer() {
    for compress in [gzip, xz, zstd] {
        Bench::new().import(&image(compress).oci()).unwrap();
        Bench::new().import(&image(compress).docker25()).unwrap();
    }
}

#[test]
fn a_bit_that_turned() {
    for compress in [gzip, xz, zstd] {
        let mut archive = compress(&image(<[u8]>::to_vec).legacy());
        let middle = archive.len() / 2;
        archive[middle] ^= 0x10;
        let message = Bench::new().refuse(&archive);
        assert!(
            message.contains("damaged") || message.contains("digest"),
            "{message}"
        );
    }
}

#[test]
fn a_bomb() {
    let mut limits = super::builder::options();
    limits.limits.unpacked_bytes = 1 << 20;
    let zeros = vec![0; 4 << 20];
    let bench = Bench::new();
    let archive = gzip(&Saved::of(Tar::new().file("zeros", &zeros)).legacy());
    let error = bench.import_with(&archive, &limits).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("bytes of files, at most 1048576"),
        "{error}"
    );
    bench.check_empty();
}
