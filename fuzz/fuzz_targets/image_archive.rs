//! Imports any bytes as an archive of a container image.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::archives::import(bytes));
