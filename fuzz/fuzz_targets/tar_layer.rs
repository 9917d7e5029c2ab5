//! Imports an archive whose only layer is these bytes, under their true digest.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::archives::import(&fuzz::archives::around(bytes)));
