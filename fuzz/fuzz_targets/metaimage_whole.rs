//! Reads a MetaImage file by the quick way and by the careful one, which must agree.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::read_both_ways(bytes));
