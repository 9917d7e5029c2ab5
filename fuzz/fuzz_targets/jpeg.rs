//! Reads any bytes as a file of this format.
#![no_main]

use imaging::ImageFormat;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::read_file(bytes, ImageFormat::Jpeg));
