//! Reads any text as a manifest; one that is accepted is written as text and must be accepted again.
#![no_main]

use domain::{Expectation, Manifest, manifest_text};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    drop(Expectation::parse(text));
    if let Ok(manifest) = Manifest::parse(text) {
        let written = manifest_text(&manifest.algorithm, None);
        let again = Manifest::parse(&written);
        let again = again.unwrap_or_else(|problem| panic!("{problem}: {written}"));
        assert_eq!(again.algorithm.sockets.len(), manifest.algorithm.sockets.len());
    }
});
